"""`ptdevice doctor`: what is wrong with this host, this configuration and this broker, and what to do about it."""

from __future__ import annotations

import asyncio
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ptdevice import __version__
from ptdevice.doctor.finding import Level

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence

    from ptdevice.config import Settings
    from ptdevice.doctor.finding import Finding
    from ptdevice.verbs.record import Verbs

DEFAULT_CONFIG = Path("/etc/ptdevice/ptdevice.toml")
ROOT = Path("/")


def add(verbs: Verbs, loudness: argparse.ArgumentParser) -> None:  # noqa: ARG001 - it says what it finds, and no more
    """The verb and its arguments."""
    verb = verbs.add_parser("doctor", help="look what is wrong with this host, and say what to do; changes nothing")
    verb.add_argument("-c", "--config", metavar="FILE", type=Path, default=DEFAULT_CONFIG, help=f"[{DEFAULT_CONFIG}]")
    form = verb.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="for programs")
    form.add_argument("--markdown", action="store_true", help="for a bug report: without addresses, names and codes")
    verb.set_defaults(carry_out=run)


def run(options: argparse.Namespace, environ: Mapping[str, str], root: Path = ROOT) -> int:
    """Look, and report; 0 unless something is an error. `root` is where /sys and /proc are."""
    from ptdevice.doctor import report  # noqa: PLC0415 - as everything here

    settings, findings = _configuration(options.config, environ)
    findings += asyncio.run(_host(settings, root))
    if options.json:
        sys.stdout.write(report.machine(findings))
    elif options.markdown:
        sys.stdout.write(report.markdown(findings, _about(), list(_private(settings, options.config))))
    else:
        sys.stdout.write(report.text(findings))
    return int(any(finding.level is Level.ERROR for finding in findings))


def _configuration(file: Path, environ: Mapping[str, str]) -> tuple[Settings | None, list[Finding]]:
    from ptdevice.config import cautions, load  # noqa: PLC0415
    from ptdevice.doctor.finding import error, fine, warning  # noqa: PLC0415
    from ptdevice.errors import ConfigError  # noqa: PLC0415

    area = "configuration"
    try:
        settings = load(file, environ)
    except ConfigError as wrong:
        fix = f"Mend it; ptdevice check-config {file} says when it is valid."
        return None, [error(area, "config_invalid", problem, fix) for problem in wrong.problems]
    careful = [warning(area, "config_caution", caution, "Read what it says.") for caution in cautions(settings)]
    return settings, [fine(area, f"{file} is valid, with {len(settings.units)} units."), *careful]


async def _host(settings: Settings | None, root: Path) -> list[Finding]:
    from ptdevice.clock import synchronised  # noqa: PLC0415
    from ptdevice.doctor import broker, disk, power  # noqa: PLC0415
    from ptdevice.doctor.finding import fine, warning  # noqa: PLC0415

    found: list[Finding] = [*await _bluetooth(settings, root), *power.examine(root)]
    if synchronised():
        found.append(fine("clock", "The clock is synchronised."))
    else:
        text = "The clock is not synchronised, so records say that their time cannot be trusted."
        found.append(warning("clock", "clock_unsynced", text, "timedatectl; let it reach a time server (NTP)."))
    if settings is not None:
        found += [*disk.examine(root, settings.journal.path), *await broker.examine(settings)]
    return found


async def _bluetooth(settings: Settings | None, root: Path) -> Sequence[Finding]:
    from ptdevice.ble.adapters import adapters  # noqa: PLC0415
    from ptdevice.devices import CATALOGUE  # noqa: PLC0415
    from ptdevice.doctor import radio  # noqa: PLC0415
    from ptdevice.doctor.finding import error  # noqa: PLC0415
    from ptdevice.errors import RadioError  # noqa: PLC0415

    units = settings.units.values() if settings is not None else ()
    links = sum(not CATALOGUE[unit.device].broadcast for unit in units)
    try:
        found = await adapters()
    except RadioError as trouble:
        fix = "systemctl status bluetooth; is this user in the group bluetooth?"
        return [error(radio.AREA, "radio_unavailable", f"{trouble}", fix)]
    return list(radio.examine(root, found, settings.bluetooth.adapter if settings is not None else None, links))


def _about() -> dict[str, str]:
    return {
        "ptdevice": __version__,
        "Python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
    }


def _private(settings: Settings | None, file: Path) -> Iterator[str]:
    """Words that tell whose gateway it is."""
    yield from (platform.node(), str(file), str(file.resolve().parent))
    if settings is None:
        return
    yield from (settings.gateway.site, settings.gateway.name, settings.mqtt.host, settings.mqtt.username or "")
    yield str(settings.journal.path.resolve().parent)
    for alias, unit in settings.units.items():
        yield from (alias, unit.name or "", unit.subject or "")
