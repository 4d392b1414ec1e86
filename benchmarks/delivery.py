"""Gateway, broker and consumers are killed with SIGKILL at random moments, and every record arrives all the same.

    python -m benchmarks delivery --broker nats --kills 100 --seed 7 --log delivery.jsonl

In three processes: a gateway with the real journal, courier and deliveries that records up to 200 times a second; the README's
subscriber as it stands, whose reports count at the gateway; and `benchmarks.consumer`, which asks for what it lacks and
processes exactly once. Here somebody hears whatever the broker delivers, and counts what comes more than once. Without
--broker: each in turn. Every run appends a line to the log, and the table is of all lines in it: a thousand kills, in pieces.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import aiomqtt
from tests.client.test_readme import CHILD, delivered, printed, rows, subscriber
from tests.mqtt.mosquitto import HOST

from benchmarks.brokers import ENGINES, Node, child, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PAUSE_S = "0.005"
LIFE_S = (0.2, 1.0)  # between two kills
DEATH_S = (0.0, 0.4)  # before the killed one starts again
DEADLINE_S = 240.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one run. `copies`: came more than once at whoever filters nothing; `processed_twice` at each consumer."""

    broker: str
    seed: int
    kills: dict[str, int]
    told: int
    kept: int
    received: int
    lost: int
    copies: int
    processed_twice_readme: int
    processed_twice_transaction: int
    out_of_order: int
    seconds: float


class Ward:
    """The processes of one run."""

    def __init__(self, folder: Path, port: int) -> None:
        self.journal, self.told, self.heard = (folder / name for name in ("journal.db", "told", "heard"))
        self.kept = folder / "kept.db"
        self._folder, self._port = folder, port
        self._running: dict[str, asyncio.subprocess.Process] = {}
        (folder / "subscriber.py").write_text(subscriber())

    async def start(self, who: str, *, quiet: bool = False) -> None:
        address = f"{HOST}:{self._port}"
        match who:
            case "gateway":
                pause_s = "100000" if quiet else PAUSE_S
                size = self.told.stat().st_size if self.told.exists() else 0
                arguments = (str(CHILD), str(self.journal), str(self._port), "pi-1", "my-app", pause_s)
                await self._spawn(who, self.told, *arguments)
                async with asyncio.timeout(DEADLINE_S):
                    while self.told.stat().st_size <= size:  # noqa: ASYNC110 - another process writes
                        await asyncio.sleep(0.02)
            case "readme":
                await self._spawn(who, self.heard, str(self._folder / "subscriber.py"), address)
            case "transaction":
                await self._spawn(who, self._folder / "none", "-m", "benchmarks.consumer", address, str(self.kept))

    async def _spawn(self, who: str, output: Path, *arguments: str) -> None:
        with output.open("ab") as out, (self._folder / f"{who}.errors").open("ab") as errors:
            # Its cursor belongs into the folder, so that is where it runs; the project is found by PYTHONPATH.
            command = ("env", f"--chdir={self._folder}", f"PYTHONPATH={Path.cwd()}", sys.executable, *arguments)
            self._running[who] = await child(*command, stdout=out.fileno(), stderr=errors.fileno())

    async def kill(self, who: str) -> None:
        process = self._running[who]
        assert process.returncode is None, (
            f"{who} ended by itself: {(self._folder / f'{who}.errors').read_text()[-2000:]}"
        )
        process.kill()
        await process.wait()

    async def close(self) -> None:
        for process in self._running.values():
            if process.returncode is None:
                process.kill()
            await process.wait()

    def processed(self) -> list[tuple[int, str]]:
        with contextlib.closing(sqlite3.connect(self.kept)) as sql:
            return list(sql.execute("SELECT sequence, id FROM kept ORDER BY place"))

    def done(self) -> bool:
        try:
            if not delivered(self.journal):
                return False
            want = rows(self.journal)
            return set(printed(self.heard)) >= set(want) and len(self.processed()) >= len(want)
        except sqlite3.OperationalError:  # somebody who was killed is just recovering it
            return False


@contextlib.asynccontextmanager
async def overheard(port: int) -> AsyncIterator[Counter[str]]:
    """Whatever the broker delivers to whoever filters nothing, by id."""
    heard: Counter[str] = Counter()

    async def listen() -> None:
        while True:
            with contextlib.suppress(aiomqtt.MqttError):
                async with aiomqtt.Client(HOST, port) as client:
                    await client.subscribe("ptdevice/v1/clinic-a/pi-1/evt/#", qos=1)
                    async for message in client.messages:
                        assert isinstance(message.payload, bytes)
                        heard[json.loads(message.payload)["id"]] += 1
            await asyncio.sleep(0.1)

    task = asyncio.create_task(listen())
    try:
        yield heard
    finally:
        task.cancel()
        await asyncio.wait([task])


