"""What BlueZ says when it fails is told in a code for which somebody can look up what to do."""

from __future__ import annotations

import pytest
from bleak.exc import BleakDBusError, BleakError, BleakGATTProtocolError, BleakGATTProtocolErrorCode
from tests.simulators.carriers.observing import LyingStill, observed
from tests.simulators.carriers.waiting import until

from ptdevice.ble.doubts import BUSY, Evidence, Operation
from ptdevice.ble.radio import Radio
from ptdevice.ble.reasons import of_connecting, of_gatt, weigh
from ptdevice_sim.carriers.bluez import BluezAir
from ptdevice_sim.carriers.bluez.manners import Manners
from ptdevice_sim.units.polar import PolarSensor

FAILED = "org.bluez.Error.Failed"


# The words are BlueZ's own (src/error.h, btd_error_le_conn_from_errno), the names those of doc/org.bluez.Device.rst.
@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        (FAILED, "le-connection-concurrent-connection-limit", "out_of_slots"),
        (FAILED, "le-connection-memory-allocation", "out_of_slots"),
        (FAILED, "br-connection-concurrent-connection-limit", "out_of_slots"),
        (FAILED, "le-connection-refused", "held_by_another_host"),
        (FAILED, "br-connection-refused", "held_by_another_host"),
        (FAILED, "le-connection-key-missing", "auth_failed"),
        ("org.bluez.Error.AuthenticationFailed", "Authentication Failed", "auth_failed"),
        ("org.bluez.Error.AuthenticationRejected", "Authentication Rejected", "auth_failed"),
        ("org.bluez.Error.LeConnectionKeyMissing", "LE Link Key missing", "auth_failed"),
        (FAILED, "le-connection-abort-by-local", "connect_failed"),
        (FAILED, "le-connection-timeout", "connect_failed"),
        ("org.bluez.Error.InProgress", "Operation already in progress", "connect_failed"),
    ],
)
def test_why_a_connection_did_not_come_about(name: str, text: str, code: str) -> None:
    assert of_connecting(BleakDBusError(name, [text])) == code


def test_what_is_no_answer_of_bluez_has_no_more_of_a_reason() -> None:
    for error in (TimeoutError(), EOFError(), BleakError("le-connection-abort-by-local")):
        assert of_connecting(error) == "connect_failed"
        assert of_gatt(error) == "gatt_failed"


@pytest.mark.parametrize(
    ("number", "code"), [(0x05, "auth_failed"), (0x08, "auth_failed"), (0x0C, "auth_failed"), (0x0F, "auth_failed"),
                         (0x03, "gatt_failed"), (0x0E, "gatt_failed")]
)  # fmt: skip
def test_an_att_error_about_security_is_told_from_the_others(number: int, code: str) -> None:
    assert of_gatt(BleakGATTProtocolError(BleakGATTProtocolErrorCode(number))) == code


def test_not_paired_is_all_that_bluez_says_of_three_of_them() -> None:
    assert of_gatt(BleakDBusError("org.bluez.Error.NotPermitted", ["Not paired"])) == "auth_failed"
    assert of_gatt(BleakDBusError("org.bluez.Error.NotPermitted", ["Notify acquired"])) == "gatt_failed"


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        ((FAILED, "le-connection-concurrent-connection-limit"), "out_of_slots"),
        ((FAILED, "le-connection-refused"), "held_by_another_host"),
        (("org.bluez.Error.AuthenticationFailed", "Authentication Failed"), "auth_failed"),
    ],
)
async def test_the_unit_is_told_to_be_offline_for_that_reason(refusal: tuple[str, str], code: str) -> None:
    async with BluezAir(Manners(refusal=refusal)) as air, Radio() as radio:
        unit = PolarSensor(LyingStill(), frame_samples=1)
        air.publish(unit).faults.refuse_connects = 1
        async with observed(radio, "polar", unit) as told:
            await until(lambda: told.reach()[-1:] == [("online", "data")])
        assert told.reach() == [("offline", code), ("online", "data")]


IN_PROGRESS = BleakDBusError("org.bluez.Error.InProgress", ["In Progress"])
NO_REPLY = BleakDBusError("org.freedesktop.DBus.Error.NoReply", ["no reply"])
NOT_READY = BleakDBusError("org.bluez.Error.NotReady", ["Resource Not Ready"])
NOBODY = BleakDBusError("org.freedesktop.DBus.Error.ServiceUnknown", ["The name is not activatable"])
REFUSED = BleakDBusError("org.bluez.Error.Failed", ["le-connection-refused"])


@pytest.mark.parametrize(
    ("operation", "problem", "says"),
    [
        ("scan", IN_PROGRESS, "refused"),
        ("connect", IN_PROGRESS, "refused"),
        ("scan", NO_REPLY, "refused"),
        ("connect", NO_REPLY, "refused"),
        ("scan", TimeoutError(), "refused"),
        ("connect", TimeoutError(), "nothing"),  # a unit out of reach takes as long
        ("scan", NOT_READY, "unavailable"),
        ("connect", NOBODY, "unavailable"),
        ("connect", REFUSED, "answered"),
        ("scan", REFUSED, "nothing"),
    ],
)
def test_what_a_failure_says_of_the_adapter(operation: Operation, problem: BaseException, says: str) -> None:
    evidence = Evidence()
    weigh(problem, operation, evidence, 5.0)
    found = "nothing"
    if evidence.tried(BUSY[operation], 4.0):
        found = "refused"
    elif evidence.unavailable_since(4.0):
        found = "unavailable"
    elif evidence.against(BUSY[operation], 4.0):
        found = "answered"
    assert found == says
