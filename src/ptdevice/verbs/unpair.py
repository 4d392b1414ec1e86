"""`ptdevice unpair`: take a bond away, on this host's side. What is heavy is imported when it runs."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING

from ptdevice.verbs.meant import add as add_meant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ptdevice.verbs.meant import Meant
    from ptdevice.verbs.record import Verbs
    from ptdevice.verbs.terminal import Nobody, Terminal

MORE = """\
The unit need not be near. It is not told: it may keep its own side of the bond until it is reset, as its manual describes, and
one that keeps to a host pairs with no other until then.

It is not called `forget`: that verb deletes the records of a person.

exit codes:
  0 it is not paired any more, or was not    1 it still is, and why    2 wrong usage    3 invalid configuration"""
AFTER = """\
This host has forgotten {which}. If it wants a bond, ptdevice does not hear it (`auth_failed`) until `ptdevice pair {which}`.
The unit may still have its side: reset it, as its manual describes, before it is paired again, here or elsewhere."""


def add(verbs: Verbs, loudness: argparse.ArgumentParser) -> None:
    """The verb and its arguments."""
    form = argparse.RawDescriptionHelpFormatter
    text = "take the pairing of a unit away, on this host"
    verb = verbs.add_parser("unpair", parents=[loudness], help=text, epilog=MORE, formatter_class=form)
    add_meant(verb)
    verb.set_defaults(carry_out=run)


def run(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Ask, unpair and tell; raises PtdeviceError."""
    from ptdevice.logs import set_up  # noqa: PLC0415 - as everything in the verbs
    from ptdevice.verbs import terminal  # noqa: PLC0415
    from ptdevice.verbs.meant import meant  # noqa: PLC0415
    from ptdevice.verbs.scan import configured  # noqa: PLC0415

    set_up("debug" if options.verbose else "error", sys.stderr, environ)
    unit = meant(options, configured(options, environ))
    person = terminal.person(yes=options.yes)
    said = asyncio.run(_unpair(unit, person))
    if not options.quiet:
        print(said)
    return 0


async def _unpair(unit: Meant, person: Terminal | Nobody) -> str:
    """What is said at the end. Raises LinkError and its kin."""
    from ptdevice.ble.pairing import known  # noqa: PLC0415
    from ptdevice.ble.unpairing import remove  # noqa: PLC0415
    from ptdevice.errors import LinkError  # noqa: PLC0415
    from ptdevice.verbs.meant import one  # noqa: PLC0415

    names = [await _name(each) for each in unit.adapters]
    bonds = [
        each for each in await known() if each.paired and unit.is_it(each) and (not names or each.adapter in names)
    ]
    if (bond := one(bonds)) is None:
        return f"{unit.which} is not paired with this host; nothing was changed."
    if any(each.connected for each in bonds):
        raise LinkError(unit.held(bond.address))
    through = ", ".join(each.adapter for each in bonds)
    if not await person.says_yes(f"Take the pairing of {unit.which} ({bond.address}, through {through}) away?"):
        raise LinkError(f"{unit.which} is still paired; nothing was changed.")
    for each in bonds:
        await remove(each)
    return AFTER.format(which=unit.which)


async def _name(adapter: str) -> str:
    """BlueZ's name of an adapter that may be given by its address. Raises RadioError."""
    from ptdevice.ble.adapters import Chosen  # noqa: PLC0415

    return await Chosen(adapter).look() or adapter
