"""`ptdevice doctor`: what is wrong with this host, this configuration and this broker, and what to do about it."""

from __future__ import annotations

import argparse
import asyncio
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ptdevice import __version__
from ptdevice.doctor.finding import Level

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Mapping
    from typing import Any

    from ptdevice.config import Settings
    from ptdevice.doctor.finding import Finding
    from ptdevice.verbs.record import Verbs

DEFAULT_CONFIG = Path("/etc/ptdevice/ptdevice.toml")
ROOT = Path("/")
MORE = """\
Say sudo before it, or be the service's user (sudo -u ptdevice): configuration and records are closed to others.

exit codes:
  0 nothing is wrong, or only worth a thought (WARN)    1 something is wrong (ERROR); each with its fix"""
AREA_S = 15.0  # for each area, and all are looked at at once: so long, and no longer, the whole takes


def add(verbs: Verbs, loudness: argparse.ArgumentParser) -> None:  # noqa: ARG001 - it says what it finds, and no more
    """The verb and its arguments."""
    form = argparse.RawDescriptionHelpFormatter
    text = "look what is wrong with this host, and say what to do; changes nothing"
    verb = verbs.add_parser("doctor", help=text, epilog=MORE, formatter_class=form)
    verb.add_argument("-c", "--config", metavar="FILE", type=Path, default=DEFAULT_CONFIG, help=f"[{DEFAULT_CONFIG}]")
    how = verb.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="for programs")
    how.add_argument("--markdown", action="store_true", help="for a bug report: without addresses, names and codes")
    verb.set_defaults(carry_out=run)


def run(options: argparse.Namespace, environ: Mapping[str, str], root: Path = ROOT) -> int:
    """Look, and report; 0 unless something is an error. `root` is where /sys and /proc are."""
    from ptdevice.doctor import privately, report  # noqa: PLC0415 - as everything here

    settings, findings = _configuration(options.config, environ)
    with asyncio.Runner() as runner:
        findings += runner.run(_host(settings, root))
        if options.json:
            said = report.machine(findings)
        elif options.markdown:
            said = report.markdown(findings, _about(), list(privately.words(settings, options.config)))
        else:
            said = report.text(findings)
        sys.stdout.write(said)
        sys.stdout.flush()  # before the loop is closed, which waits for a name server that does not answer
    return int(any(finding.level is Level.ERROR for finding in findings))


def _configuration(file: Path, environ: Mapping[str, str]) -> tuple[Settings | None, list[Finding]]:
    from ptdevice.config import cautions, load  # noqa: PLC0415
    from ptdevice.doctor.finding import error, fine, warning  # noqa: PLC0415
    from ptdevice.errors import ConfigError  # noqa: PLC0415

    area = "configuration"
    try:
        settings = load(file, environ)
    except ConfigError as wrong:
        fix = f"Mend it; sudo ptdevice check-config {file} says when it is valid."
        return None, [error(area, "config_invalid", problem, fix) for problem in wrong.problems]
    careful = [warning(area, "config_caution", caution, "Read what it says.") for caution in cautions(settings)]
    return settings, [fine(area, f"{file} is valid, with {len(settings.units)} units."), *careful]


async def _host(settings: Settings | None, root: Path) -> list[Finding]:
    """Everything at once, each within its time: together they take no longer than the slowest."""
    from ptdevice.clock import synchronised  # noqa: PLC0415
    from ptdevice.doctor import asking, clock, disk, memory, power, service, versions  # noqa: PLC0415

    async def machine() -> list[Finding]:
        found = [*power.examine(root), *clock.examine(synchronised=synchronised()), *memory.examine(root)]
        return [*found, *(disk.examine(root, settings.journal.path) if settings is not None else ())]

    async def listed(findings: AsyncIterator[Finding]) -> list[Finding]:
        return [finding async for finding in findings]

    areas = [
        ("bluetooth", _bluetooth(settings, root)),
        ("versions", listed(versions.examine(root, platform.release(), asking.ask))),
        ("machine", machine()),
        ("service", listed(service.examine(asking.ask))),
        *([("broker", _broker(settings))] if settings is not None else []),
    ]
    found = await asyncio.gather(*(in_time(area, looking) for area, looking in areas))
    return [finding for each in found for finding in each]


async def in_time(area: str, looking: Coroutine[Any, Any, list[Finding]], within_s: float = AREA_S) -> list[Finding]:
    """What was found, or that it took too long."""
    from ptdevice.doctor.finding import error  # noqa: PLC0415

    try:
        async with asyncio.timeout(within_s):
            return await looking
    except TimeoutError:
        text = f"It did not answer within {within_s:g} s."
        return [error(area, "no_answer", text, "See what hangs there; then ask again.")]


async def _broker(settings: Settings) -> list[Finding]:
    import time  # noqa: PLC0415

    from ptdevice.clock import host_boot_id  # noqa: PLC0415
    from ptdevice.doctor import asking, broker, certificates  # noqa: PLC0415

    found = await certificates.examine(settings.mqtt, asking.ask, time.time())
    if any(each.level is Level.ERROR for each in found):
        return found  # it cannot be connected, and would only say so again
    return [*found, *await broker.examine(settings, host_boot_id())]


async def _bluetooth(settings: Settings | None, root: Path) -> list[Finding]:
    from ptdevice.ble.adapters import adapters, name_of  # noqa: PLC0415
    from ptdevice.ble.door import Door, knock  # noqa: PLC0415
    from ptdevice.ble.kernel import on_usb  # noqa: PLC0415
    from ptdevice.devices import CATALOGUE  # noqa: PLC0415
    from ptdevice.doctor import asking, bus, radio, wifi  # noqa: PLC0415
    from ptdevice.doctor.finding import error  # noqa: PLC0415
    from ptdevice.errors import RadioError  # noqa: PLC0415

    door, said = await knock()
    if door is not Door.OPEN:
        return [*radio.rfkill(root), *bus.examine(door, said, root)]
    units = settings.units.values() if settings is not None else ()
    links = sum(not CATALOGUE[unit.device].broadcast for unit in units)
    try:
        there = await adapters()
    except RadioError as trouble:
        return [error(radio.AREA, "radio_unavailable", f"{trouble}", "systemctl status bluetooth")]
    wanted = [name_of(each, there) or each for each in (settings.bluetooth.used if settings is not None else [])]
    found = list(radio.examine(root, there, wanted, links))
    used = wanted or [each.name for each in there[:1]]
    built_in = any(on_usb(root, name) is False for name in used)
    return [*found, *[each async for each in wifi.examine(root, built_in=built_in, ask=asking.ask)]]


def _about() -> dict[str, str]:
    return {
        "ptdevice": __version__,
        "Python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
    }
