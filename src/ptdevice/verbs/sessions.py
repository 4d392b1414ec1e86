"""`ptdevice sessions`: the stimulation sessions, exercise sets and walks that the journal has, a line each."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from ptdevice.verbs import looking

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from datetime import tzinfo

    from ptdevice.history.episodes import Episode
    from ptdevice.history.question import Question
    from ptdevice.journal.reading import Reading
    from ptdevice.mqtt.topics import Names
    from ptdevice.verbs.record import Verbs

DAY_NS = 86_400 * 10**9  # longer than any of them: so much more is read, lest one that spans a bound looks cut off
SHORT = 8  # characters of an id that are shown: its end, which is random
KINDS = ("stimulation", "set", "walk")


def add(verbs: Verbs, loudness: argparse.ArgumentParser) -> None:  # noqa: ARG001 - it has nothing to say but the answer
    """The verb and its arguments."""
    verb = verbs.add_parser(
        "sessions", parents=[looking.where(), looking.what()], help="list stimulation sessions, exercise sets and walks"
    )
    verb.add_argument("--kind", choices=KINDS, help="one kind [all]")
    verb.add_argument("--json", action="store_true", help="one JSON object a line, with all that is known")
    verb.set_defaults(carry_out=_list)


def _list(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with looking.book(options, environ) as book:
        found = asked(book.reading, looking.question(options, book.zone))
        if options.kind:
            found = [each for each in found if each.kind == options.kind]
        if options.json:
            for each in found:
                print(json.dumps(as_json(each, book.names)))
        else:
            sys.stdout.write(looking.banner(book.names))
            for each in found:
                print(line(each, book.zone))
            if not found:
                print("no stimulation session, set or walk that was asked for is recorded")
    return 0


def asked(reading: Reading, question: Question) -> list[Episode]:
    """The episodes that began in the time that is asked for."""
    from ptdevice.history.episodes import TYPES, episodes  # noqa: PLC0415
    from ptdevice.history.question import nanoseconds  # noqa: PLC0415

    entries = reading.entries(TYPES, question.since_ns - DAY_NS, question.until_ns + DAY_NS)
    found = episodes(entry for entry in entries if question.asks(entry))
    return [each for each in found if question.since_ns <= nanoseconds(each.start) < question.until_ns]


def line(episode: Episode, zone: tzinfo) -> str:
    """`2026-11-23 10:05  12:31  back  stimulation  4f2c81aa  ...`; `?` behind a time of a clock that could not be trusted."""
    from ptdevice.history.episodes import clock, summary  # noqa: PLC0415

    began = f"{episode.start.astimezone(zone):%Y-%m-%d %H:%M}{' ' if episode.dated else '?'}"
    length = clock((episode.end - episode.start).total_seconds())
    id_ = episode.id[-SHORT:] if "/" not in episode.id else episode.id[-SHORT - episode.id[::-1].index("/") - 1 :]
    whose = f"{episode.unit or '-':<12} {episode.subject or '-':<16}"
    return f"{began} {length:>7}  {whose} {episode.kind:<11} {id_:<10} {summary(episode)}"


def as_json(episode: Episode, names: Names) -> dict[str, Any]:
    """All that is known of one."""
    return {
        "kind": episode.kind,
        "id": episode.id,
        "unit": episode.unit,
        "subject": episode.subject,
        "start": f"{episode.start:%Y-%m-%dT%H:%M:%S.%fZ}",
        "end": f"{episode.end:%Y-%m-%dT%H:%M:%S.%fZ}",
        "finished": episode.whole is not None,
        "clock": "synced" if episode.dated else "unsynced",
        "simulated": names.simulated,
        "data": episode.whole,
    }
