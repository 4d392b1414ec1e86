"""The simulated Thingy:52 sends the octets of real ones, and behaves as docs/devices/thingy52.md says."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from tests.devices.vectors import Vector, load, named
from tests.simulators.units.poses import Pose

from ptdevice.devices.thingy52 import wire
from ptdevice_sim.unit import AttError, Notify
from ptdevice_sim.units.thingy52 import Thingy52

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptdevice_sim.unit import Output

BASE = "ef68{}-9b35-4933-9b10-52ffa9740042"
RAW, CONFIG, BUTTON, LED, NAME = (BASE.format(number) for number in ("0406", "0401", "0302", "0301", "0101"))
PORTS = {"raw": RAW} | {
    name: BASE.format(number)
    for name, number in {
        "quaternion": "0404",
        "euler": "0407",
        "matrix": "0408",
        "heading": "0409",
        "gravity": "040a",
    }.items()
}
BATTERY = "00002a19-0000-1000-8000-00805f9b34fb"
VECTORS = load("thingy52")
T0 = 100.0


def sent(name: str) -> bytes:
    return named(VECTORS, name).data


def connected(body: Pose | None = None, *uuids: str, **options: Any) -> Thingy52:
    unit = Thingy52(body or Pose(), **options)
    unit.connected(T0)
    for uuid in uuids or (RAW,):
        unit.subscribe(uuid, True, T0)
    return unit


def values(outputs: Iterable[Output]) -> list[tuple[str, bytes]]:
    return [(output.uuid, output.data) for output in outputs if isinstance(output, Notify)]


def run(unit: Thingy52, begin: float, end: float) -> list[tuple[float, str, bytes]]:
    """(when, characteristic, notification), ticked when the unit says that something is due."""
    found, now = [], begin
    while (due := unit.next_due()) is not None and due <= end:
        now = max(now, due)
        found += [(now, *value) for value in values(unit.tick(now))]
    return found


def posed(vector: Vector) -> Pose:
    x, y, z = vector.unit["force_g"]
    return Pose((x, y, z), tuple(vector.unit.get("spin", (0.0, 0.0, 0.0))))


FELT = [vector for vector in VECTORS if "force_g" in vector.unit]


@pytest.mark.parametrize("vector", FELT, ids=[vector.name for vector in FELT])
def test_the_unit_sends_what_is_felt_with_the_octets_of_the_vector(vector: Vector) -> None:
    unit = connected(posed(vector), PORTS[vector.port])
    ((_, uuid, data),) = run(unit, T0, T0 + 0.15)
    assert uuid == PORTS[vector.port]
    if vector.port == "raw":
        assert data[:12] == vector.data[:12]  # the field is another one
    else:
        feature = next(feature for feature in wire.FEATURES if feature.uuid == uuid)
        assert wire.parse_feature(feature, data) == pytest.approx(vector.unit["values"], abs=1e-6)


@pytest.mark.parametrize(
    "vector", [v for v in VECTORS if v.port == "config" and "rate_hz" in v.unit], ids=lambda v: v.name
)
def test_its_configuration_is_read_with_the_octets_of_the_vector(vector: Vector) -> None:
    assert Thingy52(Pose(), **vector.unit).read(CONFIG, T0) == vector.data


def test_firmware_and_battery_are_read_with_the_octets_of_the_vectors() -> None:
    unit = Thingy52(Pose(), battery_pct=85)
    assert unit.read(BASE.format("0107"), T0) == sent("firmware 2.2.0")
    assert unit.read(BATTERY, T0) == sent("battery at 85 %")


def test_a_matrix_is_that_of_the_quaternion() -> None:
    unit = connected(Pose((0.0, 0.5, 0.8660254)), PORTS["matrix"])
    ((_, _, data),) = run(unit, T0, T0 + 0.15)
    numbers = wire.parse_feature(wire.MATRIX, data)
    assert numbers == pytest.approx((1, 0, 0, 0, 0.8660254, -0.5, 0, 0.5, 0.8660254), abs=1e-4)


def test_each_subscription_turns_on_its_own_feature_and_all_run_at_one_rate() -> None:
    unit = connected(None, *PORTS.values())
    found = run(unit, T0, T0 + 1.001)
    assert {uuid for _, uuid, _ in found} == set(PORTS.values())
    assert len(found) == 6 * 10
    unit.subscribe(PORTS["euler"], False, T0 + 1.0)
    assert {uuid for _, uuid, _ in run(unit, T0 + 1.0, T0 + 2.0)} == set(PORTS.values()) - {PORTS["euler"]}


def test_all_features_are_turned_off_by_the_end_of_the_link() -> None:
    unit = connected(None, RAW, PORTS["gravity"])
    unit.disconnected(T0)
    unit.connected(T0)
    unit.subscribe(PORTS["euler"], True, T0)
    assert {uuid for _, uuid, _ in run(unit, T0, T0 + 1.0)} == {PORTS["euler"]}


def test_nothing_runs_while_nobody_listens_to_motion() -> None:
    unit = connected(None, BUTTON, BATTERY)
    assert unit.next_due() is None


@pytest.mark.parametrize("rate_hz", [5, 50, 200])
def test_samples_come_at_the_configured_rate_one_at_a_time(rate_hz: int) -> None:
    found = run(connected(None, RAW, rate_hz=rate_hz), T0, T0 + 10.0001)
    assert len(found) == 10 * rate_hz
    assert {len(data) for _, _, data in found} == {18}
    assert all(b - a == pytest.approx(1 / rate_hz) for (a, *_), (b, *_) in pairwise(found))


def test_the_real_rate_may_be_another() -> None:
    unit = connected(None, RAW, rate_hz=50, off=-0.01)
    run(unit, T0, T0 + 100)
    assert unit.sent_samples == pytest.approx(4950, abs=1)


def test_a_new_rate_takes_effect_and_outlives_the_link() -> None:
    unit = connected()
    unit.write(CONFIG, sent("the same at 50 Hz"), T0)
    assert len(run(unit, T0, T0 + 1.0001)) == 50
    unit.disconnected(T0 + 1)
    assert unit.next_due() is None
    unit.connected(T0 + 2)
    assert unit.read(CONFIG, T0 + 2) == sent("the same at 50 Hz")
    assert unit.next_due() is None


@pytest.mark.parametrize(
    ("uuid", "data"),
    [
        (CONFIG, sent("250 Hz, which the unit refuses")),
        (CONFIG, sent("half a configuration")),
        (LED, b"\x01\x02"),
        (LED, b""),
        (NAME, b""),
        (NAME, b"01234567890"),
        (RAW, b"\x00"),
    ],
)
def test_what_is_out_of_range_is_refused_with_write_not_permitted(uuid: str, data: bytes) -> None:
    unit = Thingy52(Pose())
    with pytest.raises(AttError) as refused:
        unit.write(uuid, data, T0)
    assert refused.value.code == 0x03
    assert unit.read(CONFIG, T0) == sent("as from the factory: 10 Hz")


@pytest.mark.parametrize("data", [b"\x00", b"\x01\xff\x00\x00", b"\x02\x01\x14\x32\x00", b"\x03\x02\x64"])
def test_its_light_can_be_told(data: bytes) -> None:
    unit = Thingy52(Pose())
    unit.write(LED, data, T0)
    assert unit.read(LED, T0) == data


def test_its_name_can_be_told() -> None:
    unit = Thingy52(Pose())
    unit.write(NAME, b"Left leg", T0)
    assert unit.read(NAME, T0) == b"Left leg"


def test_a_button_is_told_when_it_is_pressed_and_when_it_is_released() -> None:
    unit = connected(None, BUTTON)
    unit.press()
    unit.release()
    pressed, released = sent("the button is pressed"), sent("the button is released")
    assert values(unit.tick(T0)) == [(BUTTON, pressed), (BUTTON, released)]


def test_only_a_change_of_the_battery_is_told() -> None:
    unit = connected(None, BATTERY, battery_pct=85)
    unit.battery_at(85)
    assert unit.next_due() is None
    unit.battery_at(20)
    assert values(unit.tick(T0)) == [(BATTERY, b"\x14")]


def test_a_stream_that_was_stopped_is_begun_by_a_subscription() -> None:
    unit = connected()
    unit.stop()
    assert unit.next_due() is None
    unit.disconnected(T0)
    unit.connected(T0)
    unit.subscribe(RAW, True, T0)
    assert unit.next_due() == pytest.approx(T0 + 0.1)


def test_samples_cannot_be_read() -> None:
    with pytest.raises(AttError) as refused:
        connected().read(RAW, T0)
    assert refused.value.code == 0x02
