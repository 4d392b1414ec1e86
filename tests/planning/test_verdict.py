"""What estimate and trial mean."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ptdevice.devices import CATALOGUE
from ptdevice.planning.estimate import Estimate, Need, estimate
from ptdevice.planning.meter import Measured
from ptdevice.planning.verdict import Fit, Remedy, of_estimate, of_trial, worst

NEED = Need("chest", "polar", 4.0, 600.0, 100.0, 0.02, 7)
GOOD = Measured(
    "chest", True, "data", "the unit speaks", 1.0, 0, 3.8, 600.0, 100.0, 100.0, 0, 1.0, 0.4, 20.0, 0, 0, -50
)


@pytest.mark.parametrize(
    ("changed", "fit", "remedy"),
    [
        ({"online": False, "code": "out_of_slots"}, Fit.DOES_NOT, Remedy.ADAPTER),
        ({"online": False, "code": "no_adverts"}, Fit.DOES_NOT, Remedy.UNIT),
        ({"lost": 1}, Fit.DOES_NOT, Remedy.AIR),
        ({"complete": 0.979}, Fit.DOUBTFUL, Remedy.AIR),
        ({"complete": 0.899}, Fit.DOES_NOT, Remedy.AIR),
        ({"complete": None}, Fit.DOES_NOT, Remedy.UNIT),
        ({"pause_s": 0.8}, Fit.DOUBTFUL, Remedy.AIR),
        ({"late_ms": 250.1}, Fit.DOUBTFUL, Remedy.AIR),
        ({"dropped": 1}, Fit.DOUBTFUL, Remedy.MACHINE),
        ({"wire_errors": 1}, Fit.DOUBTFUL, Remedy.UNIT),
        ({"rssi_dbm": -81}, Fit.DOUBTFUL, Remedy.NEARER),
    ],
)
def test_each_trouble_has_its_verdict_and_its_remedy(changed: dict[str, object], fit: Fit, remedy: Remedy) -> None:
    found = of_trial(replace(GOOD, **changed), NEED)  # type: ignore[arg-type]  # each has its own type
    assert [(doubt.fit, doubt.remedy) for doubt in found.doubts] == [(fit, remedy)]
    assert found.fit is fit


@pytest.mark.parametrize(
    "changed", [{}, {"complete": 0.98}, {"pause_s": 0.75}, {"late_ms": 250.0}, {"rssi_dbm": -80}, {"rssi_dbm": None}]
)
def test_what_is_good_enough_is_not_doubted(changed: dict[str, object]) -> None:
    assert of_trial(replace(GOOD, **changed), NEED).doubts == ()  # type: ignore[arg-type]  # each has its own type


def test_where_nothing_is_streamed_no_sample_is_missed() -> None:
    quiet = replace(GOOD, samples_hz=None, rate_hz=None, complete=None, late_ms=None, pause_s=1.1)
    need = replace(NEED, rate_hz=None, notifications_hz=1.0)
    assert of_trial(quiet, need).fit is Fit.FITS
    assert of_trial(replace(quiet, pause_s=3.1), need).fit is Fit.DOUBTFUL


def test_of_a_unit_that_speaks_when_it_likes_no_pause_is_too_long() -> None:
    need = replace(NEED, rate_hz=None, notifications_hz=0.0)
    assert of_trial(replace(GOOD, samples_hz=None, rate_hz=None, complete=None, pause_s=10.0), need).fit is Fit.FITS


def test_more_links_than_are_usual_is_doubtful_and_no_refusal() -> None:
    units = {f"dot{number}": CATALOGUE["movella_dot"] for number in range(5)}
    (doubt,) = of_estimate(estimate(units, 4)).doubts
    assert (doubt.fit, doubt.remedy) == (Fit.DOUBTFUL, Remedy.ADAPTER)
    assert of_estimate(estimate(units, 5)).doubts == ()


def test_a_full_air_is_doubtful() -> None:
    assert of_estimate(Estimate((replace(NEED, air_share=0.51),), None)).fit is Fit.DOUBTFUL
    assert of_estimate(Estimate((replace(NEED, air_share=0.5),), None)).fit is Fit.FITS


def test_the_worst_counts() -> None:
    assert worst([]) is Fit.FITS
    assert worst([Fit.DOUBTFUL, Fit.FITS]) is Fit.DOUBTFUL
    assert worst([Fit.DOES_NOT, Fit.DOUBTFUL]) is Fit.DOES_NOT
