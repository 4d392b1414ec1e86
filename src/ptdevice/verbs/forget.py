"""`ptdevice forget`: delete everything about one person while the daemon is stopped."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ptdevice.errors import BrokerError, JournalError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping

    from ptdevice.config import Settings
    from ptdevice.verbs.record import Verbs

DEFAULT_CONFIG = Path("/etc/ptdevice/ptdevice.toml")
BROKER_S = 20.0
RUNNING = "Stop ptdevice first (systemctl stop ptdevice), or ask the running one: cmd/gateway/forget."


def add(verbs: Verbs, loudness: argparse.ArgumentParser) -> None:  # noqa: ARG001 - what it did is told in any case
    """The verb and its arguments."""
    verb = verbs.add_parser(
        "forget",
        help="delete every record of a person, for good",
        description="Delete every record of a person from the journal, and clear the retained topics that may show some of it. "
        "What is left says when, and how many records they were. The daemon must be stopped.",
    )
    verb.add_argument("subject", metavar="SUBJECT", help="the person's code")
    verb.add_argument("-c", "--config", metavar="FILE", type=Path, default=DEFAULT_CONFIG, help=f"[{DEFAULT_CONFIG}]")
    verb.add_argument("--dry-run", action="store_true", help="only tell what would be deleted")
    verb.add_argument("--no-broker", action="store_true", help="leave the retained topics as they are")
    verb.set_defaults(carry_out=_forget, set=[])


def _forget(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from ptdevice.config import load  # noqa: PLC0415
    from ptdevice.roster import codes_of  # noqa: PLC0415

    settings = load(options.config, environ, [])
    subject: str = options.subject
    if not settings.journal.path.exists():
        raise JournalError(f"There is no journal {settings.journal.path}.")
    if subject in codes_of(settings):
        # With a dry run too: it is the first thing to do.
        raise JournalError(
            f"The configuration names {subject}, so its records would begin anew. Take it out of [units.*] and of the "
            "programmes first."
        )
    rows, units = _journal(settings, subject, dry_run=options.dry_run)
    verb = "would be deleted" if options.dry_run else "were deleted"
    print(f"{rows} records {verb} from {settings.journal.path}" + (f" (of {', '.join(units)})" if units else ""))
    _elsewhere(settings)
    if options.dry_run or options.no_broker:
        return 0
    try:
        asyncio.run(_clear(settings, units))
    except BrokerError as error:
        print(
            f"ptdevice: the retained topics could not be cleared: {error} Start the daemon, or try again.",
            file=sys.stderr,
        )
        return 1
    print("the retained topics were cleared at the broker; they come again when the daemon starts")
    return 0


def _journal(settings: Settings, subject: str, *, dry_run: bool) -> tuple[int, list[str]]:
    """Delete the rows; how many, and of which units."""
    import contextlib  # noqa: PLC0415
    import secrets  # noqa: PLC0415
    import time  # noqa: PLC0415

    from ptdevice.clock import host_boot_id, synchronised  # noqa: PLC0415
    from ptdevice.journal import forgetting, uuid7  # noqa: PLC0415
    from ptdevice.journal.store import Store  # noqa: PLC0415
    from ptdevice.mqtt.topics import Stamp  # noqa: PLC0415
    from ptdevice.requests.forgetting import words  # noqa: PLC0415

    boot_id = host_boot_id()

    def stamp() -> Stamp:
        return Stamp(boot_id, time.time_ns(), time.monotonic(), synchronised())

    def new_id() -> str:
        return uuid7(time.time_ns(), secrets.randbits)

    said = words(stamp, new_id, "command-line", channel="cli")
    try:
        store = Store(settings.journal.path, new_id, end_to_end=True)  # so that what is not acknowledged stays so
    except JournalError as error:
        raise type(error)(f"{error} {RUNNING}" if "in use" in str(error) else str(error)) from error
    with contextlib.closing(store):
        with store.transaction():
            rows, units = forgetting.count(store, subject), forgetting.units_of(store, subject)
        if dry_run or not rows:
            return rows, units
        with store.transaction():
            forgetting.prepare(store, subject, said)
            last = store.newest()
        for after in range(0, last, forgetting.STEP):
            with store.transaction():
                forgetting.forget_some(store, subject, after, said)
        forgetting.rewrite(store, settings.journal.path)
    return rows, units


def _elsewhere(settings: Settings) -> None:
    path = settings.journal.path
    print(
        "not reached from here: exports, backups, copies of the journal, and what subscribers have (evt/forgotten tells them)"
    )
    for copy in sorted(path.parent.glob(f"{path.name}.*")):
        print(f"  look at {copy}: it is beside the journal, and was left as it is")


async def _clear(settings: Settings, units: Iterable[str]) -> None:
    from ptdevice.broker import broker_of  # noqa: PLC0415
    from ptdevice.errors import BrokerLostError  # noqa: PLC0415
    from ptdevice.mqtt.client import connect  # noqa: PLC0415
    from ptdevice.mqtt.topics import Message, Names  # noqa: PLC0415

    names = Names(settings.gateway.site, settings.gateway.name, settings.gateway.simulated)
    try:
        async with asyncio.timeout(BROKER_S), connect(broker_of(settings.gateway.name, settings.mqtt)) as session:
            for unit in sorted({*units, *settings.units}):
                for what in ("state", "dose", "session"):
                    await session.publish(Message(names.unit(unit, what), b"", qos=1, retain=True))
    except TimeoutError:
        raise BrokerLostError(f"The broker did not take it within {BROKER_S:.0f} s.") from None
