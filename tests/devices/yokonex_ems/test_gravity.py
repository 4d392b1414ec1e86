from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptdevice.devices.yokonex_ems.gravity import GravityScale

G = 9.80665


def still(counts_per_g: float, samples: int = 10, tilt: float = 0.3) -> GravityScale:
    scale = GravityScale()
    for _ in range(samples):
        scale.take((round(counts_per_g * math.sin(tilt)), 0, round(counts_per_g * math.cos(tilt))))
    return scale


@pytest.mark.parametrize("counts", [2048, 4096, 8192, 16384])
@pytest.mark.parametrize("off", [0.9, 1.0, 1.1])
@pytest.mark.parametrize("tilt", [0.0, 1.0, 2.0, 3.1])
def test_a_sensor_held_still_tells_its_scale_however_it_lies(counts: int, off: float, tilt: float) -> None:
    assert still(counts * off, tilt=tilt).counts_per_g == counts


def test_the_scale_is_that_of_one_count() -> None:
    scale = still(4096)
    assert scale.take((0, 0, 4096)) == pytest.approx(G / 4096)


def test_before_a_second_of_stillness_it_is_unknown() -> None:
    assert still(8192, samples=9).counts_per_g is None


def test_a_sensor_that_moves_tells_nothing() -> None:
    scale = GravityScale()
    assert {scale.take((0, 0, 8192 + 400 * (i % 2))) for i in range(100)} == {None}


def test_stillness_after_movement_tells_it() -> None:
    scale = GravityScale()
    for length in (3000, 12000, 9000, *[8192] * 10):
        scale.take((0, length, 0))
    assert scale.counts_per_g == 8192


@pytest.mark.parametrize("length", [0, 100, 1500, 2600, 5600, 11500, 24000])
def test_a_length_that_is_one_g_in_no_range_tells_nothing(length: int) -> None:
    assert still(length).counts_per_g is None


def test_once_known_the_scale_stays() -> None:
    scale = still(8192)
    for _ in range(20):
        scale.take((0, 0, 16384))
    assert scale.counts_per_g == 8192


@given(st.lists(st.tuples(*[st.integers(-32768, 32767)] * 3), max_size=30))
def test_no_counts_make_a_scale_that_there_is_not(counts: list[tuple[int, int, int]]) -> None:
    scale = GravityScale()
    for each in counts:
        scale.take(each)
    assert scale.counts_per_g in {None, 2048, 4096, 8192, 16384}
