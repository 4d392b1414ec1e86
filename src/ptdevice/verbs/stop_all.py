"""`ptdevice stop-all`: stop the units that this gateway commands, without the gateway.

It is what systemd runs when the daemon has ended, however it ended, and what a person types who wants silence now. So it
imports little, asks nobody, needs neither broker nor journal, and takes from the configuration what it can read: a file that
is broken, or not there, does not keep it from stopping whom it can name. It ends within its time, and says of each unit what
is known.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import threading
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ptdevice.ble.radio import Radio
    from ptdevice.orphans import Report
    from ptdevice.outstanding import Outstanding, Unit
    from ptdevice.verbs.record import Verbs

DEFAULT_CONFIG = Path("/etc/ptdevice/ptdevice.toml")
DEFAULT_JOURNAL = Path("/var/lib/ptdevice/journal.sqlite")
JOURNAL_VARIABLE = "PTDEVICE_JOURNAL__PATH"
OK, NOT_ALL = 0, 5
STOPPED = "stopped"  # that is known already; it waits for the daemon to put it on record
WITHIN_S = 20.0
LOCK_S = 2.0  # for a daemon that is at the same at its start; then it is done all the same
REAPING_S = 4.0  # for links that the daemon left: BlueZ needs 2 to 3 s to end one, and all at once
CLOSING_S = 4.0  # for BlueZ to give a link up; whatever hangs then is left behind
HIDDEN = "Say it again with sudo, or switch the units off by hand."

MORE = """\
Which units: those whose output was not read back as zero since they were last commanded, and those that the configuration lets
be commanded ([units.<alias>.command] enabled = true); --outstanding: only the former, for systemd's ExecStopPost.

exit codes:
  0 every one says that its output is zero, or there is none    5 of at least one that is not known, or not who they are:
  switch them off by hand"""


def add(verbs: Verbs, loudness: argparse.ArgumentParser) -> None:
    """The verb and its arguments."""
    form = argparse.RawDescriptionHelpFormatter
    text = "stop every commanded stimulator now, with or without the daemon"
    verb = verbs.add_parser("stop-all", parents=[loudness], help=text, epilog=MORE, formatter_class=form)
    verb.add_argument("-c", "--config", metavar="FILE", type=Path, default=DEFAULT_CONFIG, help=f"[{DEFAULT_CONFIG}]")
    verb.add_argument("--journal", metavar="FILE", type=Path, help="where the journal is [as configured]")
    verb.add_argument("--adapter", metavar="NAME", help="the adapter, e.g. hci0, or its address [as configured]")
    verb.add_argument("--outstanding", action="store_true", help="only those that may still be on because of us")
    verb.add_argument(
        "--within", metavar="S", type=_seconds, default=WITHIN_S, help=f"give up after so many seconds [{WITHIN_S:g}]"
    )
    verb.set_defaults(carry_out=carry_out)


def carry_out(options: argparse.Namespace, environ: Mapping[str, str], radio: Radio | None = None) -> int:
    """Stop, say what is known, and give back the exit code. `radio` stands in for the host's."""
    from ptdevice.outstanding import Outstanding  # noqa: PLC0415 - as everything heavy

    config = _read(options.config)
    journal = options.journal or _journal(config, options.config, environ)
    outstanding = Outstanding(journal)
    units, known = _outstanding(outstanding)
    if not options.outstanding:
        units = _configured(config) | units
    if not units and not known:
        print(f"ptdevice: whom the daemon commanded is not known, so nobody was stopped. {HIDDEN}", file=sys.stderr)
        return NOT_ALL
    if not units:
        _say("nothing to stop: no unit is commanded, and none is outstanding", quiet=options.quiet)
        if not _ghosts(journal):
            return OK
    last_resort = threading.Timer(options.within + LOCK_S + 2 * CLOSING_S, _give_up, [", ".join(units)])
    last_resort.daemon = True
    last_resort.start()
    adapters = [options.adapter] if options.adapter else _adapters(config.get("bluetooth"))
    try:
        with outstanding.locked(LOCK_S):
            reports = asyncio.run(_stop(units, radio or adapters, journal, options.within))
    except OSError:  # the folder is not there or not ours: no reason to stop nobody
        reports = asyncio.run(_stop(units, radio or adapters, journal, options.within))
    for report in reports:
        _note(outstanding, report)
        _tell(report, quiet=options.quiet)
    last_resort.cancel()
    return OK if known and all(report.advice is None for report in reports) else NOT_ALL


# --- whom ---


