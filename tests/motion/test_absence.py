"""How long a sensor may be away before its set is over."""

from __future__ import annotations

import pytest
from tests.motion.movement import START, measured, packets

from ptdevice.motion.absence import GRACE_S, SILENT_S, away_since
from ptdevice.motion.stream import PostureStream


def test_a_lost_link_is_waited_for_and_then_it_was_away_since_it_was_lost() -> None:
    stream = PostureStream()
    assert away_since(stream, START, START + GRACE_S - 0.1) is None
    assert away_since(stream, START, START + GRACE_S) == START


def test_a_sensor_that_keeps_its_link_and_says_nothing_is_away_since_its_last_word() -> None:
    stream = PostureStream()
    for event in packets(measured([(0.0, 0.0), (5.0, 0.0)])):
        list(stream.take(event))
    assert away_since(stream, None, START + 5.0 + SILENT_S - 0.5) is None
    assert away_since(stream, None, START + 5.0 + SILENT_S + 0.5) == pytest.approx(START + 5.0, abs=0.2)


def test_one_that_was_never_heard_cannot_be_missed() -> None:
    assert away_since(PostureStream(), None, START + 1e6) is None
