"""What one record says, in a line."""

from __future__ import annotations

import pytest

from ptdevice_sim.report import words


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        ("exercise/rejected", {"rejected": "short_rom", "range_deg": 12}, "not counted (short rom): 12°"),
        (
            "exercise/hold",
            {"index": 2, "held_s": 31.5, "sway_deg": 1.25, "breaks": 1},
            "hold 2: 31.5 s, sway 1.2°, breaks: 1",
        ),
        ("exercise/bout", {"steps": 104, "cadence_spm": 98}, "walked 104 steps at 98 a minute"),
    ],
)
def test_what_was_done_is_told_in_words(kind: str, data: dict[str, object], said: str) -> None:
    assert words.record(kind, data) == said
