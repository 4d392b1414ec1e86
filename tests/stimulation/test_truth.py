"""The session machine against a simulated unit whose truth is known: what it credits was really delivered."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.devices.vectors import load, named

from ptdevice.devices.beurer_em70.codec import Em70Codec
from ptdevice.link import Packet
from ptdevice.model import Gap, Output, StimulationSegment, StimulationSession, StopReason
from ptdevice.stimulation.session import SessionObserver
from ptdevice_sim.unit import DropLink
from ptdevice_sim.units.beurer_em70 import BeurerEm70

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ptdevice.model import Record
    from ptdevice_sim.unit import Output as Said

CONTROL = "64668730-033f-9393-6ca2-0e9401adeb32"
VECTORS = load("beurer_em70")
TICK_S = 0.25  # how often the connection asks the codec what is due
MARGIN_S = 1e-6


@dataclass
class Bedside:
    """A unit, a link that loses no octet but may be lost itself, a codec and the machine. `hears` may lose notifications."""

    unit: BeurerEm70
    hears: Callable[[], bool] = lambda: True
    now: float = 0.0
    truth_s: float = 0.0  # seconds in which current really flowed
    linked: bool = False
    spoken: bool = False
    records: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        numbers = itertools.count(1)
        self.sessions = SessionObserver(lambda: f"session-{next(numbers)}", window_s=60.0)
        self.codec = Em70Codec()
        self.connect()

    def connect(self) -> None:
        if not self.linked:
            self.linked, self.spoken, self.codec = True, False, Em70Codec()
            self.unit.connected(self.now)

    def lose(self) -> None:
        if self.linked:
            self.linked = False
            self.unit.disconnected(self.now)
            if self.spoken:
                self.records += self.sessions.link_lost(self.now)

    def do(self, what: Callable[[BeurerEm70, float], object]) -> None:
        what(self.unit, self.now)
        self.deliver(self.unit.tick(self.now))

    def write(self, name: str) -> None:
        if self.linked:
            self.deliver(self.unit.write(CONTROL, named(VECTORS, name).data, self.now))

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds / TICK_S)):
            flowing = self.unit.delivering
            left = self.unit.remaining_s
            self.now += TICK_S
            outputs = self.unit.tick(self.now)
            self.truth_s += min(TICK_S, left) if flowing else 0.0
            self.deliver(outputs)
            if self.linked:
                for write in self.codec.due(self.now):
                    self.deliver(self.unit.write(CONTROL, write.data, self.now))
            self.records += self.sessions.tick(self.now)

    def deliver(self, outputs: Iterable[Said]) -> None:
        for output in outputs:
            if isinstance(output, DropLink):
                self.lose()
            elif output.uuid == CONTROL and self.linked and self.hears():
                if not self.spoken:
                    self.spoken = True
                    self.records += self.sessions.link_restored(self.now)
                for event in self.codec.decode(Packet(self.now, "control", output.data)):
                    self.records += self.sessions.observe(event)

    @property
    def credited_s(self) -> float:
        snapshot = self.sessions.snapshot
        finished = [record.delivered_s for record in self.records if isinstance(record, StimulationSession)]
        return sum(finished) + (snapshot.delivered_s if snapshot else 0.0)


def _down_to_zero(unit: BeurerEm70, now: float) -> None:
    while unit.level:
        unit.press_down(now)


HAND: dict[str, Callable[[Bedside], None]] = {
    "up": lambda bed: bed.do(BeurerEm70.press_up),
    "down": lambda bed: bed.do(BeurerEm70.press_down),
    "to zero": lambda bed: bed.do(_down_to_zero),
    "pad off": lambda bed: bed.do(BeurerEm70.overload),
    "battery low": lambda bed: bed.do(BeurerEm70.battery_low),
    "power key": lambda bed: bed.do(BeurerEm70.switch_off),
    "link lost": Bedside.lose,
    "link back": Bedside.connect,
}
APP: dict[str, Callable[[Bedside], None]] = {
    name: (lambda bed, name=name: bed.write(name))  # type: ignore[misc] # a default argument binds early
    for name in ("one level more", "one level less", "set level 5", "pause", "resume")
}
WAITS = [0.0, 0.25, 0.5, 1.0, 2.5, 5.0, 20.0, 70.0]


def stories(actions: Iterable[str]) -> st.SearchStrategy[list[tuple[str, float]]]:
    return st.lists(st.tuples(st.sampled_from(sorted(actions)), st.sampled_from(WAITS)), max_size=10)


def played(bed: Bedside, story: list[tuple[str, float]]) -> Bedside:
    for action, wait in story:
        (HAND | APP)[action](bed)
        bed.wait(wait)
    return bed


@settings(deadline=None)
@given(stories(HAND), st.booleans(), st.sampled_from([8, 9]))
def test_no_more_is_credited_than_was_delivered_whatever_the_hand_and_the_link_do(
    story: list[tuple[str, float]],
    runs_on: bool,  # noqa: FBT001 - drawn
    layout: int,
) -> None:
    bed = Bedside(BeurerEm70(runs_on=runs_on, layout=layout))
    bed.wait(1.0)
    for step in story:
        played(bed, [step])
        assert bed.credited_s <= bed.truth_s + MARGIN_S
    bed.records += bed.sessions.close(bed.now, StopReason.DAEMON_STOP)
    assert bed.credited_s <= bed.truth_s + MARGIN_S


@settings(deadline=None)
@given(stories(HAND | APP), st.randoms(use_true_random=False), st.sampled_from([0.0, 0.2, 0.6]))
def test_paused_set_or_badly_heard_no_session_is_credited_more_than_the_second_that_a_display_hides(
    story: list[tuple[str, float]], rng: object, loss: float
) -> None:
    bed = Bedside(BeurerEm70(), hears=lambda: rng.random() >= loss)  # type: ignore[attr-defined] # Hypothesis' own Random
    played(bed, story)
    bed.records += bed.sessions.close(bed.now, StopReason.DAEMON_STOP)
    number = sum(isinstance(record, StimulationSession) for record in bed.records)
    assert bed.credited_s <= bed.truth_s + number + MARGIN_S


@settings(deadline=None)
@given(stories(HAND))
def test_the_records_of_a_session_add_up(story: list[tuple[str, float]]) -> None:
    bed = played(Bedside(BeurerEm70()), story)
    bed.records += bed.sessions.close(bed.now, StopReason.DAEMON_STOP)
    for session in [record for record in bed.records if isinstance(record, StimulationSession)]:
        parts = [each for each in bed.records if isinstance(each, StimulationSegment) and each.session_id == session.id]
        assert sum(part.delivered_s for part in parts) == pytest.approx(session.delivered_s)
        assert all(0 <= part.delivered_s <= part.end - part.start + MARGIN_S for part in parts)
        assert all(a.end <= b.start for a, b in itertools.pairwise(parts))
        assert all(session.start <= part.start <= part.end <= session.end for part in parts)
        assert all(part.level <= session.level_max_seen for part in parts)
    gaps = [record for record in bed.records if isinstance(record, Gap)]
    assert all(gap.start <= gap.end for gap in gaps)
    total = sum(record.gap_s for record in bed.records if isinstance(record, StimulationSession))
    assert total == pytest.approx(sum(gap.end - gap.start for gap in gaps))


@settings(deadline=None)
@given(stories(HAND))
def test_without_a_link_the_output_is_never_said_to_be_known(story: list[tuple[str, float]]) -> None:
    bed = Bedside(BeurerEm70())
    bed.wait(1.0)
    for step in story:
        played(bed, [step])
        if not bed.linked:
            assert bed.sessions.output is Output.UNKNOWN
        elif bed.spoken and bed.sessions.output is Output.OFF:
            assert not bed.unit.delivering


def test_of_a_whole_treatment_all_but_the_last_second_is_credited() -> None:
    bed = Bedside(BeurerEm70())
    bed.wait(1.0)
    played(bed, [("up", 1810.0)])
    (session,) = [record for record in bed.records if isinstance(record, StimulationSession)]
    assert bed.truth_s == pytest.approx(1800.0)
    assert 1797.5 <= session.delivered_s <= 1800.0
    assert session.reason is StopReason.TIMER


def test_a_minute_out_of_reach_is_a_gap_in_one_session_and_not_credited() -> None:
    bed = Bedside(BeurerEm70())
    bed.wait(1.0)
    played(bed, [("up", 100.0), ("link lost", 50.0), ("link back", 100.0), ("to zero", 2.0)])
    (session,) = [record for record in bed.records if isinstance(record, StimulationSession)]
    assert session.gaps == 1
    assert session.gap_s == pytest.approx(50.25, abs=0.5)
    assert bed.truth_s == pytest.approx(250.0)
    assert 195.0 <= session.delivered_s <= 200.0


def test_a_unit_that_stops_with_its_link_is_not_credited_for_what_followed() -> None:
    bed = Bedside(BeurerEm70(runs_on=False))
    bed.wait(1.0)
    played(bed, [("up", 100.0), ("link lost", 50.0), ("link back", 5.0)])
    (session,) = [record for record in bed.records if isinstance(record, StimulationSession)]
    assert bed.truth_s == pytest.approx(100.0)
    assert 97.0 <= session.delivered_s <= 100.0
    assert session.state == "ended_unverified"
