"""What `diag/health` says of adapters."""

from __future__ import annotations

import json

from ptdevice.latest import AdapterHealth
from ptdevice.mqtt import contract, diag, topics

NAMES = topics.Names("clinic-a", "pi-1", simulated=False)
STAMP = topics.Stamp("boot-1", 1_800_000_000_000_000_000, 1000.0, synced=True)


def test_an_adapter_in_trouble_is_told_with_code_text_what_to_do_and_since_when() -> None:
    off = AdapterHealth("hci0", "trouble", 940.0, "adapter_off", "it is off", "bluetoothctl power on")
    well = AdapterHealth("hci1", "ok", 1000.0)
    said = json.loads(diag.health(NAMES, {}, None, [off, well], stamp=STAMP).payload)
    assert said["adapters"]["hci0"] == {
        "state": "trouble",
        "since": "2027-01-15T07:59:00.000000Z",
        "code": "adapter_off",
        "text": "it is off",
        "fix": "bluetoothctl power on",
    }
    assert said["adapters"]["hci1"]["state"] == "ok"
    assert said["adapters"]["hci1"]["code"] is None
    contract.Health.model_validate(said)


def test_a_gateway_of_before_that_says_nothing_of_adapters_is_still_understood() -> None:
    said = json.loads(diag.health(NAMES, {}, stamp=STAMP).payload)
    del said["adapters"]
    assert contract.Health.model_validate(said).adapters == {}
