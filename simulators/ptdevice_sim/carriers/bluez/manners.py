"""How an adapter and the bluetoothd above it behave. Knobs may be turned while it runs; the defaults are quick and polite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from ptdevice.devices.sig import assigned

GAP_SERVICE = assigned(0x1800)


@dataclass(slots=True)
class Manners:
    """Delays in s; an infinite one means that the answer never comes."""

    advert_delay_s: float = 0.01  # from the start of discovery to the first advertisement
    scan_answer_s: float = 0.0  # by how much the answers to StartDiscovery and StopDiscovery are late
    repeat_s: float = 1.0  # from then on; a real one depends on the kernel's filter of duplicates
    connect_delay_s: float = 0.0
    resolve_delay_s: float = 0.0  # from the link to the end of service discovery
    disconnect_delay_s: float = 0.0
    refusal: tuple[str, str] = ("org.bluez.Error.Failed", "br-connection-canceled")  # what a refused connect is told
    reply_before_connected: bool = False  # the answer to Connect overtakes the signal that the link is up
    reply_before_value: bool = False  # the answer to ReadValue overtakes the signal with the value
    value_before_answer: bool = False  # what a unit says at once when subscribed overtakes the answer to StartNotify
    overtaking_s: float = 0.005  # by so much
    touchy: bool = False  # no connect while discovering or while another connect is under way, as with many adapters
    mute_disconnect: bool = False  # Disconnect is not answered, and does nothing
    abort_by_local: int = 0  # so many connects end in le-connection-abort-by-local
    slots: int | None = None  # links that it can have at a time; None: as many as there are units
    stuck: bool = False  # discoveries and connects are InProgress, until it is switched off and on
    deaf: bool = False  # discoveries hear nothing, links are mute, nothing is answered, until it is switched off and on
    incurable: bool = False  # with either: switching it off and on does not help, pulling it out does
    # A device without a link vanishes so long after its last advertisement; a real one after 30 s. None: it stays.
    temporary_s: float | None = None
    remembers: bool = (
        False  # after a restart it knows the devices that it had a link with, wherever they are now; bonded ones always
    )
    stale_services: bool = False  # it believes that a unit's services are still those of the last time
    tells_missing_key: bool = True  # a unit without our key is refused as such; before 5.7x the link came up and broke
    busy_after_plug: int = 0  # so many attempts to switch it, right after it appeared, are answered Busy
    rfkill: bool = False  # it cannot be switched on; see also `Adapter.rfkill`
    # Kernels from 5.17 on say no more than ("org.bluez.Error.Failed", "Failed").
    rfkill_refusal: tuple[str, str] = ("org.bluez.Error.Blocked", "Blocked through rfkill")
    power_state: bool = False  # whether it has the property PowerState; bluetoothd 5.66 has it only as an experiment
    # Services that bluetoothd keeps to itself. 5.48 to 5.54 kept the Battery Service too.
    hidden_services: frozenset[str] = frozenset({GAP_SERVICE})

    def aborts(self) -> bool:
        """Whether this connect is one of those."""
        if self.abort_by_local <= 0:
            return False
        self.abort_by_local -= 1
        return True

    @classmethod
    def real(cls) -> Self:
        """As measured with bluetoothd 5.66 on Linux 6.1 and an unhurried unit."""
        return cls(advert_delay_s=0.1, connect_delay_s=0.23, resolve_delay_s=0.26, disconnect_delay_s=2.5)