async def kill_and_restart(ward: Ward, nodes: list[Node], who: str, rng: random.Random) -> None:
    await asyncio.sleep(rng.uniform(*LIFE_S))
    node = rng.choice(nodes)
    if who == "broker":
        await node.kill()
    else:
        await ward.kill(who)
    await asyncio.sleep(rng.uniform(*DEATH_S))
    if who == "broker":
        await node.start()
    else:
        await ward.start(who)


async def run_one(broker: str, kills: int, seed: int) -> Outcome:
    rng = random.Random(seed)  # noqa: S311 - a seed, no secret
    began = time.monotonic()
    killed: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="ptdevice-delivery-") as name:
        folder = Path(name)
        async with running(broker, folder) as engine, overheard(engine.port) as heard:
            ward = Ward(folder, engine.port)
            try:
                for who in ("readme", "transaction", "gateway"):
                    await ward.start(who)
                for _ in range(kills):
                    who = rng.choice(("gateway", "broker", "broker", "readme", "transaction"))
                    killed[who] += 1
                    await kill_and_restart(ward, engine.nodes, who, rng)
                await ward.kill("gateway")
                await ward.start("gateway", quiet=True)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(DEADLINE_S):
                        while not ward.done():  # noqa: ASYNC110 - other processes write
                            await asyncio.sleep(0.5)
            finally:
                await ward.close()
        kept = rows(ward.journal)
        told = {(int(line.split()[1]), line.split()[0]) for line in ward.told.read_text().splitlines() if " " in line}
        read, processed = printed(ward.heard), ward.processed()
        first_read = list(dict.fromkeys(read))
        lost = len(told - set(kept)) + len(set(kept) - set(read)) + len(set(kept) - set(processed))
        return Outcome(
            broker=broker,
            seed=seed,
            kills=dict(sorted(killed.items())),
            told=len(told),
            kept=len(kept),
            received=len(set(read)),
            lost=lost,
            copies=heard.total() - len(heard),
            processed_twice_readme=len(read) - len(first_read),
            processed_twice_transaction=len(processed) - len(set(processed)),
            out_of_order=_descents(first_read) + _descents(processed),
            seconds=round(time.monotonic() - began, 1),
        )


def _descents(numbered: list[tuple[int, str]]) -> int:
    return sum(later[0] < earlier[0] for earlier, later in pairwise(numbered))


def table(outcomes: list[Outcome]) -> None:
    print(
        "\nbroker                 kills (gateway broker readme transaction)     told  received  lost  copies  "
        "twice: readme transaction  out of order  seeds"
    )
    for broker in ENGINES:
        of_it = [outcome for outcome in outcomes if outcome.broker == broker]
        if not of_it:
            continue
        kills = Counter[str]()
        for outcome in of_it:
            kills.update(outcome.kills)
        each = " ".join(str(kills[who]) for who in ("gateway", "broker", "readme", "transaction"))

        def total(name: str, of_it: list[Outcome] = of_it) -> int:
            return sum(int(getattr(outcome, name)) for outcome in of_it)

        print(
            f"{broker:22} {kills.total():5} ({each:20}) {total('told'):20} {total('received'):9} {total('lost'):5}"
            f" {total('copies'):7} {total('processed_twice_readme'):14} {total('processed_twice_transaction'):11}"
            f" {total('out_of_order'):13}  {', '.join(str(outcome.seed) for outcome in of_it)}"
        )
    print(
        "\ntold: promised by the journal; received: by the README's subscriber; lost: promised and not kept, or kept and\n"
        "missing at either consumer; copies: came again at a plain subscriber that was never killed; twice: printed again\n"
        "because the kill came between printing and remembering, and the same where both are one transaction."
    )


async def run(*arguments: str) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks delivery")
    parser.add_argument("--broker", choices=ENGINES, action="append")
    parser.add_argument("--kills", type=int, default=20, help="per broker")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log", type=Path, help="a file to which each run appends a line")
    wishes = parser.parse_args(arguments)
    outcomes = []
    for broker in wishes.broker or ENGINES:
        outcome = await run_one(broker, wishes.kills, wishes.seed)
        outcomes.append(outcome)
        print(json.dumps(asdict(outcome)), flush=True)
        if wishes.log is not None:
            with wishes.log.open("a") as log:
                log.write(json.dumps(asdict(outcome)) + "\n")
    if wishes.log is not None:
        outcomes = [Outcome(**json.loads(line)) for line in wishes.log.read_text().splitlines()]
    table(outcomes)
