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
RESERVE_USED = {2: "80 %", 3: "90 %"}  # of the blocks that replace bad ones (the same, PRE_EOL_INFO)
SECTOR = 512  # octets, in /sys/block whatever the card's own are (kernel, Documentation/block/stat.rst)
# Nobody states what an SD card bears. With 500 erasures of each cell and eight octets erased for one that is written, both
# guesses on the careful side, a card bears being written 60 times: five years, at once a month.
DAYS_PER_CARD = 30
SHORTEST_S = 3600.0  # since the start of the machine, before its writing says anything of a day


def examine(root: Path, journal: Path) -> Iterator[Finding]:
    """Look at the folder of `journal`, and below `root` (/ but in tests) for the card that it may be on."""
    folder = journal.resolve().parent
    if not folder.is_dir():
        yield error(AREA, "no_folder", f"{folder}, where the journal is to be, is not there.", f"mkdir -p {folder}")
        return
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        text = f"{folder}, where the journal is, is on a disk that can only be read; the kernel does that to one that fails."
        yield error(AREA, "disk_read_only", text, "dmesg tells why. Copy the card now, and use the copy.")
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
        yield _age(card)
        if (finding := _reserve(card)) is not None:
            yield finding
        if (finding := _writing(root, card)) is not None:
            yield finding


def _age(card: Path) -> Finding:
    try:
        worst = max(int(word, 16) for word in (card / "device/life_time").read_text(encoding="ascii").split())
    except (OSError, ValueError):
        return unknown(AREA, f"{card.name}: an SD card, which does not tell its age; keep a spare one.")
    if worst >= WORN:
        text = f"{card.name}: at least {(worst - 1) * 10} % of its life is used."
        return warning(AREA, "disk_worn", text, "Copy it to a new one before it fails.")
    return fine(AREA, f"{card.name}: at most {worst * 10} % of its life is used.")


def _reserve(card: Path) -> Finding | None:
    try:
        used = RESERVE_USED.get(int((card / "device/pre_eol_info").read_text(encoding="ascii"), 16))
    except (OSError, ValueError):
        return None
    if used is None:
        return None
    text = f"{card.name}: {used} of the blocks that it keeps to replace bad ones are used."
    return warning(AREA, "disk_worn", text, "Copy it to a new one before it fails.")


def _writing(root: Path, card: Path) -> Finding | None:
    """By everything on this host, since it was started."""
    try:
        up_s = float((root / "proc/uptime").read_text(encoding="ascii").split()[0])
        written = int((card / "stat").read_text(encoding="ascii").split()[6]) * SECTOR
        size = int((card / "size").read_text(encoding="ascii")) * SECTOR
    except (OSError, ValueError, IndexError):
        return None
    if up_s < SHORTEST_S:
        return None
    a_day = written / up_s * 86_400
    said = f"{card.name}: {a_day / MEGABYTE:.0f} MB are written to it in a day, by everything on this machine"
    if a_day * DAYS_PER_CARD > size:
        fix = "See what writes (iotop -ao): ptdevice itself writes some 20 MB a day. Log less, swap less."
        return warning(
            AREA, "disk_busy", f"{said}: all of it in less than a month, and it may not last for years.", fix
        )
    return fine(AREA, f"{said}.")
