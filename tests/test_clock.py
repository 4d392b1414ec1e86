"""Two clocks read as one, and what happens when somebody sets one of them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from ptdevice.clock import Clock, host_boot_id, synchronised
from ptdevice.model import ClockStep

DAY_S = 86_400


@dataclass
class Watch:
    """Clocks set by hand."""

    mono_s: float = 100.0
    wall_ns: int = 1_790_000_000_000_000_000
    ntp: bool = True

    def clock(self) -> Clock:
        return Clock("boot", mono=lambda: self.mono_s, wall=lambda: self.wall_ns, synced=lambda: self.ntp)

    def pass_time(self, seconds: float) -> None:
        self.mono_s += seconds
        self.wall_ns += round(seconds * 1e9)


def test_a_stamp_tells_both_clocks() -> None:
    watch = Watch()
    stamp = watch.clock().stamp()
    assert (stamp.boot_id, stamp.mono_s, stamp.wall_ns, stamp.synced) == ("boot", 100.0, watch.wall_ns, True)


def test_an_unsynchronised_clock_is_told_as_such() -> None:
    assert Watch(ntp=False).clock().stamp().synced is False


def test_one_moment_has_one_wall_time_however_often_it_is_asked_for() -> None:
    watch = Watch()
    clock = watch.clock()
    said = {clock.stamp().rfc3339(99.123456)}
    for wobble_ns in (3_000, -2_000, 900_000):  # two clocks are never read at the same instant
        watch.pass_time(1.0)
        watch.wall_ns += wobble_ns
        assert clock.step(0.0) is None
        said.add(clock.stamp().rfc3339(99.123456))
    assert len(said) == 1


@pytest.mark.parametrize("jump_s", [DAY_S, -DAY_S, 0.2, -0.2])
def test_a_clock_that_jumps_is_reported_once_with_its_size(jump_s: float) -> None:
    watch = Watch()
    clock = watch.clock()
    watch.pass_time(5.0)
    watch.wall_ns += round(jump_s * 1e9)
    step = clock.step(7.0)
    assert step is not None
    assert step.step_s == pytest.approx(jump_s)
    assert (step.at, step.synced) == (7.0, True)
    assert clock.step(8.0) is None
    assert clock.stamp().wall_ns == watch.wall_ns


def test_until_the_step_is_reported_the_old_time_goes_on() -> None:
    watch = Watch()
    clock = watch.clock()
    before = clock.stamp().rfc3339(100.0)
    watch.wall_ns += DAY_S * 10**9
    assert clock.stamp().rfc3339(100.0) == before
    clock.step(0.0)
    assert clock.stamp().rfc3339(100.0) != before


def test_a_clock_that_is_found_right_is_reported_too_with_a_step_of_nothing() -> None:
    watch = Watch(ntp=False)
    clock = watch.clock()
    assert clock.step(1.0) is None
    watch.ntp = True
    assert clock.step(2.0) == ClockStep(2.0, 0.0, synced=True)
    assert clock.step(3.0) is None
    watch.ntp = False
    assert clock.step(4.0) == ClockStep(4.0, 0.0, synced=False)


def test_the_host_has_one_boot_id() -> None:
    assert host_boot_id() == host_boot_id()
    assert len(host_boot_id()) == 36


def test_the_kernel_can_be_asked_whether_its_clock_is_set() -> None:
    assert isinstance(synchronised(), bool)
