"""The private bus against a recording of a real bluetoothd: one story, and every message of it in the same order."""

from __future__ import annotations

import os

import pytest
from dbus_fast import Message, MessageType
from tests.simulators.carriers.bluez.monitor import monitor
from tests.simulators.carriers.bluez.story import Story
from tests.simulators.carriers.bluez.trace import Difference, Trace, diff, recorded

from ptdevice_sim.carriers.bluez import BluezAir, Manners

# Whatever is not in this list must be the same, in the same order, value by value.
DIFFERENCES = (
    Difference(
        "bumble's GATT server has two characteristics more in 0x1801; units have them or not",
        real=r"bluez (added|removed) .*/1801/2b2[9a].*",
    ),
    Difference(
        "an adapter is named after its computer", real=r"  Adapter1 (Name|Alias)=.*", fake=r"  Adapter1 (Name|Alias)=.*"
    ),
    Difference(
        "what concerns BR/EDR, being discovered and being paired with by others: no central here reads it",
        real=r"  Adapter1 (Class|Discoverable|DiscoverableTimeout|Modalias|Pairable|PairableTimeout)=.*",
    ),
)


class PrivateStage:
    """A `story.Stage` on the private bus."""

    wait_s = 15.0

    def __init__(self, air: BluezAir) -> None:
        self.publish = air.publish
        self._bluetoothd = air.bluetoothd

    async def unplug(self) -> None:
        self._bluetoothd.adapter.unplug()

    async def kill(self) -> None:
        await self._bluetoothd.crash()

    async def restart(self) -> None:
        await self._bluetoothd.restart()

    async def quiet(self) -> None:
        """Its last word of each chapter is waited for by the story."""


async def test_the_private_bus_says_what_a_real_bluetoothd_says_in_its_order() -> None:
    manners = Manners(refusal=("org.bluez.Error.Failed", "le-connection-abort-by-local"), remembers=True)
    async with BluezAir(manners) as air, monitor() as seen:
        await Story(PrivateStage(air), seen).play()
    heard = Trace(seen.lines)
    found = diff(recorded(), heard, DIFFERENCES, names=("real", "private bus"))
    assert not found, f"neither what the real one says nor a declared difference:\n{found}"
    for each in DIFFERENCES:
        others = [other for other in DIFFERENCES if other is not each]
        assert diff(recorded(), heard, others, names=("", "")), f"no longer a difference: {each.why}"


async def test_who_looks_on_keeps_no_descriptor_that_was_handed_to_others() -> None:
    descriptor, other = os.pipe()
    os.close(other)
    async with BluezAir(), monitor() as seen:
        seen.hear(Message(message_type=MessageType.METHOD_RETURN, reply_serial=1, unix_fds=[descriptor]))
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


# --- what counts as different ---

REAL = """\
; a comment
# connect
central call hci0/dev Device1.Connect
bluez changed hci0/dev Device1 Connected=True
bluez reply Device1.Connect
bluez added hci0/dev/fff0
  GattService1 Primary=True
  GattService1 UUID='fff0'
# scan, its end
central call hci0 Adapter1.StopDiscovery
bluez changed hci0 Adapter1 Discovering=False
bluez reply Adapter1.StopDiscovery
"""
CONNECTED, REPLY = "bluez changed hci0/dev Device1 Connected=True\n", "bluez reply Device1.Connect\n"


def against(other: str, *differences: Difference) -> str:
    return diff(Trace(REAL.splitlines()), Trace(other.splitlines()), differences, names=("real", "other"))


def test_the_same_is_no_difference() -> None:
    assert against(REAL) == ""


@pytest.mark.parametrize(
    "other",
    [
        REAL.replace(CONNECTED + REPLY, REPLY + CONNECTED),
        REAL.replace(REPLY, ""),
        REAL.replace("Connected=True", "Connected=False"),
        REAL.replace("  GattService1 Primary=True\n", ""),
        REAL.replace("Primary=True", "Primary=False"),
        REAL.replace("# scan, its end\n", ""),
        REAL.replace("# connect\n", "# reconnect\n"),
        REAL + "bluez changed hci0/dev Device1 Connected=False\n",
        REAL + "# and then\nbluez removed hci0 Adapter1\n",
    ],
    ids=[
        "order",
        "less",
        "value",
        "less of an object",
        "value of an object",
        "chapter",
        "name of a chapter",
        "more",
        "more chapters",
    ],
)
def test_what_is_said_otherwise_is_a_difference(other: str) -> None:
    assert against(other) != ""


def test_when_a_caller_speaks_between_two_words_of_bluez_is_chance() -> None:
    call = "central call hci0/dev Device1.Connect\n"
    assert against(REAL.replace(call + CONNECTED, CONNECTED + call)) == ""


def test_the_answer_to_the_end_of_a_scan_and_the_kernels_word_of_it_may_overtake_each_other() -> None:
    ended, reply = "bluez changed hci0 Adapter1 Discovering=False\n", "bluez reply Adapter1.StopDiscovery\n"
    assert against(REAL.replace(ended + reply, reply + ended)) == ""


def test_a_declared_difference_is_none_and_takes_a_whole_object_with_its_first_line() -> None:
    other = REAL.replace("bluez added hci0/dev/fff0\n  GattService1 Primary=True\n  GattService1 UUID='fff0'\n", "")
    assert against(other) != ""
    assert against(other, Difference("not theirs", real=r"bluez added .*/fff0")) == ""
    assert against(REAL + "bluez more\n", Difference("only theirs", fake="bluez more")) == ""


def test_a_difference_is_shown_where_it_is() -> None:
    said = against(REAL.replace("UUID='fff0'", "UUID='fff1'"))
    assert "-  GattService1 UUID='fff0'\n+  GattService1 UUID='fff1'" in said
