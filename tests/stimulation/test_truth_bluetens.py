"""The session machine against a simulated Bluetens, which counts up, ends in silence and runs on without a link."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptdevice.devices.bluetens.codec import BluetensCodec
from ptdevice.link import Packet
from ptdevice.model import Output, Record, StimulationSession, StopReason
from ptdevice.stimulation.session import SessionObserver
from ptdevice_sim.unit import DropLink
from ptdevice_sim.units.bluetens import Bluetens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ptdevice_sim.unit import Output as Said

SHELL = "0000ffe1-0000-1000-8000-00805f9b34fb"
TICK_S = 0.05
MARGIN_S = 1e-6
SHORT = "V1D10{|R1000F50}"  # 20 s
NO_LOAD_S = 3.0


@dataclass
class Bedside:
    """A unit, a link that loses no octet but may be lost itself, a codec and the machine."""

    unit: Bluetens
    now: float = 0.0
    truth_s: float = 0.0  # seconds in which current really flowed; a script that ends counts to the end of its tick
    linked: bool = False
    spoken: bool = False
    records: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        numbers = itertools.count(1)
        self.sessions = SessionObserver(lambda: f"session-{next(numbers)}", window_s=60.0)
        self.connect()

    def connect(self) -> None:
        if not self.linked:
            self.linked, self.spoken, self.codec = True, False, BluetensCodec()
            self.unit.connected(self.now)

    def lose(self) -> None:
        if self.linked:
            self.linked = False
            self.unit.disconnected(self.now)
            if self.spoken:
                self.records += self.sessions.link_lost(self.now)

    def do(self, what: Callable[[Bluetens, float], object]) -> None:
        what(self.unit, self.now)
        self.deliver(self.unit.tick(self.now))

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds / TICK_S)):
            flows = self.unit.delivering
            self.now += TICK_S
            outputs = self.unit.tick(self.now)
            self.truth_s += TICK_S if flows else 0.0
            self.deliver(outputs)
            if self.linked:
                for write in self.codec.due(self.now):
                    self.deliver(self.unit.write(SHELL, write.data, self.now))
            self.records += self.sessions.tick(self.now)

    def deliver(self, outputs: Iterable[Said]) -> None:
        for output in outputs:
            if isinstance(output, DropLink):
                self.lose()
            elif self.linked:
                for event in self.codec.decode(Packet(self.now, "shell", output.data)):
                    if not self.spoken:
                        self.spoken = True
                        self.records += self.sessions.link_restored(self.now)
                    self.records += self.sessions.observe(event)

    @property
    def credited_s(self) -> float:
        snapshot = self.sessions.snapshot
        finished = [record.delivered_s for record in self.records if isinstance(record, StimulationSession)]
        return sum(finished) + (snapshot.delivered_s if snapshot else 0.0)


HAND: dict[str, Callable[[Bedside], None]] = {
    "up": lambda bed: bed.do(Bluetens.press_up),
    "down": lambda bed: bed.do(Bluetens.press_down),
    "charger": lambda bed: bed.do(Bluetens.plug_in),
    "power key": lambda bed: bed.do(Bluetens.switch_off),
    "link lost": Bedside.lose,
    "link back": Bedside.connect,
}
PADS: dict[str, Callable[[Bedside], None]] = {
    "pads off": lambda bed: bed.do(Bluetens.pads_off),
    "pads on": lambda bed: bed.do(Bluetens.pads_on),
}
WAITS = [0.0, 0.1, 0.5, 1.0, 2.5, 5.0, 25.0, 70.0]


def stories(actions: Iterable[str]) -> st.SearchStrategy[list[tuple[str, float]]]:
    return st.lists(st.tuples(st.sampled_from(sorted(actions)), st.sampled_from(WAITS)), max_size=8)


def played(bed: Bedside, story: list[tuple[str, float]]) -> Bedside:
    for action, wait in story:
        (HAND | PADS)[action](bed)
        bed.wait(wait)
    return bed


@settings(deadline=None, max_examples=60)
@given(stories(HAND), st.booleans(), st.sampled_from([SHORT, "V1D10{|R65535}"]))
def test_no_more_is_credited_than_was_delivered_whatever_the_hand_and_the_link_do(
    story: list[tuple[str, float]],
    cuts_in: bool,  # noqa: FBT001 - drawn
    script: str,
) -> None:
    bed = Bedside(Bluetens(script=script, cuts_in=cuts_in))
    bed.wait(1.0)
    for step in story:
        played(bed, [step])
        assert bed.credited_s <= bed.truth_s + MARGIN_S
    bed.records += bed.sessions.close(bed.now, StopReason.DAEMON_STOP)
    assert bed.credited_s <= bed.truth_s + MARGIN_S


@settings(deadline=None, max_examples=40)
@given(stories(HAND | PADS))
def test_pads_that_are_off_are_credited_for_no_longer_than_the_unit_takes_to_miss_them(
    story: list[tuple[str, float]],
) -> None:
    bed = played(Bedside(Bluetens()), story)
    offs = sum(action in {"pads off", "up"} for action, _ in story)
    assert bed.credited_s <= bed.truth_s + offs * NO_LOAD_S + MARGIN_S


@settings(deadline=None, max_examples=40)
@given(stories(HAND))
def test_the_output_is_never_said_to_be_known_without_a_link_nor_off_while_current_flows(
    story: list[tuple[str, float]],
) -> None:
    bed = Bedside(Bluetens(script=SHORT))
    bed.wait(1.0)
    for step in story:
        played(bed, [step, ("down", 1.5)])
        if not bed.linked:
            assert bed.sessions.output is Output.UNKNOWN
        elif bed.spoken and bed.sessions.output is Output.OFF:
            assert not bed.unit.delivering


def test_of_a_whole_script_all_but_its_ends_is_credited_and_nobody_knows_why_it_ended() -> None:
    bed = Bedside(Bluetens())
    bed.wait(1.0)
    played(bed, [("up", 1810.0)])
    (session,) = [record for record in bed.records if isinstance(record, StimulationSession)]
    assert bed.truth_s == pytest.approx(1800.0, abs=TICK_S + MARGIN_S)
    assert 1796 <= session.delivered_s <= 1800.0
    assert (session.reason, session.state) == (StopReason.UNKNOWN, "ended")


def test_a_minute_out_of_reach_is_a_gap_in_one_session_and_not_credited() -> None:
    bed = Bedside(Bluetens())
    bed.wait(1.0)
    played(bed, [("up", 100.0), ("link lost", 50.0), ("link back", 100.0), ("power key", 2.0)])
    (session,) = [record for record in bed.records if isinstance(record, StimulationSession)]
    assert session.gaps == 1
    assert bed.truth_s == pytest.approx(250.0)
    assert 194.0 <= session.delivered_s <= 200.0
    assert session.reason is StopReason.USER
