"""What is said on MQTT: which topic, which body, which QoS, retained or not. Pure: the two clocks arrive as a `Stamp`.

Times inside the program are gateway seconds (monotonic). Here, once, they become wall time, with the boot id and the monotonic
microseconds beside them and a flag that tells whether the wall clock could be trusted. Whether something is simulated is
told in one place (`Names.simulated`), and is seen in the root of every topic and in every body.

A record is drafted (`draft`), journalled (which gives it a sequence number and an id: `Entry`), then said (`event`).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, fields
from enum import Enum
from typing import TYPE_CHECKING, Any

from ptdevice import model
from ptdevice.mqtt import contract
from ptdevice.mqtt.kinds import COMMANDS, KINDS
from ptdevice.mqtt.rows import Draft, Entry, Stamp, rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ptdevice.latest import Known

__all__ = ["Draft", "Entry", "Stamp", "rfc3339"]  # what is said is said of these

REAL_ROOT = f"ptdevice/v{contract.MAJOR}"
SIMULATED_ROOT = f"ptdevice-sim/v{contract.MAJOR}"

# Content types (MQTT 5.0, 3.3.2.3.9): of every body, and of a record (CloudEvents 1.0.2, MQTT binding 3.2).
JSON, CLOUDEVENT = "application/json", "application/cloudevents+json"

OVERHEAD = 96  # bytes of a publish packet besides what varies: its header, packet id and properties, at most

_TIMES = frozenset({"at", "start", "turn", "end"})  # the names under which the model keeps gateway seconds
_LEVEL = re.compile(contract.LEVEL_PATTERN[:-1] + r"\Z")  # `$` would let a final newline pass


def is_level(text: str) -> bool:
    """Whether this may be one level of a topic: site, gateway, alias, stream, requester."""
    return _LEVEL.match(text) is not None


@dataclass(frozen=True, slots=True)
class Names:
    """Who speaks: the start of every topic and the source of every event. Raises ValueError on a name that is no level."""

    site: str
    gateway: str
    simulated: bool

    def __post_init__(self) -> None:
        for level in (self.site, self.gateway):
            if not is_level(level):
                raise ValueError(f"{level!r} is no topic level: 1 to 32 of a-z, 0-9, _ and -")

    @property
    def root(self) -> str:
        """The first levels: simulated things never share a topic with real ones."""
        return SIMULATED_ROOT if self.simulated else REAL_ROOT

    @property
    def prefix(self) -> str:
        """Everything this gateway says and hears is below this."""
        return f"{self.root}/{self.site}/{self.gateway}"

    def unit(self, alias: str, what: str) -> str:
        """A topic of one unit. Raises ValueError on an alias that is no level."""
        if not is_level(alias):
            raise ValueError(f"{alias!r} is no topic level: 1 to 32 of a-z, 0-9, _ and -")
        return f"{self.prefix}/unit/{alias}/{what}"

    @property
    def command_filter(self) -> str:
        """What to subscribe to."""
        return f"{self.prefix}/cmd/+/+"

    @property
    def ack(self) -> str:
        """Where a consumer reports what it has."""
        return f"{self.prefix}/ack"


@dataclass(frozen=True, slots=True)
class Message:
    """Something to publish. What follows `retain` exists on MQTT 5 only and is left out on 3.1.1.

    `trace` is a W3C `traceparent`, given back as it came with a request.
    """

    topic: str
    payload: bytes
    qos: int
    retain: bool = False
    expiry_s: int | None = None
    correlation: bytes | None = None
    content_type: str = JSON
    trace: str | None = None

    @property
    def size(self) -> int:
        """Bytes of its packet, at most."""
        return len(self.topic) + len(self.payload) + len(self.correlation or b"") + len(self.trace or "") + OVERHEAD


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something that arrived. What follows `retain` are MQTT 5 properties and not to be trusted."""

    topic: str
    payload: bytes
    retain: bool = False
    response_topic: str | None = None
    correlation: bytes | None = None
    trace: str | None = None


def type_of(kind: str) -> str:
    """The type of an event, as it is published: `gap` is dev.ptdevice.gap.v1."""
    return contract.TYPE_PREFIX + kind + contract.TYPE_SUFFIX


def kind_of(type_: str) -> str:
    """What stands between its prefix and its version: `exercise.set`."""
    return type_.removeprefix(contract.TYPE_PREFIX).removesuffix(contract.TYPE_SUFFIX)


