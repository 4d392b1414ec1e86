"""Which links are ours, in a small file beside the journal, so that whoever comes after a process that was killed ends them.

bluetoothd keeps a link whose program was killed: the unit does not advertise, and nobody else can have it. Only a ledger tells
such a link from those of other programs, which are never touched. A link is in it from before it is made until bluetoothd has
confirmed that it is gone; so is an adapter from before it is switched off until it was switched on again.

The file counts only as long as links live: it names the boot of the host, and where that was another, nothing in it is true.
So it need not outlive the machine, and no link waits until it is on disk.

Whoever writes it holds its lock for as long as it lives, and the kernel lets go of that however a process dies: where the lock
is to be had, nobody is behind what is in the file. Where it is not (`ptdevice stop-all` beside a daemon), the links in it are
alive and somebody's, and this ledger neither tells of them nor notes its own.

What it cannot know: a unit that was ours, lost its link after the kill, and was then connected by another program of this
host before anybody looked, is taken for ours.
"""

from __future__ import annotations

import asyncio
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from ptdevice import durable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

log = logging.getLogger(__name__)

NAME = "links.json"
NOTE_S = 1.0  # for the disk, before a link is made; then it is made all the same


def anything(journal: Path) -> bool:
    """Whether there may be anything in the ledger beside this journal. Quick, and without the lock."""
    try:
        body = json.loads(journal.with_name(NAME).read_text(encoding="utf-8"))
        return bool(body["links"] or body["off"])
    except (OSError, ValueError, TypeError, KeyError):
        return False


def _addresses(those: object) -> frozenset[str]:
    if not isinstance(those, list) or not all(isinstance(each, str) for each in those):
        raise TypeError("a list of addresses was expected")
    return frozenset(each.upper() for each in those)


class Ledger:
    """`async with Ledger(journal, boot_id) as ledger`. Addresses are in upper case; no disk's trouble is raised."""

    def __init__(self, journal: Path, boot_id: str) -> None:
        self.path = journal.with_name(NAME)
        self.left: frozenset[str] = frozenset()  # addresses of units that the process before this one may have left
        self.left_off: frozenset[str] = frozenset()  # addresses of adapters that it switched off
        self._boot_id = boot_id
        self._links: set[str] = set()
        self._off: set[str] = set()
        self._stack = ExitStack()
        self._mine = False
        self._turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, "ledger")  # one: what is written last is what was noted last

    async def __aenter__(self) -> Self:
        await self._quietly(self._begin)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._stack.close()

    @property
    def ours(self) -> frozenset[str]:
        """Addresses of units that have a link of ours, or may still have one."""
        return frozenset(self._links)

    async def linking(self, address: str) -> None:
        """A link to this unit is about to be made."""
        self._links.add(address.upper())
        await self._note()

    async def unlinked(self, address: str) -> None:
        """Whether lost or ended: bluetoothd has no link to it any more."""
        self._links.discard(address.upper())
        await self._note()

    async def switching_off(self, adapter: str) -> None:
        """The adapter of this address is about to be switched off, for a moment."""
        self._off.add(adapter.upper())
        await self._note()

    async def switched_on(self, adapter: str) -> None:
        """It is on again."""
        self._off.discard(adapter.upper())
        await self._note()

    # --- inside ---

    async def _note(self) -> None:
        if not self._mine:
            return
        async with self._turn:
            # What is true by now, however many waited for their turn.
            body = {"boot_id": self._boot_id, "links": sorted(self._links), "off": sorted(self._off)}
            data = json.dumps(body, indent=1).encode()
            await self._quietly(lambda: durable.replace(self.path, data, sync=False))

    async def _quietly(self, work: Callable[[], None]) -> None:
        try:
            async with asyncio.timeout(NOTE_S):
                await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except (OSError, TimeoutError) as error:
            # A link is not worth less for it; after a kill it may have to be ended by hand.
            log.warning("which links are ours could not be noted: %s", str(error) or "the disk does not answer")

    def _begin(self) -> None:
        self._mine = self._stack.enter_context(durable.locked(self.path, 0.0))
        if not self._mine:
            return
        try:
            body = json.loads(self.path.read_text(encoding="utf-8"))
            if body["boot_id"] == self._boot_id:
                self.left, self.left_off = _addresses(body["links"]), _addresses(body["off"])
        except FileNotFoundError:
            return
        except (ValueError, TypeError, KeyError) as error:
            log.warning("%s is damaged, and nobody knows whose links are whose: %s", self.path, error)
        self._links, self._off = set(self.left), set(self.left_off)
