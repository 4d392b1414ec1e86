"""Why a pairing came to nothing is told with what to do about it."""

from __future__ import annotations

import re

import pytest

from ptdevice.ble.agent import Asked
from ptdevice.ble.unpaired import overdue, why

FAILED, REFUSED = "org.bluez.Error.AuthenticationFailed", "org.bluez.Error.Failed"


# The names are those of doc/org.bluez.Device.rst, the words those of src/error.c (btd_error_le_conn_from_errno).
@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("org.bluez.Error.AuthenticationCanceled", "Authentication Canceled", "keep it near"),
        ("org.bluez.Error.AuthenticationRejected", "Authentication Rejected", "pairing mode"),
        ("org.bluez.Error.AuthenticationTimeout", "Authentication Timeout", "in time"),
        ("org.bluez.Error.ConnectionAttemptFailed", "Page Timeout", "out of reach"),
        ("org.bluez.Error.InProgress", "Operation already in progress", "cmd/<unit>/release"),
        ("org.bluez.Error.NotReady", "Resource Not Ready", "power on"),
        ("org.freedesktop.DBus.Error.AccessDenied", "Rejected send message", "group|adduser"),
        ("org.freedesktop.DBus.Error.UnknownObject", "Method ... doesn't exist", "vanished"),
        ("org.freedesktop.DBus.Error.NoReply", "Message recipient disconnected", "bluetoothd was restarted"),
        (REFUSED, "le-connection-key-missing", "ptdevice unpair"),
        (REFUSED, "le-connection-refused", "another host"),
        (REFUSED, "le-connection-abort-by-local", "no connection came about"),
        (REFUSED, "something new", r"something new \(org.bluez.Error.Failed\)"),
    ],
)
def test_what_bluez_says_is_told_with_what_to_do(name: str, text: str, says: str) -> None:
    assert re.search(says, why(name, text, Asked(), can_ask=True))


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (Asked({"RequestPasskey"}), "did not take the number"),
        (Asked({"DisplayPasskey"}), "typed at the unit"),
        (Asked({"RequestConfirmation"}), "after the question"),
        (Asked({"RequestConfirmation"}, refused=True), "refused here"),
        (Asked(), "not in its pairing mode"),
    ],
)
def test_one_name_of_bluez_is_told_apart_by_what_was_asked(asked: Asked, says: str) -> None:
    assert says in why(FAILED, "Authentication Failed", asked, can_ask=True)


def test_where_nobody_could_be_asked_it_is_told_how_somebody_can() -> None:
    assert "without --yes" in why(FAILED, "Authentication Failed", Asked(), can_ask=False)
    assert "--yes" not in why(FAILED, "Authentication Failed", Asked(), can_ask=True)


def test_one_that_took_too_long_is_told_by_whether_anybody_was_asked() -> None:
    assert "pairing mode" in overdue(60.0, Asked())
    assert "not confirmed on both sides within 60 s" in overdue(60.0, Asked({"RequestConfirmation"}))
