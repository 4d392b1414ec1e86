"""What breaks people who build on the messages is named, with its place; what does not is let pass."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ptdevice.mqtt.compatibility import breaking
from ptdevice.mqtt.schema import LATER_WORD, bundle

Schema = dict[str, Any]

SAID: Schema = {
    "type": "object",
    "properties": {
        "level": {"type": "integer", "minimum": 0, "maximum": 10},
        "share": {"anyOf": [{"type": "number", "x-ucum": "1"}, {"type": "null"}]},
        "current_ma": {"type": "number", "x-ucum": "mA"},
        "output": {"anyOf": [{"$ref": "#/$defs/Output"}, LATER_WORD]},
        "clock": {"enum": ["synced", "unsynced"], "type": "string"},
        "type": {"const": "a.v1", "type": "string"},
        "tempo_s": {
            "prefixItems": [{"type": "number"}, {"type": "number"}],
            "type": "array",
            "minItems": 2,
            "maxItems": 2,
        },
        "units": {"type": "array", "items": {"$ref": "#/$defs/Unit"}},
        "values": {"type": "object", "additionalProperties": {"$ref": "#/$defs/Unit"}, "x-ucum": {"battery_pct": "%"}},
        "note": {"type": "string"},
    },
    "required": ["level", "share", "output"],
}
ASKED: Schema = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "maxLength": 64, "pattern": "^a*$"},
        "rating": {"type": "integer", "minimum": 0, "maximum": 10},
        "weight": {"type": "number"},
        "moment": {"enum": ["before", "after"], "type": "string"},
        "site": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
    "required": ["id"],
}
OLD: Schema = {
    "x-messages": {
        "said": {"topic": "a/said", "by": "gateway", "qos": 1, "retained": True, "$ref": "#/$defs/Said"},
        "asked": {"topic": "a/cmd", "by": "requester", "qos": 1, "retained": False, "$ref": "#/$defs/Asked"},
    },
    "$defs": {
        "Said": SAID,
        "Asked": ASKED,
        "Output": {"enum": ["on", "off"], "type": "string"},
        "Unit": {"type": "object", "properties": {"alias": {"type": "string"}}, "required": ["alias"]},
    },
}


def changed(path: str, value: Any = None) -> Schema:
    """The old bundle with what is at `path` replaced, or removed where `value` is None."""
    new = copy.deepcopy(OLD)
    *steps, last = path.split("/")
    place: Any = new
    for step in steps:
        place = place[int(step) if isinstance(place, list) else step]
    if value is None:
        del place[last]
    else:
        place[int(last) if isinstance(place, list) else last] = value
    return new


S, A = "$defs/Said/properties", "$defs/Asked/properties"


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("x-messages/said", None, "said: the message is gone"),
        ("x-messages/said/topic", "b", "said: its topic was 'a/said' and is 'b'"),
        ("x-messages/said/retained", False, "said: its retained was True and is False"),
        (f"{S}/note", None, "said: note is gone"),
        (f"{S}/note/type", "integer", "said: note may now be integer"),
        (f"{S}/note", {"anyOf": [{"type": "string"}, {"type": "null"}]}, "said: note may now be null"),
        (f"{S}/level/type", "number", "said: level may now be number"),
        (f"{S}/level/maximum", 100, "said: level had the maximum 10 and has 100"),
        (f"{S}/level/minimum", None, "said: level had the minimum 0 and has none"),
        (f"{S}/current_ma/x-ucum", "A", "said: current_ma had the unit mA and has A"),
        (f"{S}/share/anyOf/0/x-ucum", "%", "said: share had the unit 1 and has %"),
        (f"{S}/values/x-ucum/battery_pct", "1", "said: values.battery_pct had the unit % and has 1"),
        (f"{S}/clock/enum", ["synced", "unsynced", "so_so"], "said: clock may now be 'so_so', and was a closed list"),
        (f"{S}/clock", {"type": "string"}, "said: clock may now be any word"),
        (f"{S}/type/const", "a.v2", "said: type has lost the word 'a.v1'"),
        ("$defs/Output/enum", ["on", "none"], "said: output has lost the word 'off'"),
        ("$defs/Unit/properties/alias", None, "said: units[].alias is gone"),
        ("$defs/Unit/properties/alias/type", "integer", "said: values.*.alias may now be integer"),
        (f"{S}/tempo_s/maxItems", 3, "said: tempo_s had the maxItems 2 and has 3"),
        (f"{S}/tempo_s/prefixItems/1/type", "string", "said: tempo_s[1] may now be string"),
        ("$defs/Said/required", ["level", "share"], "said: output may now be absent"),
        (f"{A}/site", None, "asked: site is gone"),
        (f"{A}/site", {"type": "string"}, "asked: site may no longer be null"),
        (f"{A}/weight/type", "integer", "asked: weight may no longer be number"),
        (f"{A}/rating/maximum", 5, "asked: rating had the maximum 10 and has 5"),
        (f"{A}/weight/minimum", 0, "asked: weight had the minimum none and has 0"),
        (f"{A}/id/pattern", "^b*$", "asked: id had the pattern ^a*$ and has ^b*$"),
        (f"{A}/id/maxLength", 32, "asked: id had the maxLength 64 and has 32"),
        (f"{A}/moment/enum", ["before"], "asked: moment has lost the word 'after'"),
        (f"{A}/site", {"enum": ["a"], "type": "string"}, "asked: site is now one of ['a']"),
        ("$defs/Asked/required", ["id", "moment"], "asked: moment is now required"),
    ],
)
def test_a_break_is_named_with_its_place(path: str, value: Any, sentence: str) -> None:
    assert sentence in breaking(OLD, changed(path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("x-messages/new", OLD["x-messages"]["said"]),
        (f"{S}/fresh", {"type": "string"}),
        (f"{S}/share", {"type": "number", "x-ucum": "1"}),
        (f"{S}/current_ma/type", "integer"),
        (f"{S}/level/maximum", 5),
        (f"{S}/values/x-ucum/heart_rate_bpm", "/min"),
        ("$defs/Output/enum", ["on", "off", "pausing"]),
        ("$defs/Said/required", ["level", "share", "output", "note"]),
        (f"{A}/fresh", {"type": "string"}),
        (f"{A}/rating/maximum", 20),
        (f"{A}/rating/type", "number"),
        (f"{A}/id/pattern", None),
        (f"{A}/moment/enum", ["before", "during", "after"]),
        (f"{A}/moment", {"type": "string"}),
        ("$defs/Asked/required", []),
        ("$defs/Asked/additionalProperties", True),
        (f"{S}/level/description", "better words"),
    ],
)
def test_what_breaks_nobody_is_let_pass(path: str, value: Any) -> None:
    assert breaking(OLD, changed(path, value)) == []


def test_an_unknown_field_that_is_refused_from_now_on_breaks_whoever_sends_one() -> None:
    assert breaking(changed("$defs/Asked/additionalProperties"), OLD) == [
        "asked: the body may no longer have unknown fields"
    ]


def test_a_list_that_becomes_a_tuple_is_another_thing() -> None:
    now = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
    assert breaking(OLD, changed(f"{S}/tempo_s", now)) == ["said: tempo_s was a tuple and is a list"]


def test_a_bundle_is_compatible_with_itself() -> None:
    assert breaking(bundle(), bundle()) == []


def test_of_the_real_bundle_no_field_can_go_unnoticed() -> None:
    whole = bundle()
    definitions = [name for name, schema in whole["$defs"].items() if "properties" in schema]
    assert len(definitions) > 50
    for name in definitions:
        new = copy.copy(whole)
        new["$defs"] = whole["$defs"] | {name: whole["$defs"][name] | {"properties": {}}}
        found = breaking(whole, new)
        for field in whole["$defs"][name]["properties"]:
            assert any(f"{field} is gone" in sentence for sentence in found), (name, field)
