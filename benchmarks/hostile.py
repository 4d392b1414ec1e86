"""A million hostile messages on the command side: nothing breaks, nothing happens, nothing is remembered.

    python -m benchmarks hostile            (MESSAGES=100000 SEED=2 in the environment: fewer, and others)

The whole gateway, with its journal and its units in virtual time, is connected to a broker that is played. What arrives is
made from right requests of every kind, each spoiled in a way that must keep it out: another topic, bytes changed, fields
added, taken away, or of another type; too large, too deep, retained, expired, for a unit that is not there. And there are
bytes that never were a request. An answer may only say that it was refused. Afterwards a right request must still be carried
out.
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

MESSAGES = int(os.environ.get("MESSAGES", "1000000"))
SEED = int(os.environ.get("SEED", "1"))
AT_ONCE = 8  # the gateway's queue has room for 16; what it drops unread would prove nothing
PREFIX = "ptdevice-sim/v1/clinic-a/pi-1"
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


async def attack(inside: Clinic, messages: int) -> tuple[Counter[str], list[float]]:
    """What was answered, and the memory in MiB after each tenth."""
    attacker = Attacker(random.Random(SEED))  # noqa: S311 - reproducible, not secret
    broker, progress, answers, memory = inside.broker, inside.gateway.courier.progress, Counter[str](), []
    broker.latency_s = 0.0
    for number in range(0, messages, AT_ONCE):
        for _ in range(AT_ONCE):
            broker.ask(attacker.next())
        while progress.requests + progress.requests_dropped < number + AT_ONCE:  # noqa: ASYNC110 - virtual time: a turn of the loop
            await asyncio.sleep(0)
        for message in broker.heard:
            if "/res/" in message.topic:
                assert message.topic.startswith(f"{PREFIX}/res/"), message.topic
                answer = json.loads(message.payload)
                answers[f"{answer['state']}: {answer['rule']}"] += 1
            assert "/evt/" not in message.topic, message
        broker.heard.clear()
        if number // AT_ONCE % max(messages // AT_ONCE // 10, 1) == 0:
            memory.append(resident_mb(os.getpid()))
    return answers, memory


async def story(folder: Path) -> None:
    async with clinic(folder, config=CONFIG.replace("motion = true", "motion = false"), sets=()) as inside:
        await inside.until(lambda: inside.heard("/unit/chest/state"), within_s=60)
        await asyncio.sleep(120)
        rows = inside.journal.rows
        progress = inside.gateway.courier.progress
        await attack(inside, 20_000 if MESSAGES > 20_000 else 800)  # so that every pool is as full as it gets
        began, before = time.perf_counter(), progress.requests
        progress.requests = progress.requests_dropped = 0
        answers, memory = await attack(inside, MESSAGES)
        took = time.perf_counter() - began
        assert before > 0
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
    assert set(answers) == {answer for answer in answers if answer.startswith("refused")}, answers


async def run() -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        await asyncio.to_thread(lambda: virtual_time.run(story(Path(folder))))  # virtual time has a loop of its own
