"""The door for requests: what arrives under `cmd/`, and what is answered under `res/`. Pure.

A request is refused unless everything about it is right: the topic, the size, JSON, the fields, an id not seen before, not
retained, not expired. Nothing that arrives, whatever its bytes, raises or has an effect before it has passed here. A wish for
more current has to be fresh besides (`freshness`). A wish for less passes by all of this (`urgent`): a stop is a stop.

An id that was seen before gets the same answer again and no second effect. The memory of ids is bounded.
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ptdevice.mqtt import contract
from ptdevice.mqtt.freshness import Freshness
from ptdevice.mqtt.kinds import REQUESTS
from ptdevice.mqtt.outcome import DONE, Outcome
from ptdevice.mqtt.times import wall_ns_of
from ptdevice.mqtt.topics import Arrival, Message, Names, Stamp, is_level
from ptdevice.mqtt.urgent import understood

__all__ = ["DONE", "Command", "Door", "Outcome"]

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

LARGEST = 4096  # bytes of a body; the largest right one is under 300
REMEMBERED = 256  # ids; at one request a second by hand, that is more than the longest believable expiry
LARGEST_CORRELATION = 128  # bytes that we send back as we got them

GATEWAY = "gateway"

# W3C Trace Context, 3.2.2.1: what may be given back, and nothing else that somebody calls so.
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class Command:
    """A request that passed the door. `unit` is None for the gateway itself; `reply` is where the answer goes."""

    id: str
    name: str
    unit: str | None
    requester: str
    reply: str
    correlation: bytes | None = None
    request: contract.Request | None = None  # the body; of the right model for what `Door.admit` lets pass
    trace: str | None = None

    @property
    def title(self) -> str:
        """The command as its topic names it."""
        return f"{self.unit or GATEWAY}/{self.name}"


class Door:
    """Admits what arrives for these units and pairs of units, once."""

    def __init__(self, names: Names, units: Collection[str], pairs: Collection[str] = ()) -> None:
        self.refused: Counter[str] = Counter()  # by rule, also what nobody could be told about
        self.denied: Callable[[Command, Outcome], None] | None = None  # of a wish for more, which is kept
        self._freshness = Freshness()
        self._names = names
        self._units, self._pairs = frozenset(units), frozenset(pairs)
        self._answers: OrderedDict[tuple[str, str], tuple[Command, Outcome]] = OrderedDict()

    def admit(self, arrival: Arrival, stamp: Stamp) -> Command | Message | None:
        """A command to carry out, or the answer to give, or None where nobody can be answered. Never raises."""
        parsed = self._parse(arrival)
        if isinstance(parsed, str):
            self.refused[parsed] += 1
            return None
        command, request = parsed
        key = command.requester, command.id
        if known := self._answers.get(key):
            self.refused["duplicate"] += 1
            # The answer goes where this copy asks for it, under the name of what was really carried out.
            first, outcome = known
            asked = replace(first, reply=command.reply, correlation=command.correlation, trace=command.trace)
            return self._message(asked, outcome, stamp)
        if refusal := self._objection(arrival, command, request, stamp):
            self.refused[refusal.rule or ""] += 1
            if isinstance(request, contract.MoreRequest) and self.denied is not None:
                self.denied(command, refusal)
            return self._message(command, refusal, stamp)
        self._remember(command, Outcome("accepted"))
        return command

    def less(self, arrival: Arrival) -> Command | None:
        """A wish for less current, however it is written; None: it is none, or nobody here is meant. Never raises."""
        prefix = f"{self._names.prefix}/cmd/"
        target, _, name = arrival.topic.removeprefix(prefix).partition("/")
        if not arrival.topic.startswith(prefix) or target not in self._units | {GATEWAY}:
            return None
        request = understood(arrival, name, gateway=target == GATEWAY)
        return None if request is None else self._command(arrival, target, name, request)

    def answer(self, command: Command, outcome: Outcome, stamp: Stamp) -> Message:
        """What to publish when a command has been carried out, or could not be."""
        self._remember(command, outcome)
        return self._message(command, outcome, stamp)

    def _parse(self, arrival: Arrival) -> tuple[Command, contract.Request] | str:
        """The command, or the rule that leaves nobody to answer."""
        prefix = f"{self._names.prefix}/cmd/"
        target, _, name = arrival.topic.removeprefix(prefix).partition("/")
        if not arrival.topic.startswith(prefix) or not is_level(target) or not is_level(name):
            return "unknown_topic"
        if len(arrival.payload) > LARGEST:
            return "too_large"
        model = self._model(target, name) or contract.Request
        try:
            request = model.model_validate_json(arrival.payload)
        except ValueError:
            return self._addressed(arrival, target, name)
        return self._command(arrival, target, name, request), request

    def _model(self, target: str, name: str) -> type[contract.Request] | None:
        kind = "pair" if target in self._pairs else GATEWAY if target == GATEWAY else "unit"
        return REQUESTS.get(f"{kind}/{name}")

    def _addressed(self, arrival: Arrival, target: str, name: str) -> tuple[Command, contract.Request] | str:
        """A body that is wrong, but tells who asked, gets an answer."""
        try:
            request = _Address.model_validate_json(arrival.payload)
        except ValueError:
            return "malformed"
        return self._command(arrival, target, name, request), request

    def _command(self, arrival: Arrival, target: str, name: str, request: contract.Request) -> Command:
        correlation = arrival.correlation
        return Command(
            id=request.id,
            name=name,
            unit=None if target == GATEWAY else target,
            requester=request.requester,
            reply=self._reply(arrival.response_topic, request.requester),
            correlation=correlation if correlation is not None and len(correlation) <= LARGEST_CORRELATION else None,
            request=request,
            trace=arrival.trace if arrival.trace is not None and _TRACEPARENT.fullmatch(arrival.trace) else None,
        )

    def _reply(self, response_topic: str | None, requester: str) -> str:
        """Our own `res/` subtree and nothing else: a hostile response topic must not make us speak elsewhere."""
        own = f"{self._names.prefix}/res/"
        if response_topic and response_topic.startswith(own) and is_level(response_topic.removeprefix(own)):
            return response_topic
        return own + requester

    def _objection(self, arrival: Arrival, command: Command, request: contract.Request, stamp: Stamp) -> Outcome | None:
        if arrival.retain:
            return Outcome(
                "refused", "retained", "A command must not be retained: it would be carried out again and again."
            )
        if command.unit is not None and command.unit not in self._units | self._pairs:
            return Outcome("refused", "unknown_target", f"No unit is called {command.unit}.")
        model = self._model(command.unit or GATEWAY, command.name)
        if model is None:
            return Outcome("refused", "unknown_command", f"There is no {command.title}.")
        if not isinstance(request, model):
            return Outcome("refused", "malformed", "A field is missing, unknown, or has a wrong value.")
        if isinstance(request, contract.MoreRequest):
            return _expired(request.expires_at, stamp) or self._freshness.objection(request, stamp)
        return _expired(request.expires_at, stamp)

    def _message(self, command: Command, outcome: Outcome, stamp: Stamp) -> Message:
        body = contract.Result(
            id=command.id,
            command=command.title,
            state=outcome.state,
            rule=outcome.rule,
            detail=outcome.detail,
            simulated=self._names.simulated,
            time=stamp.rfc3339(),
            data=outcome.data,
        )
        payload = body.model_dump_json(exclude={"data"} if outcome.data is None else None).encode()
        return Message(command.reply, payload, qos=1, correlation=command.correlation, trace=command.trace)

    def _remember(self, command: Command, outcome: Outcome) -> None:
        self._answers[command.requester, command.id] = command, outcome
        while len(self._answers) > REMEMBERED:
            self._answers.popitem(last=False)


class _Address(contract.Request):
    """The fields that every request has, with whatever else is there: enough to answer."""

    model_config = contract.Request.model_config | {"extra": "ignore"}


def _expired(expires_at: str | None, stamp: Stamp) -> Outcome | None:
    if expires_at is None:
        return None
    if not stamp.synced:
        return Outcome("refused", "clock_unsynced", "The gateway's clock is not set, so it cannot judge `expires_at`.")
    wall_ns = wall_ns_of(expires_at)
    if wall_ns is None:
        return Outcome("refused", "malformed", "`expires_at` must be RFC 3339 in UTC, such as 2026-11-23T16:36:00Z.")
    if wall_ns <= stamp.wall_ns:
        return Outcome("refused", "expired", "The command came too late.")
    return None
