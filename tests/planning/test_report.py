"""A plan as it is told."""

from __future__ import annotations

import json

from ptdevice.devices import CATALOGUE
from ptdevice.planning import report
from ptdevice.planning.estimate import estimate
from ptdevice.planning.meter import Measured
from ptdevice.planning.report import UNTRIED, Plan
from ptdevice.planning.verdict import Fit

UNITS = {"chest": CATALOGUE["polar"], "tens": CATALOGUE["beurer_em70"]}
CHEST = Measured("chest", True, "data", "speaks", 1.0, 0, 3.8, 600.0, 100.0, 100.0, 0, 1.0, 0.4, 20.0, 0, 0, -50)
TENS = Measured(
    "tens", False, "out_of_slots", "no room", None, 0, 0.0, 0.0, None, None, 0, None, 10.0, None, 0, 0, None
)


def test_what_was_only_worked_out_says_so() -> None:
    said = report.text(Plan(estimate(UNITS, 1), None, 10.0, ["button"]))
    assert said.startswith("Worked out: 2 links (such adapters usually hold 1 (by reports)); ")
    assert "Only advertise, and need no link: button." in said
    assert said.endswith(f"It is doubtful whether this radio carries these units.\n{UNTRIED}")


def test_each_doubt_is_told_with_its_unit_and_each_remedy_once() -> None:
    said = report.text(Plan(estimate(UNITS, 1), [CHEST, TENS], 10.0))
    assert "\ntens: no room [out_of_slots]\n-> Add a USB adapter" in said
    assert said.count("-> Add a USB adapter") == 1
    assert said.endswith("\nThis radio does not carry these units.")


def test_what_was_tried_counts_more_than_what_was_worked_out() -> None:
    plan = Plan(estimate({"chest": CATALOGUE["polar"]}, 0), [CHEST], 10.0)
    assert plan.fit is Fit.FITS
    assert report.text(plan).endswith("This radio carries these units.")


def test_columns_stand_below_each_other() -> None:
    lines = report.text(Plan(estimate(UNITS, None), [CHEST, TENS], 10.0)).splitlines()
    at = next(number for number, line in enumerate(lines) if "first word" in line)
    assert lines[at].index("samples/s") == lines[at + 1].index("100 ") == lines[at + 2].index("-", 12)


def test_programs_read_everything() -> None:
    read = json.loads(report.machine(Plan(estimate(UNITS, 4), [CHEST, TENS], 10.0, ["button"])))
    assert read["fit"] == "does_not_fit"
    assert [unit["alias"] for unit in read["estimate"]["units"]] == ["chest", "tens"]
    assert read["trial"]["units"][0]["samples_hz"] == 100.0
    assert [(each["alias"], each["fit"]) for each in read["verdicts"]] == [
        (None, "fits"),
        ("chest", "fits"),
        ("tens", "does_not_fit"),
    ]
    assert json.loads(report.machine(Plan(estimate(UNITS, 4), None, 10.0)))["trial"] is None
