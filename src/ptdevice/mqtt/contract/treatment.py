"""What is entered about a person before stimulation is commanded: requests and records. No free text, no names."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ptdevice.mqtt.contract.requests import Request
from ptdevice.mqtt.contract.types import Body, Count, Level, Open, Time, ucum

Question = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,64}$")]
MOST = 64  # questions in a questionnaire, with room for later ones


class Screen(Request):
    """cmd/<unit>/screen: the answers to the questions before stimulation, of whoever uses the unit (docs/prescriptions.md).

    What is not answered counts as "unknown", and unknown is not no. `cleared` are the questions that somebody cleared who may.
    Only what follows from the answers is kept, for `valid_days` days at most.
    """

    questionnaire: Level
    version: Annotated[int, Field(ge=1, le=9999)]
    answers: Annotated[dict[Question, Literal["yes", "no", "unknown"]], Field(max_length=MOST)]
    cleared: Annotated[list[Question], Field(max_length=MOST, default_factory=list)]
    valid_days: Annotated[int, Field(ge=1, le=30, json_schema_extra={"x-ucum": "d"})] = 30
    entered_by: Level


class ConfirmPads(Request):
    """cmd/<unit>/confirm_pads: somebody has looked at the pads, and says where they are. It holds for half an hour.

    `area_cm2` is the area of one pad on the skin; `channel` is left out where the unit has one.
    """

    channel: Level | None = None
    site: Level
    area_cm2: Annotated[float, Field(ge=1, le=200, json_schema_extra={"x-ucum": "cm2"})]
    pads: Literal[2, 4]
    entered_by: Level


class Reinstate(Request):
    """cmd/<unit>/reinstate: a clinician has looked at a red flag; the plans of whoever uses the unit may go on."""

    entered_by: Level


class ScreeningData(Body):
    """evt/stimulation/screening: what followed from the answers. The answers themselves are not kept."""

    at: Time
    questionnaire: str
    version: int
    result: Open[Literal["clear", "needs_clearance", "blocked"]]
    reasons: tuple[str, ...]
    cautions: tuple[str, ...]
    cleared: tuple[str, ...]
    valid_days: Annotated[int, ucum("d")]
    entered_by: str


class PadsData(Body):
    """evt/stimulation/pads: somebody has looked at the pads of this channel. Said by a person, not measured."""

    at: Time
    channel: str | None
    site: str
    area_cm2: Annotated[float, ucum("cm2")]
    pads: Count
    entered_by: str


class ReinstatedData(Body):
    """evt/reinstated: a clinician has looked at a red flag; plans may go on."""

    at: Time
    entered_by: str
