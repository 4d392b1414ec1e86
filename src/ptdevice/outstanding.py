"""Units whose zero is outstanding: a small file that outlives the process, so that whoever comes after it knows whom to stop.

A unit is noted *before* it is commanded for the first time, and taken off when its output was read back as zero; nothing else
takes it off. It is beside the journal and not in it: it must be readable when the journal is damaged, full or locked, and by
a program that imports little. It has an address in it, and mode 0600.

Whoever changes the file, or stops units because of it, holds a lock meanwhile. For stopping it is waited for, and then done
without: a stop needs nobody's permission.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from ptdevice import durable

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from contextlib import AbstractContextManager
    from pathlib import Path

log = logging.getLogger(__name__)

NAME = "outstanding.json"


@dataclass(frozen=True, slots=True)
class Unit:
    """Which unit: its alias, the name of its device, and how it is found. `stopped`: since then by another program, and how."""

    alias: str
    device: str
    address: str | None = None
    name: str | None = None
    simulated: bool = False
    stopped: str | None = None


class Outstanding:
    """The file beside a journal. Every method reads or writes the disk and raises OSError: not for the event loop."""

    def __init__(self, journal: Path) -> None:
        self.path = journal.with_name(NAME)

    def units(self) -> dict[str, Unit]:
        """Who is outstanding, by alias. What cannot be read raises OSError: it is not the same as nobody."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        try:
            return {alias: Unit(alias, **facts) for alias, facts in json.loads(text)["units"].items()}
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise OSError(f"{self.path} is damaged: {error}") from error

    def begin(self, unit: Unit) -> None:
        """This unit is about to be commanded. When this returns, that is on disk."""
        with self.locked():
            units = self._readable()
            if units.get(unit.alias) != unit:
                self._write(units | {unit.alias: unit})

    def zero(self, alias: str) -> None:
        """Its output was read back as zero, or there is nothing more to be told about it."""
        with self.locked():
            units = self._readable()
            if units.pop(alias, None) is not None:
                self._write(units)

    def stopped(self, alias: str, how: str) -> None:
        """Another program has told it to stop; the daemon puts that on record when it comes back."""
        with self.locked():
            units = self._readable()
            if alias in units:
                self._write(units | {alias: replace(units[alias], stopped=how)})

    def locked(self, wait_s: float = 0.5) -> AbstractContextManager[bool]:
        """Hold the lock. False: it is held elsewhere, and was waited for as long as that."""
        return durable.locked(self.path, wait_s)

    def _readable(self) -> dict[str, Unit]:
        try:
            return self.units()
        except OSError:
            # Whoever is in there, it must be possible to note another.
            with contextlib.suppress(OSError):
                self.path.rename(self.path.with_suffix(".damaged"))
            return {}

    def _write(self, units: dict[str, Unit]) -> None:
        if not units:
            self.path.unlink(missing_ok=True)
            return
        facts = {
            alias: {key: value for key, value in asdict(unit).items() if key != "alias"}
            for alias, unit in units.items()
        }
        durable.replace(self.path, json.dumps({"units": facts}, indent=1).encode())


class Mark:
    """One unit's place in the file, for the event loop: the disk is waited for on a thread. Never raises OSError."""

    def __init__(self, outstanding: Outstanding, unit: Unit) -> None:
        self.noted = False
        self._outstanding, self._unit = outstanding, unit
        self._turn = asyncio.Lock()

    async def begin(self, link: object) -> bool:
        """It is about to be commanded, on this link. False: that could not be noted, and it must not be commanded."""
        # Nothing else above the air wants to know where a unit is, so the seam has no word for it.
        address = getattr(link, "address", None)
        async with self._turn:
            try:
                await asyncio.to_thread(
                    self._outstanding.begin, replace(self._unit, address=address or self._unit.address)
                )
            except OSError as error:
                log.error("%s: is not commanded, for that could not be noted: %s", self._unit.alias, error)  # noqa: TRY400
                return False
            self.noted = True
        return True

    def zero(self) -> Coroutine[None, None, None]:
        """Its output was read back as zero, and nobody commands it: from now on, unless it begins again before this is done."""
        self.noted = False
        return self._zero()

    async def _zero(self) -> None:
        async with self._turn:
            if self.noted:
                return
            try:
                await asyncio.to_thread(self._outstanding.zero, self._unit.alias)
            except OSError as error:
                # It will be stopped once more at the next start, which does no harm.
                log.warning("%s: is at zero, and that could not be noted: %s", self._unit.alias, error)
