"""A line through arrivals: even times from uneven ones, and a count of what is missing that is exact."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ptdevice.devices.arrival import HELD_MAX, ArrivalTimes, Run

SLOW = 0.993  # of the nominal rate, as measured on real units
START = 5000.0  # gateway seconds


@dataclass
class Stream:
    """Numbered samples of a unit, `n` to a packet, as they come out at the other end."""

    rate_hz: float = 50.0
    n: int = 2
    line: ArrivalTimes[int] = field(init=False)
    out: list[tuple[int, int]] = field(default_factory=list)  # (ns, number of the sample)
    sent: int = 0

    def __post_init__(self) -> None:
        self.line = ArrivalTimes(self.rate_hz)

    @property
    def now(self) -> float:
        """When the newest sample was taken."""
        return START + self.sent / (self.rate_hz * SLOW)

    def packet(self, *, delay: float = 0.0, lost: bool = False) -> list[Run[int]]:
        numbers = range(self.sent, self.sent + self.n)
        self.sent += self.n
        runs = [] if lost else self.line.take(self.now + delay, numbers)
        self.out += [pair for run in runs for pair in zip(run.device_ns, run.samples, strict=True)]
        return runs

    def steps(self) -> list[tuple[float, int]]:
        """Between neighbours: how many periods by the times, and by the numbers."""
        period_ns = 1e9 / (self.rate_hz * SLOW)
        return [((b - a) / period_ns, j - i) for (a, i), (b, j) in pairwise(self.out)]

    def missing(self) -> int:
        """What is missing in the times, counted as the motion room counts."""
        return sum(round(by_time) - 1 for by_time, _ in self.steps())

    def truly_missing(self) -> int:
        return sum(by_number - 1 for _, by_number in self.steps())


def dice(seed: int = 7) -> random.Random:
    return random.Random(seed)  # noqa: S311 - reproducible, not secret


def test_the_rate_is_learnt_to_a_ten_thousandth_in_a_minute_of_jitter() -> None:
    stream, rng = Stream(), dice()
    while stream.now < START + 60:
        stream.packet(delay=rng.uniform(0.0, 0.02))
    assert stream.line.rate_hz == pytest.approx(50.0 * SLOW, rel=1e-4)


def test_jitter_does_not_reach_the_times() -> None:
    stream, rng = Stream(), dice()
    while stream.now < START + 60:
        stream.packet(delay=rng.uniform(0.0, 0.03))  # three halves of a period
    assert stream.line.missing == 0
    assert max(abs(by_time - 1.0) for by_time, _ in stream.steps()[500:]) < 0.03


@pytest.mark.parametrize(("rate_hz", "n"), [(10.0, 1), (20.0, 1), (50.0, 2), (100.0, 4), (60.0, 1)])
@pytest.mark.parametrize("jitter", [0.0, 0.45])  # of a packet's duration
def test_losses_are_counted_exactly_and_where_they_were(rate_hz: float, n: int, jitter: float) -> None:
    stream, rng = Stream(rate_hz, n), dice()
    for i in range(4000):
        stream.packet(delay=rng.uniform(0.0, jitter * n / rate_hz), lost=i > 20 and rng.random() < 0.04)
    assert stream.truly_missing() > 100 * n
    assert stream.line.missing == stream.missing() == stream.truly_missing()
    assert all(round(by_time) == by_number for by_time, by_number in stream.steps())


def test_connection_events_that_beat_against_the_samples_are_no_losses() -> None:
    stream, rng = Stream(), dice()
    interval = 0.05  # the packets come every 40 ms, so that some events carry two
    for i in range(4000):
        arrives = ((stream.now + 0.04) // interval + 1) * interval
        stream.packet(delay=arrives - stream.now - 0.04, lost=i > 100 and rng.random() < 0.02)
    assert stream.truly_missing() > 100
    assert stream.line.missing == stream.truly_missing()


def test_a_stall_that_is_caught_up_with_is_no_loss() -> None:
    stream = Stream()
    for _ in range(200):
        stream.packet()
    wait = stream.now + 1.5
    while stream.now < wait:
        stream.packet(delay=wait - stream.now)
    for _ in range(50):
        stream.packet()
    assert stream.line.missing == 0
    assert len(stream.out) == stream.sent
    assert all(by_time == pytest.approx(1.0, abs=0.1) for by_time, _ in stream.steps())


def test_a_backlog_may_take_a_third_of_a_second_to_flow_off() -> None:
    stream = Stream()
    for _ in range(200):
        stream.packet()
    arrives = stream.now + 0.2
    while stream.now < arrives:
        stream.packet(delay=arrives - stream.now)
        arrives += 0.025  # one packet per connection event
    for _ in range(50):
        stream.packet()
    assert stream.line.missing == 0
    assert len(stream.out) == stream.sent


def test_a_late_packet_waits_for_its_successor_and_keeps_its_own_time_of_arrival() -> None:
    stream = Stream()
    for _ in range(200):
        stream.packet()
    due = stream.now + 0.04 / SLOW
    assert stream.packet(delay=0.035) == []
    both = stream.packet()
    assert [run.at for run in both] == pytest.approx([due + 0.035, due + 0.04 / SLOW])
    assert [len(run.samples) for run in both] == [2, 2]


def test_after_a_long_silence_the_line_begins_at_the_arrival() -> None:
    stream = Stream()
    for _ in range(200):
        stream.packet()
    for _ in range(200):
        stream.packet(lost=True)
    stream.packet(delay=0.013)
    assert stream.out[-1][0] == pytest.approx((stream.now + 0.013) * 1e9, abs=10)
    assert max(by_time for by_time, _ in stream.steps()) == pytest.approx(401, abs=2)


def test_what_was_kept_back_when_silence_fell_is_not_lost() -> None:
    stream = Stream()
    for _ in range(200):
        stream.packet()
    stream.packet(lost=True)
    assert stream.packet() == []
    for _ in range(200):
        stream.packet(lost=True)
    assert [len(run.samples) for run in stream.packet()] == [2, 2]


def test_the_rate_stays_near_the_nominal_one_whatever_arrives() -> None:
    line = ArrivalTimes[int](50.0)
    for i in range(2000):
        line.take(i * 0.010, (i,))  # twice as fast as was said
    assert line.rate_hz == pytest.approx(50.0 / 0.97)


def test_no_samples_are_no_news() -> None:
    assert ArrivalTimes[int](50.0).take(1.0, ()) == []


@given(
    st.lists(
        st.tuples(st.floats(0.0, 8.0) | st.floats(0.0, 0.1), st.integers(1, 9)),
        min_size=1,
        max_size=80,
    )
)
@example([(0.0, 1), (0.0, 1), (0.0, 1), (0.0, 1), (0.0, 7), (6.0, 1), (5.125, 7), (0.125, 1)])  # once laid backwards
def test_times_go_forward_and_no_sample_is_lost_or_doubled_whatever_arrives(packets: list[tuple[float, int]]) -> None:
    line, at, number = ArrivalTimes[int](50.0), START, 0
    out: list[tuple[int, int]] = []
    for after, n in packets:
        at += after
        for run in line.take(at, range(number, number + n)):
            out += zip(run.device_ns, run.samples, strict=True)
        number += n
    assert all(a < b for (a, _), (b, _) in pairwise(out))
    assert [i for _, i in out] == list(range(len(out)))
    assert number - len(out) <= HELD_MAX * 9


def test_no_more_than_so_many_packets_are_kept_back() -> None:
    line = ArrivalTimes[int](50.0)
    line.take(START, (0, 1))
    kept = 0
    while not line.take(START + 4.0 + kept * 1e-4, (0,)):
        kept += 1
    assert kept == HELD_MAX - 1
