"""What is done about an adapter that seems not to work, and in which order. Pure: a table, and who reads it.

Silence alone is no proof, for nobody may be near: it has the scanner built anew, and where somebody was heard within the hour
the adapter is switched off and on *once*. A link that holds and is mute, and operations that are refused as "in progress"
over and over, are proof; they climb further. Every rung asks the one below to have failed, has a deadline, and ends the
moment the contrary of the doubt is seen. What nothing here can mend is told with what a person has to do, and tried again
slowly for ever. What a person switched off stays off until a person switches it on.

What cannot happen, whatever happens (each is searched exhaustively by a test): an adapter is switched off and on only after it
was asked and its scanner was built anew, and reset only after that; a sign of life leads to `well` from everywhere; every
state but `well` is left, or looked at anew, by time alone.
"""

from __future__ import annotations

from collections import deque
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from ptdevice.ble.doubts import Doubt, Evidence, Patience

if TYPE_CHECKING:
    from ptdevice.errors import Code


class State(StrEnum):
    """Where an adapter stands."""

    WELL = "well"  # nothing says otherwise
    DOUBTED = "doubted"  # something does: what can be asked is asked
    LISTENING = "listening"  # its scanner was built anew
    CYCLED = "cycled"  # it was switched off and on
    RESET = "reset"  # it was reset by way of the kernel's management interface
    STUCK = "stuck"  # all that may be done was done
    ALONE = "alone"  # nobody is heard, and nothing proves that it is the adapter's fault
    OFF = "off"  # switched off, by whomever
    BLOCKED = "blocked"  # by rfkill, by a program's word
    BARRED = "barred"  # by rfkill, by a switch of the machine
    GONE = "gone"  # BlueZ knows no such adapter
    NO_BLUETOOTHD = "no_bluetoothd"  # it does not run, does not answer, or does not talk to this user
    NO_DBUS = "no_dbus"


class Seen(StrEnum):
    """What moves it."""

    DOUBT = "doubt"
    SIGN = "sign"  # the contrary of the doubt was seen
    SOUND = "sound"  # asked: bluetoothd answers, the adapter is there, and it is on
    OFF = "off"  # asked, and so on
    BLOCKED = "blocked"
    BARRED = "barred"
    GONE = "gone"
    NO_BLUETOOTHD = "no_bluetoothd"
    NO_DBUS = "no_dbus"
    LATE = "late"  # the time of the state is over
    UNPROVEN = "unproven"  # likewise; and what is doubted is silence, of which no more can be made
    REFUSED = "refused"  # the rung may not be taken, or there is none


class Rung(StrEnum):
    """What is to be done on entering a state."""

    PROBE = "probe"
    REBUILD = "rebuild"
    CYCLE = "cycle"
    RESET = "reset"


HOUR_S = 3600.0
S, O = State, Seen  # noqa: E741 - for a table

# What an answer to a probe says, whatever was believed before.
FAULTS: dict[Seen, State] = {
    O.OFF: S.OFF,
    O.BLOCKED: S.BLOCKED,
    O.BARRED: S.BARRED,
    O.GONE: S.GONE,
    O.NO_BLUETOOTHD: S.NO_BLUETOOTHD,
    O.NO_DBUS: S.NO_DBUS,
}
ABSENT = frozenset(FAULTS.values())  # nothing can be scanned or connected there

# Every pair that is not here leaves the state as it is.
TABLE: dict[tuple[State, Seen], State] = {
    (S.WELL, O.DOUBT): S.DOUBTED,
    (S.DOUBTED, O.SOUND): S.LISTENING,
    (S.LISTENING, O.LATE): S.CYCLED,
    (S.LISTENING, O.REFUSED): S.STUCK,
    (S.LISTENING, O.UNPROVEN): S.ALONE,
    (S.CYCLED, O.LATE): S.RESET,
    (S.CYCLED, O.REFUSED): S.STUCK,
    (S.CYCLED, O.UNPROVEN): S.ALONE,
    (S.RESET, O.LATE): S.STUCK,
    (S.RESET, O.REFUSED): S.STUCK,
    (S.STUCK, O.LATE): S.DOUBTED,  # the whole way again, slowly
    (S.ALONE, O.LATE): S.DOUBTED,
    (S.ALONE, O.DOUBT): S.DOUBTED,  # a harder one
    **{(state, seen): fault for state in State for seen, fault in FAULTS.items() if state is not fault},
    **{(state, O.SOUND): S.WELL for state in ABSENT},
    **{(state, O.SIGN): S.WELL for state in State if state is not S.WELL},
}
ENTERED: dict[State, Rung] = {
    S.DOUBTED: Rung.PROBE,
    S.LISTENING: Rung.REBUILD,
    S.CYCLED: Rung.CYCLE,
    S.RESET: Rung.RESET,
}


# How long each state may last until it is LATE. WELL lasts.
LASTS: dict[State, str] = {
    S.DOUBTED: "look_s",  # each question has a deadline of its own, so this is never reached
    S.LISTENING: "listening_s",
    S.CYCLED: "cycled_s",
    S.RESET: "reset_s",
    S.STUCK: "again_s",
    S.ALONE: "again_s",
    **dict.fromkeys(ABSENT, "absent_s"),
}

CODES: dict[State, Code] = {
    S.STUCK: "adapter_stuck",
    S.ALONE: "adapter_silent",
    S.OFF: "adapter_off",
    S.BLOCKED: "rfkill_soft",
    S.BARRED: "rfkill_hard",
    S.GONE: "no_adapter",
    S.NO_BLUETOOTHD: "bluetoothd_away",
    S.NO_DBUS: "dbus_away",
}


