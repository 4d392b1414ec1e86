"""A meter that says what a test wants it to say."""

from __future__ import annotations

from dataclasses import dataclass, field

from ptdevice.model import Event, MotionSamples, Record, SetEnd, SetProgress


@dataclass
class Told:
    """A meter that was told."""

    armed: bool = False
    count: int = 0
    target: int | None = None
    over: SetEnd | None = None
    calls: list[str] = field(default_factory=list)
    exercise: str = "sit_up"
    step: int = 1
    idle_s: float = 60.0
    set_id: str | None = None

    @property
    def progress(self) -> SetProgress:
        return SetProgress(self.exercise, "resting" if self.armed else "waiting", self.count, None, None, self.target)

    @property
    def done(self) -> int:
        return self.count

    def listens(self, event: Event) -> bool:
        return isinstance(event, MotionSamples)

    def hear(self, event: Event) -> list[Record]:
        self.calls.append(f"hear {event.at:g}")
        return []

    def tick(self, now: float) -> list[Record]:
        self.calls.append(f"tick {now:g}")
        return []

    def ended(self, records: list[Record]) -> SetEnd | None:
        assert records == []
        return self.over

    def finish(self, now: float, reason: SetEnd) -> list[Record]:
        self.calls.append(f"finish {now:g} {reason}")
        return []

    def sensor_lost(self, now: float) -> list[Record]:
        self.calls.append(f"lost {now:g}")
        return []

    def pause(self) -> list[Record]:
        self.calls.append("pause")
        return []

    def resume(self) -> None:
        self.calls.append("resume")
