"""`ptdevice-sim serve`: simulated units on a real controller, for real phones and gateways. docs/over-the-air.md."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice_sim.verbs import Verbs

OK, USAGE = 0, 2

ABOUT = """\
Be simulated units, on air, until Ctrl-C. UNIT is a device, as `ptdevice devices` lists them (polar is an H10, polar:Sense a
Verity Sense), or the name of a tape.

Each unit has a controller of its own: say --adapter once for each, in the same order. A real controller must not be in use by
the operating system at the same time. With --private-bus no controller is needed: the units are on a D-Bus of their own, and
whatever is started with the address that is printed takes it for this host's Bluetooth.

Every unit carries the mark of simulation; a gateway for people refuses it."""

MORE = """\
adapters:
  usb:0                        the first USB dongle
  serial:/dev/ttyACM0          a board with HCI firmware on a serial line
  hci-socket:0                 Linux's hci0; it must be down, and this program needs CAP_NET_ADMIN
  tcp-client:127.0.0.1:9000    a controller behind a socket

on the keyboard, with Enter:
  + - pad battery off          the keys and troubles of an EM 70 and a Bluetens
  pad on, charge               what happens to a Bluetens
  a+ a- b+ b-                  the channels of a Coyote and a YOKONEX
  take off, put on, stop       what happens to an H10"""


def add(verbs: Verbs) -> None:
    """The verb and its arguments."""
    form = argparse.RawDescriptionHelpFormatter
    verb = verbs.add_parser(
        "serve", help="simulated units over the air", description=ABOUT, epilog=MORE, formatter_class=form
    )
    verb.add_argument("units", metavar="UNIT", nargs="+")
    add_where(verb)
    verb.add_argument(
        "--socket", metavar="FILE", type=Path, help="where the private bus listens, e.g. for a service [somewhere new]"
    )
    verb.set_defaults(run=run)


def add_where(verb: argparse.ArgumentParser) -> None:
    """The arguments that say where, which `replay` has as well."""
    where = verb.add_mutually_exclusive_group()
    where.add_argument(
        "--adapter", metavar="SPEC", action="append", default=[], help="a controller, e.g. usb:0; once per unit"
    )
    where.add_argument("--private-bus", action="store_true", help="no controller: BlueZ on a D-Bus of its own")
    verb.add_argument("--no-hand", action="store_true", help="let nobody press the keys of stimulators")
    verb.add_argument("--seed", metavar="N", type=int, default=1, help="another seed, another way of moving [1]")


def run(options: argparse.Namespace) -> int:
    """Returns the exit code. Raises PtdeviceError."""
    if options.socket is not None and not options.private_bus:
        sys.stderr.write("ptdevice-sim: --socket is for a --private-bus\n")
        return USAGE
    return run_units(options.units, options, options.socket)


def run_units(names: Sequence[str], options: argparse.Namespace, socket: Path | None = None) -> int:
    """Serve these. Raises PtdeviceError."""
    if not options.private_bus and len(options.adapter) != len(names):
        given = f"{len(options.adapter)} given" if options.adapter else "or --private-bus"
        sys.stderr.write(f"ptdevice-sim: each of {len(names)} units needs an --adapter of its own; {given}\n")
        return USAGE
    from ptdevice_sim.serving import serve  # noqa: PLC0415 - it brings bumble

    typed = sys.stdin.fileno() if sys.stdin.isatty() else None
    hand = not options.no_hand
    asyncio.run(serve(names, options.adapter, hand=hand, seed=options.seed, say=_say, typed=typed, socket=socket))
    return OK


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
