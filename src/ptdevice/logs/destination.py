"""Where standard error leads."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

Form = Literal["auto", "text", "json", "journal"]


def in_journal(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether it is systemd's journal: JOURNAL_STREAM names device and inode of what systemd gave us (systemd.exec(5))."""
    named = environ.get("JOURNAL_STREAM", "")
    try:
        opened = os.fstat(stream.fileno())
    except (OSError, ValueError):  # closed, or no file at all
        return False
    return named == f"{opened.st_dev}:{opened.st_ino}"


def colourful(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether to colour: on a terminal, unless NO_COLOR is set and not empty (no-color.org) or the terminal is dumb."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
