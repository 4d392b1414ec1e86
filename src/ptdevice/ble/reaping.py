"""Undoing what a process that was killed left: links that were ours, and adapters that it had switched off for a moment.

Only what is in its ledger. A unit that is configured is not let go: its connection takes the link over (`Radio`). Whose links
are whose, and what that cannot know, is said in `ledger`.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from ptdevice.ble import power
from ptdevice.errors import RadioError

if TYPE_CHECKING:
    from collections.abc import Collection

    from ptdevice.ble.ledger import Ledger

log = logging.getLogger(__name__)

RETRY_S = 5.0


async def reap(ledger: Ledger, keep: Collection[str], taken: set[str]) -> None:
    """Until all of it is done; where bluetoothd is away, once it is back.

    `keep`: addresses of units that will be connected to. `taken`: those that are; one whose link is being ended is among them.
    """
    kept = {address.upper() for address in keep}
    left, off = set(ledger.left) - kept, set(ledger.left_off)
    while left or off:
        try:
            await _switch_on(ledger, off)
            await _let_go(ledger, left, taken)
        except RadioError as error:
            log.debug("what the process before this one left: %s", error)
        if left or off:
            await asyncio.sleep(RETRY_S)


async def _switch_on(ledger: Ledger, off: set[str]) -> None:
    for address in sorted(off):
        path = await power.adapter_path(address)
        if path is None:
            continue  # unplugged since: it comes back switched on, or it was switched off by somebody
        await power.switch(path, on=True)
        log.info("%s: switched on again, for the process before this one had switched it off", path.rpartition("/")[2])
        off.discard(address)
        await ledger.switched_on(address)


async def _let_go(ledger: Ledger, left: set[str], taken: set[str]) -> None:
    connected = await power.links()
    left.difference_update(taken)  # somebody wants it after all, and has it
    for address in left.difference(connected):
        await ledger.unlinked(address)
    left.intersection_update(connected)
    ending = frozenset(left)
    taken.update(ending)
    try:
        ended = await asyncio.gather(*(_end(ledger, address, connected[address]) for address in ending))
    finally:
        taken.difference_update(ending)
    left.difference_update(ended)


async def _end(ledger: Ledger, address: str, adapter: str) -> str | None:
    """The address, when it has no link any more."""
    try:
        await power.disconnect(adapter, address)
    except RadioError as error:
        log.warning("a link that the process before this one left, to %s, does not end: %s", address, error)
        return None
    log.info("let go of %s: the process before this one had left it connected", address)
    await ledger.unlinked(address)
    return address
