"""The simulated Movesense sends the octets of real ones, and behaves as docs/devices/movesense.md says."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from tests.devices.vectors import Vector, load, named
from tests.simulators.units.poses import Pose

from ptdevice.devices.movesense import wire
from ptdevice_sim.unit import AttError, DropLink, Notify, UnitClock
from ptdevice_sim.units.movesense import Movesense

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptdevice.model import Vector as Axes
    from ptdevice_sim.unit import Output

COMMAND, DATA = "34800001-7185-4d5d-b431-630e7050e8f0", "34800002-7185-4d5d-b431-630e7050e8f0"
VECTORS = load("movesense")
T0 = 100.0
REF = 0x63


def sent(name: str) -> bytes:
    return named(VECTORS, name).data


class Captured:
    """A body that is felt as a vector says, sample by sample."""

    def __init__(self, vector: Vector) -> None:
        felt = vector.means | vector.unit
        self._forces = [tuple(sample) for sample in felt["acceleration"]]
        self._spins = [tuple(sample) for sample in felt.get("angular_rate", ())]

    def acceleration(self, now: float) -> Axes:
        return self._forces.pop(0) if self._forces else (0.0, 0.0, 9.81)

    def angular_rate(self, now: float) -> Axes:
        return self._spins.pop(0) if self._spins else (0.0, 0.0, 0.0)

    def heart_rate(self, now: float) -> float:
        return 66.37


def connected(body: Any = None, now: float = T0, **options: Any) -> Movesense:
    unit = Movesense(body or Pose(), **options)
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


def said(unit: Movesense, data: bytes, now: float = T0) -> list[bytes]:
    return values(unit.write(COMMAND, data, now))


def subscribed(unit: Movesense, path: str, now: float = T0, ref: int = REF) -> int:
    """The status that it answers."""
    (data,) = said(unit, bytes((1, ref)) + path.encode() + b"\0", now)
    assert data[:2] == bytes((1, ref))
    return int.from_bytes(data[2:], "little")


def run(unit: Movesense, begin: float, end: float) -> list[tuple[float, bytes]]:
    """(when, notification), ticked when the unit says that something is due."""
    found, now = [], begin
    while (due := unit.next_due()) is not None and due <= end:
        now = max(now, due)
        found += [(now, data) for data in values(unit.tick(now))]
    return found


# --- vectors, the other way round ---

ANSWERS = [vector for vector in VECTORS if vector.answers]
WORN = [vector for vector in VECTORS if "acceleration" in vector.means | vector.unit]


@pytest.mark.parametrize("vector", ANSWERS, ids=[vector.name for vector in ANSWERS])
def test_the_unit_answers_with_the_octets_of_the_vector(vector: Vector) -> None:
    unit = connected(**vector.unit)
    assert vector.answers
    assert Notify(DATA, vector.data) in unit.write(COMMAND, sent(vector.answers), T0)


@pytest.mark.parametrize("vector", WORN, ids=[vector.name for vector in WORN])
def test_the_unit_sends_what_is_felt_with_the_octets_of_a_real_one(vector: Vector) -> None:
    first_ms = vector.unit.get("first_ms", vector.means.get("device_ns", [0])[0] // 1_000_000)
    unit = connected(Captured(vector), clock=UnitClock(first_ms * 1_000_000 - round(T0 * 1e9)))
    assert subscribed(unit, wire.motion_path(vector.unit["resource"], 52), ref=vector.data[1]) == 200
    (_, data), *_ = run(unit, T0, T0 + 0.1)
    assert len(data) == len(vector.data)
    length = 2 + 4 + 2 * 4 * 12  # the simulated field is another one
    assert data[:length] == vector.data[:length]


def test_heart_beats_come_with_the_octets_of_a_real_one() -> None:
    unit = connected(Captured(named(VECTORS, "acceleration alone at 52 Hz")))
    assert subscribed(unit, "/Meas/HR", ref=0x62) == 200
    ((at, data),) = run(unit, T0, T0 + 1.0)
    assert at == pytest.approx(T0 + 60 / 66.37)
    real = sent("heart rate 66, one interval")
    assert data[-2:] == real[-2:]
    assert len(data) == len(real)
    assert wire.parse_heart_rate(data[2:])[0] == pytest.approx(66.37)


def test_its_clocks_are_told_in_ms_and_in_us() -> None:
    unit = connected(clock=UnitClock(2394576_000_000 - round(T0 * 1e9)))
    said(unit, b"\x08\x03" + (1787161151527000).to_bytes(8, "little"))
    (data,) = said(unit, b"\x04\x07/Time/Detailed\0")
    assert data == sent("the unit's clocks")


def test_time_goes_on_after_it_was_set() -> None:
    unit = connected()
    assert said(unit, sent("set the clock to 2023-11-14T22:13:20Z"))[0][2:] == b"\xc8\0"
    (data,) = said(unit, b"\x04\x07/Time/Detailed", T0 + 2.5)
    assert int.from_bytes(data[4:12], "little") == 1_700_000_002_500_000


# --- streams ---


@pytest.mark.parametrize(("rate_hz", "samples"), [(13, 1), (26, 2), (52, 4), (104, 8), (208, 16)])
def test_values_come_13_times_a_second_with_more_samples_the_faster_it_is(rate_hz: int, samples: int) -> None:
    unit = connected()
    assert subscribed(unit, f"/Meas/Acc/{rate_hz}") == 200
    found = [(at, data) for at, data in run(unit, T0, T0 + 10.0) if data[0] == 2]
    assert len(found) == pytest.approx(10 * rate_hz / samples, abs=1)
    assert all(b - a == pytest.approx(samples / rate_hz) for (a, _), (b, _) in pairwise(found))
    assert len(found[0][1]) == min(2 + 4 + 12 * samples, 152)
    assert unit.sent_samples == samples * len(found)


def test_nine_axes_at_104_hz_come_in_two_parts() -> None:
    unit = connected()
    assert subscribed(unit, "/Meas/IMU9/104") == 200
    (_, first), (_, second), *_ = run(unit, T0, T0 + 0.1)
    assert (first[:2], len(first)) == (b"\x02\x63", 152)
    assert (second[:2], len(second)) == (b"\x03\x63", 2 + 4 + 3 * 8 * 12 - 150)


def test_a_stamp_is_that_of_the_first_sample_in_whole_ms_since_it_woke_up() -> None:
    unit = connected(clock=UnitClock(-round(T0 * 1e9) + 1_900_000))
    subscribed(unit, "/Meas/Acc/52")
    stamps = [int.from_bytes(data[2:6], "little") for _, data in run(unit, T0, T0 + 0.5)]
    assert stamps[:4] == [1, 78, 155, 232]


def test_the_stamp_wraps_at_32_bits() -> None:
    unit = connected(clock=UnitClock((2**32 - 10) * 1_000_000 - round(T0 * 1e9)))
    subscribed(unit, "/Meas/Acc/52")
    stamps = [int.from_bytes(data[2:6], "little") for _, data in run(unit, T0, T0 + 0.2)]
    assert stamps == [2**32 - 10, 66]


def test_a_fast_clock_takes_more_samples_and_stamps_them_alike() -> None:
    unit = connected(clock=UnitClock(skew_ppm=10_000.0))
    subscribed(unit, "/Meas/Acc/52")
    found = run(unit, T0, T0 + 100)
    assert len(found) == pytest.approx(1313, abs=1)
    first, last = (int.from_bytes(data[2:6], "little") for _, data in (found[0], found[-1]))
    assert (last - first) / (len(found) - 1) == pytest.approx(4000 / 52, abs=1e-3)


def test_a_sensor_that_is_slow_by_the_unit_s_clock_is_seen_in_the_stamps() -> None:
    unit = connected(off=-0.02)
    subscribed(unit, "/Meas/Acc/52")
    found = run(unit, T0, T0 + 100)
    first, last = (int.from_bytes(data[2:6], "little") for _, data in (found[0], found[-1]))
    assert (last - first) / (len(found) - 1) == pytest.approx(4000 / 52 / 0.98, abs=1e-2)


def test_samples_are_taken_at_even_times_however_late_the_unit_is_ticked() -> None:
    body = Pose()
    unit = connected(body)
    subscribed(unit, "/Meas/Acc/52")
    assert len(values(unit.tick(T0 + 0.99))) == 13
    assert body.asked_at == pytest.approx([T0 + i / 52 for i in range(52)])


def test_what_16_bits_do_not_hold_is_clipped() -> None:
    unit = connected(Pose((20.0, -20.0, 0.0), (3000.0, -3000.0, 0.0)))
    subscribed(unit, "/Meas/IMU6/13")
    ((_, data),) = run(unit, T0, T0 + 0.01)
    force, spin = (array[0] for array in wire.parse_samples(2, data[2:]).arrays)
    assert force == pytest.approx((78.4, -78.4, 0.0), abs=0.1)
    assert spin == pytest.approx((2293.7, -2293.8, 0.0), abs=0.1)


def test_several_streams_run_side_by_side() -> None:
    unit = connected()
    subscribed(unit, "/Meas/Acc/13", ref=1)
    subscribed(unit, "/Meas/Magn/13", ref=2)
    subscribed(unit, "/Meas/HR", ref=3)
    assert {data[1] for _, data in run(unit, T0, T0 + 2.0)} == {1, 2, 3}


def test_streams_end_with_the_link_or_when_they_are_told_to() -> None:
    unit = connected()
    subscribed(unit, "/Meas/Acc/13", ref=1)
    subscribed(unit, "/Meas/HR", ref=3)
    assert said(unit, b"\x02\x01") == [b"\x01\x01\xc8\0"]
    assert {data[1] for _, data in run(unit, T0, T0 + 2.0)} == {3}
    subscribed(unit, "/Meas/Gyro/13", T0 + 2.0, ref=4)
    unit.disconnected(T0 + 2.0)
    assert unit.next_due() is None
    unit.connected(T0 + 3.0)
    assert unit.next_due() is None


# --- refusals ---


@pytest.mark.parametrize(
    "path", ["/Meas/Acc", "/Meas/Acc/50", "/Meas/IMU/52", "/Meas/Acc/052", "Meas/Acc/52", "/Meas/ECG/200", ""]
)
def test_a_path_that_it_does_not_have_is_not_found(path: str) -> None:
    assert subscribed(connected(), path) == 404


def test_a_fifth_subscription_is_refused() -> None:
    unit = connected()
    assert [subscribed(unit, "/Meas/Acc/13", ref=ref) for ref in range(1, 6)] == [200] * 4 + [507]


def test_so_is_a_value_that_three_notifications_do_not_carry() -> None:
    unit = connected()
    assert subscribed(unit, "/Meas/IMU9/208") == 507
    assert subscribed(unit, "/Meas/IMU6/208") == 200


def test_a_ref_that_is_in_use_is_refused() -> None:
    unit = connected()
    assert subscribed(unit, "/Meas/Acc/13") == 200
    assert subscribed(unit, "/Meas/Gyro/13") == 409
    assert said(unit, b"\x02\x63") == [b"\x01\x63\xc8\0"]
    assert said(unit, b"\x02\x63") == [b"\x01\x63\x94\x01"]  # there is none any more
    assert subscribed(unit, "/Meas/Gyro/13") == 200


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x04\x05/Info\0", 404),
        (b"\x04\x05/Meas/HR\0", 401),
        (b"\x03\x05\0\0\0\0", 501),
        (b"\x07\x05\x0c", 400),
        (b"\x07\x05", 400),
        (b"\x08\x05\0", 501),
        (b"\x2a\x05", 501),
    ],
)
def test_what_it_cannot_do_is_refused(data: bytes, status: int) -> None:
    assert said(connected(), data) == [b"\x01\x05" + status.to_bytes(2, "little")]


@pytest.mark.parametrize("data", [b"", b"\x01"])
def test_what_is_no_command_is_not_answered(data: bytes) -> None:
    assert said(connected(), data) == []


def test_out_of_slots_it_refuses_everything_on_every_link_until_it_is_started_anew() -> None:
    unit = connected(clock=UnitClock(5_000_000_000))
    unit.busy = True
    assert said(unit, sent("hello")) == [b"\x01\x01\xad\x01"]
    unit.disconnected(T0)
    unit.connected(T0)
    assert subscribed(unit, "/Meas/Acc/13") == 429
    answer, drop = unit.write(COMMAND, sent("start anew"), T0)
    assert answer == Notify(DATA, sent("it will"))
    assert isinstance(drop, DropLink)
    assert subscribed(unit, "/Meas/Acc/13", T0 + 1.0) == 200
    assert int.from_bytes(run(unit, T0 + 1.0, T0 + 1.01)[0][1][2:6], "little") == 1000  # ms since it woke up


def test_the_first_sample_sends_values_and_no_results() -> None:
    unit = connected(old=True)
    assert said(unit, sent("hello")) == [b"\x01\x01Hello"]
    assert said(unit, sent("ask for the battery")) == []
    assert said(unit, sent("subscribe to IMU6 at 52 Hz")) == []
    assert len(run(unit, T0, T0 + 0.1)) == 1


def test_a_mute_unit_does_as_it_is_told_without_an_answer() -> None:
    unit = connected()
    unit.mute = True
    assert said(unit, sent("subscribe to IMU6 at 52 Hz")) == []
    assert len(run(unit, T0, T0 + 0.1)) == 1


def test_streams_may_stop_without_a_word() -> None:
    unit = connected()
    subscribed(unit, "/Meas/Acc/13")
    unit.stop_streams()
    assert unit.next_due() is None


def test_nothing_can_be_read() -> None:
    with pytest.raises(AttError):
        connected().read(DATA, T0)


def test_the_serial_number_is_in_the_name_and_in_the_greeting_and_differs_from_unit_to_unit() -> None:
    one, other = Movesense(Pose()), Movesense(Pose(), address="0C:8C:DC:1A:2B:3D")
    assert one.advertising.name == b"Movesense " + one.serial.encode()
    assert len(one.serial) == 12
    assert one.serial != other.serial
    assert one.serial.encode() in said(one, sent("hello"))[0]
