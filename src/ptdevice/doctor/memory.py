"""Memory: how much is left, and whether the kernel had to end programs for lack of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ptdevice.doctor.finding import fine, unknown, warning

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ptdevice.doctor.finding import Finding

AREA = "memory"
LOW_MB = 64  # about what the daemon itself takes at most
FIX = "See what takes it (top, then M); stop what is not needed, or use a machine with more."


def examine(root: Path) -> Iterator[Finding]:
    """Look below `root`, which is / but in tests."""
    available_kb = _number(root / "proc/meminfo", r"^MemAvailable:\s+(\d+) kB$")
    if available_kb is None:
        yield unknown(AREA, "The kernel does not say how much memory is left.")
    elif (left_mb := available_kb * 1024 // 1_000_000) < LOW_MB:
        yield warning(AREA, "memory_low", f"{left_mb} MB of memory are left.", FIX)
    else:
        yield fine(AREA, f"{left_mb} MB of memory are left.")
    if killed := _number(root / "proc/vmstat", r"^oom_kill (\d+)$"):
        text = f"Since it was started, the kernel ended {killed} programs for lack of memory."
        yield warning(AREA, "memory_ran_out", text, FIX)


def _number(file: Path, pattern: str) -> int | None:
    try:
        found = re.search(pattern, file.read_text(encoding="ascii"), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) if found is not None else None
