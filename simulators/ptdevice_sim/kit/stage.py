"""A scenario in virtual time, on a thread of its own, that moves only when it is told to.

Between two moves its event loop does not run at all, so the virtual gateway's time stands still however long the test takes.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING, Any, TypeVar

from ptdevice_sim.clinic.engine import opened
from ptdevice_sim.clinic.log import Happened, Run, Said
from ptdevice_sim.kit.errors import ClinicError
from ptdevice_sim.virtual_time import VirtualTimeLoop

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from ptdevice.mqtt.topics import Arrival, Message
    from ptdevice_sim.clinic.engine import Clinic
    from ptdevice_sim.clinic.scenario import Scenario

T = TypeVar("T")

START_S = 20.0
STOP_S = 10.0


class Stage:
    """Opened by making it. `say(said, message)` hears each message on the stage's own thread, and may block it."""

    def __init__(self, scenario: Scenario, *, seed: int | None, say: Callable[[Said, Message], None]) -> None:
        self.scenario = scenario
        self.said: list[Said] = []
        self.unheard: list[Arrival] = []
        self.truth: tuple[Happened, ...] = ()
        self.now_s = 0.0
        self.is_over = False
        self._say = say
        self._clinic: Clinic
        self._playing: asyncio.Task[None]
        self._seed = scenario.seed if seed is None else seed
        self._exits = contextlib.AsyncExitStack()
        self._work: queue.SimpleQueue[tuple[Coroutine[Any, Any, Any], Future[Any]] | None] = queue.SimpleQueue()
        self._task: asyncio.Task[Any] | None = None
        self._thread = threading.Thread(target=self._serve, name="ptdevice-clinic virtual time", daemon=True)
        self._thread.start()
        try:
            self._do(self._open(), START_S)
        except BaseException:
            self._work.put(None)
            raise

    @property
    def prefix(self) -> str:
        """What all topics of this gateway begin with."""
        return self._clinic.names.prefix

    @property
    def run(self) -> Run:
        """What there is so far, as a run."""
        scenario = self.scenario
        until_s = scenario.duration if self.is_over else self.now_s
        return Run(scenario.title, self._seed, scenario.start_ns, until_s, tuple(self.said), self.truth)

    def advance(self, seconds: float, requests: Iterable[Arrival], *, within_s: float) -> None:
        """Let the gateway have these requests, and time pass, at most to the scenario's end. Raises ClinicError."""
        self._do(self._advance(min(self.now_s + seconds, self.scenario.duration), list(requests)), within_s)

    def finish(self, requests: Iterable[Arrival], *, within_s: float) -> None:
        """Play to the end of the scenario; the daemon stops in order and says so."""
        self._do(self._finish(list(requests)), within_s)

    def cut_short(self) -> None:
        """End the move that is under way, if there is one; from any thread."""
        if (task := self._task) is not None:
            task.get_loop().call_soon_threadsafe(task.cancel)

    def close(self) -> None:
        """End it, wherever it stands."""
        if not self._thread.is_alive():
            return
        try:
            self.cut_short()  # a test that failed may have left a thread in it
            if not self.is_over:
                self._do(self._close(), STOP_S)
        finally:
            self._work.put(None)
            self._thread.join(STOP_S)
            if self._thread.is_alive():
                raise ClinicError(f"the virtual clinic did not end within {STOP_S:g} s")

    def _do(self, work: Coroutine[Any, Any, T], within_s: float) -> T:
        if self.is_over or not self._thread.is_alive():
            work.close()
            raise ClinicError("the scenario is over")
        done: Future[T] = Future()
        self._work.put((work, done))
        try:
            return done.result(within_s)
        except TimeoutError:
            self._given_up(done)
            raise ClinicError(
                f"{within_s:g} s of real time were not enough: virtual time has come to {self.now_s:.0f} s. "
                "Advance in smaller steps, or allow more (within_s=...)"
            ) from None
        except BaseException:
            if not done.done():  # Ctrl-C, or a plug-in that gives each test so much time
                self._given_up(done)
            raise

    def _given_up(self, done: Future[Any]) -> None:
        self.cut_short()
        with contextlib.suppress(CancelledError, TimeoutError):
            done.result(STOP_S)

    # --- on the stage's thread ---

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            while (item := self._work.get()) is not None:
                work, done = item
                try:
                    result = runner.run(self._remembered(work))
                except asyncio.CancelledError:
                    done.cancel()
                    done.set_running_or_notify_cancel()
                except BaseException as error:  # noqa: BLE001 - the test's thread raises it
                    done.set_exception(error)
                else:
                    done.set_result(result)

    async def _remembered(self, work: Coroutine[Any, Any, T]) -> T:
        self._task = asyncio.current_task()
        try:
            return await work
        finally:
            self._task = None
            with contextlib.suppress(AttributeError):  # it did not even open
                self.truth, self.now_s = tuple(self._clinic.truth), self._clinic.now_s

    async def _open(self) -> None:
        clinic = await self._exits.enter_async_context(opened(self.scenario, seed=self._seed, hear=self.said.append))
        self._clinic = clinic
        take = clinic.broker.hear

        def hear(message: Message) -> None:
            take(message)
            self._say(self.said[-1], message)

        clinic.broker.hear = hear
        self._playing = asyncio.create_task(clinic.play(), name="timeline")

    async def _advance(self, until_s: float, requests: list[Arrival]) -> None:
        self._ask(requests)
        await self._clinic.until(until_s)
        if self._playing.done():
            self._playing.result()

    async def _finish(self, requests: list[Arrival]) -> None:
        self._ask(requests)
        await self._playing
        await self._close()

    async def _close(self) -> None:
        self._playing.cancel()
        await asyncio.wait({self._playing})
        await self._exits.aclose()
        self.is_over = True

    def _ask(self, requests: list[Arrival]) -> None:
        # As at a real broker: what is published while nobody listens is gone.
        self.unheard += [arrival for arrival in requests if not self._clinic.broker.ask(arrival)]
