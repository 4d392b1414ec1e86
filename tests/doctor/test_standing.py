"""What a retained status says of the gateway that runs."""

from __future__ import annotations

import json

import pytest

from ptdevice.doctor.standing import of

BOOT = "11111111-1111-4111-8111-111111111111"


def status(**changed: object) -> bytes:
    body: dict[str, object] = {"state": "online", "reason": None, "boot_id": BOOT, "version": "0.1.0"}
    return json.dumps(body | changed).encode()


@pytest.mark.parametrize(
    ("changed", "level", "code"),
    [
        ({}, "ok", "ok"),
        ({"state": "degraded", "reason": "journal: full"}, "warning", "gateway_degraded"),
        ({"state": "offline", "boot_id": "old"}, "warning", "gateway_offline"),
        ({"boot_id": "22222222-2222-4222-8222-222222222222"}, "error", "gateway_elsewhere"),
    ],
)
def test_each_state_is_told(changed: dict[str, object], level: str, code: str) -> None:
    found = of(status(**changed), BOOT)
    assert (found.level, found.code) == (level, code)


def test_the_reason_is_told() -> None:
    assert "journal: full" in of(status(state="degraded", reason="journal: full"), BOOT).text


@pytest.mark.parametrize("payload", [b"", b"null", b"[]", b"{}", b"\xff"])
def test_what_is_no_status_is_unknown(payload: bytes) -> None:
    assert of(payload, BOOT).level == "unknown"
