"""What keeps a user from BlueZ is told by its own code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.doctor.scaffold import codes

from ptdevice.ble.door import Door
from ptdevice.doctor.bus import examine

if TYPE_CHECKING:
    from pathlib import Path

WANTED = {
    Door.NO_BUS: "dbus_away",
    Door.CLOSED: "dbus_closed",
    Door.STRANGER: "dbus_stranger",
    Door.CONFINED: "dbus_confined",
    Door.DENIED: "dbus_denied",
    Door.NO_BLUETOOTHD: "bluetoothd_away",
    Door.MUTE: "bluetoothd_mute",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine whose kernel knows Bluetooth."""
    (tmp_path / "sys/class/bluetooth").mkdir(parents=True)
    return tmp_path


def test_an_open_door_is_nothing_to_tell(root: Path) -> None:
    assert codes(examine(Door.OPEN, "", root)) == []


@pytest.mark.parametrize("door", [door for door in Door if door is not Door.OPEN])
def test_each_obstacle_has_its_code_and_a_fix(door: Door, root: Path) -> None:
    (found,) = examine(door, "its words", root)
    assert (found.level, found.code) == ("error", WANTED[door])
    assert found.fix


@pytest.mark.parametrize("door", [Door.NO_BLUETOOTHD, Door.MUTE])
def test_a_bluetoothd_that_has_no_adapter_to_start_for_is_not_what_is_told_about(door: Door, tmp_path: Path) -> None:
    assert codes(examine(door, "timed out", tmp_path)) == ["no_adapter"]


def test_without_a_bus_it_is_the_bus_whatever_the_kernel_knows(tmp_path: Path) -> None:
    assert codes(examine(Door.NO_BUS, "", tmp_path)) == ["dbus_away"]


def test_access_denied_is_named_as_such(root: Path) -> None:
    (found,) = examine(Door.DENIED, "Rejected send message", root)
    assert "AccessDenied" in found.text
    assert found.text.endswith("Rejected send message")
