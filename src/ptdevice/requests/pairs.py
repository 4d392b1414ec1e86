"""Requests to two sensors on one back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.mqtt.commands import DONE, Command, Outcome
from ptdevice.mqtt.contract import Align, BeginRange, Calibrate, EndRange

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ptdevice.pair import Pair
    from ptdevice.requests import Handlers


class PairRequests:
    """Carries them out on the pairs; `now` is gateway seconds."""

    def __init__(self, pairs: Mapping[str, Pair], now: Callable[[], float]) -> None:
        self._pairs, self._now = pairs, now

    def handlers(self) -> Handlers:
        """What can be asked for."""
        return dict.fromkeys((Calibrate, Align, BeginRange, EndRange), self._range)

    def _range(self, command: Command) -> Outcome:
        assert command.unit is not None
        pair, now, request = self._pairs[command.unit], self._now(), command.request
        if isinstance(request, EndRange):
            return (
                DONE if pair.end_range(now) else Outcome("refused", "no_range", f"{pair.alias} measures nothing now.")
            )
        if pair.away is not None:
            return Outcome(
                "refused", "sensor_away", f"{pair.away} is not heard now; {pair.alias} needs both its sensors."
            )
        if isinstance(request, Calibrate):
            pair.calibrate(now)
        elif isinstance(request, Align):
            pair.align()
        elif not pair.calibrated:
            text = f"{pair.alias} was not calibrated since the gateway started; ask for `calibrate` first."
            return Outcome("refused", "not_calibrated", text)
        else:
            assert isinstance(request, BeginRange)
            if not pair.begin_range(now):
                return Outcome("refused", "measuring", f"{pair.alias} is being measured already.")
        return DONE
