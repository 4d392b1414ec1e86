"""`ptdevice plan`: before a session, whether this radio carries these units. What is heavy is imported when it runs."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ptdevice.config import Settings
    from ptdevice.config.settings import Unit
    from ptdevice.devices.device import Profile
    from ptdevice.link import Selector
    from ptdevice.planning.estimate import Estimate
    from ptdevice.planning.report import Plan
    from ptdevice.verbs.record import Verbs

DEFAULT_CONFIG = Path("/etc/ptdevice/ptdevice.toml")
ROOT = Path("/")

MORE = """\
It works out what the units ask for, then connects to all of them as the daemon does and counts what comes. It observes only: a
stimulator hears the questions of its profile and nothing else, and nothing is kept. Stop the daemon first.

exit codes:
  0 it fits, or is doubtful (it says which)    1 it does not fit, or could not be tried"""


def add(verbs: Verbs, loudness: argparse.ArgumentParser) -> None:
    """The verb and its arguments."""
    form = argparse.RawDescriptionHelpFormatter
    text = "tell whether this radio carries the configured units, and try it"
    verb = verbs.add_parser("plan", parents=[loudness], help=text, epilog=MORE, formatter_class=form)
    verb.add_argument("-c", "--config", metavar="FILE", type=Path, default=DEFAULT_CONFIG, help=f"[{DEFAULT_CONFIG}]")
    verb.add_argument("--unit", metavar="ALIAS", action="append", help="this one only; may be repeated [all]")
    verb.add_argument("--seconds", metavar="N", type=_seconds, default=10.0, help="how long to count [10]")
    verb.add_argument("--no-trial", action="store_true", help="work it out only; connects to nothing")
    verb.add_argument("--json", action="store_true", help="for programs")
    verb.set_defaults(carry_out=run)


def run(options: argparse.Namespace, environ: Mapping[str, str], root: Path = ROOT) -> int:
    """Plan and report; raises PtdeviceError. `root` is where /sys is."""
    from ptdevice.config import load  # noqa: PLC0415 - as everything in the verbs
    from ptdevice.devices import CATALOGUE  # noqa: PLC0415
    from ptdevice.errors import ConfigError  # noqa: PLC0415
    from ptdevice.logs import set_up  # noqa: PLC0415
    from ptdevice.planning import report  # noqa: PLC0415
    from ptdevice.planning.verdict import Fit  # noqa: PLC0415

    set_up("debug" if options.verbose else "error", sys.stderr, environ)
    settings = load(options.config, environ, secrets=False)
    if strange := set(options.unit or ()) - settings.units.keys():
        raise ConfigError([f"{options.config}: there is no unit {', '.join(sorted(strange))}"])
    units = {
        alias: CATALOGUE[unit.device]
        for alias, unit in settings.units.items()
        if options.unit is None or alias in options.unit
    }
    plan = asyncio.run(_plan(settings, units, options, root))
    print((report.machine if options.json else report.text)(plan))
    return int(plan.fit is Fit.DOES_NOT)


async def _plan(settings: Settings, units: Mapping[str, Profile], options: argparse.Namespace, root: Path) -> Plan:
    from ptdevice import trial  # noqa: PLC0415
    from ptdevice.ble.radio import Radio  # noqa: PLC0415
    from ptdevice.planning.report import Plan  # noqa: PLC0415

    estimate = await _estimate(settings, units, root)
    unlinked = [alias for alias, profile in units.items() if profile.broadcast]
    if options.no_trial or not estimate.needs:
        return Plan(estimate, None, options.seconds, unlinked)
    await _refuse_where_held(settings, units)
    candidates = [
        trial.Candidate(alias, profile, _selector(settings.units[alias]))
        for alias, profile in units.items()
        if not profile.broadcast
    ]
    if not options.quiet:
        print(f"trying {len(candidates)} units for {options.seconds:g} s, once all are there ...", file=sys.stderr)
    radio = Radio(adapters=settings.bluetooth.used, connect_timeout_s=settings.bluetooth.connect_timeout_s)
    measured = await trial.run(candidates, radio, seconds=options.seconds, simulated=settings.gateway.simulated)
    return Plan(estimate, measured, options.seconds, unlinked)


def _selector(unit: Unit) -> Selector:
    from ptdevice.link import Selector  # noqa: PLC0415

    return Selector(unit.address, unit.name, unit.adapter)


async def _estimate(settings: Settings, units: Mapping[str, Profile], root: Path) -> Estimate:
    from ptdevice.ble.adapters import adapters, name_of  # noqa: PLC0415
    from ptdevice.ble.capacity import usual_links  # noqa: PLC0415
    from ptdevice.errors import RadioError  # noqa: PLC0415
    from ptdevice.planning.estimate import estimate  # noqa: PLC0415

    try:
        there = await adapters()
    except RadioError:
        there = []  # it can be worked out all the same
    wanted = [name for each in settings.bluetooth.used if (name := name_of(each, there)) is not None]
    used = wanted or [each.name for each in there[:1]]
    usual = [links for name in used if (links := usual_links(root, name)) is not None]
    return estimate(units, sum(usual) if usual else None)


async def _refuse_where_held(settings: Settings, units: Mapping[str, Profile]) -> None:
    """A unit that a daemon holds cannot be tried, and a session must not be disturbed. Raises PtdeviceError."""
    from ptdevice.ble.connected import connected  # noqa: PLC0415
    from ptdevice.devices.device import Advertisement  # noqa: PLC0415
    from ptdevice.errors import PtdeviceError  # noqa: PLC0415
    from ptdevice.journal.sole import is_in_use  # noqa: PLC0415
    from ptdevice.verbs.scan import aliases  # noqa: PLC0415

    if is_in_use(settings.journal.path):
        raise PtdeviceError(
            "ptdevice runs with this configuration, and its units are not to be disturbed. Stop it first "
            "(sudo systemctl stop ptdevice), or ask with --no-trial."
        )
    held = {alias for each in await connected() for alias in aliases(settings, each.address, Advertisement(each.name))}
    if held := held & units.keys():
        raise PtdeviceError(
            f"{', '.join(sorted(held))}: connected to this host already, by ptdevice or another program. End that first "
            "(sudo systemctl stop ptdevice; bluetoothctl disconnect ADDRESS), or ask with --no-trial."
        )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 1 <= seconds <= 600:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 600")
    return seconds
