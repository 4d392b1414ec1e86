"""`ptdevice record`: what one unit says and hears, onto a tape. Observing only.

The unit is opened as the daemon opens it: the same radio, the same connection, the same handshake by its codec, so that its
streams start and a stimulator hears nothing but questions.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptdevice import __version__
from ptdevice.connection import Connection
from ptdevice.errors import ForeignUnitError, LinkError
from ptdevice.link import SIMULATED_SERVICE
from ptdevice.spool import new_file
from ptdevice.tape.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from ptdevice.ble.radio import Radio
    from ptdevice.connection import LinkReport
    from ptdevice.devices.device import Profile
    from ptdevice.link import Selector
    from ptdevice.model import Event
    from ptdevice.tape.recorder import Tap

    OpenRadio = Callable[[Tap], AbstractAsyncContextManager[Radio]]

log = logging.getLogger(__name__)

FIND_S = 90.0  # three searches of half a minute; a unit not heard by then is not there


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be recorded. `seconds` count from the unit's first word; `dated` puts the wall time into the header."""

    profile: Profile
    selector: Selector
    path: Path
    seconds: float
    simulated: bool = False
    dated: bool = False


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of it. `left_out` and `masked` count values that would have told which unit it is."""

    lines: int
    octets: int
    links: int
    wire_errors: int
    left_out: int
    masked: int

    def __str__(self) -> str:
        text = f"{self.lines} lines, {self.octets} octets, {self.links} connection{'' if self.links == 1 else 's'}"
        if self.wire_errors:
            text += f"; {self.wire_errors} packets made no sense to this version"
        if self.left_out or self.masked:
            text += f"; so as not to tell which unit it is, {self.left_out} values were left out, {self.masked} masked"
        return text


async def record(order: Order, open_radio: OpenRadio) -> Recorded:
    """Record until the time is over, or SIGINT or SIGTERM. Raises TapeError, LinkError.

    Where the unit was never heard no file stays behind.
    """
    if order.profile.broadcast:
        raise LinkError(f"{order.profile.name} only advertises: there is no link to be recorded", "broadcast")
    hearing = _Hearing(order)
    async with new_file(order.path) as spool:
        recorder = Recorder(
            spool.put,
            device=order.profile.name,
            ports={port.name: port.uuid for port in order.profile.ports},
            mark=SIMULATED_SERVICE,
            software=f"ptdevice {__version__}",
            started=_now if order.dated else lambda: None,
            private={port.uuid: port.private for port in order.profile.ports},
        )
        async with open_radio(recorder) as radio:
            connection = Connection(
                order.profile.name,
                order.profile,
                order.selector,
                radio.open,
                simulated=order.simulated,
                hear=_nothing,
                report=hearing.report,
                rng=random.Random(),  # noqa: S311 - the jitter of pauses
            )
            tasks = [
                asyncio.create_task(connection.run(), name="connection"),
                asyncio.create_task(spool.run(), name="spool"),
            ]
            try:
                await hearing.wait(tasks)
            except ForeignUnitError:
                spool.discard()
                raise
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
        if not spool.lines:
            raise LinkError(f"nothing was recorded: {hearing.last_word}")
    return Recorded(
        lines=spool.lines,
        octets=spool.octets,
        links=recorder.links,
        wire_errors=connection.progress.wire_errors,
        left_out=recorder.redaction.left_out,
        masked=recorder.redaction.masked,
    )


class _Hearing:
    """How long to listen."""

    def __init__(self, order: Order) -> None:
        loop = asyncio.get_running_loop()
        self.last_word = "the unit was not heard"
        self._order = order
        self._spoken: asyncio.Future[None] = loop.create_future()
        self._ended: asyncio.Future[None] = loop.create_future()

    def report(self, said: LinkReport) -> None:
        """What the connection says of itself."""
        log.info("%s", said.text)
        self.last_word = said.text
        if said.code == ForeignUnitError.code and not self._ended.done():
            self._ended.set_exception(ForeignUnitError(_foreign(simulated=not self._order.simulated)))
        elif said.availability == "online" and not self._spoken.done():
            self._spoken.set_result(None)

    def stop(self) -> None:
        """Enough."""
        if not self._ended.done():
            self._ended.set_result(None)

    async def wait(self, tasks: list[asyncio.Task[None]]) -> None:
        """Until the time is over, or somebody ends it, or one of the tasks fails: then raises what it raised."""
        with _signals(self.stop):
            enough: set[asyncio.Future[None]] = {self._ended, *tasks}
            await asyncio.wait({self._spoken, *enough}, timeout=FIND_S, return_when=asyncio.FIRST_COMPLETED)
            if self._spoken.done():
                log.info("recording for %g s; Ctrl-C ends it earlier, and keeps what there is", self._order.seconds)
                await asyncio.wait(enough, timeout=self._order.seconds, return_when=asyncio.FIRST_COMPLETED)
        for future in enough:
            if future.done():
                future.result()


@contextlib.contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[None]:
    """SIGINT and SIGTERM mean `stop`; outside of this block they are the operating system's own."""
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


def _nothing(_event: Event) -> None:
    """The codec runs for its handshake; what it understands is not kept."""


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _foreign(*, simulated: bool) -> str:
    if simulated:
        return "this unit is simulated; to record it, say --simulated"
    return "this unit is real, and --simulated was said"
