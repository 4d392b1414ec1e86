"""`ptdevice pair`: make the bond that a unit wants. What is heavy is imported when it runs."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING

from ptdevice.verbs.meant import add as add_meant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ptdevice.ble.agent import Person
    from ptdevice.ble.pairing import Known
    from ptdevice.verbs.meant import Meant
    from ptdevice.verbs.record import Verbs

MORE = """\
For a unit with the code `auth_failed`; most need no pairing. Put it into its pairing mode first, as its manual describes. A
number that both show is compared, one that the unit shows is typed here, one that is shown here is typed at the unit.

With --yes nobody is asked, so only a unit that just works can be paired, and somebody in between would not be noticed.
A bond belongs to one adapter. It is taken away by `ptdevice unpair`.

exit codes:
  0 it is paired    1 it is not, and why    2 wrong usage    3 invalid configuration    130 interrupted; nothing was paired"""


def add(verbs: Verbs, loudness: argparse.ArgumentParser) -> None:
    """The verb and its arguments."""
    form = argparse.RawDescriptionHelpFormatter
    text = "pair a unit that wants to be, and ask what it asks"
    verb = verbs.add_parser("pair", parents=[loudness], help=text, epilog=MORE, formatter_class=form)
    add_meant(verb)
    verb.add_argument(
        "--seconds", metavar="N", type=_seconds, default=60.0, help="how long it may take, once found [60]"
    )
    verb.set_defaults(carry_out=run)


def run(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Pair and tell; raises PtdeviceError."""
    from ptdevice.logs import set_up  # noqa: PLC0415 - as everything in the verbs
    from ptdevice.verbs import terminal  # noqa: PLC0415
    from ptdevice.verbs.meant import meant  # noqa: PLC0415
    from ptdevice.verbs.scan import configured  # noqa: PLC0415

    set_up("debug" if options.verbose else "error", sys.stderr, environ)
    unit = meant(options, configured(options, environ))
    person = terminal.person(yes=options.yes)
    said = asyncio.run(_pair(unit, person, options))
    if not options.quiet:
        print(said)
    return 0


async def _pair(unit: Meant, person: Person, options: argparse.Namespace) -> str:
    """What is said at the end. Raises LinkError and its kin."""
    from ptdevice.ble.pairing import known, pair  # noqa: PLC0415
    from ptdevice.ble.radio import Radio  # noqa: PLC0415
    from ptdevice.devices import CATALOGUE  # noqa: PLC0415
    from ptdevice.errors import LinkError  # noqa: PLC0415
    from ptdevice.verbs.meant import one  # noqa: PLC0415

    if unit.profile is not None and unit.profile.broadcast:
        raise LinkError(f"{unit.which} only advertises: nobody connects to it, and there is nothing to pair")
    # A unit that is meant as "any of its kind" may be another than the one that BlueZ knows: that is seen once it is heard.
    if unit.selector.address or unit.selector.name:
        there = [each for each in await known() if unit.is_it(each)]
        connected = [each for each in there if each.connected]
        if (held := one(connected)) is not None:
            raise LinkError(unit.held(held.address))
    if not options.quiet:
        print(f"looking for {unit.which}, for 30 s at most ...", file=sys.stderr)
    # Where an address says which, no profile is looked at.
    profile = unit.profile or next(iter(CATALOGUE.values()))
    async with Radio(adapters=unit.adapters) as radio, radio.located(profile, unit.selector) as device:
        path = device.details["path"]
        found = next((each for each in await known() if each.path == path), None)
        if found is not None and found.paired:
            return _already(unit, found)
        if found is not None and found.connected:
            raise LinkError(unit.held(found.address))
        if not options.quiet:
            print(f"pairing {unit.which} ({device.address}) ...", file=sys.stderr)
        try:
            await pair(path, person, options.seconds)
        except LinkError as error:
            raise LinkError(f"{unit.which} was not paired: {error}", error.code) from error
    return _paired(unit, path.split("/")[-2])


def _already(unit: Meant, found: Known) -> str:
    return (
        f"{unit.which} is paired with this host already, through {found.adapter}. Where it is `auth_failed` all the "
        f"same, it has forgotten that (it was reset, or paired elsewhere): `ptdevice unpair {unit.which}`, then pair it anew."
    )


def _paired(unit: Meant, adapter: str) -> str:
    lines = [f"{unit.which} is paired, through {adapter}."]
    if len(unit.adapters) > 1:
        lines.append(
            f"Another adapter does not know it: bind it to this one (`adapter` in [units.{unit.alias or '...'}])."
        )
    if unit.alias is None:
        lines.append("`ptdevice scan` shows the lines to configure it.")
    else:
        lines.append("ptdevice connects to it at its next try, when it runs.")
    return "\n".join(lines)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 1 <= seconds <= 600:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 600")
    return seconds
