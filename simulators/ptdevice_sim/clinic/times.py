"""Times and spans as a scenario writes them: "00:03:00", "2d 09:00:00", "8s", "1.5h". Inside, seconds."""

# No `from __future__ import annotations`: pydantic needs the types themselves.
import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from ptdevice.config.values import shown, wrong

_UNIT_S = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_AMOUNT = r"(\d{1,6}(?:\.\d{1,3})?)(ms|s|m|h|d)"
_CLOCK = r"(?:(\d{1,3})d )?(\d{1,2}):([0-5]\d):([0-5]\d(?:\.\d{1,3})?)"
_SPAN = re.compile(f"{_AMOUNT}|{_CLOCK}", re.ASCII)

LONGEST_S = 180 * _UNIT_S["d"]


def seconds(text: str) -> float | None:
    """A time or a span in seconds; None where the text is neither."""
    match = _SPAN.fullmatch(text)
    if match is None:
        return None
    amount, unit, days, hours, minutes, rest = match.groups()
    if unit:
        return float(amount) * _UNIT_S[unit]
    return int(days or 0) * _UNIT_S["d"] + int(hours) * _UNIT_S["h"] + int(minutes) * _UNIT_S["m"] + float(rest)


def clock(at_s: float) -> str:
    """Scenario seconds as people write them: "00:03:00", "2d 09:00:00"; milliseconds only where there are some."""
    whole, milli = divmod(round(at_s * 1000), 1000)
    days, rest = divmod(whole, 86_400)
    text = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}" + (f".{milli:03d}" if milli else "")
    return f"{days}d {text}" if days else text


def _moment(value: Any) -> float:
    return _known(value, 'must be a time like "00:03:00" or "2d 09:00:00"')


def _span(value: Any) -> float:
    found = _known(value, 'must be a span like "8s", "1.5h" or "00:03:00"')
    if found == 0:
        raise wrong("must be longer than nothing")
    return found


def _step(value: Any) -> float:
    text = 'must be a signed span like "+1h" or "-90s"'
    if not isinstance(value, str) or value[:1] not in {"+", "-"}:
        raise wrong(f"{text}, is {shown(value)}")
    found = _known(value[1:], text)
    return -found if value[0] == "-" else found


def _known(value: Any, text: str) -> float:
    found = seconds(value) if isinstance(value, str) else None
    if found is None:
        raise wrong(f"{text}, is {shown(value)}")
    if not 0 <= found <= LONGEST_S:
        raise wrong(f"must be at most 180 days, is {shown(value)}")
    return found


def _schema(pattern: str, description: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^(?:{pattern})$", "description": description})


Moment = Annotated[
    float, BeforeValidator(_moment), _schema(f"{_AMOUNT}|{_CLOCK}", "since the scenario began, e.g. 2d 09:00:00")
]
Span = Annotated[float, BeforeValidator(_span), _schema(f"{_AMOUNT}|{_CLOCK}", "how long, e.g. 8s")]
Step = Annotated[float, BeforeValidator(_step), _schema(rf"[+-](?:{_AMOUNT}|{_CLOCK})", "forward or back, e.g. +1h")]
