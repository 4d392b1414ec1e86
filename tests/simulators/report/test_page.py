"""The page of a run: whole, self-contained, honest about what is unknown, and safe whatever a name holds."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

import pytest
from tests.simulators.report.evening import HOSTILE, UNKNOWN_FROM, UNKNOWN_TO, evening
from tests.simulators.story import NAMES, START_NS, Pen

from ptdevice.model import HeartRate
from ptdevice.mqtt import telemetry
from ptdevice_sim.clinic.engine import run_scenario
from ptdevice_sim.clinic.loading import loads
from ptdevice_sim.clinic.log import Happened, Run, Said
from ptdevice_sim.report.page import render

VOID = {"meta", "br", "link", "img", "input"}
# Where a browser would fetch something from, or run something.
FETCHING = {"src", "srcset", "data", "poster", "action", "formaction", "background", "xlink:href"}


@dataclass
class Element:
    tag: str
    attrs: dict[str, str]
    content: list[Element | str] = field(default_factory=list)

    @property
    def children(self) -> list[Element]:
        return [part for part in self.content if isinstance(part, Element)]

    def all(self, tag: str, css: str | None = None) -> list[Element]:
        found = [self] if self.tag == tag and (css is None or css in self.attrs.get("class", "").split()) else []
        return found + [deep for child in self.children for deep in child.all(tag, css)]

    @property
    def words(self) -> str:
        return "".join(part if isinstance(part, str) else part.words for part in self.content)


class Reader(HTMLParser):
    """A tree, and an error for every end that does not fit its beginning."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.root = Element("root", {})
        self._open = [self.root]
        self.feed(page)
        self.close()
        assert [element.tag for element in self._open] == ["root"]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].content.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].content.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self._open[-1].content.append(data)


def tree(run: Run) -> Element:
    return Reader(render(run)).root


def titles(root: Element, tag: str, css: str) -> list[str]:
    return [shape.words for shape in root.all(tag, css)]


def test_the_page_needs_nothing_but_itself() -> None:
    page = render(evening())
    assert not re.findall(r"https?:|//[a-z]|@import|javascript:", page)
    root = Reader(page).root
    assert not [tag for tag in ("script", "link", "img", "iframe", "object") if root.all(tag)]
    elements = [element for tag in set(re.findall(r"<([a-z]+)", page)) for element in root.all(tag)]
    assert len(elements) > 200
    assert not [element for element in elements if FETCHING & element.attrs.keys()]
    assert {element.attrs["href"][0] for element in elements if "href" in element.attrs} <= {"#"}
    assert set(re.findall(r"url\(([^)]*)\)", page)) == {"#hatch"}
    assert not [name for element in elements for name in element.attrs if name.startswith("on")]


def test_the_page_says_first_that_it_is_simulated() -> None:
    body = tree(evening()).all("body")[0]
    main = body.all("main")[0]
    assert main.children[0].words == "Simulated: not a person's data. Not a medical device."


def test_whatever_a_title_an_alias_or_a_text_holds_it_is_text() -> None:
    run = evening(title=HOSTILE, alarm=HOSTILE)
    renamed = [
        Said(said.t_s, said.topic.replace("/back/", '/"><img onerror=x/'), said.payload, 1, retain=False)
        for said in run.said
    ]
    truth = [*run.truth, Happened(10.0, HOSTILE, HOSTILE, {HOSTILE: HOSTILE})]
    page = render(replace(run, said=tuple(renamed), truth=tuple(truth)))
    root = Reader(page).root
    assert not root.all("script")
    assert not root.all("img")
    assert "\x1b" not in page
    shown = HOSTILE.replace("\x1b", "\ufffd")
    assert root.all("h1")[0].words == shown
    assert [cell.words for cell in root.all("td") if "alert" in cell.words] == [shown]
    assert '"><img onerror=x' in [heading.content[0] for heading in root.all("h3")]


def test_every_record_is_in_the_table_and_has_a_tick_with_its_words() -> None:
    root = tree(evening())
    rows = [[cell.words for cell in row.all("td")] for row in root.all("tbody")[0].all("tr")]
    assert rows == [
        ["00:02:02", "chest", "exercise/repetition", "repetition 1: 60°, 1.2 : 0.3 : 1.3 s"],
        ["00:02:06", "chest", "exercise/repetition", "repetition 2: 61°, 1.2 : 0.3 : 1.3 s"],
        ["00:02:10", "chest", "exercise/repetition", "repetition 3: 62°, 1.2 : 0.3 : 1.3 s"],
        ["00:05:00", "back", "alarm", "Look at the unit."],
    ]
    assert len(root.all("path", "mark")) == 4
    assert titles(root, "path", "alm") == ["00:05:00.0 back, alarm: Look at the unit."]


