"""cmd: wishes about stimulation, for less and for more; and a commanded session as it stands.

Less (`stop`, `pause`, `lower`, `stop_all`) is taken from anybody the broker lets in, in any state, however old, retained,
repeated or badly written the request is, as long as it can be understood at all. More (`arm`, `resume`, `raise`) is taken once,
from now, in order, and does nothing but make ready what an act at the unit starts.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ptdevice.model import StopReason
from ptdevice.mqtt.contract.requests import Request, Token
from ptdevice.mqtt.contract.types import Body, Level, Open, Seconds, Time
from ptdevice.stimulation.commanded import Knowledge

# The words of `ptdevice.stimulation.commanded.State`, which a test compares; as an enumeration it would be called `State` here.
SessionState = Literal[
    "draft",
    "armed",
    "ramping_up",
    "running",
    "ramping_down",
    "halting_to_paused",
    "halting_to_lead_off",
    "halting_to_aborted",
    "paused",
    "lead_off",
    "link_lost",
    "reconciling",
    "completed",
    "aborted",
    "faulted",
    "ended_unverified",
]

LARGEST_SEQUENCE = 2**53  # what JSON readers keep exactly


class MoreRequest(Request):
    """What each wish for more carries besides: who, when, for how long, and which of that requester's.

    `expires_in_s` counts from `issued_at`. `sequence` rises with each of a requester's, and `nonce` is never used twice.
    """

    actor: Level
    issued_at: Annotated[str, StringConstraints(max_length=40)]
    expires_in_s: Annotated[float, Field(gt=0, le=5)]
    nonce: Token
    sequence: Annotated[int, Field(ge=0, le=LARGEST_SEQUENCE)]


class Arm(MoreRequest):
    """cmd/<unit>/arm: check everything, and make ready a session that an act at the unit starts within 10 s.

    `level` is the unit's own. The answer's `data` has the session, the token that controls it, and the level that is allowed.
    """

    prescription: Level
    level: Annotated[int, Field(ge=1, le=1000)]
    channel: Level | None = None


class Hold(Request):
    """cmd/<unit>/hold: the controller is there. Without it for longer than the lease, the session ends."""

    session: Token
    token: Token


class Resume(MoreRequest):
    """cmd/<unit>/resume: an act at the unit within 10 s ends the pause, from zero."""

    token: Token


class Raise(MoreRequest):
    """cmd/<unit>/raise: a press at the wired key within 10 s makes it one step more. Off unless it is configured."""

    token: Token
    level: Annotated[int, Field(ge=1, le=1000)]
    channel: Level | None = None


class Stop(Request):
    """cmd/<unit>/stop: stop. `accepted` says that it is being told to the unit; that it stopped, the unit's state says."""

    actor: Level | None = None


class Pause(Request):
    """cmd/<unit>/pause: to zero; `resume` and an act at the unit go on."""

    actor: Level | None = None


class Lower(Request):
    """cmd/<unit>/lower: at most this level from now on."""

    level: Annotated[int, Field(ge=0, le=1000)]
    channel: Level | None = None
    actor: Level | None = None


class StopAll(Request):
    """cmd/gateway/stop_all: stop every unit that is commanded."""

    actor: Level | None = None


class Acknowledge(Request):
    """cmd/<unit>/acknowledge: a person has looked at a fault; the unit may be armed again."""

    actor: Level


class CommandedSession(Body):
    """unit/U/session: the last commanded session as it stands. `output` comes from what the unit said, never from a request.

    `level` is what the unit is told, `target` what it is to come to, `reported` what it says itself. While a session is open it
    is true until `valid_until`, and said again before; the broker forgets it then (MQTT 5). After that, and once the gateway's
    `status` is offline or has another `boot_id`, the output is unknown, whatever stands here. A new start says it anew.
    """

    state: Open[SessionState] | None
    session: str | None
    output: Open[Knowledge]
    level: int
    target: int
    reported: int | None
    channel: str | None
    remaining_s: Seconds | None
    limited_by: list[str]
    electrical: bool | None
    reason: Open[StopReason] | None
    fault: str | None
    boot_id: str
    valid_until: Time | None
    simulated: bool
    time: Time
