"""Messages as a gateway says them, written by its own contract, for tests that need a log and no gateway."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from ptdevice.journal import uuid7
from ptdevice.latest import Known
from ptdevice.model import Repetition
from ptdevice.mqtt import topics
from ptdevice_sim.clinic.log import Said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ptdevice import model

START_NS = 1_790_000_000_000_000_000
NAMES = topics.Names("clinic-a", "pi-1", simulated=True)


class Pen:
    """Writes down what a gateway says. Another seed: other ids, and nothing else."""

    def __init__(self, seed: int = 1) -> None:
        self.said: list[Said] = []
        self._rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
        self._sequence = 0
        self.boot = self.new_id(0.0)
        self.epoch = self.new_id(0.0)

    def new_id(self, t_s: float) -> str:
        return uuid7(START_NS + round(t_s * 1e9), self._rng.getrandbits)

    def stamp(self, t_s: float) -> topics.Stamp:
        return topics.Stamp(self.boot, START_NS + round(t_s * 1e9), t_s, synced=True)

    def say(self, t_s: float, message: topics.Message) -> None:
        self.said.append(Said(t_s, message.topic, message.payload, message.qos, message.retain))

    def record(self, t_s: float, record: model.Record, unit: str | None = None) -> None:
        self._sequence += 1
        draft = topics.draft(record, unit=unit, subject="k3f7q" if unit else None, stamp=self.stamp(t_s))
        self.say(t_s, topics.event(NAMES, topics.Entry(self._sequence, self.new_id(t_s), self.epoch, draft)))

    def repetition(
        self, index: int, set_id: str, *, start: float, range_deg: int = 62, exercise: str = "sit_up"
    ) -> None:
        self.record(
            start + 3.0,
            Repetition(
                set_id, exercise, index, start, start + 1.3, start + 2.8, range_deg, (1.2, 0.3, 1.3), True, 0.97
            ),
            "chest",
        )

    def status(self, t_s: float, state: str, *, version: str = "0.1.0") -> None:
        self.say(
            t_s,
            topics.status(NAMES, state, boot_id=self.boot, version=version, time=self.stamp(t_s).rfc3339()),  # type: ignore[arg-type]
        )

    def availability(self, t_s: float, unit: str, state: str, code: str | None = None) -> None:
        message = topics.availability(
            NAMES, unit, state, code=code, text=None, at=t_s, stamp=self.stamp(t_s)  # type: ignore[arg-type]
        )  # fmt: skip
        self.say(t_s, message)

    def state(self, t_s: float, unit: str, values: Mapping[str, object]) -> None:
        known = {name: Known(value, t_s) for name, value in values.items()}
        self.say(t_s, topics.state(NAMES, unit, known, stamp=self.stamp(t_s)))


def two_sets(seed: int = 1, *, version: str = "0.1.0", shift_s: float = 0.0) -> list[Said]:
    """Online, a set of three and a set of two repetitions, a state here and there, offline."""
    pen = Pen(seed)
    pen.status(0.1, "online", version=version)
    pen.availability(0.1, "chest", "unknown", "starting")
    pen.availability(2.0, "chest", "online")
    for number, (start, count) in enumerate([(10.0, 3), (60.0, 2)]):
        set_id = pen.new_id(start)
        for i in range(count):
            pen.repetition(i + 1, set_id, start=start + shift_s + 4 * i, range_deg=60 + number + i)
        pen.state(start + 20, "chest", {"heart_rate_bpm": 80 + number})
    pen.status(100.0, "offline", version=version)
    return pen.said
