"""The simulated Capture2Go answers with the octets of the vendor's SDK, and behaves as docs/devices/capture2go.md says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.devices.vectors import Vector, load, named
from tests.simulators.units.poses import Pose

from ptdevice.devices.capture2go import wire
from ptdevice.devices.capture2go.wire import Header, State
from ptdevice_sim.unit import AttError, Notify, UnitClock
from ptdevice_sim.units.capture2go import Capture2Go

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptdevice_sim.unit import Output

COMMAND = "80030002-e629-4c98-9324-aa7fc0c66de7"
DATA = "80030003-e629-4c98-9324-aa7fc0c66de7"
VECTORS = load("capture2go")
T0 = 100.0


def sent(name: str) -> bytes:
    return named(VECTORS, name).data


CLEAR = sent("stop streaming and forget the buffer")
SET = sent("measure at 50 Hz, packed, without magnetometer; a status every 10 s")
START = sent("start streaming")
STATUS = bytes.fromhex("02 d3 73 d7 af 00 00 02")  # the SDK's CmdGetStatus
STOP = wire.package(Header.STOP)


def connected(now: float = T0, **options: Any) -> Capture2Go:
    unit = Capture2Go(options.pop("body", Pose()), **options)
    unit.connected(now)
    unit.subscribe(DATA, True, now)
    return unit


def streaming(**options: Any) -> Capture2Go:
    unit = connected(**options)
    unit.write(COMMAND, SET, T0)
    unit.write(COMMAND, START, T0)
    return unit


def values(outputs: Iterable[Output]) -> list[bytes]:
    return [output.data for output in outputs if isinstance(output, Notify) and output.uuid == DATA]


def packages(outputs: Iterable[Output]) -> list[wire.Package]:
    stream = b"".join(data[1:] for data in values(outputs))
    found = []
    while stream:
        found.append(wire.parse_package(stream))
        stream = stream[wire.FRAME.size + len(found[-1].payload) :]
    return found


def samples(outputs: Iterable[Output]) -> list[wire.Samples]:
    return [each for each in (wire.samples_of(package) for package in packages(outputs)) if each is not None]


def error(outputs: Iterable[Output]) -> tuple[int, int]:
    (package,) = packages(outputs)
    assert package.header == Header.ERROR
    return wire.parse_error(package.payload)


ANSWERS = [vector for vector in VECTORS if vector.answers]


@pytest.mark.parametrize("vector", ANSWERS, ids=[vector.name for vector in ANSWERS])
def test_the_unit_answers_with_the_octets_of_the_vector(vector: Vector) -> None:
    assert vector.answers
    unit = connected()
    if vector.unit.get("state") == "recording":
        unit.record()
    elif vector.answers == "start streaming":
        unit.write(COMMAND, SET, T0)
    assert values(unit.write(COMMAND, sent(vector.answers), T0)) == [vector.data]


def test_a_status_comes_by_itself_once_somebody_listens() -> None:
    unit = Capture2Go(Pose(), battery_pct=55)
    unit.is_charging = True
    assert unit.connected(T0) == ()
    (told,) = packages(unit.subscribe(DATA, True, T0))
    status = wire.parse_status(told.payload)
    assert (status.state, status.battery) == (State.IDLE, 128 + 55)
    assert status.ns == 1_700_000_000_000_000_000 + 100_000_000_000


def test_a_status_is_told_when_it_is_asked_for_and_every_so_often() -> None:
    unit = connected()
    assert [each.header for each in packages(unit.write(COMMAND, STATUS, T0))] == [Header.STATUS]
    unit.write(COMMAND, SET, T0)
    assert packages(unit.tick(T0 + 9.9)) == []
    assert [each.header for each in packages(unit.tick(T0 + 20.0))] == [Header.STATUS, Header.STATUS]
    assert unit.next_due() == pytest.approx(T0 + 30.0)


def test_samples_come_eight_by_eight_in_the_vendor_s_counts_with_the_time_of_the_first() -> None:
    unit = streaming(body=Pose((0.0, 0.5, -0.25), (100.0, -50.0, 2100.0)))
    first, second = samples(unit.tick(T0 + 15 * 0.02 + 1e-6))
    assert first.rate_hz == 50
    assert first.first_ns == 1_700_000_000_000_000_000 + 100_000_000_000
    assert second.first_ns - first.first_ns == 160_000_000
    assert set(first.acc) == {(0, 1024, -512)}  # 16 times 9.81 m/s^2 is 32768
    assert set(first.gyr) == {(1638, -819, 32767)}


def test_the_orientation_of_a_body_at_rest_is_that_of_the_sdk() -> None:
    (package,) = packages(streaming().tick(T0 + 7 * 0.02 + 1e-6))
    # Flat on a table: the SDK's vector of the identity.
    assert package.payload[-11:-3] == bytes.fromhex("00 00 08 00 80 00 00 08")


def test_next_due_is_when_the_next_package_is_full() -> None:
    unit = streaming()
    due = unit.next_due()
    assert due is not None
    assert due == pytest.approx(T0 + 7 * 0.02, abs=1e-6)
    assert values(unit.tick(due - 0.001)) == []
    assert len(samples(unit.tick(due))) == 1


def test_a_clock_that_runs_fast_shows_in_the_times() -> None:
    found = samples(streaming(clock=UnitClock(skew_ppm=50.0)).tick(T0 + 100))
    assert (found[-1].first_ns - found[0].first_ns) / 1e9 == pytest.approx((len(found) - 1) * 0.16 * 1.00005, abs=1e-6)


def test_a_host_may_set_the_clock() -> None:
    unit = connected()
    unit.write(COMMAND, wire.package(Header.SET_TIME, wire.FIRST.pack(5_000)), T0)
    (told,) = packages(unit.write(COMMAND, STATUS, T0 + 1))
    assert wire.parse_status(told.payload).ns == 1_000_005_000


@pytest.mark.parametrize("mtu", [31, 49, 247])
def test_a_notification_is_full_and_begins_with_its_octet(mtu: int) -> None:
    unit = streaming(mtu=mtu)
    found = values(unit.tick(T0 + 7 * 0.02 + 1e-6))
    assert {data[0] for data in found} == {0xFF}
    assert {len(data) for data in found[:-1]} <= {mtu - 3}
    assert sum(len(data) - 1 for data in found) == 8 + 115


def test_while_there_is_no_link_it_goes_on_into_its_buffer_until_that_is_full() -> None:
    unit = streaming()
    unit.disconnected(T0)
    assert values(unit.tick(T0 + 100)) == []
    assert unit.sent_samples == 0
    unit.connected(T0 + 100)
    late = unit.subscribe(DATA, True, T0 + 100)
    assert 16_384 <= sum(map(len, values(late))) <= 16_384 + 300
    assert unit.sent_samples == 8 * len(samples(late)) > 1000


def test_told_to_clear_it_forgets_what_it_has_not_sent() -> None:
    unit = streaming()
    unit.disconnected(T0)
    unit.tick(T0 + 10)
    unit.connected(T0 + 10)
    unit.write(COMMAND, CLEAR, T0 + 10)
    assert [each.header for each in packages(unit.subscribe(DATA, True, T0 + 10))] == [Header.CLEARED]
    assert values(unit.tick(T0 + 15)) == []
    assert unit.sent_samples == 0


def test_told_to_stop_it_stops_and_keeps_the_mode() -> None:
    unit = streaming()
    assert [each.header for each in packages(unit.write(COMMAND, STOP, T0))] == [Header.STOPPED]
    assert samples(unit.tick(T0 + 5)) == []
    assert [each.header for each in packages(unit.write(COMMAND, START, T0 + 5))] == [Header.STARTED]


def test_a_unit_that_stops_by_itself_says_that_it_is_idle() -> None:
    unit = streaming()
    unit.stop()
    assert [wire.parse_status(each.payload).state for each in packages(unit.tick(T0 + 10))] == [State.IDLE]


@pytest.mark.parametrize("command", [CLEAR, SET, START, STOP])
def test_while_it_records_it_refuses(command: bytes) -> None:
    unit = connected()
    unit.record()
    assert error(unit.write(COMMAND, command, T0)) == (0xFB, int.from_bytes(command[6:8], "little"))


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (CLEAR[:-1] + b"\x02", (0xFC, 0x0258)),  # a wrong checksum
        (CLEAR + b"\0", (0xFC, 0x0158)),  # more than a package
        (wire.package(Header.SET_MODE, b"\1"), (0xFC, 0x0120)),
        (wire.package(0x0999), (0xFD, 0x0999)),
        (START, (0xFB, 0x0150)),  # nothing to measure
        (b"", (0xFC, 0)),
    ],
)
def test_what_cannot_be_done_is_answered_with_its_code(command: bytes, answer: tuple[int, int]) -> None:
    assert error(connected().write(COMMAND, command, T0)) == answer


def test_nothing_can_be_read() -> None:
    with pytest.raises(AttError):
        connected().read(DATA, T0)


def test_it_advertises_its_service_and_a_name_of_six_characters() -> None:
    said = Capture2Go(Pose(), address="D6:1A:2B:3C:4D:5E").advertising
    assert (said.name, said.service_uuids) == (b"IMU_3c4d5e", ("80030001-e629-4c98-9324-aa7fc0c66de7",))
