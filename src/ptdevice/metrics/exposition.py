"""The counters of a gateway in Prometheus' text format, version 0.0.4. Pure.

prometheus.io/docs/instrumenting/exposition_formats says what it looks like, prometheus.io/docs/practices/naming how things are
called: base units in the name, `_total` for what only grows. A label is the alias of a unit or pair, the side of a pair, or a
word from a short list; nothing that tells who somebody is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Labels = tuple[tuple[str, str], ...]


class Family(NamedTuple):
    """One metric: its name after `ptdevice_`, its type, and what it means."""

    name: str
    kind: str
    help: str


# By stage and name of the counter, as diag/health has them. What is not here is told all the same, without a type.
FAMILIES: dict[str, Family] = {
    "unit.connects": Family("unit_connects_total", "counter", "Links to the unit that came about."),
    "unit.packets": Family("unit_packets_total", "counter", "Packets received."),
    "unit.events": Family("unit_events_total", "counter", "Events that packets were decoded into."),
    "unit.samples": Family("unit_motion_samples_total", "counter", "Samples of motion."),
    "unit.wire_errors": Family("unit_wire_errors_total", "counter", "Packets that made no sense."),
    "unit.dropped": Family(
        "unit_dropped_packets_total", "counter", "Packets dropped because nobody took them in time."
    ),
    "unit.received": Family("unit_received_samples_total", "counter", "Samples received of a stream that is counted."),
    "unit.missing": Family("unit_missing_samples_total", "counter", "Samples that should have come and did not."),
    "unit.last_packet_s": Family("unit_last_packet_age_seconds", "gauge", "Time since the last packet."),
    "pair.received": Family("pair_received_samples_total", "counter", "Samples received of one sensor of a pair."),
    "pair.missing": Family("pair_missing_samples_total", "counter", "Samples of it that should have come and did not."),
    "recorder.kept": Family("recorder_kept_records_total", "counter", "Records on disk since the start."),
    "recorder.waiting": Family("recorder_waiting_records", "gauge", "Records that wait in memory for the disk."),
    "recorder.refused": Family("recorder_lost_records_total", "counter", "Records lost because too many waited."),
    "recorder.malformed": Family(
        "recorder_malformed_records_total", "counter", "Records that could not be written down."
    ),
    "journal.rows": Family("journal_rows_total", "counter", "Rows appended since the start."),
    "journal.queued": Family("journal_queued_requests", "gauge", "Requests that wait for the disk."),
    "journal.commits": Family("journal_commits_total", "counter", "Transactions, reading ones too."),
    "journal.failures": Family("journal_failures_total", "counter", "Requests that failed."),
    "journal.last_commit_s": Family("journal_last_commit_age_seconds", "gauge", "Time since the last transaction."),
    "courier.connected": Family("mqtt_connected", "gauge", "Whether the broker is there (1) or not (0)."),
    "courier.connections": Family("mqtt_connections_total", "counter", "Connections to the broker."),
    "courier.losses": Family("mqtt_connection_losses_total", "counter", "Connections that were lost."),
    "courier.published": Family("mqtt_published_records_total", "counter", "Records that the broker acknowledged."),
    "courier.repeated": Family("mqtt_repeated_records_total", "counter", "Records sent once more when asked for."),
    "courier.parked": Family("mqtt_parked_records_total", "counter", "Records that no broker takes."),
    "courier.confirmed": Family(
        "mqtt_confirmed_messages_total", "counter", "Retained messages and answers acknowledged."
    ),
    "courier.last_published_s": Family(
        "mqtt_last_published_age_seconds", "gauge", "Time since a record was acknowledged."
    ),
    "courier.live_sent": Family("mqtt_live_messages_total", "counter", "Live messages sent."),
    "courier.live_dropped": Family("mqtt_live_dropped_messages_total", "counter", "Live messages dropped."),
    "delivery.reports": Family("delivery_reports_total", "counter", "Reports of the consumer that were taken in."),
    "delivery.reports_ignored": Family("delivery_ignored_reports_total", "counter", "Reports that were not."),
    "delivery.acknowledged": Family(
        "delivery_acknowledged_records", "gauge", "The consumer has all records up to here."
    ),
    "delivery.waiting_again": Family(
        "delivery_waiting_again_records", "gauge", "Records waiting to be sent once more."
    ),
    "delivery.parked": Family("delivery_parked_records", "gauge", "Records parked at present."),
    "courier.requests": Family("mqtt_requests_total", "counter", "Requests carried out or answered."),
    "courier.requests_dropped": Family("mqtt_dropped_requests_total", "counter", "Requests dropped: too many at once."),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What there is to tell beside counters: the gateway's state, and the reasons of each unit and adapter."""

    version: str
    state: str
    units: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    stuck: frozenset[str] = frozenset()
    lag_s: float = 0.0
    adapters: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # state and code ("": none) by name
    tasks: int | None = None  # of the event loop, that have not ended