def after(state: State, seen: Seen) -> State:
    """Where this leads."""
    return TABLE.get((state, seen), state)


class Trouble(NamedTuple):
    """What is told of an adapter: the code, since when (gateway seconds), what it seems to be, and what was done or refused."""

    code: Code
    since: float
    doubt: Doubt | None = None
    tried: tuple[Rung, ...] = ()
    why: str | None = None


class Ladder:
    """One adapter's. Whoever takes its rungs tells it what came of them; `evidence` is told what happens on the air."""

    def __init__(self, now: float, evidence: Evidence | None = None, patience: Patience | None = None) -> None:
        self.patience = patience or Patience()
        self.evidence = evidence or Evidence()
        self.state = State.WELL
        self.trouble: Trouble | None = None
        self._since = now  # in this state
        self._asked_at = float("-inf")
        self._waited_s = 0.0  # had been waited for somebody, when this state began
        self._doubt: Doubt | None = None
        self._doubted_at = now
        self._tried: list[Rung] = []
        self._cycles: deque[float] = deque(maxlen=self.patience.cycles_per_hour)

    def look(self, now: float, *, wanted: bool) -> Rung | None:
        """Time has passed; `wanted`: somebody waits for a unit. What is to be done now."""
        self.evidence.want(now, wanted=wanted)
        harder = self.evidence.doubt(now, self.patience)
        if self._signed():
            return self._step(Seen.SIGN, now)
        if harder is not None and (self._doubt is None or harder > self._doubt) and self.state not in ABSENT:
            self._doubt, self._doubted_at = harder, now
            if after(self.state, Seen.DOUBT) is not self.state:
                return self._step(Seen.DOUBT, now)
        if self.state is State.WELL or self.state in ABSENT:
            return self._ask(now)
        if not self._is_over(now):
            return None
        seen = self._late(now)
        often = f"it was switched off and on {self.patience.cycles_per_hour} times within the hour"
        return self._step(seen, now, often if seen is Seen.REFUSED else None)

    def probed(self, seen: Seen, now: float, why: str | None = None) -> Rung | None:
        """It was asked how it is: SOUND, or one of FAULTS."""
        self._asked_at = now
        return self._step(seen, now, why)

    def cycled(self, now: float) -> None:
        """It was switched off, and on again."""
        self._since, self._waited_s = now, self.evidence.waited_s
        self._cycles.append(now)
        self._tried.append(Rung.CYCLE)

    def was_reset(self, now: float) -> None:
        """It was reset by way of the management interface."""
        self._since, self._waited_s = now, self.evidence.waited_s
        self._tried.append(Rung.RESET)

    def refused(self, now: float, why: str | None) -> Rung | None:
        """The rung may not be taken, or there is none."""
        return self._step(Seen.REFUSED, now, why)

    # --- inside ---

    def _signed(self) -> bool:
        if self.state is State.WELL:
            return False
        if self.state in ABSENT:
            return self.evidence.heard_since(self._since)
        return self._doubt is None or self.evidence.against(self._doubt, self._doubted_at)

    def _ask(self, now: float) -> Rung | None:
        """An adapter that is heard on need not be asked how it is; one that refuses as if it were off is asked at once."""
        pause_s = self.patience.absent_s if self.state in ABSENT else self.patience.look_s
        due = now - self._asked_at >= pause_s and not self.evidence.heard_since(now - pause_s)
        if not due and not self.evidence.unavailable_since(self._asked_at):
            return None
        self._asked_at = now
        return Rung.PROBE

    def _is_over(self, now: float) -> bool:
        """Whether the state has had its time, and its rung was put to the test: somebody listened as long, or tried again."""
        lasts_s: float = getattr(self.patience, LASTS[self.state])
        if now - self._since < lasts_s:
            return False
        if self._doubt is None or self.state not in {State.LISTENING, State.CYCLED, State.RESET}:
            return True
        if self._doubt in {Doubt.SILENCE, Doubt.MUTE}:
            return self.evidence.waited_s - self._waited_s >= lasts_s
        return self.evidence.tried(self._doubt, self._since)

    def _late(self, now: float) -> Seen:
        if self._doubt is Doubt.SILENCE:
            if self.state is State.CYCLED:
                return Seen.UNPROVEN
            if self.state is State.LISTENING and not self._odd():
                return Seen.UNPROVEN
        if self.state is State.LISTENING and self._cycles_within(now) >= self.patience.cycles_per_hour:
            return Seen.REFUSED
        return Seen.LATE

    def _odd(self) -> bool:
        """Whether silence is worth one switching off and on: somebody was heard within the hour, and not one since then."""
        heard_at = self.evidence.heard_at
        if heard_at is None or self._doubted_at - heard_at > self.patience.memory_s:
            return False
        return not self._cycles or self._cycles[-1] < heard_at

    def _cycles_within(self, now: float) -> int:
        return sum(now - at < HOUR_S for at in self._cycles)

    def _step(self, seen: Seen, now: float, why: str | None = None) -> Rung | None:
        before, self.state = self.state, after(self.state, seen)
        if self.state is before:
            return None
        self._since, self._waited_s = now, self.evidence.waited_s
        if self.state is State.WELL:
            self.trouble, self._doubt, self._tried = None, None, []
            self.evidence.forget()
            return Rung.REBUILD if before in ABSENT and seen is Seen.SOUND else None
        code = CODES.get(self.state)
        if code is not None:
            since = self.trouble.since if self.trouble is not None and self.trouble.code == code else now
            self.trouble = Trouble(code, since, self._doubt, tuple(self._tried), why)
            self._tried = []
        return ENTERED.get(self.state)
