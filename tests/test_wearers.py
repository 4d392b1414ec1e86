"""A record is filed under whoever wore its unit when it began, whatever is assigned, runs out or ends meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ptdevice.model import Alarm, Contact, Gap, Modality, ModalityEntry, Record, StimulationSegment, SuggestedSet
from ptdevice.wearers import SPANS, WHOLES, Wearers


def gap(start: float, end: float) -> Gap:
    return Gap("motion", start, end, "link_lost", None)


def segment(session: str, start: float, end: float) -> StimulationSegment:
    return StimulationSegment(session, start, end, None, None, 3, 15, None, Contact.UNKNOWN, end - start)


def test_until_something_else_is_said_it_is_the_one_of_the_configuration() -> None:
    wearers = Wearers({"chest": "anna", "back": None})
    assert dict(wearers) == {"chest": "anna", "back": None}
    assert wearers.of("chest", Alarm(5.0, "x", "y")) == "anna"
    assert wearers.of("back", Alarm(5.0, "x", "y")) is None


def test_a_record_that_began_before_the_change_is_filed_under_who_wore_the_unit_then() -> None:
    wearers = Wearers({"chest": "anna"})
    wearers.assign("chest", "bert", 100.0)
    assert wearers.of("chest", gap(90.0, 130.0)) == "anna"
    assert wearers.of("chest", gap(100.0, 130.0)) == "bert"
    assert wearers["chest"] == "bert"


def test_an_entry_about_the_past_is_filed_by_when_it_began() -> None:
    wearers = Wearers({"chest": "anna"})
    wearers.assign("chest", "bert", 100.0)
    assert wearers.of("chest", ModalityEntry(110.0, 40.0, Modality.HEAT, 1, None, "t7")) == "anna"


def test_an_assignment_that_ran_out_files_under_nobody() -> None:
    wearers = Wearers({"chest": "anna"})
    wearers.assign("chest", "bert", 100.0, until=200.0)
    assert wearers.at("chest", 199.9) == "bert"
    assert wearers.at("chest", 200.0) is None


def test_the_parts_of_a_session_go_where_its_first_part_went() -> None:
    wearers = Wearers({"back": None})
    wearers.assign("back", "anna", 0.0, until=100.0)
    assert wearers.of("back", segment("s1", 50.0, 110.0)) == "anna"
    assert wearers.of("back", segment("s1", 110.0, 230.0)) == "anna"
    assert wearers.of("back", segment("s2", 240.0, 250.0)) is None


def test_what_ends_because_its_wearer_leaves_is_still_the_wearers() -> None:
    wearers = Wearers({"chest": None})
    wearers.assign("chest", "anna", 0.0, until=100.0)
    with wearers.leaving("chest"):
        assert wearers.of("chest", Alarm(100.5, "x", "y")) == "anna"
    assert wearers.of("chest", Alarm(100.5, "x", "y")) is None


def test_what_two_sensors_measure_is_somebodys_only_where_one_person_wears_both() -> None:
    wearers = Wearers({"upper": "anna", "lower": "anna"}, {"lumbar": ("upper", "lower")})
    assert wearers.at("lumbar", 5.0) == "anna"
    wearers.assign("upper", "bert", 10.0)
    assert wearers.at("lumbar", 15.0) is None
    wearers.assign("lower", "bert", 20.0)
    assert (wearers.at("lumbar", 15.0), wearers.at("lumbar", 25.0)) == (None, "bert")
    assert list(wearers) == ["upper", "lower"]


def test_nothing_is_assigned_into_what_is_past() -> None:
    wearers = Wearers({"chest": None})
    wearers.assign("chest", "anna", 100.0)
    wearers.assign("chest", "bert", 50.0)
    assert wearers.at("chest", 60.0) is None
    assert wearers.at("chest", 100.0) == "bert"


def test_what_is_remembered_is_bounded_and_what_is_forgotten_is_nobodys() -> None:
    wearers = Wearers({"chest": "anna"})
    for number in range(SPANS + 10):
        wearers.assign("chest", f"p{number}", float(number))
    assert wearers.at("chest", 5.0) is None
    assert wearers.at("chest", SPANS + 5.0) == f"p{SPANS + 5}"
    for number in range(WHOLES + 10):
        wearers.of("chest", segment(f"s{number}", 1000.0, 1001.0))
    assert len(wearers._wholes) == WHOLES


def test_exercise_never_began_before_the_change_at_which_all_that_was_open_ended() -> None:
    wearers = Wearers({"chest": "anna"})
    wearers.assign("chest", "bert", 100.0)
    suggested = SuggestedSet(99.9, 120.0, 5, 60, 2.0)
    assert wearers.of("chest", suggested) == "bert"
    assert wearers.of("nobody", suggested) is None


@dataclass
class Told:
    """A reference: everything that was ever said, looked through from the start."""

    said: list[tuple[float, str | None, float | None]] = field(default_factory=list)
    parts: dict[str, str | None] = field(default_factory=dict)

    def at(self, moment: float) -> str | None:
        whose: str | None = "default"
        for since, subject, until in self.said:
            if since <= moment:
                whose = subject if until is None or moment < until else None
        return whose

    def of(self, record: Record, start: float) -> str | None:
        if isinstance(record, StimulationSegment):
            return self.parts.setdefault(record.session_id, self.at(start))
        return self.at(start)


step = st.one_of(
    st.tuples(st.just("assign"), st.sampled_from(["anna", "bert", None]), st.sampled_from([None, 1.0, 7.0, 30.0])),
    st.tuples(st.just("gap"), st.floats(0.0, 60.0), st.none()),
    st.tuples(st.just("segment"), st.sampled_from("abc"), st.floats(0.0, 5.0)),
)


@given(st.lists(st.tuples(step, st.floats(0.1, 20.0)), max_size=40))
def test_no_interleaving_of_assignments_and_records_files_one_under_another(
    steps: list[tuple[tuple[Any, ...], float]],
) -> None:
    wearers, told, now = Wearers({"chest": "default"}), Told(), 100.0
    for (what, first, second), passes in steps:
        now += passes
        if what == "assign":
            until = None if second is None else now + float(second)
            wearers.assign("chest", first, now, until)
            told.said.append((now, first, until))
            continue
        start = now - float(first if what == "gap" else second)
        record = gap(start, now) if what == "gap" else segment(first, start, now)
        assert wearers.of("chest", record) == told.of(record, start)
    moments = [now - 50.0, *(since for since, *_ in told.said), now]
    for moment in (*moments, *((a + b) / 2 for a, b in pairwise(moments))):
        assert wearers.at("chest", moment) == told.at(moment)
