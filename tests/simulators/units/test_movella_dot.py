"""The simulated DOT speaks with the vendor's octets, and behaves as docs/devices/movella-dot.md says."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from tests.devices.vectors import Vector, load, named
from tests.simulators.units.poses import G, Pose

from ptdevice.devices.movella_dot import messages, wire
from ptdevice.devices.movella_dot.messages import SyncResult
from ptdevice.devices.movella_dot.wire import Mode
from ptdevice_sim.dot_room import DotRoom
from ptdevice_sim.unit import AttError, DropLink, Notify, UnitClock
from ptdevice_sim.units.movella_dot import MovellaDot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptdevice_sim.unit import Output

VECTORS = load("movella_dot")
T0 = 100.0
CONTROL, MEDIUM, SHORT, LONG = wire.CONTROL_UUID, wire.MEDIUM_UUID, wire.SHORT_UUID, wire.LONG_UUID
DEVICE, MESSAGE, ANSWER, ACK = wire.DEVICE_UUID, wire.MESSAGE_UUID, wire.ANSWER_UUID, wire.ACK_UUID
REPORT, BATTERY = wire.REPORT_UUID, wire.BATTERY_UUID


def sent(name: str) -> bytes:
    return named(VECTORS, name).data


START, STOP = sent("start acceleration and angular rate"), sent("stop acceleration and angular rate")
ASK, STOP_SYNC = sent("is it synchronised?"), sent("end the synchronisation")


def connected(body: Pose | None = None, now: float = T0, **options: Any) -> MovellaDot:
    unit = MovellaDot(body or Pose(), **options)
    unit.connected(now)
    for uuid in (MEDIUM, ANSWER, REPORT, BATTERY):
        unit.subscribe(uuid, True, now)
    return unit


def measuring(body: Pose | None = None, **options: Any) -> MovellaDot:
    unit = connected(body, **options)
    unit.write(CONTROL, START, T0)
    return unit


def values(outputs: Iterable[Output], uuid: str = MEDIUM) -> list[bytes]:
    return [output.data for output in outputs if isinstance(output, Notify) and output.uuid == uuid]


def samples(outputs: Iterable[Output], mode: int = Mode.RATE) -> list[wire.Payload]:
    return [wire.parse_payload(mode, data) for data in values(outputs, wire.payload_uuid(mode))]


def unpadded(data: bytes) -> bytes:
    assert len(data) == 160
    return data[: 3 + data[1]]


# --- vectors, the other way round ---

READS = [vector for vector in VECTORS if "read" in vector.unit]
ANSWERS = [vector for vector in VECTORS if vector.answers]
UUIDS = {"control": CONTROL, "battery": BATTERY}


@pytest.mark.parametrize("vector", READS, ids=[vector.name for vector in READS])
def test_what_is_read_has_the_octets_of_the_vector(vector: Vector) -> None:
    unit = connected()
    if "battery" in vector.unit:
        percent, charging = vector.unit["battery"]
        unit.set_battery(percent, charging=charging)
    assert unit.read(UUIDS[vector.unit["read"]], T0) == vector.data


@pytest.mark.parametrize("vector", ANSWERS, ids=[vector.name for vector in ANSWERS])
def test_it_answers_with_the_octets_of_the_vector(vector: Vector) -> None:
    unit = connected()
    unit.synced = vector.unit.get("synced", False)
    (answer,) = values(unit.write(MESSAGE, sent(vector.answers or ""), T0), ANSWER)
    assert unpadded(answer) == vector.data


def test_it_sends_force_and_spin_with_the_octets_of_the_vector() -> None:
    vector = named(VECTORS, "lying flat and turning, in mode 21")
    clock = UnitClock(start_ns=33_333_000 - round((T0 + 1 / 60) * 1e9))
    unit = measuring(Pose((0.0, 0.0, 9.81 / G), (1.0, 2.0, 3.0)), clock=clock)
    assert values(unit.tick(T0 + 1 / 60 + 1e-9)) == [vector.data]


def test_a_click_is_reported_with_the_octets_of_the_vector() -> None:
    unit = connected(clock=UnitClock(start_ns=123_456_000_000 - round(T0 * 1e9)))
    unit.click(T0)
    assert values(unit.tick(T0), REPORT) == [sent("a click of the button at 123.456 s")]


def test_settings_are_read_with_the_octets_that_were_written() -> None:
    unit = connected()
    written = sent("set the output rate to 20 Hz and nothing else")
    unit.write(DEVICE, written, T0)
    found = unit.read(DEVICE, T0)
    assert found[24:26] == written[24:26]
    assert wire.parse_device(found).tag == b"Movella DOT"  # the tag was not to be visited


def test_it_blinks_when_it_is_told_to() -> None:
    unit = connected()
    unit.write(DEVICE, sent("blink"), T0)
    assert unit.blinks == 1
    assert unit.device.rate_hz == 60


# --- measuring ---


def test_nothing_is_sent_before_the_start_and_60_a_second_after_it() -> None:
    unit = connected()
    assert values(unit.tick(T0 + 1)) == []
    unit.write(CONTROL, START, T0 + 1)
    assert len(values(unit.tick(T0 + 2.001))) == 60
    assert unit.sent_samples == 60


def test_time_stamps_are_16667_microseconds_apart_and_wrap() -> None:
    unit = measuring(clock=UnitClock(start_ns=(2**32 - 500_000) * 1000 - round(T0 * 1e9)))
    times = [sample.time_us for sample in samples(unit.tick(T0 + 1.001))]
    assert {(b - a) % 2**32 for a, b in pairwise(times)} <= {16_666, 16_667}
    assert times[0] > 2**31 > times[-1]


def test_a_fast_clock_measures_more_often_in_true_time_and_not_in_its_own() -> None:
    unit = measuring(clock=UnitClock(skew_ppm=5000.0))
    found = samples(unit.tick(T0 + 100))
    assert len(found) == pytest.approx(6030, abs=1)
    assert (found[-1].time_us - found[0].time_us) / (len(found) - 1) == pytest.approx(16_666.67, abs=0.1)


def test_whoever_does_not_listen_to_the_payload_s_own_characteristic_hears_nothing() -> None:
    unit = MovellaDot(Pose())
    unit.connected(T0)
    unit.subscribe(SHORT, True, T0)
    unit.write(CONTROL, START, T0)
    assert unit.tick(T0 + 1) == []
    assert unit.read(CONTROL, T0 + 1) == b"\1\1\x15"
    unit.subscribe(MEDIUM, True, T0 + 1)
    assert len(values(unit.tick(T0 + 2.001))) == 60


@pytest.mark.parametrize("mode", Mode)
def test_every_published_mode_comes_by_its_own_characteristic(mode: Mode) -> None:
    unit = connected(Pose((0.0, 0.0, 1.0), (1.0, 2.0, 3.0)))
    unit.subscribe(wire.payload_uuid(mode), True, T0)
    unit.write(CONTROL, bytes((1, 1, mode)), T0)
    (sample,) = samples(unit.tick(T0 + 0.017), mode)
    flat = {
        "quaternion": (1.0, 0.0, 0.0, 0.0),
        "euler": (0.0, 0.0, 0.0),
        "free_acceleration": (0.0, 0.0, 0.0),
        "delta_velocity": (0.0, 0.0, G / 60),
        "delta_quaternion": (1.0, *(math.radians(rate) / 120 for rate in (1, 2, 3))),
        "acceleration": (0.0, 0.0, G),
        "angular_rate": (1.0, 2.0, 3.0),
        "magnetic_field": (0, 4096, 0),
        "status": (0x200,),
        "clipped": (0, 0),
    }
    for name in wire.LAYOUTS[mode]:
        assert getattr(sample, name) == pytest.approx(flat[name], abs=1e-6)


@pytest.mark.parametrize("mode", [0, 1, 8, 17, 25, 27, 255])
def test_a_mode_that_is_proprietary_or_unknown_is_refused(mode: int) -> None:
    unit = connected()
    with pytest.raises(AttError) as caught:
        unit.write(CONTROL, bytes((1, 1, mode)), T0)
    assert caught.value.code == 0x13
    assert unit.measuring is None


def test_it_measures_on_without_a_link_and_says_so_in_the_next_one() -> None:
    unit = measuring()
    unit.disconnected(T0 + 1)
    assert unit.next_due() is None
    unit.connected(T0 + 5)
    assert unit.read(CONTROL, T0 + 5) == b"\1\1\x15"
    assert values(unit.tick(T0 + 6)) == []
    unit.subscribe(MEDIUM, True, T0 + 6)
    found = samples(unit.tick(T0 + 7))
    assert found[0].time_us == pytest.approx((T0 + 6) * 1e6, abs=20_000)  # the clock ran on


def test_a_stop_ends_it() -> None:
    unit = measuring()
    unit.write(CONTROL, STOP, T0 + 1)
    assert values(unit.tick(T0 + 2)) == []


def test_what_is_beyond_a_range_is_clipped_and_told_in_the_status() -> None:
    unit = connected(Pose((0.0, 20.0, 1.0), (0.0, -3000.0, 0.0)))
    unit.write(CONTROL, bytes((1, 1, Mode.EXTENDED_QUATERNION)), T0)
    (extended,) = samples(unit.tick(T0 + 0.017), Mode.EXTENDED_QUATERNION)
    assert extended.status == (0x0212,)  # as in the vector: both y, and a new magnetometer sample
    unit.write(CONTROL, START, T0 + 1)
    (sample, *_) = samples(unit.tick(T0 + 1.02))
    assert sample.acceleration[1] == pytest.approx(16 * G)
    assert sample.angular_rate[1] == -2000.0


def test_next_due_is_the_next_sample() -> None:
    unit = measuring()
    due = unit.next_due()
    assert due is not None
    assert due == pytest.approx(T0 + 1 / 60)
    assert len(values(unit.tick(due))) == 1


# --- settings ---


def test_rate_and_filter_stay_while_it_measures_or_is_synchronised() -> None:
    change = wire.device(wire.Device(visit=wire.VISIT_RATE | wire.VISIT_FILTER, rate_hz=20, filter_profile=1))
    unit = measuring()
    unit.write(DEVICE, change, T0)
    assert (unit.device.rate_hz, unit.device.filter_profile) == (60, 0)
    unit.write(CONTROL, STOP, T0)
    unit.synced = True
    unit.write(DEVICE, change, T0)
    assert (unit.device.rate_hz, unit.device.filter_profile) == (60, 0)
    unit.synced = False
    unit.write(DEVICE, change, T0)
    assert (unit.device.rate_hz, unit.device.filter_profile) == (20, 1)


def test_a_rate_for_recording_only_is_not_taken() -> None:
    unit = connected()
    unit.write(DEVICE, wire.device(wire.Device(visit=wire.VISIT_RATE, rate_hz=120)), T0)
    assert unit.device.rate_hz == 60


def test_only_what_is_visited_is_changed() -> None:
    unit = connected()
    unit.write(DEVICE, wire.device(wire.Device(visit=wire.VISIT_TAG, tag=b"left", rate_hz=20)), T0)
    assert unit.device.tag == b"left"
    assert unit.device.rate_hz == 60


def test_it_can_be_switched_off_over_the_air() -> None:
    unit = measuring()
    said = unit.write(DEVICE, wire.device(wire.Device(visit=wire.VISIT_POWER, power=1)), T0)
    assert values(said, REPORT) == [sent("it switches itself off")]
    assert said[-1] == DropLink()
    assert unit.measuring is None


# --- what happens to the unit ---


def test_connected_without_measuring_it_falls_asleep_after_half_an_hour() -> None:
    unit = connected()
    assert unit.tick(T0 + 1799) == []
    assert unit.next_due() == T0 + 1800
    said = unit.tick(T0 + 1800)
    assert values(said, REPORT) == [sent("it falls asleep")]
    assert said[-1] == DropLink()
    assert unit.next_due() is None


def test_while_it_measures_or_where_it_was_told_never_to_it_does_not_fall_asleep() -> None:
    assert DropLink() not in measuring().tick(T0 + 1900)
    unit = connected()
    unit.write(DEVICE, wire.device(wire.Device(visit=wire.VISIT_TIMEOUTS, connected_timeout=(0, 0))), T0)
    unit.write(CONTROL, STOP, T0)
    assert unit.tick(T0 + 5000) == []


def test_the_battery_is_told_when_it_changes() -> None:
    unit = connected(battery_pct=80)
    unit.set_battery(80, charging=True)
    assert unit.tick(T0) == []
    unit.set_battery(79)
    assert values(unit.tick(T0), BATTERY) == [bytes((79, 0))]


def test_an_empty_unit_switches_itself_off() -> None:
    unit = measuring()
    unit.set_battery(1)
    said = unit.tick(T0)
    assert values(said, REPORT) == [sent("it switches itself off")]
    assert DropLink() in said


def test_samples_may_be_no_numbers_for_a_while() -> None:
    unit = measuring()
    unit.nan_next = 2
    found = samples(unit.tick(T0 + 0.051))
    assert [math.isnan(sample.acceleration[0]) for sample in found] == [True, True, False]


def test_a_second_start_may_send_nothing_as_users_report() -> None:
    unit = measuring(deaf_restart=True)
    assert values(unit.tick(T0 + 1)) != []
    unit.write(CONTROL, STOP, T0 + 1)
    unit.write(CONTROL, START, T0 + 1)
    assert values(unit.tick(T0 + 2)) == []
    unit.write(CONTROL, STOP, T0 + 2)
    unit.write(CONTROL, START, T0 + 2)
    assert values(unit.tick(T0 + 3)) != []


def test_information_has_the_address_as_the_vendor_writes_it() -> None:
    data = connected(address="D4:22:CD:AA:BB:CC").read(wire.INFORMATION_UUID, T0)
    assert data[:6] == bytes.fromhex("cc bb aa cd 22 d4")
    assert wire.parse_information(data) == ("2.4.1", "XS-T02")


def test_nothing_else_can_be_read() -> None:
    with pytest.raises(AttError):
        connected().read(MEDIUM, T0)


# --- synchronising ---

ROOT, OTHER = "D4:22:CD:00:00:01", "D4:22:CD:00:00:02"


def pair(room: DotRoom | None = None) -> tuple[MovellaDot, MovellaDot]:
    room = room or DotRoom()
    root = connected(room=room, address=ROOT, clock=UnitClock(5_000_000_000, 20.0))
    return root, connected(room=room, address=OTHER, clock=UnitClock(0, -20.0))


def synchronise(*units: MovellaDot, away_s: float = 14.0) -> None:
    for unit in units:
        unit.write(MESSAGE, messages.start_sync(ROOT), T0)
        unit.disconnected(T0 + 1)
    for unit in units:
        unit.connected(T0 + 1 + away_s)
        unit.subscribe(MEDIUM, True, T0 + 1 + away_s)


def test_two_units_have_one_clock_afterwards_and_say_so() -> None:
    root, other = pair()
    synchronise(root, other)
    assert root.clock == other.clock == UnitClock(5_000_000_000, 20.0)
    assert unpadded(other.read(ACK, T0 + 20)) == sent("synchronised well")
    (answer,) = values(other.write(MESSAGE, ASK, T0 + 20), ANSWER)
    assert unpadded(answer) == sent("it is synchronised")


def test_a_unit_that_is_back_too_early_says_that_it_was_not_begun() -> None:
    root, other = pair()
    synchronise(root, other, away_s=11.0)
    assert other.read(ACK, T0 + 20)[3] == SyncResult.NOT_STARTED
    assert not other.synced


@pytest.mark.parametrize(
    ("result", "name"),
    [
        (SyncResult.FEW_SAMPLES, "not synchronised: too few samples"),
        (SyncResult.SKEW, "not synchronised: the clocks are too far apart"),
    ],
)
def test_a_synchronisation_may_fail_in_the_vendor_s_words(result: SyncResult, name: str) -> None:
    root, other = pair(DotRoom(result))
    synchronise(root, other)
    assert unpadded(other.read(ACK, T0 + 20)) == sent(name)
    assert other.clock == UnitClock(0, -20.0)


def test_the_result_cannot_be_read_before_the_link_was_lost() -> None:
    root, _ = pair()
    root.write(MESSAGE, messages.start_sync(ROOT), T0)
    assert not any(root.read(ACK, T0))


def test_a_later_loss_of_the_link_does_not_synchronise_again() -> None:
    root, other = pair()
    synchronise(root, other)
    root.power_off()
    other.disconnected(T0 + 30)
    other.connected(T0 + 60)
    assert other.synced
    assert unpadded(other.read(ACK, T0 + 60)) == sent("synchronised well")


def test_start_sync_ends_a_measurement() -> None:
    unit = measuring()
    unit.write(MESSAGE, messages.start_sync(ROOT), T0)
    assert unit.measuring is None


def test_it_ends_when_it_is_told_to_or_switched_off() -> None:
    root, other = pair()
    synchronise(root, other)
    assert unpadded(*values(other.write(MESSAGE, STOP_SYNC, T0 + 20), ANSWER)) == bytes.fromhex("02 02 50 00 ac")
    assert not other.synced
    root.power_off()
    assert not root.synced
    assert not any(root.read(ACK, T0 + 20))


def test_a_unit_that_was_switched_off_while_it_was_away_comes_back_as_new_and_was_not_heard() -> None:
    root, other = pair()
    for unit in (root, other):
        unit.write(MESSAGE, messages.start_sync(ROOT), T0)
        unit.disconnected(T0 + 1)
    root.power_off()
    for unit in (root, other):
        unit.connected(T0 + 20)
    assert not root.synced
    assert not any(root.read(ACK, T0 + 20))
    assert other.read(ACK, T0 + 20)[3] == SyncResult.FEW_SAMPLES


@pytest.mark.parametrize(
    "data", [b"\2\1\x08\xf6", b"\2\1\x7f\x7e", sent("what is the recording doing?"), sent("about recorded file 1")]
)
def test_a_message_that_is_none_or_of_recording_is_refused(data: bytes) -> None:
    with pytest.raises(AttError):
        connected().write(MESSAGE, data, T0)
