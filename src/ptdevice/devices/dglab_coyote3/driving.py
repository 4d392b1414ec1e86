"""What to send a Coyote V3 next: every 100 ms a frame with the waves of the next 100 ms, and strengths where they must change.

A wave sounds at the strength that the unit has. So a channel is muted, the way the vendor says, while its strength is not known
or may be above what was admitted: until the unit has told that it is not. Nothing of an output is ever sent ahead. The
unit's own limits follow what is admitted, by HAND_ROOM more.

A change of strength carries a sequence, and the next one waits until the unit has told that sequence, as the vendor wants, or
until ACK_S have passed. Strengths are absolute, so that a change whose answer was lost may be sent again. The stop has a
sequence of its own, so that its answer is known from others.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from ptdevice.devices.approach import Approach
from ptdevice.devices.dglab_coyote3 import wire
from ptdevice.devices.tellable import insist, untellable
from ptdevice.link import Write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice.model.command import Admitted, Wish

CHANNELS = ("a", "b")
# Asked so often, so that a packet which comes between shifts no frame by much; a frame is sent where the last is nearly over.
REFRESH_S = wire.WINDOW_S / 4
FRAME_S = wire.WINDOW_S - 0.005
ACK_S = 0.5  # an answer takes a few connection intervals
STREAM_S = 0.5  # a channel whose last wave is older is not driven any more; a wave may be late or muted for once
HAND_ROOM = 1  # so far above what is admitted a wheel can turn, so that a hand is told; a strength above it is muted
LIMIT_S = 2.0  # where nothing is known so long after limits were written, their answer is lost: they are written again
SEQUENCE_MAX = 15
STOP_SEQUENCE = 1  # as in the vendor's example; ours are the others
FULL = (100,) * wire.SLOTS
MUTED = wire.Wave((0,) * wire.SLOTS, (0, 0, 0, 101))  # the vendor's way: one intensity that there is not
RATES_HZ = (1.0, 100.0)  # periods of 10 to 1000 ms
# Limits are written together with four balances, which nobody can ask for: what other programs write (dg-mcp).
BALANCES = (160, 160, 0, 0)

# Both strengths absolute and 0, both channels muted. Derived from the vendor's layout, and its example of a strength of 0.
STOP = Write("write", wire.drive_frame(wire.Drive(STOP_SEQUENCE, (wire.ABSOLUTE,) * 2, (0, 0), (MUTED, MUTED))))
# Limits of 0, whose answer proves that both strengths are 0; then room for a hand to be felt.
OPENING = tuple(Write("write", wire.limits_frame((limit, limit), BALANCES)) for limit in (0, HAND_ROOM))


def objection(wish: Wish) -> str | None:
    """Why a Coyote cannot be told this."""
    if wish.rate_hz is None or not RATES_HZ[0] <= wish.rate_hz <= RATES_HZ[1]:
        return f"rate_hz must be {RATES_HZ[0]:g} to {RATES_HZ[1]:g}"
    return untellable(wish, wire.STRENGTH_MAX, channels=CHANNELS, settings={"rate_hz"})


class Driving:
    """One connection's worth of frames."""

    def __init__(self) -> None:
        self.begun = False  # somebody commands
        self._approaches = (Approach(), Approach())
        self._wanted: list[Admitted | None] = [None, None]
        self._limits = (HAND_ROOM, HAND_ROOM)  # as written last
        self._cuts: deque[tuple[float, tuple[int, int]]] = deque(maxlen=4)  # the last of them, and when
        self._opened_at = float("-inf")
        self._pending: int | None = None  # the sequence that was sent and not told yet
        self._sent = (0, 0)  # the strengths that were sent with it
        self._changed_at = float("-inf")
        self._sequence = STOP_SEQUENCE
        self._sounded_at = [float("-inf")] * 2
        self._framed_at = float("-inf")
        self._levels = [0, 0]  # as they were admitted for the last frame

    # --- what is known ---

    def strengths(self, at: float, sequence: int, levels: Sequence[int]) -> list[bool]:
        """The unit's strengths. Returns of which channel a hand changed it.

        Where we have just written limits, strengths that fell were cut by them.
        """
        before = [approach.level for approach in self._approaches]
        cuts = [limits for when, limits in self._cuts if at - when < ACK_S]
        ours = sequence == self._pending
        if ours:
            self._pending = None
        by_hand = [
            sequence == 0
            and old is not None
            and (new > old or (new < old and all(new != cut[channel] for cut in cuts)))
            for channel, (old, new) in enumerate(zip(before, levels, strict=True))
        ]
        for approach, level, hand in zip(self._approaches, levels, by_hand, strict=True):
            approach.heard(level, ours=ours, by_hand=hand)
        return by_hand

    def limits(self, limits: Sequence[int]) -> bool:
        """The unit's limits, as it tells them when they were written. True where they prove that both strengths are 0."""
        self.begun = True
        if any(limits):
            return False
        for approach in self._approaches:
            approach.heard(0)
        return True

    def forget(self) -> None:
        """What was known is over."""
        for approach in self._approaches:
            approach.level = None

    def sounds(self, channel: int, now: float) -> bool:
        """Whether waves of ours are on their way to this channel."""
        return now - self._sounded_at[channel] < STREAM_S

    # --- what follows from it ---

    def encode(self, admitted: Admitted, now: float) -> list[Write]:
        """The frame for the next 100 ms, of both channels as they were admitted last. Raises RefusedError."""
        insist(objection, admitted.wish)
        assert admitted.wish.channel is not None  # there is an objection to that
        if not admitted.at <= now < admitted.until:
            return []
        self.begun = True
        self._wanted[CHANNELS.index(admitted.wish.channel)] = admitted
        wished = (self._wished(0, now), self._wished(1, now))
        levels = [wish.level if wish else 0 for wish in wished]
        lower = any(level < before for level, before in zip(levels, self._levels, strict=True))
        for approach, level in zip(self._approaches, levels, strict=True):
            approach.wants(level, now)
        if now - self._framed_at < FRAME_S and not lower:
            return []
        self._framed_at, self._levels = now, levels
        unknown = any(approach.level is None for approach in self._approaches)
        if unknown and now - self._opened_at >= LIMIT_S:
            self._opened_at, self._limits = now, (HAND_ROOM, HAND_ROOM)
            return list(OPENING)
        a, b = (min(level + HAND_ROOM, wire.STRENGTH_MAX) for level in levels)
        limits = [] if (a, b) == self._limits else [self._limit((a, b), now)]
        waves = (self._wave(0, wished[0], now), self._wave(1, wished[1], now))
        return [*limits, Write("write", wire.drive_frame(self._drive(waves, unknown=unknown, now=now)))]

    # --- inside ---

    def _wished(self, channel: int, now: float) -> Wish | None:
        admitted = self._wanted[channel]
        return admitted.wish if admitted is not None and admitted.at <= now < admitted.until else None

    def _limit(self, limits: tuple[int, int], now: float) -> Write:
        self._limits = limits
        self._cuts.append((now, limits))
        return Write("write", wire.limits_frame(limits, BALANCES))

    def _drive(self, waves: tuple[wire.Wave, wire.Wave], *, unknown: bool, now: float) -> wire.Drive:
        keep = wire.Drive(0, (wire.KEEP,) * 2, (0, 0), waves)
        if self._pending is not None and now - self._changed_at < ACK_S:
            return keep
        told = [approach.level or 0 for approach in self._approaches]
        if self._pending is not None and any(sent < level for sent, level in zip(self._sent, told, strict=True)):
            self._pending = None
            self.forget()  # a lower strength that is not told: nothing is known, and limits of 0 will show
            return keep
        if self._pending is not None and list(self._sent) != told:
            # A higher strength that is not told: it was not heard, or its answer was not, and what is there already is not told
            # again. What was told last is sent once more: if that changes something it is told, and if not, it is so.
            targets = told
        else:
            targets = [0 if unknown else approach.next(now) or 0 for approach in self._approaches]
            if targets == told and not unknown:
                self._pending = None
                return keep
        self._sequence = self._sequence + 1 if self._sequence < SEQUENCE_MAX else STOP_SEQUENCE + 1
        self._pending, self._changed_at, self._sent = self._sequence, now, (targets[0], targets[1])
        return wire.Drive(self._sequence, (wire.ABSOLUTE,) * 2, self._sent, waves)

    def _wave(self, channel: int, wish: Wish | None, now: float) -> wire.Wave:
        approach = self._approaches[channel]
        if wish is None or wish.rate_hz is None or not wish.level or approach.level is None:
            return MUTED
        may_be = approach.level if self._pending is None else max(approach.level, self._sent[channel])
        if may_be > approach.allowed:
            return MUTED
        self._sounded_at[channel] = now
        return wire.Wave((wire.period_code(1000 / wish.rate_hz),) * wire.SLOTS, FULL)
