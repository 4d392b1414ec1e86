from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from ptdevice_sim.clinic.times import Moment, Span, Step, clock, seconds


class Table(BaseModel):
    moment: Moment = 0.0
    span: Span = 1.0
    step: Step = 0.0


def test_times_and_spans_are_seconds_inside() -> None:
    assert seconds("00:03:00") == 180.0
    assert seconds("2d 09:00:00") == 205_200.0
    assert seconds("1:02:03.5") == 3723.5
    assert seconds("400ms") == 0.4
    assert seconds("1.5h") == 5400.0
    assert seconds("3d") == 259_200.0


@pytest.mark.parametrize(
    "text", ["", "8", "8 s", "00:03", "00:60:00", "00:00:60", "-8s", "1d8s", "2d09:00:00", "8s\n", "٣s"]
)
def test_what_is_no_time_is_told(text: str) -> None:
    assert seconds(text) is None
    with pytest.raises(ValidationError, match="must be a time like"):
        Table(moment=text)  # type: ignore[arg-type] # text in the file


@pytest.mark.parametrize("value", [8, 8.0, True, None, ["8s"]])
def test_a_time_is_text(value: Any) -> None:
    with pytest.raises(ValidationError, match="must be a span like"):
        Table(span=value)


def test_a_span_is_longer_than_nothing() -> None:
    with pytest.raises(ValidationError, match="longer than nothing"):
        Table(span="0s")  # type: ignore[arg-type] # text in the file


def test_nothing_lasts_longer_than_the_loops_clock_is_exact() -> None:
    assert Table(span="180d").span == 15_552_000.0  # type: ignore[arg-type] # text in the file
    with pytest.raises(ValidationError, match="at most 180 days"):
        Table(span="180d 00:00:01")  # type: ignore[arg-type] # text in the file


def test_a_step_of_the_clock_has_a_sign() -> None:
    assert Table(step="+1h").step == 3600.0  # type: ignore[arg-type] # text in the file
    assert Table(step="-1.5s").step == -1.5  # type: ignore[arg-type] # text in the file
    for wrong in ("1h", "+", "+-1h", "+1x"):
        with pytest.raises(ValidationError, match="signed span"):
            Table(step=wrong)  # type: ignore[arg-type] # text in the file


def test_seconds_are_told_as_they_are_written() -> None:
    assert clock(180.0) == "00:03:00"
    assert clock(205_200.0) == "2d 09:00:00"
    assert clock(0.25) == "00:00:00.250"
    assert all(seconds(clock(at_s)) == at_s for at_s in (0.0, 59.999, 3599.5, 86_400.0, 1_234_567.25))
