from __future__ import annotations

import pytest

from ptdevice.devices.every import Every


@pytest.mark.parametrize(("after_s", "times"), [(0.0, [100, 103, 106, 109]), (3.0, [103, 106, 109])])
def test_it_is_due_on_its_schedule(after_s: float, times: list[int]) -> None:
    every = Every(3.0, after_s=after_s)
    assert [now for now in range(100, 112) if every.is_due(float(now))] == times


def test_a_stall_is_not_made_up_for_and_moves_nothing() -> None:
    every = Every(3.0)
    assert every.is_due(100.0)
    assert [now for now in (110.5, 110.6, 111.9, 112.0) if every.is_due(now)] == [110.5, 112.0]
