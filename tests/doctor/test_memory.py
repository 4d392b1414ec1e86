"""Memory, as the kernel tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.doctor.scaffold import codes, put

from ptdevice.doctor.memory import examine

if TYPE_CHECKING:
    from pathlib import Path

FORM = "MemTotal:         945364 kB\nMemFree:           51234 kB\nMemAvailable:     {} kB\n"


@pytest.mark.parametrize(("kb", "wanted"), [("62500", "ok"), ("62499", "memory_low")])
def test_little_memory_is_a_warning(tmp_path: Path, kb: str, wanted: str) -> None:
    put(tmp_path, "proc/meminfo", FORM.format(kb))
    assert codes(examine(tmp_path)) == [wanted]


def test_programs_that_the_kernel_ended_are_told(tmp_path: Path) -> None:
    put(tmp_path, "proc/meminfo", FORM.format(500_000))
    put(tmp_path, "proc/vmstat", "nr_free_pages 1\noom_kill 0\n")
    assert codes(examine(tmp_path)) == ["ok"]
    put(tmp_path, "proc/vmstat", "nr_free_pages 1\noom_kill 2\n")
    assert codes(examine(tmp_path)) == ["ok", "memory_ran_out"]


def test_a_kernel_that_says_nothing_leaves_it_unknown(tmp_path: Path) -> None:
    assert codes(examine(tmp_path)) == ["unknown"]
