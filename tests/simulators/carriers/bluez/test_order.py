"""The order of signals and answers against what a real bluetoothd was seen to do."""

from __future__ import annotations

import pytest
from dbus_fast import Variant
from tests.simulators.carriers.bench import BenchUnit
from tests.simulators.carriers.bluez.witness import ADAPTER, UNIT, Witness, witness

from ptdevice_sim.carriers.bluez import BluezAir

# What bluetoothd 5.66 on Linux 6.1 (Debian 12) said, and in which order, while bleak 3.1 scanned, connected, read, wrote,
# subscribed, lost the link, came back, left, and the adapter was pulled. Recorded with dbus-monitor, put into these words by
# hand. The unit recorded then had other characteristics and no TX power; objects come and go in the order of their handles.
REAL = {
    "scan": ["> StartDiscovery", "< StartDiscovery", "hci0 Discovering=True", "+ dev"],
    "end of scan": ["> StopDiscovery", "< StopDiscovery", "dev RSSI gone TxPower gone", "hci0 Discovering=False"],
    "connect": [
        "> Connect",
        "dev Connected=True",
        "< Connect",
        "+ service 1801",
        "+ char 2a05",
        "+ desc",
        "+ service fff0",
        "+ char fff1",
        "+ desc",
        "+ char fff2",
        "+ char fff3",
        "+ char fff4",
        "+ desc",
        "+ service bd1c",
        "dev UUIDs ServicesResolved=True",
    ],
    "read": ["> ReadValue", "char fff2 Value", "< ReadValue"],
    "write": ["> WriteValue", "< WriteValue"],
    "subscribe": ["> StartNotify", "char fff1 Notifying=True", "< StartNotify"],
    "notify": ["char fff1 Value"],
    "unsubscribe": ["> StopNotify", "char fff1 Notifying=False", "< StopNotify"],
    "loss": ["dev ServicesResolved=False Connected=False"],
    "reconnect": ["> Connect", "dev Connected=True", "< Connect", "dev ServicesResolved=True"],
    "disconnect": ["> Disconnect", "dev ServicesResolved=False", "< Disconnect", "dev Connected=False"],
    "adapter pulled": [
        "- desc",
        "- char 2a05",
        "- service 1801",
        "- desc",
        "- char fff1",
        "- char fff2",
        "- char fff3",
        "- desc",
        "- char fff4",
        "- service fff0",
        "- service bd1c",
        "- dev",
        "hci0 Powered=False Discovering=False",
        "- hci0",
    ],
}


async def live_through(air: BluezAir, seen: Witness) -> dict[str, list[str]]:
    """The same story as was recorded."""
    unit = BenchUnit()
    host = air.publish(unit)
    story: dict[str, list[str]] = {}

    async def chapter(name: str) -> None:
        await seen.see(REAL[name][-1])
        story[name] = seen.take()

    await seen.ask(ADAPTER, "Adapter1", "StartDiscovery")
    await chapter("scan")
    await seen.ask(ADAPTER, "Adapter1", "StopDiscovery")
    await chapter("end of scan")
    await seen.ask(UNIT, "Device1", "Connect")
    await chapter("connect")
    await seen.ask(seen.paths["fff2"], "GattCharacteristic1", "ReadValue", "a{sv}", {})
    await chapter("read")
    request = {"type": Variant("s", "request")}
    await seen.ask(seen.paths["fff2"], "GattCharacteristic1", "WriteValue", "aya{sv}", b"abc", request)
    await chapter("write")
    await seen.ask(seen.paths["fff1"], "GattCharacteristic1", "StartNotify")
    await chapter("subscribe")
    unit.say(b"value")
    host.poke()
    await chapter("notify")
    await seen.ask(seen.paths["fff1"], "GattCharacteristic1", "StopNotify")
    await chapter("unsubscribe")
    host.drop_link()
    await chapter("loss")
    await seen.ask(UNIT, "Device1", "Connect")
    await chapter("reconnect")
    await seen.ask(UNIT, "Device1", "Disconnect")
    await chapter("disconnect")
    air.bluetoothd.adapter.unplug()
    await chapter("adapter pulled")
    return story


@pytest.mark.parametrize("chapter", REAL)
async def test_signals_and_answers_come_in_the_order_of_a_real_bluetoothd(chapter: str) -> None:
    async with BluezAir() as air, witness() as seen:
        assert (await live_through(air, seen))[chapter] == REAL[chapter]
