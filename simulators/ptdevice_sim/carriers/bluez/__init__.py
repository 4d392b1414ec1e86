"""BlueZ on a private D-Bus: bleak's production backend for Linux, unchanged, above a bluetoothd that carries simulated units.

What can be made to go wrong: `Manners` and `Adapter` (an adapter and bluetoothd), `Reach` (phones, new firmware),
`Security` (bonds), `Bluetoothd.crash` and `renumber`, `BluezAir.restart_bus`, and `Faults` on the air.

What this proves: what our code does on a Raspberry Pi with signals and their order, D-Bus connections, a bluetoothd that dies.
What it does not prove: bluetoothd's own bugs, the attribute protocol, the radio.
"""

from ptdevice_sim.carriers.bluez.air import BluezAir
from ptdevice_sim.carriers.bluez.manners import Manners
from ptdevice_sim.carriers.bluez.private_bus import PrivateBus
from ptdevice_sim.carriers.bluez.security import Method, Security

__all__ = ["BluezAir", "Manners", "Method", "PrivateBus", "Security"]
