"""The table of all keys, made from the models: `python -m ptdevice.config.reference docs/config.md` renews it.

The sentences are the docstrings below each field, in settings.py and beside it. They are read from the source, because
pydantic would otherwise read them at every start of the daemon.
"""

from __future__ import annotations

import ast
import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from pydantic import AfterValidator

from ptdevice.config import bluetooth, commanding, log, proxies, retention, settings, values
from ptdevice.config.schema import details, keys, sections
from ptdevice.config.values import OneOf, Shape, Within, shown
from ptdevice.motion.exercises import EXERCISES
from ptdevice.pages import renew

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

KINDS = {str: "text", Path: "path", int: "whole number", float: "number", bool: "true or false"}


def sentences() -> dict[tuple[str, str], str]:
    """(class, field) → the docstring below the field."""
    found: dict[tuple[str, str], str] = {}
    sources = (bluetooth, commanding, log, proxies, retention, settings)
    for node in [node for source in sources for node in ast.parse(inspect.getsource(source)).body]:
        if isinstance(node, ast.ClassDef):
            for field, text in zip(node.body, node.body[1:], strict=False):
                match field, text:
                    case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(said))):
                        found[node.name, name] = said
    return found


def tables() -> str:
    """All sections as Markdown."""
    said = sentences()
    lines: list[str] = []
    for header, model in sections().items():
        lines += [f"### `[{header}]`", "", inspect.getdoc(model) or "", ""]
        lines += ["| key | value | default | meaning |", "|---|---|---|---|"]
        for name in keys(model):
            field = model.model_fields[name]
            cells = (f"`{name}`", _value(field), _default(field), said[model.__name__, name])
            lines.append("| " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


def _value(field: FieldInfo) -> str:
    said = [words for part in details(field) if (words := _words(part))]
    return " ".join(dict.fromkeys(said))


def _words(part: Any) -> str:
    if part in KINDS:
        return KINDS[part]
    if get_origin(part) is Literal:
        return ", ".join(f'`"{choice}"`' for choice in get_args(part))
    match part:
        case AfterValidator(func=Within(lowest, highest)):
            return f"{lowest:g} to {highest:g}"
        case AfterValidator(func=OneOf(_, known)):
            return "of " + ", ".join(f"`{name}`" for name in sorted(known))
        case AfterValidator(func=Shape(_, what)):
            return f"({what})"
        case AfterValidator(func=settings.exercise_name):
            return "of " + ", ".join(f"`{name}`" for name in sorted(EXERCISES)) + ", or of `exercises.file`"
        case AfterValidator(func=values.level):
            return "(1 to 32 of a-z, 0-9, _ and -)"
    return ""


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = str(field.default) if isinstance(field.default, Path) else field.default
    return "none" if value is None else f"`{shown(value)}`"


if __name__ == "__main__":
    renew(sys.argv[1], tables())
