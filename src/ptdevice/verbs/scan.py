"""`ptdevice scan`, as the command line sees it. What is heavy is imported when it runs."""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence

    from ptdevice.ble.radio import Radio
    from ptdevice.ble.scanning import Sighting
    from ptdevice.config import Settings
    from ptdevice.devices.device import Advertisement, Profile
    from ptdevice.sightings.seen import Connected, Tried
    from ptdevice.verbs.record import Verbs

    Scan = Callable[[str | None, float], Coroutine[None, None, list[Sighting]]]
    Found = tuple[list[Sighting], list[Connected], list[Tried]]

DEFAULT_CONFIG = Path("/etc/ptdevice/ptdevice.toml")


def add(verbs: Verbs, loudness: argparse.ArgumentParser) -> None:
    """The verb and its arguments."""
    verb = verbs.add_parser(
        "scan",
        parents=[loudness],
        help="show the units in reach, why a strange one is none, and the lines to configure them",
    )
    verb.add_argument("-c", "--config", metavar="FILE", type=Path, help=f"[{DEFAULT_CONFIG}, if it is there]")
    verb.add_argument("--seconds", metavar="N", type=_seconds, default=10.0, help="how long to listen [10]")
    verb.add_argument("--adapter", metavar="NAME", help="the adapter, e.g. hci0, or its address [as configured]")
    verb.add_argument(
        "--try",
        dest="tries",
        action="store_true",
        help="connect to each known unit for a moment, and tell whether it lets us and has what is needed; writes nothing",
    )
    verb.add_argument("--json", action="store_true", help="for programs")


def run(options: argparse.Namespace, environ: Mapping[str, str], scan: Scan | None) -> int:
    """Listen and report; raises PtdeviceError. `scan` stands in for the real radio, and nothing else is then asked."""
    from ptdevice.ble.names import service_name  # noqa: PLC0415 - as everything in the verbs
    from ptdevice.logs import set_up  # noqa: PLC0415
    from ptdevice.sightings import report  # noqa: PLC0415
    from ptdevice.sightings.seen import Heard  # noqa: PLC0415

    # What is wrong ends the scan, and is said there.
    set_up("debug" if options.verbose else "error", sys.stderr, environ)
    settings = configured(options, environ)
    adapters = [options.adapter] if options.adapter else settings.bluetooth.used if settings is not None else []
    if not options.quiet:
        print(f"listening for {options.seconds:g} s ...", file=sys.stderr)
    seen, connected, tried = asyncio.run(
        _look(adapters, options.seconds, tries=options.tries)
        if scan is None
        else _only(scan, adapters, options.seconds)
    )
    found = report.Scan(
        [
            Heard(
                each.device.address,
                each.advertisement,
                each.rssi,
                aliases(settings, each.device.address, each.advertisement),
            )
            for each in seen
        ],
        [replace(each, aliases=_held_aliases(settings, each)) for each in connected],
        _wanted(settings),
        tried,
    )
    print((report.machine if options.json else report.text)(found, service_name))
    return 0


def aliases(settings: Settings | None, address: str, said: Advertisement) -> tuple[str, ...]:
    """The units of the configuration that this one would be taken for."""
    from ptdevice.ble.scanning import fits  # noqa: PLC0415
    from ptdevice.devices import CATALOGUE  # noqa: PLC0415
    from ptdevice.link import Selector  # noqa: PLC0415

    units = settings.units.items() if settings is not None else ()
    return tuple(
        alias for alias, unit in units if fits(CATALOGUE[unit.device], Selector(unit.address, unit.name), address, said)
    )


def configured(options: argparse.Namespace, environ: Mapping[str, str]) -> Settings | None:
    """The configuration that was named; or the one at its usual place, where it is there and in order."""
    from ptdevice.config import load  # noqa: PLC0415
    from ptdevice.errors import ConfigError  # noqa: PLC0415

    if options.config is not None:
        return load(options.config, environ, secrets=False)
    try:
        return load(DEFAULT_CONFIG, environ, secrets=False) if DEFAULT_CONFIG.exists() else None
    except ConfigError:
        print(f"ptdevice: {DEFAULT_CONFIG} is not in order, and so not looked at", file=sys.stderr)
    except OSError:
        pass  # not for this user: it is not needed
    return None


# --- inside ---


def _held_aliases(settings: Settings | None, each: Connected) -> tuple[str, ...]:
    from ptdevice.devices.device import Advertisement  # noqa: PLC0415

    return aliases(settings, each.address, Advertisement(each.name))


def _wanted(settings: Settings | None) -> Mapping[str, Profile] | None:
    from ptdevice.devices import CATALOGUE  # noqa: PLC0415

    if settings is None:
        return None
    return {alias: CATALOGUE[unit.device] for alias, unit in settings.units.items()}


async def _only(scan: Scan, adapters: Sequence[str], seconds: float) -> Found:
    return await scan(adapters[0] if adapters else None, seconds), [], []


async def _look(adapters: Sequence[str], seconds: float, *, tries: bool) -> Found:
    from ptdevice.ble.connected import connected  # noqa: PLC0415
    from ptdevice.ble.radio import Radio  # noqa: PLC0415
    from ptdevice.errors import RadioError  # noqa: PLC0415

    async with Radio(adapters=adapters) as radio:
        seen = await radio.scan(seconds)
        try:
            held = await connected()
        except RadioError:
            held = []  # the scan went well; who is connected is one thing more
        return seen, held, await _try(radio, seen) if tries else []


async def _try(radio: Radio, seen: Iterable[Sighting]) -> list[Tried]:
    """One after the other: each is found, connected and subscribed to as the daemon does, and let go."""
    from ptdevice.errors import LinkError  # noqa: PLC0415
    from ptdevice.link import Selector  # noqa: PLC0415
    from ptdevice.sightings.seen import Tried  # noqa: PLC0415
    from ptdevice.sightings.strangers import fitting  # noqa: PLC0415

    tried = []
    for each in seen:
        profile, address = fitting(each.advertisement), each.device.address
        if profile is None or profile.broadcast:
            continue
        code, text = "data", "it lets us in, and has what is needed"
        try:
            async with radio.open(profile, Selector(address)) as link:
                text += "; it is a simulated unit" if link.simulated else ""
        except LinkError as error:
            code, text = error.code, f"{error}{profile.hint}"
        tried.append(Tried(address, profile.name, code, text))
    return tried


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 1 <= seconds <= 600:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 600")
    return seconds
