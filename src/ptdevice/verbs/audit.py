"""`ptdevice audit`: what was decided about stimulation, and whether that record is still what it was.

It reads the journal beside a daemon at work, or a copy of it, and writes nothing.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ptdevice.journal.trail import Verdict
    from ptdevice.verbs.record import Verbs

DEFAULT_CONFIG = Path("/etc/ptdevice/ptdevice.toml")
OK, TAMPERED = 0, 4
HEAD = re.compile(r"(\d{1,18})-([0-9a-f]{64})")

MORE = """\
exit codes of verify:
  0 whole    1 the journal cannot be read    4 it is not what it was; every place is named

A trail that was made anew from some decision on is whole in itself. Only a head that was kept elsewhere tells: it is in the
retained message diag/health (audit_head), and verify prints it, to be kept on another machine and given to --head later."""

ADVICE = """\
What to do: copy the file, its -wal too, before anything else. Tell whoever answers for the stimulations of these days. Compare
with what subscribers of evt/audit have: each of those messages carries its number, and the link of the decision before it."""


def add(verbs: Verbs, loudness: argparse.ArgumentParser) -> None:  # noqa: ARG001 - it has nothing to say but the answer
    """The verb and its two tasks."""
    form = argparse.RawDescriptionHelpFormatter
    verb = verbs.add_parser(
        "audit", help="verify or show what was decided about stimulation", epilog=MORE, formatter_class=form
    )
    tasks = verb.add_subparsers(dest="task", metavar="TASK", required=True)
    where = argparse.ArgumentParser(add_help=False)
    which = where.add_mutually_exclusive_group()
    which.add_argument("-c", "--config", metavar="FILE", type=Path, default=DEFAULT_CONFIG, help=f"[{DEFAULT_CONFIG}]")
    which.add_argument("--journal", metavar="FILE", type=Path, help="the journal itself, or a copy [as configured]")
    verify = tasks.add_parser("verify", parents=[where], help="find what was changed, removed, inserted or moved")
    verify.add_argument("--head", metavar="HEAD", type=_head, help="NUMBER-LINK, as it was kept elsewhere")
    verify.set_defaults(carry_out=_verify)
    show = tasks.add_parser("show", parents=[where], help="list the decisions, oldest first")
    show.add_argument("-n", "--last", metavar="N", type=int, help="the last N only")
    show.set_defaults(carry_out=_show)


def _verify(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from ptdevice.journal.looking import opened  # noqa: PLC0415 - as everything heavy
    from ptdevice.journal.trail import verify  # noqa: PLC0415

    path = _journal(options, environ)
    with opened(path) as (sql, epoch):
        verdict = verify(sql, epoch, options.head)
    for finding in verdict.findings:
        where = f"decision {finding.number}" if finding.number is not None else "the trail"
        print(f"{path}: {where}: {finding.what}", file=sys.stderr)
    print(f"{path}: {_summary(verdict, compared=options.head is not None)}")
    if verdict.findings:
        print(ADVICE, file=sys.stderr)
        return TAMPERED
    return OK


def _summary(verdict: Verdict, *, compared: bool) -> str:
    if verdict.findings:
        return f"NOT whole: {len(verdict.findings)} places; epoch {verdict.epoch}"
    if verdict.head is None:
        return f"no decisions yet; epoch {verdict.epoch}"
    erased = f", {verdict.erased} erased and signed off" if verdict.erased else ""
    before = f"; those before {verdict.first} were deleted and signed off" if verdict.first > 1 else ""
    asked = (
        ""
        if compared
        else "\nKeep this elsewhere for --head; without it, a trail that was made anew cannot be told from this one."
    )
    all_of_them = f"decisions {verdict.first} to {verdict.last}{erased}{before}; epoch {verdict.epoch}"
    return f"whole: {all_of_them}\nhead {verdict.head}{asked}"


def _show(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from ptdevice.journal.looking import opened  # noqa: PLC0415
    from ptdevice.journal.trail import rows_of  # noqa: PLC0415

    with opened(_journal(options, environ)) as (sql, _):
        rows = rows_of(sql)
    for row in rows[-options.last :] if options.last else rows:
        print(_line(row.number, row.content))
    return OK


def _line(number: int, content: str | None) -> str:
    import json  # noqa: PLC0415

    from ptdevice.mqtt.topics import rfc3339  # noqa: PLC0415

    if content is None:
        return f"{number:>6}  erased"
    try:
        _, _, _, _, _, unit, _, time_ns, _, _, clock, data = json.loads(content)
        said = json.loads(data)
        moment = rfc3339(time_ns) + ("" if clock == "synced" else "?")
        why = ", ".join(part for part in (said["rule"], *said["reasons"]) if part)
        erased = f" of decisions {said['erased']}" if said["erased"] else ""
        what = f"{said['decision']:<8} {said['action']}{erased} by {said['actor']} ({said['channel']})"
        return f"{number:>6}  {moment}  {unit or 'gateway':<12} {what}{': ' + why if why else ''}"
    except (ValueError, TypeError, KeyError):
        return f"{number:>6}  cannot be read; see ptdevice audit verify"


def _journal(options: argparse.Namespace, environ: Mapping[str, str]) -> Path:
    if options.journal is not None:
        given: Path = options.journal
        return given
    from ptdevice.config import load  # noqa: PLC0415

    return load(options.config, environ).journal.path


def _head(text: str) -> tuple[int, str]:
    found = HEAD.fullmatch(text.strip())
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not NUMBER-LINK, with 64 hexadecimal digits after the dash")
    return int(found[1]), found[2]
