"""What pydantic found wrong, in words for the person who wrote the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ptdevice.config.schema import UNITS, model_at, sections
from ptdevice.config.values import SAID, did_you_mean, shown

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from ptdevice.config.document import KeyPath

KINDS = {
    "string_type": "text in quotes",
    "is_instance_of": "text in quotes",
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "model_type": "a table",
    "dict_type": "a table of units, e.g. [units.chest]",
}
TABLES: dict[KeyPath, str] = {
    ("pairs",): "a table of pairs, e.g. [pairs.lumbar]",
    ("proxies",): "a table of proxies, e.g. [proxies.hall]",
}


def problem(error: ErrorDetails) -> tuple[KeyPath, str]:
    """Where it is wrong, and what."""
    path = tuple(str(part) for part in error["loc"] if part != "[key]")
    kind, value = error["type"], error["input"]
    if kind == SAID:
        return path, str(error["ctx"]["text"])
    if kind == "extra_forbidden":
        return path, unknown_key(path)
    if kind == "missing":
        return path, _missing(path)
    if kind == "literal_error":
        wanted = "one of " + str(error["ctx"]["expected"]).replace("'", '"').replace(" or ", ", ")
    elif kind == "mapping_type" and path in TABLES:
        wanted = TABLES[path]
    else:
        wanted = KINDS.get(kind, error["msg"])
    return path, f"must be {wanted}" + _instead(path, value)


def unknown_key(path: KeyPath) -> str:
    """A key that nobody knows: a slip of the pen, a key of another section, or a password in the open."""
    name = path[-1]
    if name == "password":
        return "a password is never written here; use password_file or password_env"
    model = model_at(path[:-1])
    known = list(model.model_fields) if model else []
    hint = did_you_mean(name, known)
    if not hint:
        elsewhere = [header for header, section in sections().items() if name in section.model_fields]
        hint = f", it belongs in [{elsewhere[0]}]" if elsewhere else ""
    what = "section" if len(path) == 1 else "key"
    return f"unknown {what}{hint}" if hint else f"unknown {what}; known: {', '.join(known)}"


def _missing(path: KeyPath) -> str:
    model = model_at(path)
    if model is None or path == (UNITS,):
        return "is missing"
    required = [name for name, field in model.model_fields.items() if field.is_required()]
    return f"the section [{'.'.join(path)}] is missing; it must have {' and '.join(required)}"


def _instead(path: KeyPath, value: Any) -> str:
    if "password" in path[-1]:
        return ""  # it may well be the password itself
    if isinstance(value, dict):
        return ", is a table"
    if isinstance(value, list):
        return ", is a list"
    return f", is {shown(value)}"
