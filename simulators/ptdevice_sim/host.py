"""What keeps a unit alive on any carrier: its clock, its subscriptions, its faults, and the mark that says it is simulated.

A carrier publishes `host.services` and `host.unit.advertising`, calls the `on_*` methods when a central does something, and
offers two verbs in return: `send` a value, `drop` the link. The host calls the unit with the loop's time and does the rest.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Protocol

from ptdevice.link import SIMULATED_SERVICE
from ptdevice_sim.faults import Faults
from ptdevice_sim.unit import DropLink, Notify, Service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ptdevice_sim.unit import Output, Unit

CONNECTION_TIMEOUT = 0x08  # HCI error codes, Core spec Vol 1 Part F
REMOTE_USER_TERMINATED = 0x13
MARK = Service(SIMULATED_SERVICE, ())


class Carrier(Protocol):
    """One unit on one air, as the host sees it."""

    def send(self, uuid: str, data: bytes) -> None:
        """Deliver a notification or indication to the central."""
        ...

    def drop(self, reason: int) -> None:
        """End the link, as seen by both sides."""
        ...

    def advertise(self, visible: bool) -> None:  # noqa: FBT001 - a switch
        """Start or stop advertising."""
        ...

    def readvertise(self) -> None:
        """The unit advertises something else from now on."""
        ...


class Host:
    """One unit, hosted. Make it on the loop that carries it; `close` when done."""

    def __init__(self, unit: Unit, faults: Faults | None = None) -> None:
        self.unit = unit
        self.faults = faults or Faults()
        self.services: tuple[Service, ...] = (*unit.services, MARK)
        self.is_connected = False
        self.is_visible = True
        self.unsubscribed = 0  # values the unit wanted to send while nobody was subscribed
        self.writes: list[tuple[str, bytes]] = []
        self._carrier: Carrier | None = None
        self._loop = asyncio.get_running_loop()
        self._subscriptions: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._frozen = False
        self._said = unit.advertising
        self.watch: Callable[[], None] | None = None  # called after whatever happens to the unit, e.g. to log the truth
        self._delayed: deque[tuple[asyncio.TimerHandle, str, bytes]] = deque()  # in order

    def attach(self, carrier: Carrier) -> None:
        """The carrier is ready; the unit's time begins."""
        self._carrier = carrier
        self.poke()

    def close(self) -> None:
        """The unit's time ends."""
        self._carrier = None
        for timer in (self._timer, *(timer for timer, _, _ in self._delayed)):
            if timer is not None:
                timer.cancel()

    # --- what a test or a scenario does to the unit's link ---

    def poke(self) -> None:
        """Something was done to the unit from outside: let it react now."""
        self._run(self.unit.tick)

    def drop_link(self, reason: int = CONNECTION_TIMEOUT) -> None:
        """The radio link breaks."""
        if self._carrier is not None and self.is_connected:
            self._carrier.drop(reason)

    def vanish(self) -> None:
        """Out of reach: no advertisements, no link."""
        self.is_visible = False
        if self._carrier is not None:
            self._carrier.advertise(False)
        self.drop_link()

    def appear(self) -> None:
        """Back in reach."""
        self.is_visible = True
        if self._carrier is not None:
            self._carrier.advertise(True)

    def freeze(self) -> None:
        """The unit falls silent without losing the link."""
        self._frozen = True

    def thaw(self) -> None:
        """It speaks again; what it wanted to say meanwhile is lost."""
        self._frozen = False

    # --- what carriers call ---

    def on_connected(self) -> None:
        """A central has connected."""
        self.is_connected = True
        self._run(self.unit.connected)

    def on_disconnected(self) -> None:
        """The link is gone."""
        if self.is_connected:
            self.is_connected = False
            self._subscriptions.clear()
            self.faults.on_disconnected()
            for timer, _, _ in self._delayed:
                timer.cancel()
            self._delayed.clear()
            self.unit.disconnected(self._loop.time())
            self._schedule()

    def on_subscribe(self, uuid: str, enabled: bool) -> None:  # noqa: FBT001 - the CCCD's own shape
        """The central wrote a CCCD."""
        (self._subscriptions.add if enabled else self._subscriptions.discard)(uuid)
        self._run(lambda now: self.unit.subscribe(uuid, enabled, now))

    def on_read(self, uuid: str) -> bytes:
        """The central reads. Raises AttError."""
        return self.unit.read(uuid, self._loop.time())

    def on_write(self, uuid: str, data: bytes) -> None:
        """The central writes. Raises AttError. What the unit answers goes out after the write is answered."""
        self.writes.append((uuid, data))
        outputs = self.unit.write(uuid, data, self._loop.time())
        self._loop.call_soon(self._emit, outputs)
        self._schedule()

    # --- inside ---

    def _run(self, step: Callable[[float], Iterable[Output]]) -> None:
        self._emit(step(self._loop.time()))
        self._schedule()

    def _emit(self, outputs: Iterable[Output]) -> None:
        for output in outputs:
            match output:
                case Notify(uuid, data):
                    self._notify(uuid, data)
                case DropLink(reason):
                    self.drop_link(reason)

    def _notify(self, uuid: str, data: bytes) -> None:
        if uuid not in self._subscriptions:
            self.unsubscribed += 1
        elif not self._frozen:
            for delay_s, value in self.faults.on_value(uuid, data):
                if delay_s <= 0 and not self._delayed:
                    self._send(uuid, value)
                    continue
                # One queue for all: timers go off late, and those of one time in any order.
                when = self._loop.time() + delay_s
                when = max(when, self._delayed[-1][0].when()) if self._delayed else when
                self._delayed.append((self._loop.call_at(when, self._send_delayed), uuid, value))

    def _send_delayed(self) -> None:
        _, uuid, value = self._delayed.popleft()
        self._send(uuid, value)

    def _send(self, uuid: str, value: bytes) -> None:
        if self._carrier is not None and uuid in self._subscriptions:
            self._carrier.send(uuid, value)

    def _schedule(self) -> None:
        if self.watch is not None:
            self.watch()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._carrier is not None and self.unit.advertising is not self._said:
            self._said = self.unit.advertising
            self._carrier.readvertise()
        due = self.unit.next_due()
        if self._carrier is not None and due is not None:
            self._timer = self._loop.call_at(due, self._tick, due)

    def _tick(self, due: float) -> None:
        # A loop may call a hair early (its clock's resolution); to the unit it must be as late as it asked for, or it waits on.
        self._emit(self.unit.tick(max(due, self._loop.time())))
        self._schedule()
