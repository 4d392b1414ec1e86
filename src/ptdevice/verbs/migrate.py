"""`ptdevice migrate`: bring an older journal up to date while the daemon is stopped, or tell what that would do."""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from ptdevice.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ptdevice.verbs.record import Verbs

DEFAULT_CONFIG = Path("/etc/ptdevice/ptdevice.toml")
MIB = 1 << 20

ABOUT = """Bring the journal of an older ptdevice up to date, after a copy of it as it was. The daemon does the same when it
starts, so this is for looking at what will be done, and for doing it before. The daemon must be stopped, but for --dry-run.

The other way, before an older ptdevice is installed: --back-to makes it a journal for that one, with everything that is in it.
What that one needs is in docs/upgrading.md, and it says so itself where it refuses a newer journal."""


def add(verbs: Verbs, loudness: argparse.ArgumentParser) -> None:  # noqa: ARG001 - what it did is told in any case
    """The verb and its arguments."""
    form = argparse.RawDescriptionHelpFormatter
    verb = verbs.add_parser(
        "migrate", help="bring an older journal up to date, after a copy of it", description=ABOUT, formatter_class=form
    )
    which = verb.add_mutually_exclusive_group()
    which.add_argument("-c", "--config", metavar="FILE", type=Path, default=DEFAULT_CONFIG, help=f"[{DEFAULT_CONFIG}]")
    which.add_argument("--journal", metavar="FILE", type=Path, help="the journal itself [as configured]")
    what = verb.add_mutually_exclusive_group()
    what.add_argument("--dry-run", action="store_true", help="only tell what would be done")
    what.add_argument("--back-to", metavar="SCHEMA", type=int, help="make it a journal for an older ptdevice")
    verb.set_defaults(carry_out=_migrate)


def _migrate(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from ptdevice.journal.migrations import MIGRATIONS  # noqa: PLC0415 - as everything heavy
    from ptdevice.journal.upgrading import due  # noqa: PLC0415
    from ptdevice.upgrade import downgrade, upgrade  # noqa: PLC0415

    path = _journal(options, environ)
    if options.back_to is not None:
        with _told_to_stop_it():
            downgrade(path, options.back_to)
        print(
            f"{path}: for a ptdevice with schema {options.back_to} now. Install that one before you start the service."
        )
        return 0
    task = due(path)
    if task is None:
        state = "up to date" if path.is_file() else "not there yet"
        print(f"{path}: {state}, nothing to do")
        return 0
    print(f"{path}: schema {task.version}; this program's is {len(MIGRATIONS)}")
    size = f"{-(-task.size // MIB)} MiB at most, {task.free // MIB} MiB are free"
    if options.dry_run:
        print(f"would be copied to {task.copy} ({size}), then brought up to date")
        return 0 if task.fits else 1
    with _told_to_stop_it():
        upgrade(path)
    print(f"copied to {task.copy}, and brought up to date")
    return 0


@contextlib.contextmanager
def _told_to_stop_it() -> Iterator[None]:
    try:
        yield
    except JournalError as error:
        what = " Stop ptdevice first (systemctl stop ptdevice)." if "in use" in str(error) else ""
        raise type(error)(f"{error}{what}") from error


def _journal(options: argparse.Namespace, environ: Mapping[str, str]) -> Path:
    if options.journal is not None:
        path: Path = options.journal
        if not path.is_file():
            raise JournalError(f"There is no journal {path}.")
        return path
    from ptdevice.config import load  # noqa: PLC0415

    return load(options.config, environ, []).journal.path
