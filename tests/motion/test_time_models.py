"""Every way in which units tell the time, on one session clock: within the stated uncertainty, and gaps to the sample."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from ptdevice.devices.arrival import ArrivalTimes
from ptdevice.devices.counter import Unwrapped
from ptdevice.model import MotionSamples
from ptdevice.motion.stream import Missing, PostureStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Read = Callable[["Packet"], list[tuple[float, tuple[int, ...]]]]  # arrivals with the times of their samples

RATE_HZ, PER_PACKET = 50.0, 5
SKEW = 40e-6
AT = 500.0  # gateway seconds at true second 0
LEAST_S = 0.012
WRAP_US = 2**32
UTC_NS = 1_790_000_000_000_000_000
SECONDS = 300


@dataclass(frozen=True)
class Packet:
    """When its samples were taken (true seconds), what the unit's clock showed (ns since it began), and when it arrived."""

    true: list[float]
    clock_ns: list[int]
    at: float


def sent(seed: int = 3) -> Iterator[Packet]:
    """Five minutes; ten packets are lost in a row after one, and a jitter of 8 ms."""
    rng = random.Random(seed)  # noqa: S311 - jitter, not a secret
    for k in range(round(SECONDS * RATE_HZ / PER_PACKET)):
        true = [(k * PER_PACKET + i + 1) / RATE_HZ / (1 + SKEW) for i in range(PER_PACKET)]
        if 60.0 <= true[0] < 61.0:
            continue
        yield Packet(
            true, [round(t * (1 + SKEW) * 1e9) for t in true], AT + true[-1] + LEAST_S + rng.expovariate(1 / 0.008)
        )


def none() -> Read:
    """Nothing: a line through the arrivals."""
    line: ArrivalTimes[float] = ArrivalTimes(RATE_HZ)
    return lambda packet: [(run.at, run.device_ns) for run in line.take(packet.at, packet.true)]


def wrapping() -> Read:
    """Microseconds of each sample in 32 bits, which wrap after two minutes."""
    whole = Unwrapped(32)
    first = WRAP_US - 120_000_000
    return lambda packet: [
        (packet.at, tuple(whole.count((first + ns // 1000) % WRAP_US) * 1000 for ns in packet.clock_ns))
    ]


def first_ms() -> Read:
    """Milliseconds of the first sample; the others follow at the nominal rate."""
    return lambda packet: [
        (
            packet.at,
            tuple(packet.clock_ns[0] // 10**6 * 10**6 + round(i * 1e9 / RATE_HZ) for i in range(PER_PACKET)),
        )
    ]


def last_ns() -> Read:
    """Nanoseconds of the last sample, of another century; the others before it at the nominal rate."""
    return lambda packet: [
        (
            packet.at,
            tuple(packet.clock_ns[-1] + 599_616_000 * 10**9 - round(i * 1e9 / RATE_HZ) for i in range(PER_PACKET))[
                ::-1
            ],
        )
    ]


def absolute_ns() -> Read:
    """Nanoseconds of each sample, by a clock that somebody sets in the middle."""

    def read(packet: Packet) -> list[tuple[float, tuple[int, ...]]]:
        set_by = UTC_NS if packet.true[0] > 150.0 else 0
        return [(packet.at, tuple(ns + set_by for ns in packet.clock_ns))]

    return read


MODELS = [none, wrapping, first_ms, last_ns, absolute_ns]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_on_the_session_clock_every_sample_is_within_the_stated_uncertainty_and_none_goes_back(
    model: Callable[[], Read],
) -> None:
    read, stream = model(), PostureStream()
    taken = [t for packet in sent() for t in packet.true]
    times: list[float] = []
    missing = 0
    for packet in sent():
        for at, device_ns in read(packet):
            event = MotionSamples(at, RATE_HZ, device_ns, ((0.0, 0.0, 9.81),) * len(device_ns))
            missing += sum(item.samples for item in stream.take(event) if isinstance(item, Missing))
            assert stream.heard is not None
            if at > AT + 90.0:
                error = stream.clock.gateway(stream.heard) - AT - taken[stream.received - 1]
                assert abs(error) <= stream.clock.uncertainty_s
            times.append(stream.heard)
    assert stream.clock.uncertainty_s < 0.06
    assert missing == 50
    assert times == sorted(times)


@pytest.mark.parametrize("model", [wrapping, first_ms, last_ns, absolute_ns], ids=lambda model: model.__name__)
def test_the_skew_is_found_whatever_the_unit_counts_in(
    model: Callable[[], Read],
) -> None:
    read, stream = model(), PostureStream()
    for packet in sent():
        for at, device_ns in read(packet):
            list(stream.take(MotionSamples(at, RATE_HZ, device_ns, ((0.0, 0.0, 9.81),) * len(device_ns))))
    skew_ppm = stream.clock.skew_ppm
    assert skew_ppm is not None
    assert abs(skew_ppm - SKEW * 1e6) <= min(stream.clock.skew_error_ppm, 12.0)
