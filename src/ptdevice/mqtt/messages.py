"""Every message there is, by name: its topic, who says it, its body, QoS, and whether it is retained. Pure.

What the schemas are made from. Records, live streams and requests come from their registries, so a new one is in here at once.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptdevice.mqtt import contract
from ptdevice.mqtt.kinds import REQUESTS
from ptdevice.mqtt.telemetry import EXPIRY_S

if TYPE_CHECKING:
    from pydantic import BaseModel

GATEWAY = f"{{root}}/v{contract.MAJOR}/{{site}}/{{gateway}}"


@dataclass(frozen=True, slots=True)
class MessageKind:
    """One kind of message. `below`: its topic below the gateway's; `record`: `model` is the data of a CloudEvent.

    `report`: heard by the gateway, and not answered.
    """

    name: str
    below: str
    model: type[BaseModel]
    qos: int = 1
    retained: bool = False
    request: bool = False
    record: bool = False
    report: bool = False
    expiry_s: int | None = None

    @property
    def topic(self) -> str:
        """The whole topic, with its parameters in braces."""
        return f"{GATEWAY}/{self.below}"

    @property
    def definition(self) -> str:
        """What its body is called in a schema."""
        name = self.model.__name__
        return f"{name.removesuffix('Data')}Event" if self.record else name

    @property
    def about(self) -> str:
        """What it is, in its model's own words."""
        return inspect.getdoc(self.model) or ""


def _request(command: str, model: type[contract.Request]) -> MessageKind:
    target, _, name = command.partition("/")
    # A pair is addressed by its alias, as a unit is.
    place = "gateway" if target == "gateway" else "{unit}"
    return MessageKind(f"cmd.{target}.{name}", f"cmd/{place}/{name}", model, request=True)


MESSAGES: tuple[MessageKind, ...] = (
    MessageKind("status", "status", contract.Status, retained=True),
    MessageKind("info", "info", contract.Info, retained=True),
    MessageKind("delivery", "delivery", contract.Delivery, retained=True),
    MessageKind("ack", "ack", contract.Ack, report=True),
    MessageKind("diag.health", "diag/health", contract.Health, retained=True),
    MessageKind("alarms", "alarms", contract.StandingAlarms, retained=True),
    MessageKind("unit.availability", "unit/{unit}/availability", contract.Availability, retained=True),
    MessageKind("unit.state", "unit/{unit}/state", contract.State, retained=True),
    MessageKind("unit.session", "unit/{unit}/session", contract.CommandedSession, retained=True),
    MessageKind("unit.dose", "unit/{unit}/dose", contract.Dose, retained=True),
    *(
        MessageKind(f"telemetry.{stream}", f"unit/{{unit}}/telemetry/{stream}", model, qos=0, expiry_s=EXPIRY_S)
        for stream, model in contract.STREAMS.items()
    ),
    *(
        MessageKind(f"evt.{kind}", f"evt/{kind.replace('.', '/')}", model, record=True)
        for kind, model in contract.EVENTS.items()
    ),
    *(_request(command, model) for command, model in REQUESTS.items()),
    MessageKind("res", "res/{requester}", contract.Result),
)