def test_unknown_output_is_hatched_for_as_long_as_nobody_heard_and_is_never_drawn_as_off() -> None:
    root = tree(evening())
    stimulation = next(svg for svg in root.all("svg") if svg.attrs.get("aria-label", "").startswith("stimulation"))
    hatched = titles(stimulation, "rect", "unknown")
    assert "output unknown, 00:05:00 to 00:06:00" in hatched  # the link was lost
    assert "output unknown, 00:07:00 to 00:07:21" in hatched  # nobody was there to tell
    assert hatched[0] == "output unknown, 00:00:00 to 00:00:02"
    x_from, x_to = UNKNOWN_FROM / 600 * 1000, UNKNOWN_TO / 600 * 1000
    for shape in [*stimulation.all("rect", "off"), *stimulation.all("rect", "on")]:
        left, width = float(shape.attrs["x"]), float(shape.attrs["width"])
        assert left + width <= x_from + 0.1 or left >= x_to - 0.1
    assert titles(stimulation, "rect", "off") == [
        "output off, 00:00:02 to 00:01:00",
        "output off, 00:08:20 to 00:10:00",
    ]


def test_output_that_is_on_is_as_high_as_its_level() -> None:
    stimulation = next(
        svg for svg in tree(evening()).all("svg") if svg.attrs.get("aria-label", "").startswith("stimulation")
    )
    bars = stimulation.all("rect", "on")
    assert {bar.attrs["height"] for bar in bars} == {"18"}  # 4 of 15 of 60 pixels, and the margin below
    assert bars[0].words == "on, level 4 of 15, 00:01:00 to 00:05:00"


def test_what_was_true_is_drawn_where_nothing_was_known() -> None:
    (truth,) = tree(evening()).all("path", "true")
    assert truth.attrs["d"] == "M0 62H100V46H833.3V62H1000"


def test_the_gateway_and_the_broker_are_shown_with_their_outages() -> None:
    root = tree(evening())
    assert "gateway offline, 00:07:00 to 00:07:21" in titles(root, "rect", "bad")
    assert "broker down, 00:07:00 to 00:07:20" in titles(root, "rect", "bad")


def test_repetitions_are_marked_and_compared_with_the_truth() -> None:
    root = tree(evening())
    notes = [name.words for name in root.all("div", "name")]
    assert "movementcounted 3, true 4" in notes
    (movement,) = [svg for svg in root.all("svg") if svg.attrs.get("aria-label", "").startswith("angle")]
    assert titles(movement, "path", "rep")[0] == "repetition 1: 60° at 00:02:01.3"
    assert len(movement.all("path", "truerep")) == 4
    assert len(movement.all("path", "angle")) == 1


def test_each_bout_is_shown_close_up_with_its_numbers() -> None:
    (figure,) = tree(evening()).all("figure")
    assert figure.all("figcaption")[0].words == "00:01:55, 24 s: counted 3, true 4"
    assert [number.words for number in figure.all("b")] == ["1", "2", "3"]


def test_what_happened_is_numbered_and_told() -> None:
    root = tree(evening())
    told = [entry.words for entry in root.all("ol")[0].all("li")]
    assert told == [
        "00:01:02.0 back press, key up (4 times)",
        "00:05:00.0 back vanish, for 60 s",
        "00:06:00.0 back vanish is over",
        "00:07:00.0 broker down, for 20 s",
        "00:07:20.0 broker is over",
    ]
    wide = root.all("div", "wide")[0]
    assert [flag.words for flag in wide.all("span")] == ["1", "2", "3", "4-5"]


def test_a_message_that_makes_no_sense_spoils_nothing() -> None:
    run = evening()
    odd = [
        Said(5.0, "ptdevice-sim/v1/clinic-a/pi-1/status", b"\xff", 1, retain=True),
        Said(5.0, "ptdevice-sim/v1/clinic-a/pi-1/evt/alarm", b"[]", 1, retain=False),
        Said(5.0, "x", b"{}", 0, retain=False),
    ]
    assert len(tree(replace(run, said=(*odd, *run.said))).all("tbody")[0].all("tr")) == 4


