from __future__ import annotations

import random
from itertools import pairwise

import pytest

from ptdevice.motion.clock import DeviceClock

RATE_HZ = 100.0
BOOT_NS = 77_000_000_000
AT = 1000.0  # gateway seconds when the sensor's clock shows BOOT_NS


class Sensor:
    """A sensor whose clock runs `skew` too fast and whose packets of 36 samples travel for `least_s` at least."""

    def __init__(self, seed: int = 1, *, skew: float = 0.0, least_s: float = 0.02, jitter_s: float = 0.0) -> None:
        self._rng = random.Random(seed)  # noqa: S311 - jitter, not a secret
        self.skew, self.least_s, self.jitter_s = skew, least_s, jitter_s
        self.offset_ns = BOOT_NS

    def packet(self, k: int) -> tuple[tuple[int, ...], float]:
        """Packet `k`: device times, and when it arrives."""
        true = [(k * 36 + i + 1) / RATE_HZ for i in range(36)]
        device_ns = tuple(self.offset_ns + round(t * (1 + self.skew) * 1e9) for t in true)
        delay = self.least_s + self._rng.expovariate(1.0) * self.jitter_s
        return device_ns, AT + true[-1] + delay

    def truth(self, k: int) -> float:
        """When the last sample of packet `k` was really taken."""
        return AT + (k + 1) * 36 / RATE_HZ


def test_without_jitter_samples_are_as_late_as_the_radio() -> None:
    clock, sensor = DeviceClock(), Sensor()
    for k in range(100):
        times = clock.place(*sensor.packet(k), RATE_HZ)
        assert clock.gateway(times[-1]) - sensor.truth(k) == pytest.approx(sensor.least_s, abs=1e-6)
        assert times[-1] - times[0] == pytest.approx(35 / RATE_HZ)


@pytest.mark.parametrize("skew_ppm", [-200, 0, 200])
def test_jitter_and_a_bad_crystal_cost_some_hundredths(skew_ppm: int) -> None:
    clock, sensor = DeviceClock(), Sensor(skew=skew_ppm * 1e-6, jitter_s=0.05)
    errors = []
    for k in range(5000):  # half an hour
        times = clock.place(*sensor.packet(k), RATE_HZ)
        if k > 50:
            errors.append(clock.gateway(times[-1]) - sensor.truth(k) - sensor.least_s)
    # By its arrival alone a sample would be late by up to 0.4 s, and after half an hour off by another 0.36 s.
    assert min(errors) > -0.013
    assert max(errors) < 0.02
    assert clock.uncertainty_s < 0.05
    assert max(map(abs, errors)) + sensor.least_s < clock.uncertainty_s


def test_stream_time_knows_nothing_of_jitter() -> None:
    clock, sensor = DeviceClock(), Sensor(jitter_s=0.2)
    placed = [clock.place(*sensor.packet(k), RATE_HZ)[-1] for k in range(200)]

    assert [b - a for a, b in pairwise(placed)] == pytest.approx([0.36] * 199)


def test_a_first_packet_that_was_held_up_is_made_good_by_the_next() -> None:
    clock, sensor = DeviceClock(), Sensor()
    device_ns, at = sensor.packet(0)
    clock.place(device_ns, at + 3.0, RATE_HZ)
    last = clock.place(*sensor.packet(1), RATE_HZ)[-1]

    assert clock.gateway(last) - sensor.truth(1) == pytest.approx(sensor.least_s, abs=1e-6)


def test_a_burst_after_a_stall_keeps_its_times() -> None:
    clock, sensor = DeviceClock(), Sensor()
    before = [clock.place(*sensor.packet(k), RATE_HZ) for k in range(10)]
    stalled = [clock.place(sensor.packet(k)[0], sensor.packet(20)[1], RATE_HZ) for k in range(10, 20)]

    assert stalled[0][0] - before[-1][-1] == pytest.approx(0.01)
    assert clock.restarts == 0
    assert clock.gateway(stalled[-1][-1]) == pytest.approx(sensor.truth(19) + sensor.least_s)


@pytest.mark.parametrize("jump_s", [-1e6, -50.0, 5.0, 86_400.0, 1e9])
def test_a_clock_that_jumps_goes_on_by_the_gateways(jump_s: float) -> None:
    clock, sensor = DeviceClock(), Sensor()
    last = 0.0
    for k in range(20):
        last = clock.place(*sensor.packet(k), RATE_HZ)[-1]
    sensor.offset_ns += round(jump_s * 1e9)
    for k in range(25, 40):  # five packets are lost while it restarts
        times = clock.place(*sensor.packet(k), RATE_HZ)
        assert times[0] > last
        last = times[-1]
        assert clock.gateway(last) - sensor.truth(k) == pytest.approx(sensor.least_s, abs=0.01)
    assert clock.restarts == 1


