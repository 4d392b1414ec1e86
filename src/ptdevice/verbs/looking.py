"""What the verbs that look at the record have in common: where the journal is, whose records it has, and what is asked for."""

from __future__ import annotations

import argparse
import contextlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import tzinfo

    from ptdevice.history.question import Question
    from ptdevice.journal.reading import Reading
    from ptdevice.mqtt.topics import Names

DEFAULT_CONFIG = Path("/etc/ptdevice/ptdevice.toml")


def where() -> argparse.ArgumentParser:
    """Which journal."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("-c", "--config", metavar="FILE", type=Path, help=f"[{DEFAULT_CONFIG}]")
    parser.add_argument(
        "--journal", metavar="FILE", type=Path, help="the journal itself, a copy, or one that was set aside"
    )
    return parser


def what() -> argparse.ArgumentParser:
    """Which records."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--since", metavar="WHEN", help="a day, or a time like 2026-11-23T09:30+01:00 [the beginning]")
    parser.add_argument("--until", metavar="WHEN", help="likewise; not in it any more [the end]")
    parser.add_argument("--unit", metavar="ALIAS", help="of one unit [all]")
    parser.add_argument("--subject", metavar="CODE", help="of one person [all]")
    return parser


@dataclass(frozen=True, slots=True)
class Book:
    """An open journal. `zone` is where its days begin; `names` whose records they are."""

    reading: Reading
    zone: tzinfo
    names: Names


@contextlib.contextmanager
def book(options: argparse.Namespace, environ: Mapping[str, str]) -> Iterator[Book]:
    """Open it to be read. Raises JournalError and ConfigError, and says at the end what could not be read."""
    from ptdevice.errors import JournalError  # noqa: PLC0415 - as everything in the verbs
    from ptdevice.journal.reading import reading  # noqa: PLC0415
    from ptdevice.mqtt.topics import Names  # noqa: PLC0415

    path, names, zone = options.journal, None, ZoneInfo("UTC")
    if path is None or options.config is not None:
        from ptdevice.config import load  # noqa: PLC0415

        settings = load(options.config or DEFAULT_CONFIG, environ, secrets=False)
        path = path or settings.journal.path
        names = Names(settings.gateway.site, settings.gateway.name, settings.gateway.simulated)
        zone = ZoneInfo(settings.programmes.timezone or "UTC")
    with reading(path) as opened:
        whose = opened.names or names  # what the file says of itself counts
        if whose is None:
            raise JournalError(f"The journal {path} does not say whose it is. Name the configuration too, with -c.")
        yield Book(opened, zone, whose)
        for first, last in opened.lost:
            print(f"ptdevice: {path} is damaged: records {first} to {last} could not be read", file=sys.stderr)


def question(options: argparse.Namespace, zone: tzinfo) -> Question:
    """What is asked for. Raises ExportError on what is no time."""
    from ptdevice.errors import ExportError  # noqa: PLC0415
    from ptdevice.history.question import Question, moment  # noqa: PLC0415

    bounds = {}
    for name in ("since", "until"):
        if (text := getattr(options, name)) is not None:
            try:
                bounds[f"{name}_ns"] = moment(text, zone)
            except ValueError:
                raise ExportError(
                    f"--{name} {text} is no day like 2026-11-23, and no time like 2026-11-23T09:30"
                ) from None
    return Question(**bounds, unit=options.unit, subject=options.subject)


def blocks() -> bool:
    """Whether what reads our output knows block characters."""
    try:
        "█▏".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def banner(names: Names) -> str:
    """What has to stand above everything that is shown of simulated units; empty for real ones."""
    return "SIMULATED: nobody was treated, nobody moved.\n" if names.simulated else ""
