from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.devices.commanding import Bench
from tests.devices.vectors import Vector, load, named

from ptdevice.devices import CATALOGUE
from ptdevice.devices.dglab_coyote3 import wire
from ptdevice.devices.dglab_coyote3.driving import ACK_S, MUTED, OPENING, STOP, Driving
from ptdevice.model import LevelChanged, Output, StimulationStatus
from ptdevice.model.command import Admitted, Wish

if TYPE_CHECKING:
    from ptdevice.link import Write

VECTORS = load("dglab_coyote3")
FRAMES = [vector for vector in VECTORS if vector.means.get("do") in {"drive", "stop"}]
T0 = 100.0


def admitted(level: int, now: float, channel: str = "a", rate_hz: float = 50.0) -> Admitted:
    return Admitted(Wish(level, channel, rate_hz=rate_hz), now, now + 1.0)


def at(a: int = 0, b: int = 0) -> Driving:
    """The unit has told these strengths, long ago."""
    driving = Driving()
    driving.strengths(T0 - 10.0, 0, (a, b))
    return driving


def frame(writes: list[Write]) -> wire.Drive:
    """The one that drives, of what is sent."""
    return wire.parse_drive(writes[-1].data)


# --- octets ---


@pytest.mark.parametrize("vector", FRAMES, ids=[vector.name for vector in FRAMES])
def test_a_frame_of_the_vendor_s_is_read_and_written_as_it_is(vector: Vector) -> None:
    assert wire.drive_frame(wire.parse_drive(vector.data)) == vector.data


def test_limits_are_written_as_the_layout_says() -> None:
    assert wire.limits_frame((150, 30), (160, 160, 0, 0)) == named(VECTORS, "set limits 150 and 30").data


@pytest.mark.parametrize(("period_ms", "code"), [(10, 10), (100, 100), (105, 101), (600, 200), (610, 201), (1000, 240)])
def test_a_period_is_coded_by_the_vendor_s_table(period_ms: float, code: int) -> None:
    assert wire.period_code(period_ms) == code


@pytest.mark.parametrize("period_ms", [9.9, 1000.1, float("nan"), -1.0])
def test_a_period_that_there_is_not_is_none(period_ms: float) -> None:
    with pytest.raises(ValueError, match="a period of"):
        wire.period_code(period_ms)


def test_the_stop_is_both_strengths_absolute_and_0_and_both_channels_muted() -> None:
    stop, published = wire.parse_drive(STOP.data), wire.parse_drive(named(VECTORS, "stop, both channels").data)
    assert (stop.sequence, stop.modes, stop.strengths) == (published.sequence, published.modes, published.strengths)
    assert stop.waves == (MUTED, MUTED)
    muted = wire.parse_drive(named(VECTORS, "A breathes in").data).waves[1]
    assert muted == MUTED  # as the vendor mutes B


def test_what_opens_a_link_proves_zero_and_leaves_room_for_a_hand() -> None:
    assert [wire.parse_limits(b"\xbe" + write.data[1:]) for write in OPENING] == [(0, 0), (1, 1)]
    commanding = CATALOGUE["dglab_coyote3"].commanding
    assert commanding is not None
    assert commanding.opening == OPENING


# --- waves ---


def test_a_wave_is_of_the_rate_that_was_wished_and_the_other_channel_is_muted() -> None:
    drive = frame(at(3).encode(admitted(3, T0, rate_hz=20.0), T0))
    assert drive.waves == (wire.Wave((50,) * 4, (100,) * 4), MUTED)


def test_both_channels_are_in_one_frame_as_they_were_admitted_last() -> None:
    driving = at(3, 2)
    driving.encode(admitted(3, T0, "a", 20.0), T0)
    drive = frame(driving.encode(admitted(2, T0 + 0.1, "b", 10.0), T0 + 0.1))
    assert [wave.periods[0] for wave in drive.waves] == [50, 100]


def test_what_was_admitted_for_the_other_channel_ends_with_its_time() -> None:
    driving = at(3, 2)
    driving.encode(admitted(3, T0, "a"), T0)
    assert frame(driving.encode(admitted(2, T0 + 1.0, "b"), T0 + 1.0)).waves[0] == MUTED


def test_a_channel_is_muted_while_its_strength_is_not_known() -> None:
    driving = Driving()
    driving.encode(admitted(3, T0), T0)
    for tenth in range(1, 10):
        writes = driving.encode(admitted(3, T0 + tenth / 10), T0 + tenth / 10)
        assert all(wire.parse_drive(write.data).waves == (MUTED, MUTED) for write in writes if write.data[0] == 0xB0)


def test_a_channel_is_muted_while_its_strength_is_above_what_was_admitted() -> None:
    drive = frame(at(5).encode(admitted(3, T0), T0))
    assert (drive.modes, drive.strengths, drive.waves) == ((3, 3), (3, 0), (MUTED, MUTED))


