"""The simulated WitMotion sensor sends the octets of real ones, and behaves as docs/devices/witmotion.md says."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from tests.devices.vectors import Vector, load, named
from tests.simulators.units.poses import Pose

from ptdevice.devices.witmotion import wire
from ptdevice_sim.unit import AttError, DropLink, Notify
from ptdevice_sim.units.witmotion import WitMotion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptdevice_sim.unit import Output

DATA = "0000ffe4-0000-1000-8000-00805f9a34fb"
COMMAND = "0000ffe9-0000-1000-8000-00805f9a34fb"
VECTORS = load("witmotion")
T0 = 100.0


def sent(name: str) -> bytes:
    return named(VECTORS, name).data


KEY, TELL_50, TELL_100 = (
    sent("the key that opens the registers"),
    sent("50 samples a second"),
    sent("100 samples a second"),
)
TELL_NONE, TELL_ONCE = bytes.fromhex("ff aa 03 0d 00"), bytes.fromhex("ff aa 03 0c 00")
READ_RATE, READ_FUSION = sent("read the rate"), bytes.fromhex("ff aa 27 24 00")
SIX_AXES = sent("fuse six axes")


def streaming(body: Pose | None = None, now: float = T0, **options: Any) -> WitMotion:
    unit = WitMotion(body or Pose(), **options)
    unit.connected(now)
    unit.subscribe(DATA, True, now)
    return unit


def values(outputs: Iterable[Output]) -> list[bytes]:
    found = []
    for output in outputs:
        assert isinstance(output, Notify)
        assert output.uuid == DATA
        found.append(output.data)
    return found


def run(unit: WitMotion, begin: float, end: float) -> list[tuple[float, bytes]]:
    """(when, notification), ticked when the unit says that something is due."""
    found, now = [], begin
    while (due := unit.next_due()) is not None and due <= end:
        now = max(now, due)
        found += [(now, data) for data in values(unit.tick(now))]
    return found


def register(unit: WitMotion, number: int) -> int:
    """The first register of an answer, asked while nothing streams."""
    (data,) = values(unit.write(COMMAND, bytes((0xFF, 0xAA, 0x27, number, 0)), T0))
    return int.from_bytes(data[4:6], "little", signed=True)


# --- vectors, the other way round ---

ANSWERS = [vector for vector in VECTORS if vector.answers]
MOTIONS = [vector for vector in VECTORS if "spin" in vector.unit]


def posed(vector: Vector) -> Pose:
    x, y, z = vector.unit.get("force_mg", (0.0, 0.0, 1000.0))
    return Pose((x / 1000, y / 1000, z / 1000), vector.unit.get("spin", (0.0, 0.0, 0.0)))


@pytest.mark.parametrize("vector", ANSWERS, ids=[vector.name for vector in ANSWERS])
def test_the_unit_answers_with_the_octets_of_the_vector(vector: Vector) -> None:
    options = {key: value for key, value in vector.unit.items() if key in {"battery_v", "rate_code"}}
    unit = WitMotion(posed(vector), **options)
    assert vector.answers
    assert unit.write(COMMAND, sent(vector.answers), T0) == [Notify(DATA, vector.data)]


@pytest.mark.parametrize("vector", MOTIONS, ids=[vector.name for vector in MOTIONS])
def test_the_unit_sends_force_and_spin_with_the_octets_of_the_vector(vector: Vector) -> None:
    unit = streaming(posed(vector), rate_code=8)
    ((_, data),) = run(unit, T0, T0 + 0.045)
    for i in range(vector.unit.get("samples", 1)):
        assert data[20 * i : 20 * i + 14] == vector.data[20 * i : 20 * i + 14]


def test_the_angles_are_those_of_gravity() -> None:
    rolled = named(VECTORS, "rolled to the left by 30 degrees")
    ((_, data), *_) = run(streaming(posed(rolled)), T0, T0 + 0.15)
    made, expected = wire.frame(data), wire.frame(rolled.data)
    assert isinstance(made, wire.Motion)
    assert isinstance(expected, wire.Motion)
    assert made.angles == pytest.approx(expected.angles, abs=1)


# --- the stream ---


def test_it_streams_as_soon_as_somebody_listens_at_the_rate_that_it_has_and_alone_at_a_slow_one() -> None:
    found = run(streaming(off=0.0), T0, T0 + 10.001)
    assert len(found) == 100
    assert {len(data) for _, data in found} == {20}


@pytest.mark.parametrize(("code", "rate_hz", "frames"), [(7, 20, 1), (8, 50, 2), (9, 100, 4), (0x0B, 200, 8)])
def test_fast_rates_come_25_times_a_second_or_fewer_in_notifications_of_several(
    code: int, rate_hz: int, frames: int
) -> None:
    found = run(streaming(rate_code=code, off=0.0), T0, T0 + 10.001)
    assert {len(data) for _, data in found} == {20 * frames}
    assert len(found) * frames == pytest.approx(rate_hz * 10, abs=frames)
    assert all(b - a == pytest.approx(frames / rate_hz) for (a, _), (b, _) in pairwise(found))


def test_a_small_mtu_carries_one_frame_at_a_time() -> None:
    unit = streaming(rate_code=9, mtu=23)
    assert {len(data) for _, data in run(unit, T0, T0 + 1)} == {20}


def test_the_real_rate_is_a_little_less_than_the_nominal_one() -> None:
    unit = streaming(rate_code=9)
    run(unit, T0, T0 + 100)
    assert unit.sent_samples == pytest.approx(9930, abs=4)


def test_samples_are_taken_at_even_times_however_late_the_unit_is_ticked() -> None:
    body = Pose()
    unit = streaming(body, rate_code=8, off=0.0)
    assert len(values(unit.tick(T0 + 1.001))) == 25
    assert body.asked_at == pytest.approx([T0 + (i + 1) / 50 for i in range(50)])


def test_what_is_beyond_a_range_is_clipped_at_it() -> None:
    unit = streaming(Pose((20.0, -20.0, 0.0), (3000.0, -3000.0, 0.0)))
    ((_, data),) = run(unit, T0, T0 + 0.15)
    frame = wire.frame(data)
    assert isinstance(frame, wire.Motion)
    assert frame.acceleration == frame.angular_rate == (32767, -32768, 0)


def test_nobody_listens_nothing_is_sent() -> None:
    unit = WitMotion(Pose())
    unit.connected(T0)
    assert unit.next_due() is None
    unit.subscribe(DATA, True, T0)
    unit.subscribe(DATA, False, T0 + 1)
    assert unit.tick(T0 + 2) == []


def test_the_stream_ends_with_the_link_and_the_rate_stays() -> None:
    unit = streaming(rate_code=8)
    unit.disconnected(T0 + 1)
    assert unit.tick(T0 + 2) == []
    unit.connected(T0 + 3)
    unit.subscribe(DATA, True, T0 + 3)
    assert {len(data) for _, data in run(unit, T0 + 3, T0 + 4)} == {40}


def test_a_unit_that_falls_asleep_sends_no_more() -> None:
    unit = streaming()
    unit.sleep()
    assert unit.tick(T0 + 5) == []
    assert register(unit, 3) == wire.RATE_NONE


# --- commands ---


def test_a_new_rate_is_said_at_once_and_comes_into_effect_soon() -> None:
    unit = streaming(off=0.0, settle_s=0.3)
    unit.write(COMMAND, TELL_50, T0)
    unit.write(COMMAND, READ_RATE, T0)
    before = run(unit, T0, T0 + 0.29)
    assert [len(data) for _, data in before] == [40, 20]  # the answer and a sample; a sample
    assert len(run(unit, T0 + 0.29, T0 + 1.301)) == 25
    assert unit.registers[3] == 8


def test_an_answer_comes_with_the_next_samples_in_its_place_among_them() -> None:
    unit = streaming(rate_code=9, off=0.0)
    unit.tick(T0 + 0.021)
    unit.write(COMMAND, READ_RATE, T0 + 0.022)
    ((_, data),) = run(unit, T0 + 0.022, T0 + 0.05)
    kinds = [type(frame).__name__ for frame in wire.frames(data)[0]]
    assert kinds == ["Motion", "Motion", "Registers", "Motion", "Motion"]


def test_no_rate_is_silence_and_an_answer_goes_out_at_once() -> None:
    unit = streaming(settle_s=0.0)
    unit.write(COMMAND, TELL_NONE, T0)
    assert run(unit, T0, T0 + 10) == []
    assert len(values(unit.write(COMMAND, READ_RATE, T0 + 10))) == 1


def test_once_is_one_sample() -> None:
    unit = streaming(settle_s=0.0)
    unit.write(COMMAND, TELL_ONCE, T0)
    assert len(run(unit, T0, T0 + 10)) == 1


@pytest.mark.parametrize("data", [b"", TELL_50[:4], TELL_50 + b"\0", bytes.fromhex("ff aa 03 0a 00"), b"\0" * 5])
def test_what_is_no_command_or_no_rate_is_ignored(data: bytes) -> None:
    unit = streaming()
    assert unit.write(COMMAND, data, T0) == ()
    run(unit, T0, T0 + 2)
    assert unit.registers[3] == 6


def test_other_registers_want_the_key_which_is_good_for_ten_seconds() -> None:
    unit = WitMotion(Pose())
    unit.write(COMMAND, SIX_AXES, T0)
    assert register(unit, 0x24) == 0
    unit.write(COMMAND, KEY, T0)
    unit.write(COMMAND, SIX_AXES, T0 + 10.0)
    assert register(unit, 0x24) == 0
    unit.write(COMMAND, SIX_AXES, T0 + 9.9)
    assert register(unit, 0x24) == 1


def test_factory_settings_are_ten_samples_a_second() -> None:
    unit = streaming(rate_code=9)
    unit.write(COMMAND, KEY, T0)
    unit.write(COMMAND, bytes.fromhex("ff aa 00 01 00"), T0)
    assert {len(data) for _, data in run(unit, T0 + 0.1, T0 + 1)} == {20}


def test_a_reboot_ends_the_link() -> None:
    assert streaming().write(COMMAND, sent("reboot"), T0) == [DropLink()]


def test_nothing_can_be_read() -> None:
    with pytest.raises(AttError):
        streaming().read(DATA, T0)


# --- bad days ---


def test_a_deaf_unit_answers_nothing_and_does_what_it_is_told() -> None:
    unit = streaming(deaf=True, settle_s=0.0)
    unit.write(COMMAND, READ_RATE, T0)
    unit.write(COMMAND, TELL_100, T0)
    assert {len(data) for _, data in run(unit, T0, T0 + 1)} == {80}


def test_a_stubborn_unit_answers_and_does_nothing() -> None:
    unit = streaming(stubborn=True)
    unit.write(COMMAND, TELL_100, T0)
    assert {len(data) for _, data in run(unit, T0, T0 + 1)} == {20}
    assert unit.registers[3] == 6


@pytest.mark.parametrize("with_service", [True, False])
def test_it_advertises_its_name_and_mostly_its_service(with_service: bool) -> None:  # noqa: FBT001 - both cases
    said = WitMotion(Pose(), address="C8:57:1A:2B:3C:43", advertises_service=with_service).advertising
    assert said.name == b"WT901BLE67"
    assert bool(said.service_uuids) is with_service
