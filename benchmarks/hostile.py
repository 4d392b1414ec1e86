"""A million hostile messages on the command side: nothing breaks, nothing happens, nothing is remembered.

    python -m benchmarks hostile            (MESSAGES=100000 SEED=2 in the environment: fewer, and others)

The whole gateway, with its journal and its units in virtual time, is connected to a broker that is played. What arrives is
made from right requests of every kind, each spoiled in a way that must keep it out: another topic, bytes changed, fields
added, taken away, or of another type; too large, too deep, retained, expired, for a unit that is not there. And there are
bytes that never were a request. An answer may only say that it was refused, but for wishes for less current, which need
nobody's permission. Afterwards a right request must still be carried out.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.clinic import CONFIG, Clinic, clinic

from benchmarks.processes import resident_mb
from ptdevice.mqtt.kinds import REQUESTS
from ptdevice.mqtt.topics import Arrival
from ptdevice_sim import virtual_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice.mqtt.topics import Message

MESSAGES = int(os.environ.get("MESSAGES", "1000000"))
SEED = int(os.environ.get("SEED", "1"))
PREFIX = "ptdevice-sim/v1/clinic-a/pi-1"
LESS = frozenset({"stop", "stop_all", "pause", "lower"})  # however it is spoiled, a wish for less current is one
UNITS = ("chest", "back", "gateway", "ghost", "", "..", "+", "#")
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 2**63, 2**200, 1e308, "", "x" * 300, "\u0000", "\ud800", "../../etc/passwd", "$SYS",
    [], {}, [[]], {"a": 1},
)  # fmt: skip


class Attacker:
    """Makes messages that must be kept out."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._number = 0
        self._ways: tuple[Callable[[], Arrival], ...] = (
            self.noise,
            self.stray_topic,
            self.flipped,
            self.truncated,
            self.unknown_field,
            self.wrong_value,
            self.missing_field,
            self.too_large,
            self.too_deep,
            self.retained,
            self.expired,
            self.nobody,
            self.twice_the_key,
        )

    def next(self) -> Arrival:
        return self._rng.choice(self._ways)()

    def _request(self) -> tuple[str, dict[str, Any]]:
        """A topic and a body that would nearly do."""
        self._number += 1
        target, _, name = self._rng.choice(list(REQUESTS)).partition("/")
        unit = target if target == "gateway" else self._rng.choice(("chest", "back"))
        body: dict[str, Any] = {"id": f"r{self._number}", "requester": "mallory"}
        if self._rng.random() < 0.5:
            body |= {"rating": 3, "moment": "before", "exercise": "sit_up", "target": 10}
        return f"{PREFIX}/cmd/{unit}/{name}", body

    def _arrival(self, topic: str, body: object, **more: Any) -> Arrival:
        response = self._rng.choice((None, None, f"{PREFIX}/res/mallory", f"{PREFIX}/evt/pain", "\ufffe", "a/#"))
        correlation = self._rng.choice((None, b"", self._rng.randbytes(self._rng.randrange(300))))
        return Arrival(
            topic,
            body
            if isinstance(body, bytes)
            else json.dumps(body, ensure_ascii=self._rng.random() < 0.9).encode("utf-8", "replace"),
            response_topic=response,
            correlation=correlation,
            **more,
        )

    def noise(self) -> Arrival:
        return self._arrival(self._request()[0], self._rng.randbytes(self._rng.randrange(600)))

    def stray_topic(self) -> Arrival:
        parts = [
            self._rng.choice((*UNITS, "cmd", "begin_set", "x" * 70, "\u202e", "CHEST"))
            for _ in range(self._rng.randrange(7))
        ]
        return self._arrival(
            "/".join((self._rng.choice((PREFIX, "ptdevice/v1/clinic-a/pi-1", "", "$SYS")), "cmd2", *parts)),
            self._request()[1],
        )

    def flipped(self) -> Arrival:
        _, body = self._request()
        raw = bytearray(json.dumps(body).encode())
        for _ in range(self._rng.randrange(1, 6)):
            raw[self._rng.randrange(len(raw))] = self._rng.randrange(256)
        return self._arrival(f"{PREFIX}/cmd/ghost/begin_set", bytes(raw))

    def truncated(self) -> Arrival:
        topic, body = self._request()
        raw = json.dumps(body).encode()
        return self._arrival(topic, raw[: self._rng.randrange(len(raw))])

    def unknown_field(self) -> Arrival:
        topic, body = self._request()
        return self._arrival(
            topic,
            body | {self._rng.choice(("start", "level", "current_ma", "__class__", "")): self._rng.choice(VALUES)},
        )

    def wrong_value(self) -> Arrival:
        topic, body = self._request()
        return self._arrival(
            topic, body | {self._rng.choice(("id", "requester", "expires_at")): self._rng.choice(VALUES[1:])}
        )

    def missing_field(self) -> Arrival:
        topic, body = self._request()
        body.pop(self._rng.choice(("id", "requester")))
        return self._arrival(topic, body)

    def too_large(self) -> Arrival:
        topic, body = self._request()
        return self._arrival(topic, body | {"requester": "x" * self._rng.randrange(4096, 20_000)})

    def too_deep(self) -> Arrival:
        depth = self._rng.randrange(100, 2000)
        return self._arrival(self._request()[0], b"[" * depth + b"]" * self._rng.randrange(depth))

    def retained(self) -> Arrival:
        topic, body = self._request()
        return self._arrival(topic, body, retain=True)

    def expired(self) -> Arrival:
        topic, body = self._request()
        return self._arrival(
            topic, body | {"expires_at": self._rng.choice(("2001-01-01T00:00:00Z", "soon", "2026-13-01T00:00:00Z"))}
        )

    def nobody(self) -> Arrival:
        topic, body = self._request()
        name = topic.rpartition("/")[2]
        return self._arrival(f"{PREFIX}/cmd/{self._rng.choice(UNITS[3:])}/{name}", body)

    def twice_the_key(self) -> Arrival:
        topic, body = self._request()
        return self._arrival(topic, json.dumps(body)[:-1].encode() + b', "id": 7, "id": []}')


