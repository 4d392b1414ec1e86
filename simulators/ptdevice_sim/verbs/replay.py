"""`ptdevice-sim replay`: a tape again, to its device's codec, or as a unit. docs/tapes.md."""

from __future__ import annotations

import json
import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from ptdevice.devices import CATALOGUE
from ptdevice_sim.verbs import serve

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from typing import Any

    from ptdevice.tape.reading import Tape
    from ptdevice_sim.tapes.playing import Playing
    from ptdevice_sim.verbs import Verbs

OK, DIFFERENT = 0, 1
SHOWN = 20  # differences; after the first missing event everything is one


def add(verbs: Verbs) -> None:
    """The verb and its arguments."""
    verb = verbs.add_parser("replay", help="play a tape: to the codec, against another tape, or as a unit on air")
    verb.add_argument("tape", metavar="TAPE", type=Path)
    how = verb.add_mutually_exclusive_group(required=True)
    how.add_argument("--decode", action="store_true", help="print what the codec makes of it, an event a line, as JSON")
    how.add_argument(
        "--against", metavar="FILE", type=Path, help="tell where that differs from another tape, or events"
    )
    how.add_argument("--serve", action="store_true", help="be the unit on the tape, until Ctrl-C; see `serve --help`")
    verb.add_argument("--device", choices=list(CATALOGUE), help="where the tape does not tell, or tells it wrongly")
    serve.add_where(verb)
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Returns the exit code. Raises PtdeviceError."""
    if options.serve:
        return serve.run_units([str(options.tape)], options)
    from ptdevice.tape.reading import Tape  # noqa: PLC0415 - as everything that is heavy
    from ptdevice_sim.tapes.comparing import opened, profile_of  # noqa: PLC0415
    from ptdevice_sim.tapes.playing import Playing, event_body  # noqa: PLC0415

    with opened(options.tape) as file:
        tape = Tape(file, str(options.tape))
        playing = Playing(tape, profile_of(tape, options.device))
        bodies = (event_body(event) for event in playing)
        code = _compare(bodies, options.against, options.device) if options.against else _print(bodies)
    for line in _told(tape, playing):
        sys.stderr.write(f"{options.tape}: {line}\n")
    return code


def _print(bodies: Iterator[dict[str, Any]]) -> int:
    for body in bodies:
        sys.stdout.write(json.dumps(body) + "\n")
    return OK


def _compare(bodies: Iterator[dict[str, Any]], other: Path, device: str | None) -> int:
    from ptdevice_sim.tapes.comparing import differences, open_events  # noqa: PLC0415

    count = 0

    def counted() -> Iterator[dict[str, Any]]:
        nonlocal count
        for count, body in enumerate(bodies, 1):  # noqa: B007 - it is the count that is wanted
            yield body

    with open_events(other, device) as expected:
        found = differences(counted(), expected)
        shown = list(islice(found, SHOWN))
        more = sum(1 for _ in found)
    for difference in shown:
        sys.stdout.write(f"{difference}\n")
    if more:
        sys.stdout.write(f"... and {more} more\n")
    sys.stdout.write(f"{len(shown) + more} differences in {count} events\n")
    return DIFFERENT if shown else OK


def _told(tape: Tape, playing: Playing) -> Iterator[str]:
    """What did not fit, in sentences."""
    report = playing.report
    if tape.truncated:
        yield "its last line breaks off, and was left out"
    if playing.wire_errors:
        yield f"{playing.wire_errors} packets made no sense"
    if report.cut:
        yield f"{report.cut} values are not whole in the capture, and were left out"
    for uuid, count in report.strange.items():
        yield f"{count} entries of {uuid}, for which this device has no port"
    if not report.faithful:
        yield (
            f"the gateway did not do what was done then: {report.unexpected} writes are not on the tape, {report.missing} "
            f"that are were not made, {report.not_taken} values came after it had given up the link"
        )
        yield from (f"  {word}" for word in report.words)
