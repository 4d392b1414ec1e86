from __future__ import annotations

from ptdevice.latest import Known, LatestState


def test_what_was_said_last_is_known_with_its_time() -> None:
    state = LatestState()
    state.learn("level", 3, 10.0)
    state.learn("level", 5, 11.0)
    assert state.values == {"level": Known(5, 11.0)}


def test_only_what_differs_from_what_was_known_is_a_change() -> None:
    state = LatestState()
    for value, at in ((None, 1.0), (None, 2.0), (0, 3.0), (0, 4.0), (1, 5.0)):
        state.learn("level", value, at)
    assert state.changes == 3
    assert state.values["level"] == Known(1, 5.0)


def test_what_is_said_again_is_known_as_of_then() -> None:
    state = LatestState()
    state.learn("output", "unknown", 1.0)
    state.learn("output", "unknown", 9.0)
    assert state.values["output"].at == 9.0
