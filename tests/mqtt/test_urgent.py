"""Wishes for less are understood as far as they can be, whatever the octets."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptdevice.mqtt.contract import Lower, Pause, Stop, StopAll
from ptdevice.mqtt.topics import Arrival
from ptdevice.mqtt.urgent import understood


def arrived(payload: bytes, *, retain: bool = False) -> Arrival:
    return Arrival("a/topic", payload, retain=retain)


def body(**said: Any) -> bytes:
    return json.dumps(said).encode()


@given(st.binary(max_size=300))
def test_s04_any_octets_are_a_stop_where_the_topic_says_stop(payload: bytes) -> None:
    assert isinstance(understood(arrived(payload), "stop", gateway=False), Stop)
    assert isinstance(understood(arrived(payload), "pause", gateway=False), Pause)
    assert isinstance(understood(arrived(payload), "stop_all", gateway=True), StopAll)


def test_who_asks_is_told_apart_from_who_names_nobody() -> None:
    said = understood(arrived(body(id="7", requester="tablet", actor="nurse", more=[1])), "stop", gateway=False)
    assert said == Stop(id="7", requester="tablet", actor="nurse")
    assert understood(arrived(body(id="a b", requester="A/B")), "stop", gateway=False) == Stop(
        id="unknown", requester="unknown"
    )


def test_s04_a_stop_that_is_nested_too_deeply_is_a_stop() -> None:
    assert understood(arrived(b"[" * 4000), "stop", gateway=False) is not None


@pytest.mark.parametrize(("level", "meant"), [(0, 0), (3, 3), (2.9, 2), (1e300, 1000)])
def test_a_level_to_lower_to_is_rounded_down(level: float, meant: int) -> None:
    said = understood(arrived(body(level=level)), "lower", gateway=False)
    assert isinstance(said, Lower)
    assert said.level == meant


@pytest.mark.parametrize(
    "payload", [b"", b"{}", b'{"level": -1}', b'{"level": "3"}', b'{"level": true}', b'{"level": NaN}']
)
def test_a_lower_without_a_level_that_is_one_has_no_meaning(payload: bytes) -> None:
    assert understood(arrived(payload), "lower", gateway=False) is None


@pytest.mark.parametrize(("name", "gateway"), [("arm", False), ("raise", False), ("resume", False), ("stop", True)])
def test_what_is_no_wish_for_less_of_this_target_is_none(name: str, gateway: bool) -> None:  # noqa: FBT001 - a case
    assert understood(arrived(b"{}"), name, gateway=gateway) is None