@pytest.mark.parametrize("set_back_s", [0.0, 20.0, 77.0])
def test_after_a_lost_link_the_sensors_clock_is_read_anew(set_back_s: float) -> None:
    clock, sensor = DeviceClock(), Sensor()
    before = clock.place(*sensor.packet(0), RATE_HZ)
    clock.lost()
    sensor.offset_ns -= round(set_back_s * 1e9)  # by 20 s: later than before, and yet wrong
    after = clock.place(*sensor.packet(100), RATE_HZ)

    assert after[-1] - before[-1] == pytest.approx(36.0, abs=0.01)
    assert clock.gateway(after[-1]) == pytest.approx(sensor.truth(100) + sensor.least_s, abs=0.01)


def test_uncertainty_is_never_less_than_a_crystal_and_the_least_delay_that_nobody_sees() -> None:
    clock, sensor = DeviceClock(), Sensor()
    clock.place(*sensor.packet(0), RATE_HZ)

    assert clock.uncertainty_s == pytest.approx(0.012 + 0.03)


@pytest.mark.parametrize("skew_ppm", [-200, -40, 0, 40, 200])
def test_the_skew_of_a_crystal_is_found_within_its_stated_error_and_ever_better(skew_ppm: int) -> None:
    clock, sensor = DeviceClock(), Sensor(skew=skew_ppm * 1e-6, jitter_s=0.01)
    errors: dict[int, float] = {}
    stated: dict[int, float] = {}
    for k in range(round(3600 / 0.36)):
        clock.place(*sensor.packet(k), RATE_HZ)
        minute = int((k + 1) * 0.36 / 60)
        if minute in {2, 10, 59} and clock.skew_ppm is not None:
            errors[minute], stated[minute] = abs(clock.skew_ppm - skew_ppm), clock.skew_error_ppm
    assert errors[2] < 10.0
    assert errors[10] < 2.0
    assert errors[59] < 0.5
    assert all(errors[minute] <= stated[minute] for minute in errors)
    assert stated[2] > stated[10] > stated[59]


def test_within_the_first_minute_the_skew_is_unknown_and_may_be_that_of_any_crystal() -> None:
    clock, sensor = DeviceClock(), Sensor(skew=40e-6)
    for k in range(round(55 / 0.36)):
        clock.place(*sensor.packet(k), RATE_HZ)

    assert clock.skew_ppm is None
    assert clock.skew_error_ppm == pytest.approx(200.0)


def test_after_a_restart_the_crystal_is_still_the_same() -> None:
    clock, sensor = DeviceClock(), Sensor(skew=150e-6, jitter_s=0.01)
    for k in range(2000):
        clock.place(*sensor.packet(k), RATE_HZ)
    clock.lost()
    sensor.offset_ns = 5
    last = [clock.place(*sensor.packet(k), RATE_HZ)[-1] for k in range(2020, 2200)][-1]

    assert clock.skew_ppm == pytest.approx(150.0, abs=3.0)
    assert clock.gateway(last) - sensor.truth(2199) - sensor.least_s == pytest.approx(0.0, abs=0.005)


def test_a_radio_that_becomes_more_punctual_is_followed_at_once() -> None:
    clock, sensor = DeviceClock(), Sensor(least_s=0.12)
    for k in range(1000):
        clock.place(*sensor.packet(k), RATE_HZ)
    sensor.least_s = 0.02
    last = clock.place(*sensor.packet(1000), RATE_HZ)[-1]

    assert clock.gateway(last) - sensor.truth(1000) == pytest.approx(0.02, abs=0.001)


def test_the_sensors_own_time_can_be_told_of_any_stream_time() -> None:
    clock, sensor = DeviceClock(), Sensor(skew=40e-6)
    clock.place(*sensor.packet(0), RATE_HZ)
    clock.lost()
    sensor.offset_ns += 10**15
    device_ns, at = sensor.packet(50)
    times = clock.place(device_ns, at, RATE_HZ)

    assert [clock.device_ns(t) for t in times] == pytest.approx(list(device_ns), abs=200)
