"""The clock of this host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.doctor.finding import fine, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptdevice.doctor.finding import Finding

AREA = "clock"


def examine(*, synchronised: bool) -> Iterator[Finding]:
    """`synchronised`: the kernel says that NTP or the like keeps it."""
    if synchronised:
        yield fine(AREA, "The clock is synchronised.")
    else:
        text = "The clock is not synchronised, so records say that their time cannot be trusted."
        yield warning(AREA, "clock_unsynced", text, "timedatectl; let it reach a time server (NTP).")
