"""Wishes for more: each way of not being from now has a rule of its own. Pure."""

from __future__ import annotations

import pytest

from ptdevice.mqtt.contract import Resume
from ptdevice.mqtt.freshness import REMEMBERED, REQUESTERS, Freshness
from ptdevice.mqtt.topics import Stamp, rfc3339

S = 1_000_000_000
NOW = 1_795_451_760 * S


def stamp(later_s: float = 0.0, *, synced: bool = True) -> Stamp:
    return Stamp("boot", NOW + round(later_s * S), 1000.0 + later_s, synced)


def wish(sequence: int = 1, *, nonce: str | None = None, requester: str = "tablet", issued_s: float = 0.0) -> Resume:
    return Resume(
        id=f"{requester}-{sequence}",
        requester=requester,
        actor="pt-17",
        issued_at=rfc3339(NOW + round(issued_s * S)),
        expires_in_s=5,
        nonce=nonce or f"n{sequence}",
        sequence=sequence,
        token="t",
    )


def rule(freshness: Freshness, request: Resume, at: Stamp) -> str | None:
    outcome = freshness.objection(request, at)
    return outcome.rule if outcome is not None else None


def test_one_from_now_passes() -> None:
    assert rule(Freshness(), wish(), stamp(4.999)) is None


@pytest.mark.parametrize(("later_s", "expected"), [(5.0, "stale"), (3600.0, "stale"), (-1.0, None), (-1.001, "future")])
def test_s23_its_time_is_over_at_the_moment_that_it_named_and_begins_with_a_tolerance(
    later_s: float, expected: str | None
) -> None:
    assert rule(Freshness(), wish(), stamp(later_s)) == expected


def test_s23_a_nonce_is_used_once() -> None:
    freshness = Freshness()
    assert rule(freshness, wish(1, nonce="same"), stamp()) is None
    assert rule(freshness, wish(2, nonce="same"), stamp()) == "replayed"
    assert rule(freshness, wish(2, nonce="same", requester="another"), stamp()) is None


@pytest.mark.parametrize("sequence", [4, 5])
def test_s23_what_is_not_later_than_the_last_is_out_of_order(sequence: int) -> None:
    freshness = Freshness()
    assert rule(freshness, wish(5), stamp()) is None
    assert rule(freshness, wish(sequence, nonce="new"), stamp()) == "out_of_order"
    assert rule(freshness, wish(6), stamp()) is None


def test_s23_what_was_refused_counts_for_nothing() -> None:
    freshness = Freshness()
    assert rule(freshness, wish(9), stamp(6.0)) == "stale"
    assert rule(freshness, wish(2), stamp()) is None


def test_s24_without_a_clock_nothing_can_be_judged() -> None:
    assert rule(Freshness(), wish(), stamp(synced=False)) == "clock_unsynced"


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-11-23T16:36:00", "2026-11-23T16:36:00+01:00", "2026-13-99T99:99:99Z"]
)
def test_s23_what_is_no_time_is_malformed(text: str) -> None:
    assert rule(Freshness(), wish().model_copy(update={"issued_at": text}), stamp()) == "malformed"


def test_what_is_remembered_is_bounded() -> None:
    freshness = Freshness()
    for number in range(REMEMBERED + REQUESTERS + 10):
        assert rule(freshness, wish(number, requester=f"r{number}"), stamp()) is None
    assert len(freshness._nonces) == REMEMBERED
    assert len(freshness._sequences) == REQUESTERS
