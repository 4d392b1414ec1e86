"""How records are delivered: what the gateway tells about it, and what a consumer reports."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ptdevice.mqtt.contract.types import Body, Count, Level, Open, Time

DeliveryPolicy = Literal["broker", "end-to-end"]

LARGEST_SEQUENCE = 2**53 - 1  # the largest integer that every JSON reader keeps exactly
GAPS = 64

Sequence = Annotated[int, Field(ge=0, le=LARGEST_SEQUENCE)]
Span = tuple[Sequence, Sequence]


class ParkedRecord(Body):
    """A record that is not published, and why. It stays in the journal; `resend` gives it another try."""

    sequence: Count
    reason: str


class Delivery(Body):
    """delivery: when a record counts as delivered, and what there still is. Said on every connection, and when it changes.

    `broker`: when the broker acknowledges it. `end-to-end`: when `consumer` reports on `ack` that it has it. `oldest`: the
    first record that is still there; 0: there is none. `newest`: the last one when this was said. `gone`: of what was asked for
    again, spans (first, last) that will not come. `parked`: the first of `parked_records`.
    """

    policy: Open[DeliveryPolicy]
    consumer: Level | None
    epoch: str
    oldest: Count
    newest: Count
    acknowledged: Count | None
    gone: list[tuple[Count, Count]]
    parked: list[ParkedRecord]
    parked_records: Count
    simulated: bool
    time: Time


class Ack(BaseModel):
    """ack: a consumer reports what it has of `epoch`: everything up to `sequence`, and up to `highest` all but `gaps`.

    Gaps are spans (first, last), ascending; the first ones suffice. `again`: nothing above `highest` is on its way, for example
    because the consumer has just connected; so that is sent again too. Unknown fields are refused, as in requests.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)

    consumer: Level
    epoch: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    sequence: Sequence
    highest: Sequence
    gaps: Annotated[list[Span], Field(max_length=GAPS)] = Field(default_factory=list)
    again: bool = False
