"""From a link to the lines of a tape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ptdevice.tape.redaction import Redaction, stored_name
from ptdevice.tape.words import VALUE_MAX, Direction, Entry, Header, Service, Source
from ptdevice.tape.writing import entry_line, header_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Tap(Protocol):
    """Sees what passes on a link, when it passes. Called on the loop: it must neither wait nor raise. `at`: gateway seconds."""

    def opened(self, at: float, address: str, name: str | None, services: tuple[Service, ...]) -> None:
        """A link is open, and its unit's GATT table known."""
        ...

    def passed(self, at: float, direction: Direction, uuid: str, data: bytes = b"") -> None:
        """Something passed on the open link."""
        ...

    def closed(self, at: float) -> None:
        """The link is gone, whoever ended it."""
        ...


class Recorder:
    """A Tap that gives lines to `put`, the header when the first link opens. `ports` are names for UUIDs.

    Time 0 is the first opening. `mark` is a service's UUID: where a table has it, the tape says that the unit is simulated.
    `private`: see `Redaction`.
    """

    def __init__(
        self,
        put: Callable[[bytes], None],
        *,
        device: str,
        ports: Mapping[str, str],
        mark: str,
        software: str,
        started: Callable[[], str | None] = lambda: None,
        private: Mapping[str, tuple[tuple[int, int], ...]] | None = None,
    ) -> None:
        self._put = put
        self._device, self._ports, self._mark, self._software, self._started = device, ports, mark, software, started
        self._names = {uuid: name for name, uuid in ports.items()}
        self.start_s: float | None = None
        self._last_us = 0
        self.redaction = Redaction(private)
        self.links = 0

    def opened(self, at: float, address: str, name: str | None, services: tuple[Service, ...]) -> None:
        """The header, the first time."""
        self.redaction.learn(address, name)
        if self.start_s is None:
            self.start_s = at
            header = Header(
                device=self._device,
                simulated=any(service.uuid == self._mark for service in services),
                name=stored_name(name),
                services=services,
                source=Source.RADIO,
                software=self._software,
                ports=self._ports,
                start_s=round(at, 6),
                started=self._started(),
            )
            self._put(header_line(header))
        self.links += 1
        self.passed(at, Direction.CONNECTED, "")

    def passed(self, at: float, direction: Direction, uuid: str, data: bytes = b"") -> None:
        """One line, unless it must not be stored."""
        assert self.start_s is not None
        self._last_us = max(self._last_us, round((at - self.start_s) * 1e6))
        # No air carries more than 512 octets in a value; what a test's faults have joined may be longer.
        whole = Entry(self._last_us, direction, uuid, data[:VALUE_MAX], max(len(data) - VALUE_MAX, 0))
        entry = self.redaction.applied(whole)
        if entry is not None:
            self._put(entry_line(entry, self._names))

    def closed(self, at: float) -> None:
        """The last line of this link."""
        self.passed(at, Direction.DISCONNECTED, "")
