"""What each stage of a gateway has promised: by when it gets on. See `watchdog`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.watchdog import Pulse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ptdevice.bedside import Bedside
    from ptdevice.journal import Journal
    from ptdevice.mqtt.courier import Courier

# Linux itself calls a task hung that waits for a disk for as long (kernel.hung_task_timeout_secs).
JOURNAL_S = 120.0
# Health is said every 10 s, and where the broker is away a try takes 20 s and comes after 30: there is always something to do.
COURIER_S = 120.0


def pulses(bedsides: Mapping[str, Bedside], journal: Journal, courier: Courier) -> Iterator[Pulse]:
    """Those of the radio by unit, of the journal's thread, and of the courier's loop."""
    for alias, bedside in bedsides.items():
        yield Pulse(f"radio ({alias})", bedside.connection.progress.due)
    yield Pulse("journal", journal_due(journal))
    yield Pulse("mqtt", courier.turned_at + COURIER_S)


def journal_due(journal: Journal) -> float | None:
    """By when the thread should have answered; None: nothing was asked of it."""
    return journal.turned_at + JOURNAL_S if journal.queued else None