def test_a_run_in_which_nothing_was_said_has_a_page() -> None:
    root = tree(Run("Silence", 1, START_NS, 60.0, (), ()))
    assert root.all("p", "empty")[0].words == "No record was said."
    assert titles(root, "rect", "unknown") == ["gateway unknown, 00:00:00 to 00:01:00"]


def week(*, bpm: int = 90) -> Run:
    """Seven days with half an hour of heart rate every evening."""
    pen = Pen()
    pen.status(0.1, "online")
    for day in range(7):
        for second in range(0, 1800, 5):
            t_s = day * 86_400 + 64_800.0 + second
            heard = HeartRate(t_s, bpm + second % 50)
            pen.say(t_s, telemetry.heart_rate(NAMES, "chest", heard, stamp=pen.stamp(t_s)))
    truth = Happened(0.0, "daemon", "started", {}), Happened(7 * 86_400.0, "daemon", "stopped", {})
    return Run("A week", 1, START_NS, 7 * 86_400.0, tuple(pen.said), truth)


def test_of_a_week_the_stretches_in_which_something_happens_are_shown_each_on_its_own_scale() -> None:
    root = tree(week())
    sections = root.all("section")
    assert len(sections) == 7
    assert sections[6].all("h2")[0].words == "day 7, 17:59:30 to 18:30:25, 31 min"
    links = [link.attrs["href"] for link in root.all("nav")[0].all("a")]
    assert links == [f"#{section.attrs['id']}" for section in sections]


def test_of_half_a_year_only_so_many_stretches_have_a_picture_of_their_own() -> None:
    pen = Pen()
    for day in range(180):
        pen.repetition(1, "x", start=86_400.0 * day + 3600)
    sections = tree(Run("Half a year", 1, START_NS, 180 * 86_400.0, tuple(pen.said), ())).all("section")
    assert len(sections) == 60
    assert [sections[0].all("h2")[0].words[:5], sections[-1].all("h2")[0].words[:7]] == ["day 1", "day 180"]


@pytest.mark.parametrize("rate_hz", [4])
def test_an_hour_stays_below_a_megabyte_and_keeps_its_peaks(rate_hz: int) -> None:
    pen = Pen()
    pen.status(0.0, "online")
    pen.availability(0.0, "chest", "online")
    for i in range(3600 * rate_hz):
        t_s = i / rate_hz
        peak = 199 if i == 7201 else 60 + i % 60
        pen.say(t_s, telemetry.heart_rate(NAMES, "chest", HeartRate(t_s, peak), stamp=pen.stamp(t_s)))
        if i % 12 == 0:
            pen.repetition(i, "set", start=t_s)
    page = render(Run("An hour", 1, START_NS, 3600.0, tuple(pen.said), ()))
    assert 100_000 < len(page.encode()) < 1_000_000
    (heart,) = Reader(page).root.all("path", "heart")
    # The scale ends at 200, a margin of 2 pixels from the top; one beat less is one pixel of 0.3.
    assert min(float(point.split(" ")[1]) for point in heart.attrs["d"][1:].split("L")) == pytest.approx(2.3, abs=0.05)


SCENARIO = """\
title = "Three minutes"
duration = "3m"
seed = 2
[people.k3f7q]
[[people.k3f7q.exercises]]
time = "20s"
sets = [5]
[units.chest]
device = "polar"
worn_by = "k3f7q"
exercise = "sit_up"
[units.back]
device = "beurer_em70"
[[at]]
time = "10s"
press = "back"
times = 3
[[at]]
time = "90s"
vanish = "back"
for = "20s"
"""


def test_a_run_of_the_real_gateway_is_drawn_with_all_its_lanes() -> None:
    root = tree(run_scenario(loads(SCENARIO)))
    names = [name.words for name in root.all("div", "name")]
    assert "movementcounted 5, true 5" in names
    assert "stimulationlevel 0 to 15" in names
    assert "heart rateper minute" in names
    assert [number.words for number in root.all("figure")[0].all("b")] == ["1", "2", "3", "4", "5"]
    assert any(title.startswith("output unknown, 00:01:3") for title in titles(root, "rect", "unknown"))
