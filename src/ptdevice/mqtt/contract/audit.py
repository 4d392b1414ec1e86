"""evt/audit: what was decided about stimulation, and which decision it follows."""

from typing import Annotated

from pydantic import StringConstraints

from ptdevice.model import Decision
from ptdevice.mqtt.contract.types import Body, Open, Time

Link = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Head = Annotated[str, StringConstraints(pattern=r"^\d+-[0-9a-f]{64}$")]


class AuditData(Body):
    """evt/audit: a wish about stimulation, or a stop, and what was decided. `reasons` are all that limited it.

    The decisions of one journal are a chain: `number` counts them without holes, `previous` is the link (SHA-256) of the one
    before. Whoever keeps one of these messages, or `audit_head` of diag/health, can prove later whether the trail up to there
    is still what it was: `ptdevice audit verify --head`. `electrical`: whether limits in mA applied (null: nobody asked).
    `erased`, `first_hash` and `last_hash` sign off decisions that are no longer there, by number.
    """

    at: Time
    actor: str
    channel: str
    action: str
    decision: Open[Decision]
    rule: str | None
    reasons: tuple[str, ...]
    electrical: bool | None
    session_id: str | None
    erased: str | None = None
    first_hash: Link | None = None
    last_hash: Link | None = None
    number: int | None = None
    previous: Link | None = None
