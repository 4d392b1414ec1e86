"""The types that every message body is made of: levels, times, quantities with their UCUM codes, open enumerations."""

# No `from __future__ import annotations` in this package: pydantic needs the types themselves.
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

MAJOR = 1
TYPE_PREFIX = "dev.ptdevice."
TYPE_SUFFIX = f".v{MAJOR}"

# Dots, spaces, empty levels, capitals and other characters broke on one broker or another (NATS, RabbitMQ, Kafka bridges).
LEVEL_PATTERN = r"^[a-z0-9_-]{1,32}$"

E = TypeVar("E")


def _or_other(value: Any, known: ValidatorFunctionWrapHandler) -> Any:
    """A member that this version does not know reads as "other"; anything that is not a word is still refused."""
    try:
        return known(value)
    except ValidationError:
        if isinstance(value, str):
            return "other"
        raise


Open = Annotated[E | Literal["other"], WrapValidator(_or_other)]
Level = Annotated[str, StringConstraints(pattern=LEVEL_PATTERN)]
Time = Annotated[
    str,
    StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"),
    Field(json_schema_extra={"format": "date-time"}),
]


def ucum(code: str) -> Any:
    """The UCUM code of a quantity, for the schema."""
    return Field(json_schema_extra={"x-ucum": code})


Seconds = Annotated[float, ucum("s")]
Microseconds = Annotated[int, ucum("us")]
Degrees = Annotated[float, ucum("deg")]
WholeDegrees = Annotated[int, ucum("deg")]
Milliamperes = Annotated[float, ucum("mA")]
PartsPerMillion = Annotated[float, ucum("[ppm]")]
Count = Annotated[int, Field(ge=0, json_schema_extra={"x-ucum": "{count}"})]
Share = Annotated[float, Field(ge=0, le=1, json_schema_extra={"x-ucum": "1"})]


class Body(BaseModel):
    """What every message body has in common: strict, immutable, finite, and `null` for unknown."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", allow_inf_nan=False)
