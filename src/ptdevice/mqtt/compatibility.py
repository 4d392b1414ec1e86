"""What would break people who build on the messages: two bundles of schemas, compared. Pure.

A reader breaks when something arrives that the old schema did not foresee; a requester, when something it says is no longer
admitted. So for what a gateway says the old schema must cover the new one, and for requests the new must cover the old.
Adding a field, a kind of message, an optional field of a request, or a word of an enumeration that may grow breaks nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Schema = dict[str, Any]

_ANY = "any type"
_ALIKE = {"integer": "number", "number": "integer"}
_LOWER, _UPPER = ("minimum", "minLength", "minItems"), ("maximum", "maxLength", "maxItems")


def breaking(old: Schema, new: Schema) -> list[str]:
    """A sentence for each break, which says where it is; none where everybody can go on."""
    found: list[str] = []
    for name, was in old["x-messages"].items():
        now = new["x-messages"].get(name)
        if now is None:
            found.append(f"{name}: the message is gone")
            continue
        found += [
            f"{name}: its {key} was {was[key]!r} and is {now[key]!r}"
            for key in ("topic", "by", "qos", "retained")
            if was[key] != now[key]
        ]
        comparison = _Comparison(old["$defs"], new["$defs"], request=was["by"] != "gateway")
        found += [f"{name}: {what}" for what in comparison.breaks(was, now, "the body")]
    return found


@dataclass(frozen=True, slots=True)
class _Comparison:
    old: Schema
    new: Schema
    request: bool

    def breaks(self, was: Schema, now: Schema, place: str) -> Iterator[str]:
        before, after = _by_type(was, self.old), _by_type(now, self.new)
        outer, inner = (after, before) if self.request else (before, after)
        for kind in inner:
            # An integer is a number, and anything goes where no type is asked for.
            if not {kind, _ANY, *(["number"] if kind == "integer" else [])} & set(outer):
                yield f"{place} may no longer be {kind}" if self.request else f"{place} may now be {kind}"
        for kind in before:
            # A number that became an integer, or the other way round, is compared with it.
            now_kind = kind if kind in after else _ALIKE.get(kind, kind)
            if now_kind in after:
                yield from self._same_type(before[kind], after[now_kind], place)

    def _same_type(self, was: Schema, now: Schema, place: str) -> Iterator[str]:
        yield from self._words(was, now, place)
        yield from self._limits(was, now, place)
        yield from self._units(was, now, place)
        yield from self._fields(was, now, place)
        yield from self._items(was, now, place)

    def _words(self, was: Schema, now: Schema, place: str) -> Iterator[str]:
        before, after = was.get("enum"), now.get("enum")
        if before is None and after is None:
            return
        for word in before or ():
            if word not in (after or ()) and not (self.request and after is None):
                yield f"{place} has lost the word {word!r}"
        if self.request:
            if before is None:
                yield f"{place} is now one of {after}"
        elif before is not None and not was.get("open"):
            if after is None or now.get("open"):
                yield f"{place} may now be any word"
            for word in after or ():
                if word not in before:
                    yield f"{place} may now be {word!r}, and was a closed list"

    def _limits(self, was: Schema, now: Schema, place: str) -> Iterator[str]:
        outer, inner = (now, was) if self.request else (was, now)
        for key in (*_LOWER, *_UPPER):
            if key not in outer:
                continue
            beyond = key not in inner or (inner[key] < outer[key] if key in _LOWER else inner[key] > outer[key])
            if beyond:
                yield f"{place} had the {key} {was.get(key, 'none')} and has {now.get(key, 'none')}"
        for key in ("pattern", "format"):
            if outer.get(key) is not None and outer.get(key) != inner.get(key):
                yield f"{place} had the {key} {was.get(key, 'none')} and has {now.get(key, 'none')}"

    @staticmethod
    def _units(was: Schema, now: Schema, place: str) -> Iterator[str]:
        before, after = was.get("x-ucum"), now.get("x-ucum")
        if isinstance(before, dict):
            after = after if isinstance(after, dict) else {}
            for name, unit in before.items():
                if after.get(name) != unit:
                    yield f"{place}.{name} had the unit {unit} and has {after.get(name, 'none')}"
        elif before is not None and before != after:
            yield f"{place} had the unit {before} and has {after or 'none'}"

    def _fields(self, was: Schema, now: Schema, place: str) -> Iterator[str]:
        inside = "" if place == "the body" else f"{place}."
        before, after = was.get("properties", {}), now.get("properties", {})
        for name, field in before.items():
            if name not in after:
                yield f"{inside}{name} is gone"
            else:
                yield from self.breaks(field, after[name], f"{inside}{name}")
        required, still = set(was.get("required", ())), set(now.get("required", ()))
        if self.request:
            yield from (f"{inside}{name} is now required" for name in sorted(still - required))
            if was.get("additionalProperties") is not False and now.get("additionalProperties") is False:
                yield f"{place} may no longer have unknown fields"
        else:
            yield from (f"{inside}{name} may now be absent" for name in sorted((required - still) & set(after)))
        values = was.get("additionalProperties"), now.get("additionalProperties")
        if isinstance(values[0], dict):
            yield from self.breaks(values[0], values[1] if isinstance(values[1], dict) else {}, f"{inside}*")

    def _items(self, was: Schema, now: Schema, place: str) -> Iterator[str]:
        before, after = was.get("prefixItems"), now.get("prefixItems")
        if before is not None and after is not None:
            for index, (one, other) in enumerate(zip(before, after, strict=False)):
                yield from self.breaks(one, other, f"{place}[{index}]")
        elif before is not None or after is not None:
            yield f"{place} was {'a tuple' if before else 'a list'} and is {'a tuple' if after else 'a list'}"
        elif isinstance(was.get("items"), dict):
            yield from self.breaks(was["items"], now.get("items", {}), f"{place}[]")


def _by_type(schema: Schema, definitions: Schema) -> dict[str, Schema]:
    """What a schema allows, by JSON type: references followed, alternatives side by side, `const` as an enumeration of one."""
    about = {key: value for key, value in schema.items() if key not in {"anyOf", "$ref"}}
    if "$ref" in schema:
        return _by_type({**definitions[schema["$ref"].rpartition("/")[2]]} | _unit(about), definitions)
    if "anyOf" not in schema:
        if "const" in about:
            about["enum"] = [about["const"]]
        return {about.get("type", _ANY): about}
    found: dict[str, Schema] = {}
    for choice in schema["anyOf"]:
        for kind, each in _by_type(choice, definitions).items():
            branch = _unit(about) | each
            if kind in found:
                # Known words, and any other: an enumeration that may grow.
                branch = found[kind] | branch | {"open": "enum" not in found[kind] or "enum" not in branch}
                branch["enum"] = [*found[kind].get("enum", ()), *each.get("enum", ())]
            found[kind] = branch
    return found


def _unit(schema: Schema) -> Schema:
    return {"x-ucum": schema["x-ucum"]} if "x-ucum" in schema else {}
