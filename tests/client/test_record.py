"""What counts as a record of a gateway, and what does not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptdevice.client.record import parse
from ptdevice.mqtt import contract

GATEWAY = "ptdevice/v1/clinic-a/pi-1"
# The example of docs/mqtt.md's contract, written by hand.
EVENT: dict[str, Any] = {
    "specversion": "1.0", "id": "0193a0c4-5b20-7d11-8a3e-5a6b7c8d9e0f", "source": "/clinic-a/pi-1/chest",
    "type": "dev.ptdevice.alarm.v1", "time": "2026-11-24T16:36:00.123456Z", "subject": "k3f7q", "sequence": "1234",
    "epoch": "0193a0c4-5b1e-7c0e-9f53-0e5d3a3a1b2c", "bootid": "b", "monous": 731000123, "clock": "synced", "simulated": False,
    "datacontenttype": "application/json", "data": {"code": "battery_low", "text": "10 %", "at": "2026-11-24T16:36:00.123456Z"},
}  # fmt: skip


def said(**changes: Any) -> bytes:
    return json.dumps(EVENT | changes).encode()


def test_a_record_has_what_was_said() -> None:
    record = parse(GATEWAY, said())
    assert record is not None
    assert (record.sequence, record.kind, record.unit, record.subject) == (1234, "alarm", "chest", "k3f7q")
    assert (record.synced, record.simulated, record.data["code"]) == (True, False, "battery_low")


def test_a_record_of_the_gateway_itself_is_of_no_unit() -> None:
    record = parse(GATEWAY, said(source="/clinic-a/pi-1"))
    assert record is not None
    assert record.unit is None


def test_its_model_is_the_published_one() -> None:
    record = parse(GATEWAY, said())
    assert record is not None
    assert isinstance(record.model(), contract.AlarmData)


def test_a_kind_of_a_later_version_is_a_record_all_the_same() -> None:
    record = parse(GATEWAY, said(type="dev.ptdevice.quite.new.v1", data={"new": 1}, another="field"))
    assert record is not None
    assert (record.kind, record.data) == ("quite.new", {"new": 1})
    with pytest.raises(ValueError, match="no kind of record"):
        record.model()


@pytest.mark.parametrize(
    "changes",
    [
        {"source": "/clinic-a/pi-2/chest"},  # another gateway speaks under this one's topic
        {"source": "/clinic-a/pi-1/chest/more"},
        {"source": "clinic-a/pi-1"},
        {"simulated": True},
        {"sequence": "0"},
        {"sequence": "-1"},
        {"sequence": "1.5"},
        {"sequence": "٣"},
        {"sequence": str(2**53)},
        {"sequence": "9" * 5000},
        {"sequence": 5},
        {"type": "org.example.alarm"},
        {"epoch": ""},
        {"epoch": "e" * 65},
        {"data": "text"},
        {"data": None},
    ],
)
def test_what_cannot_be_a_record_of_this_gateway_is_none(changes: dict[str, Any]) -> None:
    assert parse(GATEWAY, said(**changes)) is None


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_no_record_and_raise_nothing(payload: bytes) -> None:
    assert parse(GATEWAY, payload) is None