def _read(path: Path) -> dict[str, Any]:
    """The configuration as far as it can be read. It is not validated: what cannot be used is not used."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        print(f"ptdevice: {path} cannot be read ({error}); going on without it", file=sys.stderr)
        return {}
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        print(f"ptdevice: {path}: {error}; going on with what can be read", file=sys.stderr)
        return salvaged(text)


def salvaged(text: str) -> dict[str, Any]:
    """The tables of a file that is no TOML, each as far as it is: a broken one does not take the others along.

    A unit whose table for commanding is lost is taken for commanded: stopping it once too often does no harm.
    """
    found: dict[str, Any] = {}
    for part in ("\n" + text).split("\n["):
        lines = f"[{part}".splitlines()
        while lines:
            try:
                table = tomllib.loads("\n".join(lines))
            except tomllib.TOMLDecodeError:
                lines.pop()
                continue
            _merge(found, table)
            break
    units = found.get("units")
    for unit in units.values() if isinstance(units, dict) else ():
        if isinstance(unit, dict):
            unit.setdefault("command", {"enabled": True})
    return found


def _merge(into: dict[str, Any], table: dict[str, Any]) -> None:
    for key, value in table.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into.setdefault(key, value)


def _journal(config: dict[str, Any], path: Path, environ: Mapping[str, str]) -> Path:
    section = config.get("journal")
    named = environ.get(JOURNAL_VARIABLE) or (section.get("path") if isinstance(section, dict) else None)
    return path.parent / named if isinstance(named, str) else DEFAULT_JOURNAL  # an absolute one stays what it is


def _outstanding(file: Outstanding) -> tuple[dict[str, Unit], bool]:
    """Who is, and whether that is known."""
    try:
        return {alias: unit for alias, unit in file.units().items() if unit.stopped != STOPPED}, True
    except OSError as error:
        print(f"ptdevice: {error}; going on with the configuration alone", file=sys.stderr)
        return {}, False


def _configured(config: dict[str, Any]) -> dict[str, Unit]:
    from ptdevice.devices import CATALOGUE  # noqa: PLC0415
    from ptdevice.outstanding import Unit  # noqa: PLC0415

    commandable = [name for name, profile in CATALOGUE.items() if profile.commanding is not None]
    gateway, units = config.get("gateway"), config.get("units")
    simulated = isinstance(gateway, dict) and gateway.get("simulated") is True
    found = {}
    for alias, unit in units.items() if isinstance(units, dict) else ():
        command = unit.get("command") if isinstance(unit, dict) else None
        if isinstance(command, dict) and command.get("enabled") is True and unit.get("device") in commandable:
            address, name = (unit.get(key) if isinstance(unit.get(key), str) else None for key in ("address", "name"))
            found[alias] = Unit(alias, unit["device"], address, name, simulated)
    return found


# --- how ---


async def _stop(units: Mapping[str, Unit], radio: Radio | list[str], journal: Path, seconds: float) -> list[Report]:
    """Stop these, and let go of what the daemon left connected, where it is dead. `radio`, or which adapters."""
    from ptdevice.ble.care import Rules  # noqa: PLC0415
    from ptdevice.ble.ledger import Ledger  # noqa: PLC0415
    from ptdevice.ble.radio import Radio  # noqa: PLC0415
    from ptdevice.clock import host_boot_id  # noqa: PLC0415
    from ptdevice.devices import CATALOGUE  # noqa: PLC0415
    from ptdevice.errors import LinkError  # noqa: PLC0415
    from ptdevice.orphans import Outcome, Report, stop_all  # noqa: PLC0415

    begun = asyncio.get_running_loop().time()
    keep = [unit.address for unit in units.values() if unit.address is not None]
    async with Ledger(journal, host_boot_id()) as ledger:
        if isinstance(radio, list):
            radio = Radio(adapters=radio, rules=Rules(ledger, keep, climb=False))
        try:
            async with radio as air:
                reports = await stop_all(units.values(), CATALOGUE, air.open, seconds)
                left_s = begun + seconds - asyncio.get_running_loop().time()
                await air.reaped(max(0.0, min(left_s, REAPING_S)))
                return reports
        except LinkError as error:
            return [Report(unit, Outcome.NOT_REACHED, str(error)) for unit in units.values()]


def _ghosts(journal: Path) -> bool:
    from ptdevice.ble.ledger import anything  # noqa: PLC0415

    return anything(journal)


def _adapters(bluetooth: object) -> list[str]:
    """Those of the configuration, as far as they are any."""
    if not isinstance(bluetooth, dict):
        return []
    several = bluetooth.get("adapters")
    listed = several if isinstance(several, list) else [bluetooth.get("adapter")]
    return [each for each in listed if isinstance(each, str)]


# --- what is said ---


def _note(outstanding: Outstanding, report: Report) -> None:
    try:
        outstanding.stopped(report.unit.alias, report.outcome.value)
    except OSError as error:
        print(f"ptdevice: {outstanding.path} cannot be written: {error}", file=sys.stderr)


def _tell(report: Report, *, quiet: bool) -> None:
    if report.advice is None:
        _say(f"{report.unit.alias}: stopped; it says so, {report.confirmed_s:.1f} s after the beginning", quiet=quiet)
        return
    print(f"{report.unit.alias}: {report.outcome.value.upper()}: {report.why}. {report.advice}", file=sys.stderr)


def _say(text: str, *, quiet: bool) -> None:
    if not quiet:
        print(text)


def _give_up(aliases: str) -> None:
    """Bluetooth hangs. Whatever else runs in this process is not waited for."""
    sys.stderr.write(f"ptdevice: gave up: what {aliases} does is not known. Switch it off by hand, at the unit, now.\n")
    sys.stderr.flush()
    os._exit(NOT_ALL)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 1 <= seconds <= 120:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 120")
    return seconds
