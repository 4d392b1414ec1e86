from __future__ import annotations

from ptdevice.devices.resting import rest_s


def test_pauses_grow_to_a_minute() -> None:
    assert [rest_s(before) for before in range(7)] == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0, 60.0]
