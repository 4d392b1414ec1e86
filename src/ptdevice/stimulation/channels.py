"""The channels of one stimulator: a session machine for each, and what is known of them together.

A channel has pads of its own, so its sessions are its own. Most units have one, without a name. What a unit says of itself as a
whole (a fault, the end of the treatment) is meant for all; so is a lost link.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.model import DeviceFault, LevelChanged, Output, StimulationStatus, TreatmentEnded
from ptdevice.stimulation.machine import State
from ptdevice.stimulation.session import SessionObserver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ptdevice.model import Event, Record, StopReason
    from ptdevice.stimulation.session import Origin


class Channels:
    """One unit's channels, by name; None is the only one of a unit that names none."""

    def __init__(self, names: Sequence[str], new_id: Callable[[], str]) -> None:
        self._observers: dict[str | None, SessionObserver] = {
            name: SessionObserver(new_id) for name in (names or (None,))
        }

    def place_pads(self, sites: Mapping[str | None, str]) -> None:
        """Tell where the pads of each channel are, for the sessions that begin from now on."""
        for name, observer in self._observers.items():
            observer.site = sites.get(name)

    def expect(self, origin: Origin, reason: StopReason | None) -> None:
        """Whose doing the sessions are that begin from now on, and why the open ones are being ended, if they are."""
        for observer in self._observers.values():
            observer.origin, observer.ending = origin, reason

    def __iter__(self) -> Iterator[tuple[str | None, SessionObserver]]:
        """Each channel's name and its machine."""
        return iter(self._observers.items())

    @property
    def output(self) -> Output:
        """On where any is on, off only where all are off; else unknown."""
        outputs = {observer.output for observer in self._observers.values()}
        if Output.ON in outputs:
            return Output.ON
        return Output.UNKNOWN if Output.UNKNOWN in outputs else Output.OFF

    @property
    def in_doubt(self) -> bool:
        """Whether a session is open over a link that is there, and yet nobody knows if current flows."""
        return any(observer.state is State.LEAD_OFF for observer in self._observers.values())

    @property
    def delivered_s(self) -> float | None:
        """Confirmed time of the open sessions: the longest, for channels run side by side."""
        open_s = [observer.snapshot.delivered_s for observer in self._observers.values() if observer.snapshot]
        return max(open_s) if open_s else None

    def observe(self, event: Event) -> list[Record]:
        """Take in what the unit said. A channel that the profile does not name is a bug: KeyError."""
        match event:
            case StimulationStatus(channel=channel) | LevelChanged(channel=channel):
                return self._observers[channel].observe(event)
            case TreatmentEnded() | DeviceFault():
                return [record for observer in self._observers.values() for record in observer.observe(event)]
        return []

    def link_lost(self, now: float) -> list[Record]:
        """Whatever the unit does from here on, nobody sees it."""
        return [record for observer in self._observers.values() for record in observer.link_lost(now)]

    def link_restored(self, now: float) -> list[Record]:
        """The link is back."""
        return [record for observer in self._observers.values() for record in observer.link_restored(now)]

    def tick(self, now: float) -> list[Record]:
        """Time has passed."""
        return [record for observer in self._observers.values() for record in observer.tick(now)]

    def close(self, now: float, reason: StopReason) -> list[Record]:
        """Stop observing."""
        return [record for observer in self._observers.values() for record in observer.close(now, reason)]
