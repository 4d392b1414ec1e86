"""The fuzzer's targets, driven for a moment by Hypothesis: what `make fuzz` does for hours stays alive between the hours."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.devices.vectors import every
from tests.fuzz import targets

from ptdevice.model import MotionSamples

PIECES = [vector.data for _, vector in every()]
inputs = st.one_of(
    st.binary(max_size=200),
    st.lists(st.tuples(st.binary(min_size=1, max_size=1), st.sampled_from(PIECES)).map(b"".join), max_size=8).map(
        targets.NEXT.join
    ),
)


@given(st.sampled_from(targets.TARGETS), inputs)
@example(targets.beurer_em70, b"")
@example(targets.bluetens, b"\x04NOTIFY \xde\xad\x04tick=")
@example(targets.polar, targets.NEXT * 3)
@example(targets.sig, b"\1")
@example(targets.door, b"\xff\xfe\xff")
@example(targets.config, b"[")
@example(targets.movesense, targets.NEXT * 3)
@example(targets.capture2go, targets.NEXT * 3)
@example(targets.thingy52, targets.NEXT * 3)
def test_no_target_finds_anything(target: object, data: bytes) -> None:
    assert callable(target)
    target(data)


def test_the_first_byte_picks_the_target_and_none_is_no_input() -> None:
    targets.one(b"")
    for number in range(256):
        targets.one(bytes((number,)))


@pytest.mark.parametrize(
    "samples",
    [
        MotionSamples(1.0, 100.0, (), ()),
        MotionSamples(1.0, 100.0, (1,), ((0.0, math.nan, 0.0),)),
        MotionSamples(1.0, 100.0, (1,), ((0.0, math.inf, 0.0),)),
        MotionSamples(1.0, 100.0, (2, 1), ((0.0, 0.0, 0.0),) * 2),
        MotionSamples(1.0, 100.0, (1,), ((0.0, 0.0, 0.0),) * 2),
        MotionSamples(1.0, 0.0, (1,), ((0.0, 0.0, 0.0),)),
    ],
)
def test_samples_that_must_not_be_are_a_finding(samples: MotionSamples) -> None:
    with pytest.raises(AssertionError):
        targets._samples(samples)
