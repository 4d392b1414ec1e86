"""The clinic as a test sees it: a broker for the application under test, time in the test's hand, and what was said so far."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ptdevice.errors import ConfigError
from ptdevice.mqtt.topics import Message
from ptdevice_sim.clinic.loading import find, load, loads
from ptdevice_sim.kit import golden
from ptdevice_sim.kit.errors import ClinicError, GoldenMismatchError
from ptdevice_sim.kit.postbox import Postbox
from ptdevice_sim.kit.selection import below_prefix, selects
from ptdevice_sim.kit.stage import Stage
from ptdevice_sim.report import page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ptdevice_sim.clinic.log import Happened, Run, Said
    from ptdevice_sim.clinic.scenario import Scenario

WITHIN_S = 300.0  # real seconds for one move of virtual time
LOOK_S = 0.02


class VirtualClinic:
    """One scenario between a test and the application that it tests. Made by the fixture `ptdevice_clinic`.

    The application connects to `host` and `port`, and hears and asks a gateway whose topics are below `prefix`. Time passes
    only in `advance` and `run`; both return when the broker has acknowledged everything that was said meanwhile. What the
    application publishes under `cmd/` reaches the gateway at the next of them.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        folder: Path,
        seed: int | None = None,
        update: bool = False,
        engine: str | None = None,
    ) -> None:
        self._folder, self._update = folder, update
        self.written: list[Path] = []
        self._held: list[Message] | None = []  # what is said before there is a broker
        self._stage = Stage(scenario, seed=seed, say=self._publish)
        try:
            self._box = Postbox(self.prefix, engine=engine)
        except BaseException:
            self._stage.close()
            raise
        held, self._held = self._held, None
        for message in held:
            self._box.post(message)

    # --- for the application ---

    @property
    def host(self) -> str:
        """Where the broker listens: the loopback."""
        return self._box.host

    @property
    def port(self) -> int:
        """On which port: a free one."""
        return self._box.port

    @property
    def broker(self) -> str:
        """Which program it is."""
        return self._box.engine

    @property
    def prefix(self) -> str:
        """What all topics of the gateway begin with, e.g. `ptdevice-sim/v1/clinic/gateway-1`."""
        return self._stage.prefix

    # --- time ---

    @property
    def now_s(self) -> float:
        """Seconds since the scenario began."""
        return self._stage.now_s

    def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0, within_s: float = WITHIN_S
    ) -> list[Said]:
        """Let time pass, at most to the end of the scenario; what was said meanwhile. `within_s`: real seconds for it."""
        passing_s = days * 86_400 + hours * 3600 + minutes * 60 + seconds
        if not passing_s > 0:
            raise ValueError(f"time goes forwards only: {passing_s:g} s")
        return self._moved(lambda: self._stage.advance(passing_s, self._box.collect(), within_s=within_s))

    def run(self, *, within_s: float = WITHIN_S) -> list[Said]:
        """Play to the end of the scenario; the gateway stops and says that it is offline. What was said meanwhile."""
        return self._moved(lambda: self._stage.finish(self._box.collect(), within_s=within_s))

    async def advance_async(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0, within_s: float = WITHIN_S
    ) -> list[Said]:
        """The same, while the test's own event loop goes on."""
        return await self._aside(
            lambda: self.advance(days=days, hours=hours, minutes=minutes, seconds=seconds, within_s=within_s)
        )

    async def run_async(self, *, within_s: float = WITHIN_S) -> list[Said]:
        """The same, while the test's own event loop goes on."""
        return await self._aside(lambda: self.run(within_s=within_s))

    # --- waiting for the application, in real time ---

    def eventually(self, condition: Callable[[], object], *, within_s: float = 5.0) -> None:
        """Return when the condition holds: the application may need a moment for what it has been sent."""
        __tracebackhide__ = True
        deadline = time.monotonic() + within_s
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {within_s:g} s of real time")
            time.sleep(LOOK_S)

    async def eventually_async(self, condition: Callable[[], object], *, within_s: float = 5.0) -> None:
        """The same, while the test's own event loop goes on."""
        __tracebackhide__ = True
        deadline = time.monotonic() + within_s
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {within_s:g} s of real time")
            await asyncio.sleep(LOOK_S)

    def wait_for_request(self, *, within_s: float = 5.0) -> None:
        """Return when the application has published something for the gateway, which gets it at the next `advance`."""
        self._box.wait_for_request(within_s)

    async def wait_for_request_async(self, *, within_s: float = 5.0) -> None:
        """The same, while the test's own event loop goes on."""
        await asyncio.to_thread(self.wait_for_request, within_s=within_s)

    # --- what was said, and what was true ---

    @property
    def log(self) -> Sequence[Said]:
        """Every message so far."""
        return self._stage.said

    @property
    def truth(self) -> Sequence[Happened]:
        """What really happened so far: pressed keys, broken links, true repetitions."""
        return self._stage.truth

    @property
    def unheard(self) -> list[str]:
        """Topics of requests that the application made while the gateway was not connected to the broker."""
        return [below_prefix(arrival.topic) for arrival in self._stage.unheard]

    def messages(self, topics: str = "#") -> list[Any]:
        """Bodies of the messages on these topics below `prefix`, in order: `unit/+/state`."""
        return [json.loads(said.payload) for said in self.log if selects((topics,), said.topic)]

    def records(self, kind: str = "#") -> list[Any]:
        """What the records of this kind say, in order: `exercise/repetition`."""
        return [body["data"] for body in self.messages(f"evt/{kind}")]

    def last(self, topic: str) -> Any:
        """The latest body on a topic below `prefix`: `unit/chest/state`. Raises LookupError where there was none."""
        __tracebackhide__ = True
        for said in reversed(self.log):
            if below_prefix(said.topic) == topic:
                return json.loads(said.payload)
        raise LookupError(f"nothing was said on {topic} until {self.now_s:.0f} s; there was {', '.join(self.topics())}")

    def topics(self) -> list[str]:
        """Topics below `prefix` on which something was said."""
        return sorted({below_prefix(said.topic) for said in self.log})

    def golden(
        self,
        name: str,
        *,
        topics: Sequence[str] | None = None,
        ignore: Sequence[str] | None = None,
        tolerance: Mapping[str, float] | None = None,
    ) -> None:
        """Compare what was said with a golden file beside the test, or write it where pytest is run with --update-golden.

        The terms (MQTT filters, fields to ignore, how far values may be off) are written into the file's first line, and count
        from there; None leaves them as they are. Raises GoldenMismatchError, which is an AssertionError.
        """
        __tracebackhide__ = True
        path = self._folder / name
        if self._update:
            golden.update(self.log, path, topics=_words(topics), ignore=_words(ignore), tolerance=tolerance)
            self.written.append(path)
            return
        try:
            told = golden.compare(self.log, path)
        except golden.GoldenError as error:
            raise GoldenMismatchError(f"{error}. `pytest --update-golden` writes it from this run") from None
        if told:
            hint = "`pytest --update-golden` accepts what was got"
            raise GoldenMismatchError("\n".join([f"not as {path} expects: {told[0]} ({hint})", *told[1:]]))

    def report(self, name: str) -> Path:
        """Write a page of the run so far, beside the test unless `name` is a path of its own; gives back where."""
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page.render(self._run), encoding="utf-8")
        return path

    def close(self) -> None:
        """End the gateway and the broker; the fixture does it."""
        try:
            self._held = []  # nobody listens any more
            self._stage.close()
        finally:
            self._box.close()

    @property
    def _run(self) -> Run:
        return self._stage.run

    def _moved(self, move: Callable[[], None]) -> list[Said]:
        before = len(self.log)
        try:
            move()
        finally:
            self._box.settled()
        return list(self.log[before:])

    async def _aside(self, move: Callable[[], list[Said]]) -> list[Said]:
        try:
            return await asyncio.to_thread(move)
        except asyncio.CancelledError:
            self._stage.cut_short()  # a thread cannot be cancelled, and the end of the loop waits for it
            raise

    def _publish(self, said: Said, message: Message) -> None:
        # As said in the log; what the log leaves out, the properties of MQTT 5, as the gateway meant them.
        whole = Message(said.topic, said.payload, said.qos, said.retain, message.expiry_s, message.correlation)
        if self._held is None:
            self._box.post(whole)
        else:
            self._held.append(whole)


def scenario_of(given: str | Path, folder: Path) -> Scenario:
    """A scenario from the name of a shipped one, a path (from `folder`), or its own text. Raises ClinicError."""
    __tracebackhide__ = True
    try:
        if isinstance(given, str) and "\n" in given:
            return loads(given, name="the scenario in this test", folder=folder)
        if isinstance(given, Path) or given.endswith(".toml"):
            return load(folder / given)
        return load(find(given))
    except ConfigError as error:
        raise ClinicError(f"the scenario cannot be played:\n{error}") from None


def _words(given: Sequence[str] | None) -> tuple[str, ...] | None:
    if isinstance(given, str):
        raise TypeError(f"a list of strings, not one: [{given!r}]")
    return None if given is None else tuple(given)
