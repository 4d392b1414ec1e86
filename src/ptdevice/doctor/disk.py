"""The disk under the journal: room, whether it may be written, and how much an SD card or eMMC has aged."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from ptdevice.doctor.finding import error, fine, unknown, warning

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ptdevice.doctor.finding import Finding

AREA = "disk"
MEGABYTE = 1_000_000
FULL_MB, LOW_MB = 50, 500  # a day of a busy clinic is some 20 MB (python -m benchmarks disk)
ROOM = "Make room: df -h tells where it is full."
WORN = 0x09  # of 0x0B: 80 to 90 % of the card's life is used (JEDEC eMMC 5.1, DEVICE_LIFE_TIME_EST)


def examine(root: Path, journal: Path) -> Iterator[Finding]:
    """Look at the folder of `journal`, and below `root` (/ but in tests) for the card that it may be on."""
    folder = journal.resolve().parent
    if not folder.is_dir():
        yield error(AREA, "no_folder", f"{folder}, where the journal is to be, is not there.", f"mkdir -p {folder}")
        return
    if not os.access(folder, os.W_OK | os.X_OK):
        text = f"{folder}, where the journal is, cannot be written by this user."
        yield error(AREA, "no_rights", text, "Run this as the service's user, or give it the folder (chown).")
    free = shutil.disk_usage(folder).free // MEGABYTE
    if free < FULL_MB:
        yield error(
            AREA,
            "disk_full",
            f"{free} MB are left where the journal is.",
            ROOM,
        )
    elif free < LOW_MB:
        yield warning(AREA, "disk_low", f"{free} MB are left where the journal is.", ROOM)
    else:
        yield fine(AREA, f"{free} MB are left where the journal is.")
    yield from _wear(root)


def _wear(root: Path) -> Iterator[Finding]:
    for card in sorted((root / "sys/block").glob("mmcblk[0-9]")):
        try:
            worst = max(int(word, 16) for word in (card / "device/life_time").read_text(encoding="ascii").split())
        except (OSError, ValueError):
            yield unknown(AREA, f"{card.name}: an SD card, which does not tell its age; keep a spare one.")
            continue
        if worst >= WORN:
            text = f"{card.name}: at least {(worst - 1) * 10} % of its life is used."
            yield warning(AREA, "disk_worn", text, "Copy it to a new one before it fails.")
        else:
            yield fine(AREA, f"{card.name}: at most {worst * 10} % of its life is used.")