def note(answers: Counter[str], message: Message) -> None:
    """Answers go where answers go, and nowhere else."""
    assert message.topic.startswith(f"{PREFIX}/res/"), message.topic
    answer = json.loads(message.payload)
    less = answer["command"].rpartition("/")[2] in LESS
    assert less or answer["state"] == "refused", answer
    answers[f"{answer['state']}: {answer['rule']}{' (a wish for less)' if less else ''}"] += 1


async def attack(inside: Clinic, messages: int) -> tuple[Counter[str], list[float]]:
    """What was answered, and the memory in MiB after each tenth.

    Each message goes where the courier hands it: to what is urgent, then to the desk. One in a hundred comes the whole way,
    through the session and the courier's queue.
    """
    attacker = Attacker(random.Random(SEED))  # noqa: S311 - reproducible, not secret
    courier, answers, memory = inside.gateway.courier, Counter[str](), list[float]()
    inside.broker.latency_s = 0.0
    for number in range(messages):
        arrival = attacker.next()
        if number % 100 == 0:
            inside.broker.ask(arrival)
            await asyncio.sleep(0)
        elif not courier._express.take(arrival):  # noqa: SLF001 - as it does itself
            answer = await courier._handlers[courier._listen](arrival)  # noqa: SLF001
            if answer is not None:
                note(answers, answer)
        for message in inside.broker.heard:
            assert "/evt/" not in message.topic, message
            if "/res/" in message.topic:
                note(answers, message)
        inside.broker.heard.clear()
        if number % max(messages // 10, 1) == 0:
            memory.append(resident_mb(os.getpid()))
    await asyncio.sleep(1)
    return answers, memory


async def story(folder: Path) -> None:
    async with clinic(folder, config=CONFIG.replace("motion = true", "motion = false"), sets=()) as inside:
        await inside.until(lambda: inside.heard("/unit/chest/state"), within_s=60)
        await asyncio.sleep(120)
        rows = inside.journal.rows
        progress = inside.gateway.courier.progress
        await attack(inside, min(20_000, MESSAGES))  # so that every pool is as full as it gets
        began = time.perf_counter()
        answers, memory = await attack(inside, MESSAGES)
        took = time.perf_counter() - began
        assert progress.requests > 0
        assert progress.requests_dropped == 0
        assert inside.journal.rows == rows, "something was recorded"
        inside.broker.ask(
            Arrival(f"{PREFIX}/cmd/chest/rate_pain", b'{"id":"good","requester":"nurse","rating":2,"moment":"before"}')
        )
        await inside.until(lambda: inside.records("pain"), within_s=10)
        (good,) = inside.said("/res/nurse")
        assert good["state"] == "done"
    print(f"{MESSAGES:,} messages in {took:.0f} s ({took / MESSAGES * 1e6:.0f} us each); nothing was recorded")
    for answer, count in answers.most_common():
        print(f"  {count:>9,}  {answer}")
    print(f"  {MESSAGES - answers.total():>9,}  not answered: nobody could be told")
    print("resident, MiB, after each tenth: " + " ".join(f"{each:.1f}" for each in memory))


async def run() -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        await asyncio.to_thread(lambda: virtual_time.run(story(Path(folder))))  # virtual time has a loop of its own