def test_a_channel_is_muted_while_a_raise_that_is_void_may_yet_have_been_heard() -> None:
    driving = at(3)
    assert frame(driving.encode(admitted(4, T0), T0)).strengths == (4, 0)
    assert frame(driving.encode(admitted(3, T0 + 0.1), T0 + 0.1)).waves == (MUTED, MUTED)


def test_a_frame_is_sent_every_100_ms_and_a_lower_level_at_once() -> None:
    driving = at(3)
    assert driving.encode(admitted(3, T0), T0)
    assert driving.encode(admitted(3, T0 + 0.05), T0 + 0.05) == []
    assert driving.encode(admitted(2, T0 + 0.06), T0 + 0.06)
    assert driving.encode(admitted(2, T0 + 0.16), T0 + 0.16)


# --- sequences ---


def test_a_change_has_a_sequence_and_nothing_is_changed_until_it_was_told() -> None:
    driving = at(3)
    first = frame(driving.encode(admitted(9, T0), T0))
    assert first.sequence not in {0, 1}
    for tenth in range(1, 5):
        again = frame(driving.encode(admitted(9, T0 + tenth / 10), T0 + tenth / 10))
        assert (again.sequence, again.modes) == (0, (0, 0))
    driving.strengths(T0 + 0.45, first.sequence, (4, 0))
    second = frame(driving.encode(admitted(9, T0 + 0.5), T0 + 0.5))
    assert (second.strengths, second.sequence) == ((5, 0), first.sequence + 1)


def test_another_sequence_is_no_answer() -> None:
    driving = at(3)
    driving.encode(admitted(9, T0), T0)
    driving.strengths(T0 + 0.1, 15, (4, 0))
    assert frame(driving.encode(admitted(9, T0 + 0.2), T0 + 0.2)).sequence == 0


def test_a_raise_that_is_not_answered_is_taken_back_and_then_tried_again() -> None:
    driving = at(3)
    driving.encode(admitted(9, T0), T0)
    back = frame(driving.encode(admitted(9, T0 + ACK_S), T0 + ACK_S))
    assert back.strengths == (3, 0)
    again = frame(driving.encode(admitted(9, T0 + 2 * ACK_S), T0 + 2 * ACK_S))
    assert again.strengths == (4, 0)


def test_a_lowering_that_is_not_answered_leaves_nothing_known_and_limits_of_0_show_it() -> None:
    driving = at(5)
    driving.encode(admitted(3, T0), T0)
    assert frame(driving.encode(admitted(3, T0 + ACK_S), T0 + ACK_S)).waves == (MUTED, MUTED)
    assert driving.encode(admitted(3, T0 + ACK_S + 0.1), T0 + ACK_S + 0.1) == list(OPENING)


def test_sequences_go_round_and_leave_out_0_and_that_of_the_stop() -> None:
    bench = Bench("dglab_coyote3")
    bench.run(40.0, lambda now: int(now) % 2 + 1)
    sequences = {write.data[1] >> 4 for _, write in bench.writes if write.data[0] == 0xB0}
    assert sequences == {0, *range(2, 16)}


# --- hands ---


def test_a_strength_that_our_limits_cut_was_changed_by_no_hand() -> None:
    bench = Bench("dglab_coyote3")
    bench.run(5.0, 4)
    bench.run(3.0, 1)
    assert bench.by_hand() == []


def test_a_wheel_that_is_turned_is_a_hand_also_right_after_limits_were_written() -> None:
    bench = Bench("dglab_coyote3")
    bench.run(5.0, 4)
    bench.run(0.2, 5)
    bench.do(lambda unit, now: unit.turn(now, 0, -2))
    bench.run(0.1, 5)
    assert [(event.level, event.channel) for event in bench.by_hand()] == [(3, "a")]


def test_who_only_observes_is_told_of_no_hand_as_before() -> None:
    observed = CATALOGUE["dglab_coyote3"].codec()
    for packet in named(VECTORS, "a wheel was turned: A is 11").packets():
        assert not [event for event in observed.decode(packet) if isinstance(event, LevelChanged)]


def test_the_strengths_are_said_again_each_time_that_the_battery_answers_and_on_while_waves_are_sent() -> None:
    bench = Bench("dglab_coyote3")
    bench.run(5.0, 3)
    bench.events.clear()
    bench.run(3.0, 3)
    told = [event for event in bench.events if isinstance(event, StimulationStatus) and event.channel == "a"]
    assert len(told) >= 2
    assert {(event.output, event.level) for event in told} == {(Output.ON, 3)}
    bench.run(0.6, None)
    bench.events.clear()
    bench.run(3.0, None)
    told = [event for event in bench.events if isinstance(event, StimulationStatus) and event.channel == "a"]
    assert {(event.output, event.level) for event in told} == {(Output.UNKNOWN, 3)}
