"""The run itself: peace, faults, peace again, and then the books are compared."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import signal
import sqlite3
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarks.soak.cast import CAST, LINKED
from benchmarks.soak.faults import DAEMON, KINDS, Fault, plan
from benchmarks.soak.figures import Recoveries
from benchmarks.soak.observer import GATEWAY, Observer
from benchmarks.soak.samples import Bus, Sample, journal_numbers, memory_mb, metrics, process_numbers

if TYPE_CHECKING:
    from io import TextIOBase

    from benchmarks.soak.house import House

SAMPLE_S = 10.0
PEACE_S = 60.0  # before the first fault and after the last one: the two ends that are compared
DRAIN_S = 180.0  # until everything is delivered
READY_S = 120.0  # until all units are heard for the first time


@dataclass(slots=True)
class Books:
    """What was written, and what was processed."""

    journal: list[tuple[int, str]] = field(default_factory=list)
    processed: list[tuple[int, str]] = field(default_factory=list)
    undelivered: int | None = None
    kinds: dict[str, int] = field(default_factory=dict)  # records by "unit kind"


@dataclass(slots=True)
class Findings:
    """Everything that a report needs."""

    samples: list[Sample] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    recoveries: Recoveries = field(default_factory=Recoveries)
    books: Books = field(default_factory=Books)
    truth: dict[str, Any] = field(default_factory=dict)
    fallen: list[str] = field(default_factory=list)
    missing_at_end: list[str] = field(default_factory=list)
    seconds: float = 0.0
    interrupted: bool = False


class Soak:
    """One run in a house that stands. `log` gets a line in JSON for each sample and each fault."""

    def __init__(self, house: House, log: TextIOBase, *, seed: int, kill_daemon: bool) -> None:
        self.findings = Findings()
        self._house, self._log = house, log
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._rng = random.Random(seed)  # noqa: S311 - a seed, no secret
        self._kinds = (*KINDS, DAEMON) if kill_daemon else KINDS
        self._phase = "start"
        self._observer = Observer(house.broker.port, self.findings.recoveries)

    async def run(self, duration_s: float) -> Findings:
        """Everything, in about `duration_s` and at most DRAIN_S and READY_S more. SIGINT and SIGTERM end the faults early."""
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            self._loop.add_signal_handler(number, stop.set)
        async with Bus(self._house.bus) as bus:
            helpers = [
                asyncio.create_task(self._observer.run(), name="observer"),
                asyncio.create_task(self._sampling(bus), name="samples"),
            ]
            try:
                ends = self._loop.time() + duration_s
                await self._all_online(READY_S)
                self._enter("peace before")
                await _until(stop, PEACE_S)
                self._enter("faults")
                await self._faults(ends - PEACE_S, stop)
                self._enter("coming back")
                self.findings.missing_at_end = await self._all_online(READY_S)
                self._enter("peace after")
                await _until(stop, PEACE_S)
                self.findings.interrupted = stop.is_set()
                self.findings.fallen = self._house.fallen()
                self.findings.truth = await self._house.tell("truth")
                self._enter("books")
                await self._close_books()
            finally:
                for task in helpers:
                    task.cancel()
                await asyncio.wait(helpers)
        self.findings.seconds = self._loop.time() - self._began
        return self.findings

    # --- phases ---

    async def _all_online(self, patience_s: float) -> list[str]:
        """Wait until every unit is heard; gives back those that were not in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while not all(self._observer.online.get(alias) for alias in LINKED):  # noqa: ASYNC110 - of all together
                    await asyncio.sleep(0.5)
        return [alias for alias in LINKED if not self._observer.online.get(alias)]

    async def _faults(self, until: float, stop: asyncio.Event) -> None:
        for fault in plan(self._rng, LINKED, self._kinds):
            if self._loop.time() + fault.gap_s + fault.lasts_s > until or self._house.fallen():
                return
            await _until(stop, fault.gap_s)
            if stop.is_set():
                return
            await self._strike(fault)

    async def _strike(self, fault: Fault) -> None:
        kind, recoveries = fault.kind, self.findings.recoveries
        self.findings.faults[kind.name] += 1
        whom = [fault.unit] if fault.unit else [*LINKED] if kind.where in {"radio", "daemon"} else []
        recoveries.overtake([*CAST, GATEWAY] if kind.where in {"broker", "daemon"} else whom, self._loop.time())
        self._say("fault", kind=kind.name, unit=fault.unit, lasts_s=round(fault.lasts_s, 2))
        cut = await self._do(kind.where, kind.begin, fault.unit)
        await asyncio.sleep(fault.lasts_s)
        if kind.end is not None:
            cut += await self._do(kind.where, kind.end, fault.unit)
        waiting = [alias for alias in whom if alias in cut or not self._observer.online.get(alias)]
        if kind.where in {"broker", "daemon"}:
            waiting.append(GATEWAY)
        if kind.where != "consumer":
            recoveries.ended(kind.name, waiting, self._loop.time())

    async def _do(self, where: str, what: str, unit: str | None) -> list[str]:
        node = self._house.broker.nodes[0]
        match where, what:
            case "broker", "kill":
                await node.kill()
            case "broker", "start":
                await node.start()
            case "broker", _:
                assert node.process
                node.process.send_signal(signal.SIGSTOP if what == "freeze" else signal.SIGCONT)
            case (("consumer" | "daemon"), "kill"):
                await self._house.kill(where)
                self._observer.online |= dict.fromkeys(CAST, False) if where == "daemon" else {}
            case (("consumer" | "daemon"), _):
                await self._house.start(where)
            case _:
                answer = await self._house.tell(what, unit)
                return [str(alias) for alias in answer["cut"]]
        return []

    # --- looking ---

    async def _sampling(self, bus: Bus) -> None:
        while True:
            sample = await self._look(bus)
            self.findings.samples.append(sample)
            self._say("sample", **asdict(sample))
            await asyncio.sleep(SAMPLE_S)

    async def _look(self, bus: Bus) -> Sample:
        house = self._house
        pid = house.pid("daemon")
        numbers = await metrics(house.metrics_port)
        sample = Sample(round(self._loop.time() - self._began, 1), self._phase, house.life)
        sample.rss_mb, sample.pss_mb = memory_mb(pid)
        sample.descriptors, sample.threads = process_numbers(pid)
        tasks = numbers.get(("ptdevice_loop_tasks", ""))
        sample.tasks = None if tasks is None else int(tasks)
        sample.bus_connections = await bus.connections(pid)
        sample.rows, sample.undelivered = await asyncio.to_thread(journal_numbers, house.journal)
        sample.online = {alias: bool(on) for (name, alias), on in numbers.items() if name == "ptdevice_unit_online"}
        sample.connects = {
            alias: int(count) for (name, alias), count in numbers.items() if name == "ptdevice_unit_connects_total"
        }
        sample.others_mb = {who: memory_mb(house.pid(who))[0] for who in ("ward", "consumer")}
        return sample

    def _enter(self, phase: str) -> None:
        self._phase = phase
        self._say("phase", phase=phase)

    def _say(self, what: str, **facts: object) -> None:
        line = {"what": what, "at_s": round(self._loop.time() - self._began, 1)} | facts
        self._log.write(json.dumps({"time": time.strftime("%H:%M:%S")} | line) + "\n")
        self._log.flush()

    # --- the books ---

    async def _close_books(self) -> None:
        """Everybody leaves; the daemon ends, and starts again for what it could not deliver; the books are compared."""
        house = self._house
        await house.tell("rest")
        await house.tell("vanish")
        await house.stop("daemon")
        await house.start("daemon")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_S):
                while journal_numbers(house.journal)[1] != 0:  # noqa: ASYNC110 - another process writes
                    await asyncio.sleep(1.0)
        books = self.findings.books
        _, books.undelivered = journal_numbers(house.journal)
        with contextlib.closing(sqlite3.connect(f"file:{house.journal}?mode=ro", uri=True)) as sql:
            books.journal = list(sql.execute("SELECT sequence, id FROM entry ORDER BY sequence"))
            query = "SELECT coalesce(unit, '-') || ' ' || type, count(*) FROM entry GROUP BY 1"
            books.kinds = dict(sql.execute(query))
        last = books.journal[-1][0] if books.journal else 0
        with contextlib.closing(sqlite3.connect(house.kept)) as sql:
            query = "SELECT sequence, id FROM kept WHERE sequence <= ? ORDER BY place"
            books.processed = list(sql.execute(query, (last,)))


async def _until(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
