from __future__ import annotations

import random
from typing import get_args

import pytest

from ptdevice.errors import HOST_CODES, Code
from ptdevice.pauses import (
    FIRST_PAUSE_S,
    HOST_PAUSE_S,
    LONGEST_PAUSE_S,
    NEAR_CODES,
    NEAR_PAUSE_S,
    SLOW_CODES,
    SLOW_PAUSE_S,
    STABLE_S,
    Pauses,
)


class Longest(random.Random):
    def uniform(self, a: float, b: float) -> float:
        return b


def pauses_after(code: Code, count: int = 20) -> list[float]:
    pauses = Pauses(Longest())
    return [pauses.after(code, spoke=False, lived_s=0.0) for _ in range(count)]


@pytest.mark.parametrize("code", get_args(Code))
def test_a_pause_grows_up_to_what_its_reason_deserves(code: Code) -> None:
    longest = HOST_PAUSE_S if code in HOST_CODES else NEAR_PAUSE_S if code in NEAR_CODES else LONGEST_PAUSE_S
    found = pauses_after(code)
    assert found == sorted(found)
    assert found[0] == (SLOW_PAUSE_S if code in SLOW_CODES else FIRST_PAUSE_S)
    assert found[-1] == longest


def test_what_will_not_mend_by_itself_is_tried_slowly_from_the_first_time() -> None:
    assert pauses_after("foreign_unit", 3) == [SLOW_PAUSE_S] * 3


def test_an_adapter_that_was_away_for_long_leaves_no_long_pause_behind() -> None:
    pauses = Pauses(Longest())
    for _ in range(50):
        pauses.after("adapter_off", spoke=False, lived_s=0.0)
    assert pauses.after("no_adverts", spoke=False, lived_s=0.0) <= HOST_PAUSE_S


def test_a_link_that_lived_forgets_what_was_before() -> None:
    pauses = Pauses(Longest())
    for _ in range(9):
        pauses.after("no_adverts", spoke=False, lived_s=0.0)
    assert pauses.after("silent", spoke=True, lived_s=STABLE_S - 1) == LONGEST_PAUSE_S
    assert pauses.after("silent", spoke=True, lived_s=STABLE_S) == FIRST_PAUSE_S


def test_pauses_are_spread_over_half_of_their_length() -> None:
    pauses = Pauses(random.Random(1))  # noqa: S311 - reproducible, not secret
    shares = [pauses.after("foreign_unit", spoke=False, lived_s=STABLE_S) / SLOW_PAUSE_S for _ in range(500)]
    assert 0.5 <= min(shares) < 0.52
    assert 0.98 < max(shares) <= 1.0
