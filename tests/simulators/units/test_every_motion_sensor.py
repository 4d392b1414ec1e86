"""Every motion sensor that can be played, over the virtual radio through bleak's own classes: the gaps are the injected losses.

In virtual time, with clocks that are 40 ppm fast, at starts that make counters wrap in the middle. A new sensor is in here as
soon as it can be played. What is compared: of each sample that a unit took, whether it was lost on air (`Noted`) and whether it
arrived (`Counted`); and of each gap in the motion room its two ends, its length, and how many samples are missing in it.

A unit that tells no time is timed by arrival. Then a lost sample and a late one differ only in that the late one comes. So all
is exact where nothing is late. Where one in ten is late, and as many are lost, the number of missing samples is right to one in
a hundred, and a gap may be noticed some samples before or after its place. A loss that is shorter than the jitter cannot be
known, and neither can what a unit did in a silence of more than 5 s.
"""

from __future__ import annotations

import asyncio
import math
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import pytest
from tests.simulators.carriers.observing import Told, observed, radio_on
from tests.simulators.units.accounting import Books, Counted, Noted, books
from tests.simulators.units.on_air import watched
from tests.simulators.units.poses import G

from ptdevice.devices import CATALOGUE
from ptdevice.model import MotionSamples
from ptdevice.motion.clock import LEAST_DELAY_S
from ptdevice_sim import virtual_time
from ptdevice_sim.carriers.virtual_radio import VirtualRadio
from ptdevice_sim.clinic.devices import DEVICES
from ptdevice_sim.clinic.scenario import Unit as UnitTable
from ptdevice_sim.recording import WornRecording

if TYPE_CHECKING:
    from pathlib import Path

    from ptdevice_sim.host import Host

SKEW = 40e-6
WRAP_AFTER_S = 50.0
# A unit's clock is the simulation's; so counters of 32 bits wrap where the simulation's time does.
STARTS = {
    "at 0": 0.0,
    "wrapping microseconds": 2**32 * 1e-6 / (1 + SKEW) - WRAP_AFTER_S,
    "wrapping milliseconds": 2**32 * 1e-3 / (1 + SKEW) - WRAP_AFTER_S,
}
WRAPS_NS = {
    ("movella_dot", "wrapping microseconds"): 2**32 * 10**3,
    ("movesense", "wrapping milliseconds"): 2**32 * 10**6,
}
# Frames that may be put together and cut on their way. Of all others a notification is one whole value, or has a head of its
# own, and air does neither.
FRAMED = {"witmotion"}

MODELS: list[tuple[str, str | None]] = [
    (device, model)
    for device, played in sorted(DEVICES.items())
    if "acceleration" in CATALOGUE[device].title
    for model in (*sorted(played.models),) or (None,)
]


class Evening(NamedTuple):
    """One unit's story, told and accounted for."""

    device: str
    start: str
    told: Told
    body: Counted
    faults: Noted
    books: Books


async def losses(faults: Noted, host: Host, *, framed: bool) -> None:
    """Some, all for a while, frames put together and cut, a lost link, and many; with clear air around each."""
    for name, share, seconds in (
        ("loss", 0.1, 30.0),
        ("loss", 1.0, 2.2),
        *((("merge", 0.2, 8.0), ("split", 0.2, 8.0)) if framed else ()),
        ("link", 1.0, 15.0),
        ("loss", 0.3, 15.0),
    ):
        await asyncio.sleep(10)
        if name == "link":
            host.drop_link()
        else:
            setattr(faults, name, share)
        await asyncio.sleep(seconds)
        faults.loss = faults.split = 0.0
        faults.merge = min(faults.merge, 1e-9)  # what is held back comes with the next
    await asyncio.sleep(4)


async def delays(faults: Noted, _: Host, *, framed: bool) -> None:
    """Of the notifications that are not lost, some are late, and hold up those that follow; of frames, some are cut as well."""
    await asyncio.sleep(20)
    faults.loss, faults.late, faults.late_s, faults.split = 0.1, 0.1, 0.05, 0.1 if framed else 0.0
    await asyncio.sleep(60)
    faults.loss = faults.late = faults.split = 0.0
    await asyncio.sleep(4)


STORIES = {"losses": losses, "delays": delays}


@cache
def evening(device: str, model: str | None, start: str, story: str) -> Evening:
    body = Counted()
    table = UnitTable(device=device, worn_by="k3f7q", model=model, skew_ppm=SKEW * 1e6)
    unit = DEVICES[device].build(table, "C6:12:34:56:78:9A", body)
    faults = Noted(unit, body)

    async def scene() -> Told:
        async with VirtualRadio() as air, radio_on(air) as radio:
            host = air.publish(unit, faults)
            async with observed(radio, device, unit) as told:
                await STORIES[story](faults, host, framed=device in FRAMED)
        return told

    told: Told = virtual_time.run(scene(), start=STARTS[start])
    return Evening(device, start, told, body, faults, books(told))


@pytest.fixture(params=MODELS, ids=lambda pair: "-".join(filter(None, pair)))
def sensor(request: pytest.FixtureRequest) -> tuple[str, str | None]:
    pair: tuple[str, str | None] = request.param
    return pair


@pytest.fixture(params=STARTS)
def one(request: pytest.FixtureRequest, sensor: tuple[str, str | None]) -> Evening:
    """With losses, and nothing late."""
    return evening(*sensor, request.param, "losses")


@pytest.fixture
def late(sensor: tuple[str, str | None]) -> Evening:
    """With delays as well."""
    return evening(*sensor, "at 0", "delays")


