"""The simulated openEMSstim does what its firmware reads, for better or worse."""

from __future__ import annotations

import pytest
from tests.devices.vectors import Vector, load, named

from ptdevice_sim.misbehaviour import Misbehaviour
from ptdevice_sim.unit import AttError, DropLink
from ptdevice_sim.units.openemsstim import LOOK_S, OpenEmsStim

CONTROL = "454d532d-5374-6575-6572-756e672d4348"
BATTERY = "00002a19-0000-1000-8000-00805f9b34fb"
MODEL = "00002a24-0000-1000-8000-00805f9b34fb"
VECTORS = load("openemsstim")
LETTING = [vector for vector in VECTORS if vector.unit]
T0 = 100.0


def told(*texts: str, **options: object) -> OpenEmsStim:
    unit = OpenEmsStim(**options)  # type: ignore[arg-type] # names and types are those of the unit
    unit.connected(T0)
    for text in texts:
        assert list(unit.write(CONTROL, text.encode(), T0)) == []
    return unit


@pytest.mark.parametrize("vector", LETTING, ids=[vector.name for vector in LETTING])
def test_a_published_command_lets_through_what_the_firmware_computes_for_so_long(vector: Vector) -> None:
    unit = told(vector.data.decode())
    channel = unit.channels[vector.unit["channel"]]
    assert (channel.closed, channel.wiper) == (True, vector.unit["wiper"])
    assert unit.next_due() == pytest.approx(T0 + vector.unit["ms"] / 1000 + LOOK_S)
    unit.tick(T0 + vector.unit["ms"] / 1000)
    assert channel.passes > 0
    unit.tick(T0 + vector.unit["ms"] / 1000 + LOOK_S)
    assert (channel.closed, channel.wiper) == (False, 255)
    assert unit.flow.fell_at == pytest.approx(T0 + vector.unit["ms"] / 1000 + LOOK_S)


@pytest.mark.parametrize("name", ["channel 1, stop", "channel 2, stop"])
def test_a_stop_opens_its_channel_and_leaves_the_other(name: str) -> None:
    unit = told("C0I40T2000G", "C1I40T2000G", named(VECTORS, name).data.decode())
    number = int(name[8]) - 1
    assert unit.delivering[number] is False
    assert unit.delivering[1 - number] is True


def test_a_command_that_is_told_again_begins_its_time_anew() -> None:
    unit = told("C0I40T1000G")
    unit.write(CONTROL, b"C0I40T1000G", T0 + 0.9)
    unit.tick(T0 + 1.5)
    assert unit.delivering == (True, False)


def test_go_alone_opens_both_channels() -> None:
    assert told("C0I40T2000G", "C1I40T2000G", "G").delivering == (False, False)


def test_by_the_guide_go_alone_plays_the_last_command_again() -> None:
    unit = told("C0I40T1000G", repeats_on_go=True)
    unit.tick(T0 + 3.0)
    assert unit.delivering == (False, False)
    unit.write(CONTROL, b"G", T0 + 3.0)
    assert unit.delivering == (True, False)


@pytest.mark.parametrize("text", ["I40T1000G", "C7I10T100G", "CI40T1000G"])
def test_a_command_without_a_channel_that_there_is_spoils_the_firmware_s_memory(text: str) -> None:
    assert told(text).corrupted


@pytest.mark.parametrize("text", ["", "C0I40T1000", "O", "1"])
def test_without_a_go_nothing_happens(text: str) -> None:
    unit = told(text)
    assert (unit.delivering, unit.corrupted) == ((False, False), False)


def test_the_end_of_the_link_opens_both_channels() -> None:
    unit = told("C0I40T5000G", "C1I40T5000G")
    unit.disconnected(T0 + 1.0)
    assert unit.flow.fell_at == T0 + 1.0


def test_its_switch_opens_both_channels_and_ends_the_link() -> None:
    unit = told("C0I40T5000G")
    unit.switch_off(T0 + 1.0)
    assert list(unit.tick(T0 + 1.0)) == [DropLink()]
    assert not unit.flow.flows


def test_it_misbehaves_where_it_is_told_to() -> None:
    unit = told("C0I40T2000G", misbehaviour=Misbehaviour(ignores_stop=True))
    for text in (b"C0I0T0G", b"G"):
        unit.write(CONTROL, text, T0)
    assert unit.flow.flows
    assert not told("C0I40T2000G", misbehaviour=Misbehaviour(ignores_levels=True)).flow.flows


def test_its_module_says_what_it_is_and_the_commands_cannot_be_read() -> None:
    unit = told()
    assert (unit.read(BATTERY, T0), unit.read(MODEL, T0)) == (b"\x64", b"RN4020")
    with pytest.raises(AttError):
        unit.read(CONTROL, T0)
