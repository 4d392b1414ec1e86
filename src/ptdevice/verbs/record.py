"""`ptdevice record`, as the command line sees it. What is heavy is imported when it runs."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ptdevice.devices import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from ptdevice.recording import Order, Recorded

    Record = Callable[[Order, str | None], Coroutine[None, None, Recorded]]
    Verbs = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no public name for it

LONGEST_S = 86_400


def add(verbs: Verbs, loudness: argparse.ArgumentParser) -> None:
    """The verb and its arguments."""
    verb = verbs.add_parser(
        "record", parents=[loudness], help="record one unit's traffic to a tape, without what identifies the unit"
    )
    verb.add_argument("device", metavar="DEVICE", choices=list(CATALOGUE), help=f"one of {', '.join(CATALOGUE)}")
    verb.add_argument("-o", "--output", metavar="FILE", type=Path, required=True, help="a new file")
    which = verb.add_mutually_exclusive_group()
    which.add_argument("--address", metavar="ADDRESS", help="where several are in reach [the only one]")
    which.add_argument("--name", metavar="NAME", help="the same, by the name it advertises")
    verb.add_argument("--seconds", metavar="N", type=_seconds, default=60.0, help="how long, from its first word [60]")
    verb.add_argument("--adapter", metavar="NAME", help="the adapter, e.g. hci0, or its address [the first]")
    verb.add_argument("--simulated", action="store_true", help="the unit is a simulated one")
    verb.add_argument("--date", action="store_true", help="put date and time of the start on the tape")


def run(options: argparse.Namespace, environ: Mapping[str, str], record: Record | None) -> int:
    """Record; raises PtdeviceError. `record` stands in for the real one."""
    from ptdevice.link import Selector  # noqa: PLC0415
    from ptdevice.logs import set_up  # noqa: PLC0415
    from ptdevice.recording import Order  # noqa: PLC0415

    set_up("debug" if options.verbose else "warning" if options.quiet else "info", sys.stderr, environ)
    order = Order(
        CATALOGUE[options.device],
        Selector(options.address, options.name),
        options.output,
        options.seconds,
        simulated=options.simulated,
        dated=options.date,
    )
    recorded = asyncio.run((record or _record)(order, options.adapter))
    sys.stderr.write(f"{options.output}: {recorded}\n")
    return 0


async def _record(order: Order, adapter: str | None) -> Recorded:
    from ptdevice.ble.radio import Radio  # noqa: PLC0415
    from ptdevice.recording import record  # noqa: PLC0415

    return await record(order, lambda tap: Radio(adapter=adapter, tap=tap))


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 1 <= seconds <= LONGEST_S:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {LONGEST_S}")
    return seconds
