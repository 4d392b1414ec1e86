from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.devices.commanding import Bench
from tests.devices.vectors import AT, load, named

from ptdevice.devices import CATALOGUE
from ptdevice.devices.device import Advertisement
from ptdevice.devices.openemsstim.codec import DEADMAN_S, SPAN_S, OpenEmsStimCodec
from ptdevice.devices.openemsstim.wire import SERVICE_UUID, parse
from ptdevice.errors import WireError
from ptdevice.link import Packet, Read
from ptdevice.model import Battery, DeviceInformation, StimulationStatus
from ptdevice.model.command import Admitted, Wish
from ptdevice_sim.units.openemsstim import OpenEmsStim

PROFILE = CATALOGUE["openemsstim"]
VECTORS = load("openemsstim")


def test_its_battery_is_a_sign_of_life_and_no_measurement() -> None:
    assert list(OpenEmsStimCodec().decode(Packet(AT, "battery", b"\x64"))) == [Battery(AT, None)]


def test_its_module_says_what_it_is() -> None:
    told = list(OpenEmsStimCodec().decode(Packet(AT, "model_number", b"RN4020")))
    assert told == [DeviceInformation(AT, "model_number", "RN4020")]


def test_whatever_it_should_say_by_itself_is_not_understood() -> None:
    with pytest.raises(WireError):
        list(OpenEmsStimCodec().decode(Packet(AT, "control", b"C0I40T2000G")))


@pytest.mark.parametrize("has", [True, False])
def test_the_battery_is_asked_for_again_where_there_is_one(has: bool) -> None:  # noqa: FBT001 - a table
    codec = OpenEmsStimCodec()
    if has:
        list(codec.decode(Packet(AT, "battery", b"\x64")))
    codec.due(AT)
    assert codec.due(AT + 30.0) == ([Read("battery")] if has else [])


def test_its_output_is_never_said_to_be_on_or_off() -> None:
    bench = Bench("openemsstim")
    bench.run(4.0, 3)
    bench.stop()
    bench.run(2.0, None)
    assert not [event for event in bench.events if isinstance(event, StimulationStatus)]


def test_the_stop_is_that_of_the_android_app_and_no_lone_go() -> None:
    assert PROFILE.commanding is not None
    assert [write.data for write in PROFILE.commanding.stop] == [
        named(VECTORS, "channel 1, stop").data,
        named(VECTORS, "channel 2, stop").data,
    ]


def test_by_either_reading_of_a_lone_go_the_stop_is_a_stop() -> None:
    assert PROFILE.commanding is not None
    unit = OpenEmsStim(repeats_on_go=True)
    unit.connected(AT)
    (control, *_) = PROFILE.ports
    unit.write(control.uuid, named(VECTORS, "channel 1, all of it, for two seconds").data, AT)
    for write in PROFILE.commanding.stop:
        unit.write(control.uuid, write.data, AT + 0.1)
    assert not unit.flow.flows


@given(st.floats(0.001, 10.0), st.integers(1, 100))
def test_no_command_lasts_longer_than_was_admitted_or_than_the_dead_man(left_s: float, level: int) -> None:
    admitted = Admitted(Wish(level, "b"), AT, AT + left_s)
    for write in OpenEmsStimCodec().encode(admitted, AT):
        told = parse(write.data)
        assert 0 < told.ms <= min(left_s, SPAN_S) * 1000
        assert (told.channel, told.intensity) == (1, 1)
    assert PROFILE.commanding is not None
    assert PROFILE.commanding.deadman_s == DEADMAN_S <= 5.0


def test_no_command_is_ever_without_its_channel() -> None:
    bench = Bench("openemsstim")
    for level in (3, 0, 5, 2, 0):
        bench.run(2.0, level)
    bench.stop()
    assert not bench.unit.corrupted
    assert all(write.data.startswith((b"C0I", b"C1I")) for _, write in bench.writes)


def test_after_a_gap_in_which_it_opened_the_level_rises_again_from_0() -> None:
    bench = Bench("openemsstim")
    bench.run(4.0, 5)
    bench.run(3.0, None)
    assert not bench.unit.flow.flows
    bench.rises.clear()
    bench.run(1.2, 5)
    assert [level for _, level, _ in bench.rises] == [1, 2, 3]


@pytest.mark.parametrize(
    ("services", "known"), [({SERVICE_UUID}, True), (set(), False), ({"0000ffe0-0000-1000-8000-00805f9b34fb"}, False)]
)
def test_it_is_known_by_its_service_whatever_it_is_called(services: set[str], known: bool) -> None:  # noqa: FBT001
    assert PROFILE.matches(Advertisement("emsB5", frozenset(services))) is known
