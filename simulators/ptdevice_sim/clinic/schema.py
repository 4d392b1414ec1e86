"""The form of a scenario as JSON Schema, for editors that check and complete TOML while it is written."""

from __future__ import annotations

import ast
import inspect
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema

from ptdevice_sim.clinic import scenario
from ptdevice_sim.clinic.scenario import Scenario
from ptdevice_sim.clinic.times import clock

if TYPE_CHECKING:
    from pydantic_core import core_schema


class _Generate(GenerateJsonSchema):
    """Spans are seconds inside and text in the file; so are their defaults."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> dict[str, Any]:
        made = super().default_schema(schema)
        default = made.get("default")
        if made.get("type") == "string" and isinstance(default, float):
            made["default"] = clock(default)
        if default is None:
            made.pop("default", None)  # TOML has no null: what has no default is left out
        return made

    def nullable_schema(self, schema: core_schema.NullableSchema) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])


def schema() -> dict[str, Any]:
    """The whole scenario."""
    made = Scenario.model_json_schema(by_alias=True, schema_generator=_Generate)
    for name, fields in sentences().items():
        table = made if name == Scenario.__name__ else made["$defs"].get(name, {})
        for key, text in fields.items():
            if key in table.get("properties", {}):
                table["properties"][key]["description"] = text
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def sentences() -> dict[str, dict[str, str]]:
    """Class → key → the docstring below the key, read from the source."""
    found: dict[str, dict[str, str]] = {}
    for node in ast.parse(inspect.getsource(scenario)).body:
        if isinstance(node, ast.ClassDef):
            for field, text in zip(node.body, node.body[1:], strict=False):
                match field, text:
                    case ast.AnnAssign(target=ast.Name(id=key)), ast.Expr(value=ast.Constant(value=str(words))):
                        found.setdefault(node.name, {})[key] = " ".join(words.split())
                    case _:
                        pass
    return found