def test_every_device_that_measures_acceleration_is_here() -> None:
    assert {device for device, _ in MODELS} >= {
        "capture2go",
        "movella_dot",
        "movesense",
        "polar",
        "thingy52",
        "witmotion",
    }


def test_the_link_was_lost_once_and_came_back_and_everything_was_understood(one: Evening) -> None:
    assert one.told.reach() == [("online", "data"), ("unknown", "link_lost"), ("online", "data")]
    assert one.told.progress.wire_errors == one.told.progress.dropped == one.books.stream.clock.restarts == 0


def test_what_arrives_is_what_was_sent_and_not_lost_on_air(one: Evening) -> None:
    arrived = [number for number, _ in one.books.arrived]
    assert len(one.faults.dropped) > 400
    _, (across,) = one.books.split()
    without = range(across.before + 1, across.after)  # what a unit kept while there was no link, it is told to forget
    heard = [number for number in one.faults.sent if number not in one.faults.dropped and number not in without]
    if one.books.by_arrival:  # until the rate is known its samples are left out
        heard = [number for number in heard if number >= arrived[0]]
    assert arrived == heard


def test_a_counter_that_wraps_in_the_middle_goes_on(one: Evening) -> None:
    before = [ns for number, ns in one.books.arrived if number < min(one.books.after_loss)]
    assert before == sorted(before)
    wrap_ns = WRAPS_NS.get((one.device, one.start))
    if wrap_ns is not None:
        assert before[0] < wrap_ns < before[-1]


def test_each_gap_is_between_the_samples_around_a_loss_and_misses_as_many_as_were_lost(one: Evening) -> None:
    within, across = one.books.split()
    assert [(gap.before, gap.after, gap.missing.samples) for gap in within] == one.books.holes()
    assert sum(gap.missing.samples for gap in within) == len(one.faults.dropped)
    assert len(across) == 1


def test_a_gap_begins_when_the_sample_before_it_was_taken_and_lasts_until_the_one_after_it(one: Evening) -> None:
    taken, clock = one.body.at, one.books.stream.clock
    within, _ = one.books.split()
    allowed_s = 0.01 if one.books.by_arrival else 0.0015  # half a period; whole milliseconds and a half
    for gap in within:
        length_s = taken[gap.after] - taken[gap.before]
        assert gap.missing.end - gap.missing.start == pytest.approx(length_s, abs=allowed_s + length_s * SKEW)
    began = [gap for gap in within if gap.before > max(one.books.after_loss)]
    assert began
    for gap in began:  # by the clock as it was at the end
        assert clock.gateway(gap.missing.start) == pytest.approx(taken[gap.before], abs=clock.uncertainty_s)
    assert clock.uncertainty_s < LEAST_DELAY_S + 0.015


def test_across_a_lost_link_as_many_are_missing_as_there_was_time_for(one: Evening) -> None:
    _, (gap,) = one.books.split()
    taken, rate_hz = one.body.at, one.books.stream.rate_hz
    length_s = taken[gap.after] - taken[gap.before]
    assert gap.missing.end - gap.missing.start == pytest.approx(length_s, abs=0.012)
    assert gap.missing.samples == pytest.approx(length_s * rate_hz - 1, abs=0.5 + 0.012 * rate_hz)


def test_expected_is_received_and_missing(one: Evening) -> None:
    account = one.books.account
    _, (across,) = one.books.split()
    assert account.received == len(one.books.arrived)
    assert account.missing == len(one.faults.dropped) + across.missing.samples
    assert account.count == len(one.books.gaps)


def test_where_some_are_late_as_well_a_unit_s_own_time_tells_every_gap_and_arrivals_tell_how_many_are_missing(
    late: Evening,
) -> None:
    within, across = late.books.split()
    lost, account = len(late.faults.dropped), late.books.account
    assert lost > 200
    assert across == []
    assert account.received == len(late.books.arrived)
    if late.books.by_arrival:
        assert account.missing == pytest.approx(lost, rel=0.01)
    else:
        assert account.missing == lost
        assert [(gap.before, gap.after, gap.missing.samples) for gap in within] == late.books.holes()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """On the back; a quarter turn about y in two seconds, 20 s after the beginning; and so it stays."""
    rows = ["t_s,chest_ax,chest_ay,chest_az,chest_gx,chest_gy,chest_gz"]
    for i in range(4001):
        t = i / 100
        angle = math.radians(min(max(45 * (t - 20), 0), 90))
        spin = -45.0 if 20 <= t < 22 else 0.0
        rows.append(f"{t},{G * math.sin(angle)},0,{G * math.cos(angle)},0,{spin},0")
    path = tmp_path_factory.mktemp("worn") / "turn.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def test_it_wears_a_recording(sensor: tuple[str, str | None], recorded: Path) -> None:
    device, model = sensor
    table = UnitTable(device=device, worn_by="k3f7q", model=model)
    unit = DEVICES[device].build(table, "C6:12:34:56:78:9A", WornRecording(recorded))
    told = watched(device, unit, 40.0)
    motion = [event for event in told.events if isinstance(event, MotionSamples)]
    assert told.progress.wire_errors == 0
    assert motion[0].acceleration[0] == pytest.approx((0.0, 0.0, G), abs=0.02)
    assert motion[-1].acceleration[-1] == pytest.approx((G, 0.0, 0.0), abs=0.02)
    turning = [spin for event in motion if 20.5 < event.at < 21.5 for spin in event.angular_rate]
    if model != "H10":  # which has no gyroscope
        assert turning[len(turning) // 2] == pytest.approx((0.0, -45.0, 0.0), abs=0.1)
