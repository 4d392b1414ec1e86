"""One gateway as a consumer knows it: its records in their lines, and what to ask of it. The time is an argument.

Where this consumer's word counts, it reports on `ack`, and the report asks by itself. Elsewhere it asks for ranges by `resend`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from ptdevice.client.line import ROOM, Line
from ptdevice.mqtt import contract
from ptdevice.mqtt.contract.delivery import GAPS
from ptdevice.mqtt.topics import Message

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice.client.line import Span
    from ptdevice.client.record import Record

EPOCHS = 8  # a gateway gets a new one when its journal was lost; more than these at once are nonsense
CHUNK = 500  # records asked for at once
SETTLE_S = 1.0  # on a new connection: what the gateway is just sending anyway need not be asked for
RETRY_S = 5.0  # then longer each time
RETRY_MAX_S = 60.0
REPEAT_S = 2.0  # a report with gaps is said again after this
IDLE_S = 30.0  # and any report after this, for what a broker lost without anybody noticing


class Peer:
    """`gateway` is the start of its topics; `me` the consumer's name; `start` where an epoch begins that was never met."""

    def __init__(self, gateway: str, me: str, start: Literal["oldest", "now"], new_id: Callable[[], str]) -> None:
        self.gateway = gateway
        self.lines: dict[str, Line[Record]] = {}
        self.delivery: contract.Delivery | None = None
        self._me, self._start, self._new_id = me, start, new_id
        self.connected()

    def connected(self) -> None:
        """There is a new connection to the broker: what was on its way is lost."""
        self._fresh = self._due = True
        self._settled_at: float | None = None
        self._reported: tuple[int, int, list[Span]] | None = None
        self._reported_at = 0.0
        self._asked: Span | None = None
        self._retry_at, self._retry_s = 0.0, RETRY_S
        self._waiting: dict[str, float] = {}  # since when a line waits

    def make_room(self) -> bool:
        """Whether there is room for another line; one of an epoch that is over gives way where nothing of it waits."""
        if len(self.lines) < EPOCHS:
            return True
        current = self.delivery.epoch if self.delivery else None
        idle = [epoch for epoch, line in self.lines.items() if epoch != current and not line.held and line.out is None]
        for epoch in idle[:1]:
            del self.lines[epoch]
        return bool(idle)

    def hear(self, delivery: contract.Delivery) -> None:
        """What the gateway tells of its records. The line of its epoch must be there."""
        self.delivery = delivery
        self.settle(delivery.epoch)

    def settle(self, epoch: str) -> None:
        """A line that is new, or of which something was told."""
        said, line = self.delivery, self.lines[epoch]
        if said is None or said.epoch != epoch:
            return
        if line.through is None:
            if self._start == "oldest":
                line.begin(max(said.oldest - 1, 0))
            elif line.held:  # what is retained may have been said long ago, so its newest record is not "now"
                line.begin(min(line.held) - 1)
        line.told = max(line.told, said.newest)
        line.never([*([(1, said.oldest - 1)] if said.oldest > 1 else []), *said.gone])
        self._due = True

    def give_up(self, now: float, patience_s: float | None) -> list[Span]:
        """Wait no longer for what was waited for so long (s); which records these are."""
        found = []
        for epoch, line in self.lines.items():
            if not line.waits():
                self._waiting.pop(epoch, None)
            elif patience_s is not None and now - self._waiting.setdefault(epoch, now) >= patience_s:
                del self._waiting[epoch]
                if (span := line.give_up()) is not None:
                    found.append(span)
        return found

    def restless(self) -> bool:
        """Whether there is something to ask or to say soon."""
        line = self._line()
        if line is None:
            return any(line.waits() for line in self.lines.values())
        if self._due or line.dropped or line.missing or line.waits():
            return True
        report = line.report()
        return line.told > report[1] or report != self._reported

    def ask(self, now: float) -> Message | None:
        """What to publish now, if anything."""
        line = self._line()
        if line is None:
            return None
        if self._settled_at is None:
            self._settled_at = now + SETTLE_S
        if now < self._settled_at:
            return None
        return self._report(line, now) if self._counts() else self._want(line, now)

    def last_word(self) -> Message | None:
        """The report with which to go."""
        line = self._line()
        if line is None or not self._counts() or line.report() == self._reported:
            return None
        return self._ack(line.report(), again=False)

    def _line(self) -> Line[Record] | None:
        line = self.lines.get(self.delivery.epoch) if self.delivery else None
        return line if line is not None and line.through is not None else None

    def _counts(self) -> bool:
        said = self.delivery
        return said is not None and said.policy == "end-to-end" and said.consumer == self._me

    def _report(self, line: Line[Record], now: float) -> Message | None:
        report = line.report()
        again = self._fresh or self._room_again(line)
        repeat_s = REPEAT_S if report[2] or line.told > report[1] else IDLE_S
        if not (again or self._due) and report == self._reported and now - self._reported_at < repeat_s:
            return None
        self._fresh = self._due = False
        self._reported, self._reported_at = report, now
        return self._ack(report, again=again)

    def _ack(self, report: tuple[int, int, list[Span]], *, again: bool) -> Message:
        assert self.delivery is not None
        through, highest, lacking = report
        body = contract.Ack(
            consumer=self._me,
            epoch=self.delivery.epoch,
            sequence=through,
            highest=highest,
            gaps=lacking[:GAPS],
            again=again,
        )
        return Message(f"{self.gateway}/ack", body.model_dump_json().encode(), qos=1)

    @staticmethod
    def _room_again(line: Line[Record]) -> bool:
        if not line.dropped or len(line.held) > ROOM // 2:
            return False
        line.dropped = False
        return True

    def _want(self, line: Line[Record], now: float) -> Message | None:
        """Ask for the first of what lacks. Nobody says that it is on its way, so it is asked for again, less and less often."""
        self._reported = _, highest, lacking = line.report()
        self._room_again(line)
        if line.told > highest:
            lacking = [*lacking, (highest + 1, line.told)]
        fresh, self._fresh = self._fresh, False
        if not lacking and not fresh:
            return None
        # On a new connection one asks in any case: the answer tells how far the gateway is.
        first, last = lacking[0] if lacking else (highest + 1, highest + CHUNK)
        asked, self._due = self._asked, False
        new = asked is None or not asked[0] <= first <= asked[1]  # all that was asked for has come
        if not (fresh or new or now >= self._retry_at):
            return None
        self._retry_s = RETRY_S if fresh or new else min(2 * self._retry_s, RETRY_MAX_S)
        self._retry_at = now + self._retry_s
        self._asked = first, min(last, first + CHUNK - 1)
        return self._resend(self._asked)

    def _resend(self, span: Span) -> Message:
        assert self.delivery is not None
        body = {
            "id": self._new_id(),
            "requester": self._me,
            "epoch": self.delivery.epoch,
            "from": span[0],
            "to": span[1],
        }
        return Message(f"{self.gateway}/cmd/gateway/resend", json.dumps(body).encode(), qos=1)
