"""What keeps a user from BlueZ is told by its own code."""

from __future__ import annotations

import pytest
from tests.doctor.scaffold import codes

from ptdevice.ble.door import Door
from ptdevice.doctor.bus import examine

WANTED = {
    Door.NO_BUS: "dbus_away",
    Door.CLOSED: "dbus_closed",
    Door.STRANGER: "dbus_stranger",
    Door.CONFINED: "dbus_confined",
    Door.DENIED: "dbus_denied",
    Door.NO_BLUETOOTHD: "bluetoothd_away",
    Door.MUTE: "bluetoothd_mute",
}


def test_an_open_door_is_nothing_to_tell() -> None:
    assert codes(examine(Door.OPEN, "")) == []


@pytest.mark.parametrize("door", [door for door in Door if door is not Door.OPEN])
def test_each_obstacle_has_its_code_and_a_fix(door: Door) -> None:
    (found,) = examine(door, "its words")
    assert (found.level, found.code) == ("error", WANTED[door])
    assert found.fix


def test_access_denied_is_named_as_such() -> None:
    (found,) = examine(Door.DENIED, "Rejected send message")
    assert "AccessDenied" in found.text
    assert found.text.endswith("Rejected send message")
