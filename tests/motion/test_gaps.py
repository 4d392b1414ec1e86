"""Each gap with its start, its length and its cause; expected against received, to the sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.motion.movement import START, counter, measured, packets, repetitions, reps_of, sets_of

from ptdevice.model import Gap, MotionSamples, SetEnd
from ptdevice.motion.gaps import GapAccount
from ptdevice.motion.stream import Missing, PostureStream

if TYPE_CHECKING:
    from collections.abc import Sequence

RATE_HZ = 25.0


def gaps_of(records: Sequence[object]) -> list[Gap]:
    return [record for record in records if isinstance(record, Gap)]


def test_a_set_tells_what_was_expected_and_what_came_to_the_sample() -> None:
    lost = [(8.0, 8.2), (11.0, 12.0), (15.0, 15.08)]  # 5, 25 and 2 samples
    samples = measured(repetitions(5), RATE_HZ).keep(lambda t: not any(a <= t < b for a, b in lost))
    sets = counter()
    records = [record for event in packets(samples) for record in sets.feed(event)]
    records += sets.finish(START + samples.t[-1], SetEnd.ENDED)
    (one,) = sets_of(records)
    assert (one.missing, one.gaps) == (32, 3)
    assert one.received is not None
    assert one.gap_s == pytest.approx(1.28 + 3 / RATE_HZ, abs=0.01)
    assert one.completeness == pytest.approx(one.received / (one.received + 32), abs=1e-4)
    (gap,) = gaps_of(records)
    assert (gap.missing, gap.cause) == (25, "samples_lost")
    assert gap.start == pytest.approx(START + 11.0, abs=0.06)
    assert gap.end - gap.start == pytest.approx(26 / RATE_HZ, abs=0.01)


def test_a_gap_within_the_first_repetition_is_told_once_the_set_has_begun_and_before_it() -> None:
    samples = measured(repetitions(4), RATE_HZ).keep(lambda t: not 3.6 <= t < 4.3)
    sets = counter()
    records = [record for event in packets(samples) for record in sets.feed(event)]
    assert [type(record) for record in records][:1] == [Gap]
    assert len(gaps_of(records)) == 1
    assert len(reps_of(records)) >= 3


def test_a_gap_before_anything_began_belongs_to_no_set() -> None:
    samples = measured(repetitions(4, lead=6.0), RATE_HZ).keep(lambda t: not 1.0 <= t < 2.0)
    sets = counter()
    records = [record for event in packets(samples) for record in sets.feed(event)]
    records += sets.finish(START + samples.t[-1], SetEnd.ENDED)
    assert gaps_of(records) == []
    assert (sets_of(records)[0].missing, sets_of(records)[0].gaps) == (0, 0)


def test_a_gap_in_what_became_no_set_is_not_told() -> None:
    samples = measured(repetitions(1, tail=30.0), RATE_HZ).keep(lambda t: not 4.0 <= t < 5.0)
    sets = counter()
    assert [record for event in packets(samples) for record in sets.feed(event)] == []


@pytest.mark.parametrize(("lost", "cause"), [(True, "link_lost"), (False, "silent")])
def test_what_has_not_come_when_somebody_ends_the_set_is_missing_too(*, lost: bool, cause: str) -> None:
    samples = measured(repetitions(4, tail=0.0), RATE_HZ)
    sets = counter()
    for event in packets(samples):
        sets.feed(event)
    end = START + samples.t[-1]
    if lost:
        sets.sensor_lost(end + 1.0)
    records = sets.finish(end + 4.0, SetEnd.ENDED)
    (gap,), (one,) = gaps_of(records), sets_of(records)
    assert (gap.cause, gap.missing) == (cause, 99)
    assert gap.end - gap.start == pytest.approx(4.0, abs=0.01)
    assert one.missing == 99
    assert one.completeness is not None
    assert one.completeness < 0.85


def test_a_set_states_how_far_its_times_may_be_off() -> None:
    sets = counter()
    records = [record for event in packets(measured(repetitions(5), RATE_HZ)) for record in sets.feed(event)]
    records += sets.finish(START + 60.0, SetEnd.ENDED)
    (one,) = sets_of(records)
    assert one.uncertainty_s == pytest.approx(0.042, abs=0.002)
    assert one.skew_ppm is None


def test_what_is_missing_at_the_end_is_counted_by_the_sensors_own_pace() -> None:
    stream = PostureStream()
    account = GapAccount(stream)
    for k in range(3030):  # 101 Hz, where 100 are told
        list(stream.take(MotionSamples(k / 101, 100.0, (round(k / 101 * 1e9),), ((0.0, 0.0, 9.8),))))
    account.close(stream.clock.gateway(3029 / 101) + 60.0, "silent")
    assert account.missing == 6059


def test_the_account_is_bounded() -> None:
    account = GapAccount(PostureStream())
    for k in range(10_000):
        account.note(Missing(float(k), k + 0.9, 22))
    assert account.count == 10_000
    assert len(account.tell()) == 32
    assert account.tell() == []


def test_the_share_of_a_span_is_that_of_the_gaps_within_it() -> None:
    account = GapAccount(PostureStream())
    account.note(Missing(2.0, 3.0, 24))
    account.note(Missing(9.0, 9.5, 11))
    assert account.share(0.0, 10.0) == pytest.approx(0.15)
    assert account.share(2.5, 3.5) == pytest.approx(0.5)
    assert account.share(4.0, 4.0) == 0.0
    account.forget()
    assert account.share(0.0, 10.0) == 0.0