STATES = ("online", "degraded")


def exposition(counters: Mapping[str, float | None], facts: Facts, now: float) -> str:
    """All of it. `now` is gateway seconds, in which counters tell times; a number that is unknown is left out."""
    families: dict[Family, list[tuple[Labels, float]]] = {}
    for family, labels, value in (*_of_facts(facts), *_of_counters(counters, now)):
        families.setdefault(family, []).append((labels, value))
    return "".join(f"{line}\n" for family, samples in families.items() for line in _lines(family, samples))


def _of_facts(facts: Facts) -> Iterator[tuple[Family, Labels, float]]:
    yield Family("build_info", "gauge", "Which version this is."), (("version", facts.version),), 1.0
    state = Family("gateway_state", "gauge", "The gateway's state: 1 for the one it is in.")
    for name in STATES:
        yield state, (("state", name),), float(facts.state == name)
    yield Family("stuck_stages", "gauge", "Stages that do not get on."), (), float(len(facts.stuck))
    yield (
        Family("loop_lag_seconds", "gauge", "Longest delay of the event loop since this was last asked."),
        (),
        facts.lag_s,
    )
    if facts.tasks is not None:
        yield Family("loop_tasks", "gauge", "Tasks of the event loop that have not ended."), (), float(facts.tasks)
    online = Family("unit_online", "gauge", "Whether the unit is heard (1) or not (0).")
    reason = Family("unit_availability_info", "gauge", "The unit's availability and the code of its reason.")
    for alias, (availability, _) in facts.units.items():
        yield online, (("unit", alias),), float(availability == "online")
    for alias, (availability, code) in facts.units.items():
        yield reason, (("unit", alias), ("availability", availability), ("code", code)), 1.0
    works = Family("adapter_works", "gauge", "Whether the Bluetooth adapter works as far as is known (1) or not (0).")
    trouble = Family("adapter_state_info", "gauge", "The adapter's state and the code of its trouble.")
    for name, (told, _) in facts.adapters.items():
        yield works, (("adapter", name),), float(told != "trouble")
    for name, (told, code) in facts.adapters.items():
        yield trouble, (("adapter", name), ("state", told), ("code", code)), 1.0


def _of_counters(counters: Mapping[str, float | None], now: float) -> Iterator[tuple[Family, Labels, float]]:
    for counter, value in counters.items():
        if value is None or not math.isfinite(value):
            continue
        stage, labels, name = _taken_apart(counter)
        family = FAMILIES.get(f"{stage}.{name}") or Family(
            f"{stage}_{name}".replace(".", "_"), "untyped", f"{stage}.{name} of diag/health."
        )
        yield family, labels, max(now - value, 0.0) if family.name.endswith("_age_seconds") else float(value)


def _taken_apart(counter: str) -> tuple[str, Labels, str]:
    """`unit.chest.packets` is of stage `unit`, about `chest`."""
    stage, _, rest = counter.partition(".")
    if stage == "unit" and "." in rest:
        alias, _, name = rest.partition(".")
        return stage, (("unit", alias),), name
    if stage == "pair" and rest.count(".") >= 2:
        alias, side, name = rest.split(".", 2)
        return stage, (("pair", alias), ("side", side)), name
    return stage, (), rest


def _lines(family: Family, samples: list[tuple[Labels, float]]) -> Iterator[str]:
    name = f"ptdevice_{family.name}"
    yield f"# HELP {name} {_escaped(family.help)}"
    yield f"# TYPE {name} {family.kind}"
    for labels, value in samples:
        told = ",".join(f'{label}="{_quoted(text)}"' for label, text in labels)
        yield f"{name}{{{told}}} {value!r}" if told else f"{name} {value!r}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', '\\"')
