"""`ptdevice show`: one session, set or walk with a picture, or one day of a person as a timeline."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

from ptdevice.verbs import looking, sessions

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from ptdevice.history.episodes import Episode
    from ptdevice.history.question import Question
    from ptdevice.verbs.looking import Book
    from ptdevice.verbs.record import Verbs

NEAR = timedelta(hours=1)  # pain that was rated so long before or after belongs to the picture


def add(verbs: Verbs, loudness: argparse.ArgumentParser) -> None:  # noqa: ARG001 - it has nothing to say but the answer
    """The verbs and their arguments."""
    show = verbs.add_parser("show", parents=[looking.where()], help="show one session or set, with a picture")
    show.add_argument("id", metavar="ID", help="its id, or the beginning or end of it, as `ptdevice sessions` lists it")
    show.add_argument("--json", action="store_true", help="all that is known of it, as JSON")
    show.set_defaults(carry_out=_show, since=None, until=None, unit=None, subject=None)
    day = verbs.add_parser("timeline", parents=[looking.where()], help="show one day: stimulation, exercise, pain")
    day.add_argument("--day", metavar="DAY", required=True, help="e.g. 2026-11-23")
    day.add_argument("--subject", metavar="CODE", help="of one person [all]")
    day.add_argument("--json", action="store_true", help="one JSON object a line")
    day.set_defaults(carry_out=_timeline)


def _show(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from ptdevice.errors import ExportError  # noqa: PLC0415
    from ptdevice.history.episodes import called  # noqa: PLC0415
    from ptdevice.history.question import Question  # noqa: PLC0415

    with looking.book(options, environ) as book:
        found = list(called(sessions.asked(book.reading, Question()), options.id))
        if not found:
            raise ExportError(f"No session, set or walk is called {options.id}; `ptdevice sessions` lists them.")
        if len(found) > 1:
            raise ExportError(
                f"{len(found)} are called {options.id}; give more of it: {', '.join(each.id for each in found)}"
            )
        (episode,) = found
        if options.json:
            parts = {"parts": episode.parts}
            print(json.dumps(sessions.as_json(episode, book.names) | parts, indent=2))
        else:
            sys.stdout.write(looking.banner(book.names))
            _print(episode, book)
    return 0


def _print(episode: Episode, book: Book) -> None:
    from ptdevice.history import picture  # noqa: PLC0415
    from ptdevice.history.episodes import STIMULATION, summary  # noqa: PLC0415

    began, ended = (moment.astimezone(book.zone) for moment in (episode.start, episode.end))
    whose = f" of {episode.subject}" if episode.subject else ""
    print(f"{episode.kind} {episode.id}{whose}, unit {episode.unit}")
    print(f"{began:%Y-%m-%d %H:%M:%S} to {ended:%H:%M:%S}{'' if episode.dated else ', by a clock that was not set'}")
    print(summary(episode))
    blocks = looking.blocks()
    if episode.kind == STIMULATION:
        lines = picture.stimulation(episode, blocks=blocks)
    else:
        lines = picture.repetitions(episode, blocks=blocks) + picture.holds(episode)
    if lines:
        print("\n" + "\n".join(lines))
    if pain := _pain(episode, book):
        print("\n" + "\n".join(pain))


def _pain(episode: Episode, book: Book) -> list[str]:
    from ptdevice.history.question import Question, nanoseconds  # noqa: PLC0415
    from ptdevice.history.timeline import timeline  # noqa: PLC0415
    from ptdevice.mqtt.topics import type_of  # noqa: PLC0415

    if episode.subject is None:
        return []
    near = Question(nanoseconds(episode.start - NEAR), nanoseconds(episode.end + NEAR), subject=episode.subject)
    entries = book.reading.entries([type_of("pain")], near.since_ns, near.until_ns)
    items = timeline([entry for entry in entries if near.asks(entry)])
    return [f"{item.start.astimezone(book.zone):%H:%M}  {item.text}" for item in items]


def _timeline(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from ptdevice.errors import ExportError  # noqa: PLC0415
    from ptdevice.history.question import Question, day_of  # noqa: PLC0415

    with looking.book(options, environ) as book:
        try:
            since, until = day_of(options.day, book.zone)
        except ValueError:
            raise ExportError(f"--day {options.day} is no day like 2026-11-23") from None
        _print_day(book, Question(since, until, subject=options.subject), as_json=options.json)
    return 0


def _print_day(book: Book, question: Question, *, as_json: bool) -> None:
    from ptdevice.history.question import nanoseconds  # noqa: PLC0415
    from ptdevice.history.timeline import TYPES, lanes, timeline  # noqa: PLC0415

    entries = book.reading.entries(TYPES, question.since_ns - sessions.DAY_NS, question.until_ns + sessions.DAY_NS)
    items = [
        item
        for item in timeline([entry for entry in entries if question.asks(entry)])
        if question.since_ns <= nanoseconds(item.start) < question.until_ns
    ]
    if as_json:
        for item in items:
            said = {"lane": item.lane, "unit": item.unit, "subject": item.subject, "text": item.text, "id": item.id}
            times = {"start": item.start.isoformat(), "end": item.end.isoformat(), "dated": item.dated}
            print(json.dumps(times | said | {"simulated": book.names.simulated}))
        return
    sys.stdout.write(looking.banner(book.names))
    print("\n".join(lanes(items, book.zone)) + "\n" if items else "nothing was recorded on this day")
    for item in items:
        began = f"{item.start.astimezone(book.zone):%H:%M}{' ' if item.dated else '?'}"
        print(f"{began} {item.unit or '-':<12} {item.subject or '-':<16} {item.lane:<11} {item.text}")