def draft(record: model.Record, *, unit: str | None, subject: str | None, stamp: Stamp) -> Draft:
    """Write a record down. `unit` None: the gateway itself; `subject`: a pseudonym, never a name. Raises ValueError (NaN)."""
    kind = KINDS[type(record)]
    values: dict[str, Any] = {
        field.name: stamp.rfc3339(value) if field.name in _TIMES else value
        for field in fields(record)
        for value in (getattr(record, field.name),)
    }
    if isinstance(record, model.Gap):
        values["duration_s"] = record.end - record.start
    moment: float = getattr(record, "end" if hasattr(record, "end") else "at")
    return Draft(
        type=type_of(kind),
        unit=unit,
        subject=subject,
        time_ns=stamp.ns(moment),
        mono_us=round(moment * 1e6),
        boot_id=stamp.boot_id,
        clock="synced" if stamp.synced else "unsynced",
        data=contract.EVENTS[kind](**values).model_dump_json(),
    )


def event(names: Names, entry: Entry) -> Message:
    """The CloudEvent of one journal entry."""
    row = entry.draft
    source = f"/{names.site}/{names.gateway}" + (f"/{row.unit}" if row.unit else "")
    envelope = contract.Envelope(
        id=entry.id,
        source=source,
        type=row.type,
        time=rfc3339(row.time_ns),
        subject=row.subject,
        sequence=str(entry.sequence),
        epoch=entry.epoch,
        bootid=row.boot_id,
        monous=row.mono_us,
        clock="synced" if row.clock == "synced" else "unsynced",
        simulated=names.simulated,
    )
    # The data was validated and serialised when it was drafted; it is spliced in, not parsed and dumped again.
    payload = f'{envelope.model_dump_json()[:-1]},"data":{row.data}}}'.encode()
    topic = f"{names.prefix}/evt/{kind_of(row.type).replace('.', '/')}"
    return Message(topic, payload, qos=1, content_type=CLOUDEVENT)


def status(
    names: Names,
    state: contract.GatewayState,
    *,
    boot_id: str,
    version: str,
    reason: str | None = None,
    time: str | None = None,
    delivery: contract.DeliveryPolicy | None = None,
) -> Message:
    """The gateway's own state. Without `time` it is fit for a will, which is written before it happens."""
    body = contract.Status(
        state=state,
        reason=reason,
        boot_id=boot_id,
        version=version,
        simulated=names.simulated,
        time=time,
        delivery=delivery,
    )
    return retained(f"{names.prefix}/status", body)


def info(
    names: Names,
    units: Sequence[contract.UnitInfo],
    pairs: Sequence[contract.PairInfo] = (),
    *,
    version: str,
    stamp: Stamp,
) -> Message:
    """The birth certificate."""
    body = contract.Info(
        site=names.site,
        gateway=names.gateway,
        version=version,
        boot_id=stamp.boot_id,
        simulated=names.simulated,
        contract=contract.MAJOR,
        units=list(units),
        events=[type_of(kind) for kind in contract.EVENTS],
        commands=list(COMMANDS),
        pairs=list(pairs),
        time=stamp.rfc3339(),
    )
    return retained(f"{names.prefix}/info", body)


def availability(
    names: Names,
    unit: str,
    state: contract.AvailabilityState,
    *,
    code: str | None,
    text: str | None,
    at: float,
    stamp: Stamp,
) -> Message:
    """Whether a unit is being heard: `online`, `offline` or `unknown`, since `at` (gateway seconds)."""
    body = contract.Availability(
        availability=state, code=code, text=text, simulated=names.simulated, time=stamp.rfc3339(at)
    )
    return retained(names.unit(unit, "availability"), body)


def state(
    names: Names, unit: str, values: Mapping[str, Known], *, assigned: bool | None = None, stamp: Stamp
) -> Message:
    """The latest that is known of a unit, each value with the time at which the unit said it; whether somebody wears it."""
    readings = {
        name: contract.Reading(value=_scalar(known.value), time=stamp.rfc3339(known.at))
        for name, known in values.items()
    }
    body = contract.State(values=readings, assigned=assigned, simulated=names.simulated, time=stamp.rfc3339())
    return retained(names.unit(unit, "state"), body)


def delivery(names: Names, body: contract.Delivery) -> Message:
    """How records are delivered, and what there is of them."""
    return retained(f"{names.prefix}/delivery", body)


def retained(topic: str, body: contract.Body) -> Message:
    """One that whoever comes late still gets."""
    return Message(topic, body.model_dump_json().encode(), qos=1, retain=True)


def _scalar(value: object) -> contract.Scalar:
    """A value as JSON can say it. What is not finite is unknown; what is no scalar is told in words."""
    if isinstance(value, Enum):
        return _scalar(value.value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)
