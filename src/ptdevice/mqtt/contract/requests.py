"""cmd and res: requests and their answers."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ptdevice.mqtt.contract.delivery import LARGEST_SEQUENCE
from ptdevice.mqtt.contract.types import Body, Level, Open, Seconds, Time
from ptdevice.whose import Subsystem

Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class Request(BaseModel):
    """What every command carries. Unknown fields are refused: a wish that is half understood is not carried out.

    `id` is the requester's own and unique; a repeated id gets the first answer again and has no second effect. `requester`
    names the leaf under `res/` for the answer. `expires_at` is optional for commands that move no current.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    requester: Level
    expires_at: Annotated[str, StringConstraints(max_length=40)] | None = None


class Ping(Request):
    """cmd/gateway/ping: answer `done`."""


class LogLevel(Request):
    """cmd/gateway/log_level: one part of the program logs more, or less, for `for_s` seconds. Addresses stay hidden."""

    subsystem: Subsystem
    level: Literal["debug", "info", "warning", "error"]
    for_s: Annotated[int, Field(ge=1, le=3600)]


class Resend(Request):
    """cmd/gateway/resend: send records of `epoch` again, from `from` to `to`, as far as they are there; parked ones too."""

    epoch: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    first: Annotated[int, Field(alias="from", ge=1, le=LARGEST_SEQUENCE)]
    last: Annotated[int, Field(alias="to", ge=1, le=LARGEST_SEQUENCE)]


class Release(Request):
    """cmd/<unit>/release: let the unit go for `for_s` seconds, so that another host can have it; then it is taken back.

    Refused while a set, a programme or a commanded session is open, and for a unit that only advertises. A stop takes it back,
    and so does a restart of the gateway. Asked again, the new time holds.
    """

    for_s: Annotated[Seconds, Field(ge=10, le=3600)]


class TakeBack(Request):
    """cmd/<unit>/take_back: a unit that was released is wanted again, now. It can be had once the other host lets go."""


class BeginSet(Request):
    """cmd/<unit>/begin_set: guide a set from now on. Without an exercise: the one the unit is configured for."""

    exercise: Level | None = None
    target: Annotated[int, Field(ge=1, le=1000)] | None = None


class EndSet(Request):
    """cmd/<unit>/end_set: end the open set. `reason` says why somebody could not go on; without it, that was the set."""

    reason: Literal["pain", "fatigue", "other"] | None = None


class PauseSet(Request):
    """cmd/<unit>/pause_set: nothing counts until `resume_set`."""


class ResumeSet(Request):
    """cmd/<unit>/resume_set: go on after a pause."""


class SkipSet(Request):
    """cmd/<unit>/skip_set: leave out a set of the programme that has not begun."""


class BeginProgramme(Request):
    """cmd/<unit>/begin_programme: guide what is left of today's programme. `programme` is needed where several are due."""

    programme: Level | None = None


class EndProgramme(Request):
    """cmd/<unit>/end_programme: what is left of it is skipped."""


class RatePain(Request):
    """cmd/<unit>/rate_pain: pain from 0 (none) to 10 (worst imaginable), before, during or after exercise."""

    rating: Annotated[int, Field(ge=0, le=10)]
    moment: Literal["before", "during", "after"]


class Assess(Request):
    """cmd/<unit>/assess: an assessment of whoever uses the unit. No free text. `onset_weeks` are full weeks."""

    category: Literal["nonspecific", "radiculopathy_or_stenosis", "non_spinal", "specific_spinal"]
    onset_weeks: Annotated[int, Field(ge=0, le=520)]
    recurrence: Literal["first", "recurrent", "frequent"]
    red_flags: Annotated[
        list[
            Literal[
                "saddle_anaesthesia",
                "new_bladder_trouble",
                "progressive_leg_weakness",
                "major_trauma",
                "cancer_history",
                "fever_or_weight_loss",
                "severe_night_pain",
            ]
        ],
        Field(max_length=7),
    ]


class Calibrate(Request):
    """cmd/<pair>/calibrate: two sensors learn standing, and one bend forward. `telemetry/lumbar` says what to do."""


class Align(Request):
    """cmd/<pair>/align: lay the sensors' clocks together by the next tap on both, e.g. at the end, to check them."""


class BeginRange(Request):
    """cmd/<pair>/begin_range: measure lumbar flexion and extension from now on. Needs a calibration."""


class EndRange(Request):
    """cmd/<pair>/end_range: end the measurement."""


class ArmedAnswer(BaseModel):
    """The answer to `arm`. `limited_by` are the rings that allow less than was asked for, strictest first."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", allow_inf_nan=False)

    session: Token
    token: Token
    level: int
    limited_by: list[str]
    confirm_within_s: Seconds
    lease_s: Seconds | None


ResultState = Literal["accepted", "done", "refused", "failed"]


class Result(Body):
    """res/<requester>: the answer under the command's id. `rule` is the stable name of what refused or failed.

    `data` is there where something was asked for: with the answer to `arm`.
    """

    id: str
    command: str
    state: Open[ResultState]
    rule: str | None
    detail: str | None
    simulated: bool
    time: Time
    data: ArmedAnswer | None = None
