"""`ptdevice-sim run`: a scenario from beginning to end, in virtual time or in real time. docs/scenarios.md, docs/ci.md.

What is heavy is imported when it is needed: a list of scenarios, or a wrong one, is told at once.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import math
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ptdevice.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice_sim.clinic.log import Run, Said
    from ptdevice_sim.clinic.scenario import Scenario
    from ptdevice_sim.verbs import Verbs

OK, FAILED, INVALID = 0, 1, 3  # 2 is argparse's own, for a command line that makes no sense
SHOWN = ("evt/#", "status", "unit/+/availability")

EPILOG = """\
exit codes:
  0 it ran, and said what was expected    1 it said something else, or could not be played    3 the scenario or the expected
  messages are invalid    2 wrong usage

examples:
  ptdevice-sim run --list
  ptdevice-sim run first_appointment
  ptdevice-sim run my.toml --log out.jsonl --report out.html
  ptdevice-sim run my.toml --expect golden.jsonl --junit report.xml     in a CI
  ptdevice-sim run my.toml --expect golden.jsonl --update               what it says now is right
  ptdevice-sim run bad_radio_day --speed 10"""


def add(verbs: Verbs) -> None:
    """The verb and its arguments."""
    verb = verbs.add_parser(
        "run",
        help="play a scenario with the daemon's own code",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument("scenario", metavar="SCENARIO", nargs="?", help="a TOML file, or the name of a shipped scenario")
    verb.add_argument("--list", action="store_true", help="show the shipped scenarios")
    verb.add_argument("--seed", type=_seed, help="another seed than the scenario's own")
    pace = verb.add_mutually_exclusive_group()
    pace.add_argument("--real-time", dest="speed", action="store_const", const=1.0, help="as slowly as life")
    pace.add_argument("--speed", type=_speed, metavar="N", help="N times as fast as life (default: as fast as it goes)")
    verb.add_argument("--log", type=Path, metavar="FILE", help="write every message, as JSON lines")
    verb.add_argument("--expect", type=Path, metavar="FILE", help="compare what was said with this golden file")
    verb.add_argument("--update", action="store_true", help="write the golden file instead")
    verb.add_argument("--junit", type=Path, metavar="FILE", help="write the comparison as JUnit XML")
    verb.add_argument("--report", type=Path, metavar="FILE", help="draw the run as one HTML page")
    verb.add_argument("-q", "--quiet", action="store_true", help="no picture of the run")
    verb.add_argument("-v", "--verbose", action="store_true", help="show the daemon's own log")
    verb.set_defaults(run=run, usage=verb)


def run(options: argparse.Namespace) -> int:
    """Returns the exit code."""
    if options.list:
        return _list()
    if options.scenario is None:
        options.usage.error("name a SCENARIO, or ask for --list")
    if options.expect is None and (options.update or options.junit):
        options.usage.error(f"{'--update' if options.update else '--junit'} needs --expect")
    files = [path.absolute() for path in (options.log, options.expect, options.junit, options.report) if path]
    if len(set(files)) < len(files):
        options.usage.error("--log, --expect, --junit and --report are four different files")
    from ptdevice_sim.clinic.loading import find, load  # noqa: PLC0415

    try:
        path = find(options.scenario)
        scenario = load(path)
    except ConfigError as error:
        return _told(INVALID, *error.problems)
    if (problem := _in_the_way(options)) is not None:
        return problem
    # The daemon's warnings are part of the story that is played; on a terminal they would look like our own.
    logging.basicConfig(level=logging.INFO if options.verbose else logging.CRITICAL, format="%(name)s: %(message)s")
    began = time.perf_counter()
    try:
        played = _play(scenario, options)
        took_s = time.perf_counter() - began
        _show(played, options, took_s)
        return _judge(played, path.stem, options, took_s)
    except asyncio.CancelledError:
        return 128 + signal.SIGTERM  # the end of a CI's patience; as a shell would tell it
    except OSError as error:
        if error.filename is None:
            raise  # not one of the files that were asked for
        return _told(FAILED, f"{error.filename}: {error.strerror}")


def _in_the_way(options: argparse.Namespace) -> int | None:
    """What would be told at the end, told before a week is played."""
    if options.expect is not None and not options.update:
        from ptdevice_sim.kit import golden  # noqa: PLC0415

        try:
            golden.read(options.expect)
        except golden.GoldenError as error:
            hint = "" if options.expect.exists() else "; --update writes it from this run"
            return _told(INVALID, f"{error}{hint}")
    written = [options.log, options.report, options.junit, options.expect if options.update else None]
    try:
        for path in filter(None, written):
            path.parent.mkdir(parents=True, exist_ok=True)
            was_there = path.exists()
            path.open("ab").close()
            if not was_there:
                path.unlink()
    except OSError as error:
        return _told(FAILED, f"{error.filename}: {error.strerror}")
    return None


def _play(scenario: Scenario, options: argparse.Namespace) -> Run:
    from ptdevice_sim.clinic.engine import run_scenario  # noqa: PLC0415
    from ptdevice_sim.clinic.log import line  # noqa: PLC0415

    with contextlib.ExitStack() as stack:
        takers: list[Callable[[Said], object]] = []
        if options.log is not None:
            file = stack.enter_context(options.log.open("w", encoding="utf-8", newline="\n"))
            takers.append(lambda said: file.write(line(said) + "\n"))
        if options.speed is not None and not options.quiet:
            takers.append(lambda said: _follow(said, sys.stdout))

        def hear(said: Said) -> None:
            for take in takers:
                take(said)

        return run_scenario(scenario, seed=options.seed, speed=options.speed, hear=hear, ends_on=signal.SIGTERM)


def _follow(said: Said, out: TextIO) -> None:
    """One line of what happens, as it happens."""
    from ptdevice_sim.clinic.times import clock  # noqa: PLC0415
    from ptdevice_sim.kit.selection import below_prefix, selects  # noqa: PLC0415

    if selects(SHOWN, said.topic):
        out.write(f"{clock(math.floor(said.t_s))}  {below_prefix(said.topic)}\n")
        out.flush()


def _show(played: Run, options: argparse.Namespace, took_s: float) -> None:
    if options.report is not None:
        from ptdevice_sim.report import page  # noqa: PLC0415

        options.report.write_text(page.render(played), encoding="utf-8")
    if not options.quiet:
        from ptdevice_sim.report import terminal  # noqa: PLC0415

        sys.stdout.write(terminal.render(played))
    from ptdevice_sim.clinic.times import clock  # noqa: PLC0415

    how_fast = f"{played.duration_s / took_s:.0f} times as fast as life"
    sys.stdout.write(f"played {clock(played.duration_s)} in {took_s:.1f} s, {how_fast}: {len(played.said)} messages\n")


def _judge(played: Run, name: str, options: argparse.Namespace, took_s: float) -> int:
    if options.expect is None:
        return OK
    from ptdevice_sim.kit import golden, junit, verdict  # noqa: PLC0415

    try:
        if options.update:
            golden.update(played.said, options.expect)
        outcome = verdict.judge(played.said, options.expect)
    except golden.GoldenError as error:
        return _told(INVALID, str(error))
    if options.junit is not None:
        junit.write(options.junit, name, outcome.cases, took_s=took_s)
    sys.stdout.writelines(f"{problem}\n" for problem in outcome.told)
    if outcome.exit_code == OK:
        sys.stdout.write(f"as expected by {options.expect}\n")
    return outcome.exit_code


def _list() -> int:
    from ptdevice_sim.clinic.loading import load, shipped  # noqa: PLC0415

    found = {name: load(path) for name, path in shipped().items()}
    width = max(map(len, found))
    sys.stdout.writelines(f"{name:<{width}}  {scenario.title}\n" for name, scenario in found.items())
    return OK


def _told(code: int, *problems: str) -> int:
    for problem in problems:
        sys.stderr.write(f"ptdevice-sim: {problem}\n")
    return code


def _seed(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:20]) <= 2**53):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to 2^53")
    return int(text)


def _speed(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.01 <= value <= 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0.01 to 1000000")
    return value
