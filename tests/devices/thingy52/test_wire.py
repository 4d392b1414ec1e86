"""Configuration, raw samples, and the unit's own orientation, in both directions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.devices.thingy52.conversation import FACTORY, RAW, VECTORS, sent

from ptdevice.devices.thingy52 import wire
from ptdevice.devices.thingy52.wire import Config, Raw, ThingyError

if TYPE_CHECKING:
    from tests.devices.vectors import Vector

FEATURES = {
    "quaternion": wire.QUATERNION,
    "euler": wire.EULER,
    "matrix": wire.MATRIX,
    "heading": wire.HEADING,
    "gravity": wire.GRAVITY,
}
FELT = [vector for vector in VECTORS if vector.port in FEATURES]
counts = st.tuples(*[st.integers(-32768, 32767)] * 3)


@pytest.mark.parametrize("vector", FELT, ids=[vector.name for vector in FELT])
def test_a_feature_is_read_by_its_layout_and_written_with_the_same_octets(vector: Vector) -> None:
    feature = FEATURES[vector.port]
    numbers = wire.parse_feature(feature, vector.data)
    assert numbers == pytest.approx(vector.unit["values"], abs=vector.within)
    assert wire.feature(feature, numbers) == vector.data


@pytest.mark.parametrize("feature", FEATURES.values(), ids=list(FEATURES))
def test_a_feature_of_another_length_is_refused(feature: wire.Feature) -> None:
    for octets in (feature.layout.size - 1, feature.layout.size + 1):
        with pytest.raises(ThingyError):
            wire.parse_feature(feature, bytes(octets))


def test_a_raw_sample_is_acceleration_angular_rate_and_field() -> None:
    assert wire.parse_raw(RAW) == Raw((-13, -67, -1022), (-22, 5, -10), (0, 0, 0))
    every = wire.parse_raw(sent("nine numbers, each another one"))
    assert every == Raw((100, 200, 300), (400, 500, 600), (700, 800, 900))
    assert wire.raw(every) == sent("nine numbers, each another one")


@given(counts, counts, counts)
def test_whatever_raw_sample_is_written_is_read(force: wire.Counts, spin: wire.Counts, field: wire.Counts) -> None:
    assert wire.parse_raw(wire.raw(Raw(force, spin, field))) == Raw(force, spin, field)


def test_the_factory_s_configuration_is_read_field_by_field() -> None:
    assert wire.parse_config(FACTORY) == Config() == Config(1000, 500, 500, 10, 1)
    assert wire.config(Config()) == FACTORY


@pytest.mark.parametrize(
    ("field", "least", "most"),
    [
        ("pedometer_ms", 100, 5000),
        ("temperature_ms", 100, 5000),
        ("compass_ms", 100, 1000),
        ("rate_hz", 5, 200),
        ("wake_on_motion", 0, 1),
    ],
)
def test_each_field_has_its_limits(field: str, least: int, most: int) -> None:
    assert replace(Config(), **{field: least}).is_allowed
    assert replace(Config(), **{field: most}).is_allowed
    assert not replace(Config(), **{field: most + 1}).is_allowed
    if least:
        assert not replace(Config(), **{field: least - 1}).is_allowed


def test_250_hz_are_not_allowed() -> None:
    assert not wire.parse_config(sent("250 Hz, which the unit refuses")).is_allowed


@pytest.mark.parametrize("octets", [0, 8, 10])
def test_a_configuration_has_nine_octets(octets: int) -> None:
    with pytest.raises(ThingyError):
        wire.parse_config(bytes(octets))
