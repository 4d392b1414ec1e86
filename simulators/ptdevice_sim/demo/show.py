"""The demo from curtain to curtain: on a terminal as one live screen, elsewhere as plain lines, and the table at the end."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import signal
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live

from ptdevice.logs import set_up
from ptdevice.mqtt.topics import SIMULATED_ROOT
from ptdevice_sim.demo.stage import staged
from ptdevice_sim.demo.summary import rows
from ptdevice_sim.demo.view import NOTE, progress, screen, table_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptdevice_sim.demo.board import Line
    from ptdevice_sim.demo.broker import RunningBroker
    from ptdevice_sim.demo.stage import Stage, Wishes

FRAME_S = 0.1
PROGRESS_S = 5.0
OK, FAILURE, SIGNALLED = 0, 1, 128


async def show(wishes: Wishes, *, tty: bool) -> int:
    """Run the demo; gives back the exit code: 0, 1 where something is missing, 128 + the signal that ended it early.

    Raises BrokerStartError and ConfigError; what the daemon raises comes in a group.
    """
    curtain = _Curtain()
    printer = _Printer(curtain)
    with _signals(curtain), _log(held=tty):
        async with staged(wishes, _ignore if tty else printer.line) as stage:
            if tty:
                await _live(stage, wishes, curtain)
            else:
                await _plain(stage, wishes, curtain, printer)
    told = rows(stage.board, stage.truth(complete=curtain.fell_by is None))
    console = Console(highlight=False)
    console.print(table_of(told))
    console.print(NOTE, style="dim")
    if curtain.fell_by is not None:
        return SIGNALLED + curtain.fell_by
    return OK if all(row.good for row in told) else FAILURE


class _Curtain:
    """When it falls, the demo is over. `fell_by` is the signal that made it fall early."""

    def __init__(self) -> None:
        self.fell_by: signal.Signals | None = None
        self._fallen = asyncio.Event()

    def fall(self, by: signal.Signals) -> None:
        self.fell_by = self.fell_by or by
        self._fallen.set()

    async def within(self, seconds: float) -> bool:
        """Wait for that long; whether it fell."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._fallen.wait()
        return self._fallen.is_set()


@contextlib.contextmanager
def _signals(curtain: _Curtain) -> Iterator[None]:
    """The first Ctrl-C or SIGTERM ends the demo in good order; the next is the operating system's own."""
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)

    def caught(number: signal.Signals) -> None:
        curtain.fall(number)
        forget()

    def forget() -> None:
        for number in numbers:
            loop.remove_signal_handler(number)

    for number in numbers:
        loop.add_signal_handler(number, caught, number)
    try:
        yield
    finally:
        forget()


@contextlib.contextmanager
def _log(*, held: bool) -> Iterator[None]:
    """The daemon's log, on standard error: warnings at once, or (under a live screen) errors when it is over."""
    if not held:
        set_up("warning", sys.stderr, os.environ)
        yield
        return
    log = io.StringIO()
    set_up("error", log, os.environ)
    try:
        yield
    finally:
        sys.stderr.write(log.getvalue())


class _Printer:
    """Plain lines. When nobody reads them any more (`| head`), the demo is over."""

    def __init__(self, curtain: _Curtain) -> None:
        self._curtain = curtain

    def line(self, line: Line) -> None:
        self.say(f"{line.at:6.1f} s  {line.unit:<8} {line.kind:<20} {line.sentence}")

    def say(self, text: str) -> None:
        try:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            self._curtain.fall(signal.SIGPIPE)


def _ignore(_line: Line) -> None:
    """The screen looks at the board."""


async def _plain(stage: Stage, wishes: Wishes, curtain: _Curtain, printer: _Printer) -> None:
    printer.say(f"broker {stage.broker.engine}; to see the same:  {_subscribe(stage.broker)}")
    while (left := wishes.duration_s - stage.elapsed_s) > 0:
        if await curtain.within(min(PROGRESS_S, left)):
            return
        printer.say(f"{stage.elapsed_s:6.1f} s  -- {progress(stage.board)}")


async def _live(stage: Stage, wishes: Wishes, curtain: _Curtain) -> None:
    console = Console(highlight=False)
    subscribe = _subscribe(stage.broker)
    with Live(console=console, screen=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False) as live:
        while stage.elapsed_s < wishes.duration_s and not await curtain.within(FRAME_S):
            now = screen(
                stage.board,
                elapsed_s=stage.elapsed_s,
                duration_s=wishes.duration_s,
                broker=stage.broker.engine,
                subscribe=subscribe,
                width=console.width,
                height=console.height,
            )
            live.update(now, refresh=True)


def _subscribe(broker: RunningBroker) -> str:
    port = "" if broker.port == 1883 else f" -p {broker.port}"
    return f"mosquitto_sub -h {broker.host}{port} -v -t '{SIMULATED_ROOT}/#'"
