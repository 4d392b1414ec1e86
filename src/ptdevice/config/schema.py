"""The models seen as a tree of keys: what is known at a key path, and of which kind it is."""

from __future__ import annotations

import types
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from ptdevice.config.proxies import Proxy
from ptdevice.config.settings import Pair, Settings, Unit

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from ptdevice.config.document import KeyPath

UNITS = "units"
NAMED: dict[str, type[BaseModel]] = {
    UNITS: Unit,
    "proxies": Proxy,
    "pairs": Pair,
}  # tables of tables, each under an alias


def model_at(path: KeyPath) -> type[BaseModel] | None:
    """The model of the table at this path; None where there is none."""
    match path:
        case ():
            return Settings
        case (section, _) if section in NAMED:
            return NAMED[section]
        case (section, _, *names) if section in NAMED:
            return _table(NAMED[section], names)
        case (section, *names) if section in Settings.model_fields and section not in NAMED:
            model = Settings.model_fields[section].annotation
            return _table(model, names) if isinstance(model, type) else None
    return None


def field_at(path: KeyPath) -> FieldInfo | None:
    """The field that a key sets."""
    model = model_at(path[:-1])
    return model.model_fields.get(path[-1]) if model and path else None


def sections() -> dict[str, type[BaseModel]]:
    """Every table by its header, in the order of the models; those with an alias come last."""
    tables: dict[str, type[BaseModel]] = {}
    for name in Settings.model_fields:
        if (section := model_at((name,))) is not None:
            tables |= _below(name, section)
    for name, model in NAMED.items():
        tables |= _below(f"{name}.<alias>", model)
    return tables


def keys(model: type[BaseModel]) -> list[str]:
    """The keys of a table that are no tables themselves."""
    return [name for name in model.model_fields if _table(model, [name]) is None]


def _below(header: str, model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """A table and those inside it."""
    found = {header: model}
    for name in model.model_fields:
        if (inner := _table(model, [name])) is not None:
            found |= _below(f"{header}.{name}", inner)
    return found


def _table(model: type[BaseModel], names: list[str]) -> type[BaseModel] | None:
    """The table inside this one that these keys lead to."""
    for name in names:
        found = model.model_fields[name].annotation if name in model.model_fields else None
        tables = [part for part in parts(found) if isinstance(part, type) and issubclass(part, BaseModel)]
        if not tables:
            return None
        model = tables[0]
    return model


def parts(annotation: Any) -> list[Any]:
    """An annotation taken apart: plain types, literals and validators, without NoneType."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *extras = get_args(annotation)
        return [*parts(inner), *extras]
    if origin in {Union, types.UnionType}:
        return [part for choice in get_args(annotation) for part in parts(choice)]
    return [] if annotation is types.NoneType else [annotation]


def details(field: FieldInfo) -> list[Any]:
    """All there is to know about a field's value: its types and validators."""
    return [*parts(field.annotation), *field.metadata]


def is_text(field: FieldInfo | None) -> bool:
    """Whether a value from the environment is taken as it stands; other kinds are written as in TOML."""
    return field is None or any(part in {str, Path} or get_origin(part) is Literal for part in details(field))
