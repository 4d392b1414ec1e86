"""The simulated Polar units answer with the vendor's octets, and behave as docs/devices/polar.md says."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from tests.devices.vectors import Vector, load, named

from ptdevice.devices.polar import wire
from ptdevice_sim.body import SyntheticBody
from ptdevice_sim.recording import WornRecording
from ptdevice_sim.unit import AttError, DropLink, Notify, UnitClock
from ptdevice_sim.units.polar import PolarSensor

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ptdevice.model import Vector as Axes
    from ptdevice_sim.body import Body
    from ptdevice_sim.unit import Output

CONTROL = "fb005c81-02e7-f387-1cad-8acd2d8df0c8"
DATA = "fb005c82-02e7-f387-1cad-8acd2d8df0c8"
HEART_RATE = "00002a37-0000-1000-8000-00805f9b34fb"
BATTERY = "00002a19-0000-1000-8000-00805f9b34fb"
MODEL = "00002a24-0000-1000-8000-00805f9b34fb"
SERIAL = "00002a25-0000-1000-8000-00805f9b34fb"
VECTORS = load("polar")
T0 = 100.0
G = 9.80665


@dataclass
class Posed:
    """A body whose acceleration is a list, one entry for each time it is asked; the last one is repeated."""

    acceleration_mss: list[Axes]
    asked_at: list[float] = field(default_factory=list)
    turning_dps: Axes = (0.0, 0.0, 0.0)

    def acceleration(self, now: float) -> Axes:
        self.asked_at.append(now)
        return self.acceleration_mss[min(len(self.asked_at), len(self.acceleration_mss)) - 1]

    def angular_rate(self, now: float) -> Axes:
        return self.turning_dps

    def heart_rate(self, now: float) -> float:
        return 60.0


STILL: list[Axes] = [(0.0, 0.0, G)]


def sit_ups(seed: int) -> SyntheticBody:
    return SyntheticBody(random.Random(seed), start=0.0)  # noqa: S311 - reproducible, not secret


def sent(name: str) -> bytes:
    return named(VECTORS, name).data


GET = sent("get the accelerometer's settings")
STOP = sent("stop the accelerometer")
START = {"H10": sent("start an H10 at 100 Hz, 8 g, in the order of its offer")}
START["Sense"] = sent("start a Verity Sense at 52 Hz, 8 g")


def connected(model: str = "H10", body: Body | None = None, now: float = T0, **options: Any) -> PolarSensor:
    unit = PolarSensor(body or Posed(STILL), model=model, **options)
    unit.connected(now)
    unit.subscribe(CONTROL, True, now)
    unit.subscribe(DATA, True, now)
    return unit


def streaming(model: str = "H10", body: Body | None = None, **options: Any) -> PolarSensor:
    unit = connected(model, body, **options)
    unit.write(CONTROL, START[model], T0)
    return unit


def values(outputs: Iterable[Output], uuid: str) -> list[bytes]:
    return [output.data for output in outputs if isinstance(output, Notify) and output.uuid == uuid]


def frames(unit: PolarSensor, until: float, *, step: float = 0.01) -> list[wire.Frame]:
    """The data frames that the unit sends until then, ticked as a carrier would."""
    now, found = T0, []
    while now < until:
        now = min(now + step, until)
        found += [wire.parse_frame(data) for data in values(unit.tick(now), DATA)]
    return found


def status(outputs: Iterable[Output]) -> int:
    (answer,) = values(outputs, CONTROL)
    return answer[3]


# --- vectors, the other way round ---

ANSWERS = [vector for vector in VECTORS if vector.answers]
READS = [vector for vector in VECTORS if "read" in vector.unit]


@pytest.mark.parametrize("vector", ANSWERS, ids=[vector.name for vector in ANSWERS])
def test_the_unit_answers_with_the_octets_of_the_vector(vector: Vector) -> None:
    assert vector.answers
    unit = (streaming if vector.unit.get("streaming") else connected)(vector.unit["model"])
    assert unit.write(CONTROL, sent(vector.answers), T0) == [Notify(CONTROL, vector.data)]


@pytest.mark.parametrize("vector", READS, ids=[vector.name for vector in READS])
def test_the_unit_s_features_are_read_with_the_octets_of_the_vector(vector: Vector) -> None:
    assert PolarSensor(Posed(STILL), model=vector.unit["model"]).read(CONTROL, T0) == vector.data


def test_an_h10_sends_its_samples_with_the_octets_that_the_vendor_prints() -> None:
    expected = named(VECTORS, "two raw samples of an H10")
    samples: list[Axes] = [(x * G / 1000, y * G / 1000, z * G / 1000) for x, y, z in expected.means["mg"]]
    clock = UnitClock(start_ns=599618164814402794 - round((T0 + 0.01) * 1e9))
    unit = streaming("H10", Posed(samples), frame_samples=2, clock=clock)
    assert values(unit.tick(T0 + 0.01), DATA) == [expected.data]


def test_a_verity_sense_sends_its_samples_with_the_octets_of_the_vector() -> None:
    expected = named(VECTORS, "five compressed samples in g of a Verity Sense")
    scale = expected.means["g_per_count"] * G
    samples: list[Axes] = [(x * scale, y * scale, z * scale) for x, y, z in expected.means["counts"]]
    clock = UnitClock(start_ns=599618164814402794 - round((T0 + 4 / 52) * 1e9))
    unit = streaming("Sense", Posed(samples), frame_samples=5, clock=clock)
    assert values(unit.tick(T0 + 4 / 52 + 1e-9), DATA) == [expected.data]


# --- the control point ---


def test_a_command_before_indications_are_on_is_refused_by_att() -> None:
    unit = PolarSensor(Posed(STILL))
    unit.connected(T0)
    with pytest.raises(AttError) as caught:
        unit.write(CONTROL, GET, T0)
    assert caught.value.code == 0xFD


def test_indications_are_forgotten_with_the_link() -> None:
    unit = connected()
    unit.disconnected(T0 + 1)
    unit.connected(T0 + 2)
    with pytest.raises(AttError):
        unit.write(CONTROL, GET, T0 + 2)


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("02 02 00 01 65 00 01 01 10 00 02 01 08 00", 8),  # 101 Hz
        ("02 02 01 01 10 00 02 01 08 00", 8),  # no rate at all
        ("02 02 00 01 64 00 01 01 18 00 02 01 08 00", 7),  # 24 bit
        ("02 02 00 01 64 00 01 01 10 00 02 01 10 00", 9),  # 16 g
        ("02 02 00 01 64 00 01 01 10 00", 9),  # no range
        ("02 02 00 01 64", 5),  # cut short
        ("02 02 00 00", 5),  # a setting without a value
        ("02", 4),
        ("07 02", 1),
        ("01 05", 3),  # a gyroscope it has not
        ("03 02", 6),  # nothing to stop
    ],
)
def test_what_cannot_be_done_is_answered_with_its_status(command: str, answer: int) -> None:
    assert status(connected().write(CONTROL, bytes.fromhex(command), T0)) == answer


def test_a_second_start_is_answered_with_already_in_state() -> None:
    assert status(streaming().write(CONTROL, START["H10"], T0)) == 6


def test_in_the_charger_nothing_starts() -> None:
    unit = connected()
    unit.in_charger = True
    assert status(unit.write(CONTROL, START["H10"], T0)) == 13


def test_after_a_refused_start_nothing_streams() -> None:
    unit = connected()
    unit.write(CONTROL, bytes.fromhex("02 02 00 01 65 00"), T0)
    assert frames(unit, T0 + 2) == []


# --- frames ---


def test_an_h10_sends_36_samples_in_a_frame_and_they_fit_its_mtu() -> None:
    unit = streaming()
    found = [data for tick in range(200) for data in values(unit.tick(T0 + tick / 100), DATA)]
    assert [len(data) for data in found] == [10 + 36 * 6] * 5
    assert len(found[0]) <= unit.mtu - 3


def test_a_frame_carries_the_unit_s_time_of_its_last_sample() -> None:
    body = Posed(STILL)
    first, second, *_ = frames(streaming(body=body), T0 + 1)
    assert body.asked_at[35] == pytest.approx(T0 + 0.35)
    # Since 2019-01-01, where an H10's clock starts.
    assert first.last_ns == pytest.approx(599616000000000000 + (T0 + 0.35) * 1e9, abs=100)
    assert second.last_ns - first.last_ns == pytest.approx(0.36e9, abs=100)


def test_a_clock_that_runs_fast_shows_in_the_time_stamps() -> None:
    clock = UnitClock(skew_ppm=50.0)
    first, *_, last = frames(streaming(clock=clock), T0 + 100, step=0.36)
    assert (last.last_ns - first.last_ns) / 1e9 == pytest.approx((277 - 1) * 0.36 * 1.000050, abs=1e-6)


def test_the_clock_of_a_verity_sense_starts_in_2017() -> None:
    first, *_ = frames(streaming("Sense"), T0 + 2)
    assert first.last_ns == pytest.approx(536580000000000000 + (T0 + 49 / 52) * 1e9, abs=100)


def test_frames_come_no_faster_than_the_rate_that_was_asked_for() -> None:
    for rate, number in ((25, 6), (50, 13), (100, 27), (200, 55)):
        unit = connected()
        start = START["H10"][:4] + rate.to_bytes(2, "little") + START["H10"][6:]
        assert status(unit.write(CONTROL, start, T0)) == 0
        assert len(frames(unit, T0 + 10 - 1e-6)) == number  # 10 s, 36 samples a frame


def test_a_unit_that_is_ticked_late_sends_what_it_measured_meanwhile() -> None:
    on_time, late = frames(streaming(), T0 + 10), frames(streaming(), T0 + 10, step=10.0)
    assert late == on_time


def test_a_verity_sense_compresses_its_frames() -> None:
    body = sit_ups(1)
    found = frames(streaming("Sense", body), T0 + 5)
    assert {frame.frame_type for frame in found} == {0x80}
    assert {len(wire.parse_delta(frame.payload)) for frame in found} == {50}
    assert max(len(frame.payload) for frame in found) < 50 * 6


def test_what_is_beyond_the_range_is_clipped_at_it() -> None:
    for model, top in (("H10", 8000), ("Sense", 32767)):
        unit = streaming(model, Posed([(1000.0, -1000.0, 0.0)]))
        payload = frames(unit, T0 + 2)[0].payload
        counts = wire.parse_raw(1, payload) if model == "H10" else wire.parse_delta(payload)
        assert set(counts) == {(top, -top, 0)}


def test_next_due_is_when_the_next_frame_is_full() -> None:
    unit = streaming()
    due = unit.next_due()
    assert due is not None
    assert values(unit.tick(due - 0.001), DATA) == []
    assert len(values(unit.tick(due), DATA)) == 1


# --- the gyroscope and the magnetometer of a Verity Sense ---

GYRO_START = sent("start a gyroscope at 52 Hz, 2000 deg/s, in the order of its offer")
MAG_START = sent("start a magnetometer at 20 Hz, in the order of its offer")


def counts(unit: PolarSensor, measurement: int, until: float) -> list[tuple[int, ...]]:
    """All samples of one measurement, as counts."""
    found = frames(unit, until)
    return [each for frame in found if frame.measurement == measurement for each in wire.parse_delta(frame.payload)]


def test_a_gyroscope_s_counts_are_0_07_degrees_a_second() -> None:
    unit = connected("Sense", Posed(STILL, turning_dps=(70.0, -7.0, 0.0)))
    unit.write(CONTROL, GYRO_START, T0)
    found = counts(unit, 5, T0 + 2)
    assert len(found) == 100
    assert set(found) == {(1000, -100, 0)}


def test_a_magnetometer_s_counts_are_a_32768th_of_its_range() -> None:
    unit = connected("Sense", field_gauss=(25.0, -0.5, 60.0))
    unit.write(CONTROL, MAG_START, T0)
    found = counts(unit, 6, T0 + 5)
    assert len(found) == 100
    assert set(found) == {(16384, -328, 32767)}


def test_each_stream_has_its_own_samples_and_stops_by_itself() -> None:
    unit = streaming("Sense")
    unit.write(CONTROL, GYRO_START, T0 + 0.005)
    assert {frame.measurement for frame in frames(unit, T0 + 2)} == {2, 5}
    assert status(unit.write(CONTROL, bytes.fromhex("03 05"), T0 + 2)) == 0
    assert {wire.parse_frame(data).measurement for data in values(unit.tick(T0 + 6), DATA)} == {2}
    unit.stop_streams()
    assert values(unit.tick(T0 + 6), CONTROL) == [bytes.fromhex("01 02")]


def test_a_frame_that_would_not_fit_its_mtu_is_sent_as_several_with_their_own_times() -> None:
    wild: list[Axes] = [(7.9 * G * (-1) ** i, 0.0, 7.9 * G * (-1) ** i) for i in range(200)]
    unit = streaming("Sense", Posed(wild))
    found = [data for tick in range(200) for data in values(unit.tick(T0 + tick / 100), DATA)]
    assert max(len(data) for data in found) <= unit.mtu - 3
    first, second = (wire.parse_frame(data) for data in found[:2])
    sizes = [len(wire.parse_delta(frame.payload)) for frame in (first, second)]
    assert sum(sizes) == 50
    assert second.last_ns - first.last_ns == pytest.approx(sizes[1] / 52 * 1e9, abs=100)


# --- what happens to the unit ---


def test_a_unit_that_stops_by_itself_says_so_and_sends_no_more() -> None:
    unit = streaming()
    unit.tick(T0 + 1)
    unit.stop_streams()
    assert values(unit.tick(T0 + 1), CONTROL) == [bytes.fromhex("01 02")]
    assert frames(unit, T0 + 3) == []
    assert status(unit.write(CONTROL, START["H10"], T0 + 3)) == 0


def test_a_stream_ends_with_the_link() -> None:
    unit = streaming()
    unit.disconnected(T0 + 1)
    unit.connected(T0 + 2)
    assert frames(unit, T0 + 4) == []


def test_a_restart_may_be_accepted_and_send_nothing_as_real_units_were_seen_to() -> None:
    unit = streaming(no_data_on_restart=True)
    assert frames(unit, T0 + 1) != []
    unit.write(CONTROL, STOP, T0 + 1)
    assert status(unit.write(CONTROL, START["H10"], T0 + 1)) == 0
    assert frames(unit, T0 + 5) == []
    unit.write(CONTROL, STOP, T0 + 5)
    unit.write(CONTROL, START["H10"], T0 + 5)
    assert frames(unit, T0 + 7) != []


def test_the_link_ends_45_s_after_the_unit_was_taken_off_and_is_told_once() -> None:
    unit = connected()
    unit.take_off(T0 + 10)
    assert DropLink() not in unit.tick(T0 + 54.9)
    assert DropLink() in unit.tick(T0 + 55.0)
    assert DropLink() not in unit.tick(T0 + 55.1)


def test_put_on_again_in_time_it_keeps_the_link() -> None:
    unit = connected()
    unit.take_off(T0 + 10)
    unit.put_on()
    assert DropLink() not in unit.tick(T0 + 100)


def test_without_a_link_a_unit_that_is_not_worn_has_nothing_to_do() -> None:
    unit = connected()
    unit.take_off(T0)
    unit.tick(T0 + 45)
    unit.disconnected(T0 + 45)
    assert unit.next_due() is None
    unit.connected(T0 + 60)
    assert DropLink() not in unit.tick(T0 + 104)
    assert DropLink() in unit.tick(T0 + 105)


# --- heart rate, battery, identity ---


def test_heart_rate_comes_every_second_with_contact_and_rr() -> None:
    unit = connected()
    assert values(unit.tick(T0 + 3.5), HEART_RATE) == [bytes.fromhex("16 3c 00 04")] * 3  # 60 bpm, 1024/1024 s


def test_off_the_body_there_is_no_contact_and_no_heart_rate() -> None:
    unit = connected()
    unit.take_off(T0)
    assert values(unit.tick(T0 + 1), HEART_RATE) == [bytes.fromhex("04 00")]


def test_battery_and_model_are_read_and_the_serial_number_is_not_there() -> None:
    unit = connected(battery_pct=77)
    assert unit.read(BATTERY, T0) == bytes((77,))
    assert unit.read(MODEL, T0) == b"H10"
    with pytest.raises(AttError):
        unit.read(SERIAL, T0)


@pytest.mark.parametrize("model", ["H10", "Sense"])
def test_it_advertises_as_polar_units_do(model: str) -> None:
    said = PolarSensor(Posed(STILL), model=model, address="C0:DE:20:34:6E:AB").advertising
    assert said.name == f"Polar {model} 20346EAB".encode()
    assert "0000180d-0000-1000-8000-00805f9b34fb" in said.service_uuids
    assert set(said.manufacturer_data) == {0x006B}


# --- wearing a recording ---


def test_a_recording_is_resampled_to_the_unit_s_rate_and_quantised_to_its_scale(tmp_path: Path) -> None:
    file = tmp_path / "person.csv"
    # 10 Hz, x rising by 0.1 m/s^2 a row; z one g.
    rows = [f"{i / 10},{i / 10},0.0,9.80665" for i in range(21)]
    file.write_text("t_s,chest_ax,chest_ay,chest_az\n" + "\n".join(rows) + "\n")
    unit = streaming("H10", WornRecording(file, start=T0))
    counts = [sample for frame in frames(unit, T0 + 1.9) for sample in wire.parse_raw(1, frame.payload)]
    assert len(counts) == 5 * 36
    # At 100 Hz, i/100 s after the start: i/100 m/s^2, in thousandths of g.
    assert counts == [(round(i / 100 / G * 1000), 0, 1000) for i in range(180)]


def test_two_wearings_of_one_seeded_body_are_alike() -> None:
    one, other = (frames(streaming(body=sit_ups(7)), T0 + 5) for _ in range(2))
    assert one == other
    assert one != frames(streaming(body=sit_ups(8)), T0 + 5)
