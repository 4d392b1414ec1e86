"""What people enter by hand: the request, and the record."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ptdevice.model import Modality
from ptdevice.mqtt.contract.requests import Request
from ptdevice.mqtt.contract.types import Body, Level, Open, Time, ucum


class LogModality(Request):
    """cmd/<unit>/log_modality: heat, ice and the like were done with whoever uses the unit. No free text, no names.

    `start` is RFC 3339 in UTC with `Z`; it must be over by now and have begun within the last seven days. `site` and
    `entered_by` are codes.
    """

    kind: Literal[
        "heat",
        "ice",
        "iontophoresis",
        "dry_needling",
        "manual_therapy",
        "massage",
        "acupuncture",
        "manipulation",
        "traction",
        "ultrasound",
        "stimulation",
        "other",
    ]
    start: Annotated[str, StringConstraints(max_length=40)]
    minutes: Annotated[int, Field(ge=1, le=180, json_schema_extra={"x-ucum": "min"})]
    site: Level | None = None
    entered_by: Level


class ModalityData(Body):
    """evt/modality: somebody entered that this was done. Said by a person, not measured."""

    at: Time
    start: Time
    kind: Open[Modality]
    minutes: Annotated[int, ucum("min")]
    site: str | None
    entered_by: str
