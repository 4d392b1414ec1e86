"""A record as a consumer sees it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ptdevice.mqtt import contract, topics
from ptdevice.mqtt.contract.delivery import LARGEST_SEQUENCE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


async def _nobody() -> None:
    """Of a record that came from no subscription."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record. `gateway` is the start of its topics: root, site and gateway. Times are RFC 3339 in UTC.

    `kind` is the middle of its type, such as `exercise.repetition`, and `data` what docs/mqtt.md says of it. `unit` None: it is
    of the gateway itself. `late`: records with higher numbers came out before it, because it was waited for in vain.
    """

    gateway: str
    epoch: str
    sequence: int
    id: str
    kind: str
    unit: str | None
    subject: str | None
    time: str
    synced: bool
    simulated: bool
    data: dict[str, Any]
    late: bool = False
    _done: Callable[[], Awaitable[None]] = field(default=_nobody, repr=False, compare=False)

    def model(self) -> contract.EventData:
        """`data` as its published model. Raises ValueError for a kind, or data, that this version does not know."""
        model = contract.EVENTS.get(self.kind)
        if model is None:
            raise ValueError(f"{self.kind} is no kind of record that this version knows")
        return model.model_validate_json(json.dumps(self.data))

    def handed_out(self, done: Callable[[], Awaitable[None]], *, late: bool) -> Record:
        """The same, of a subscription."""
        return replace(self, late=late, _done=done)

    async def done(self) -> None:
        """It is processed and must not come again. Asking for the next says the same; this is for whoever asks for none."""
        await self._done()


def parse(gateway: str, payload: bytes) -> Record | None:
    """A record that this gateway said, or None for what cannot be one."""
    try:
        event = contract.Event.model_validate_json(payload)
    except ValueError:
        return None
    root, site, name = gateway.rsplit("/", 2)
    source = event.source.split("/")
    if source[:3] != ["", site, name] or len(source) > 4 or event.simulated is not (root == topics.SIMULATED_ROOT):
        return None
    digits = event.sequence
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 16 and 1 <= int(digits) <= LARGEST_SEQUENCE):
        return None
    if not event.type.startswith(contract.TYPE_PREFIX) or not 0 < len(event.epoch) <= 64:
        return None
    return Record(
        gateway=gateway,
        epoch=event.epoch,
        sequence=int(digits),
        id=event.id,
        kind=topics.kind_of(event.type),
        unit=source[3] if len(source) > 3 else None,
        subject=event.subject,
        time=event.time,
        synced=event.clock == "synced",
        simulated=event.simulated,
        data=event.data,
    )
