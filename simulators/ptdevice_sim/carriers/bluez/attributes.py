"""Reading, writing and subscribing to one unit's characteristics through D-Bus."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from dbus_fast import Variant

from ptdevice_sim.carriers.bluez import table, words
from ptdevice_sim.carriers.bluez.acquired import Acquired
from ptdevice_sim.unit import AttError

if TYPE_CHECKING:
    from ptdevice_sim.carriers.bluez.bluetoothd import Bluetoothd
    from ptdevice_sim.carriers.bluez.call import Call
    from ptdevice_sim.carriers.bluez.device import Device
    from ptdevice_sim.unit import Characteristic

INVALID_HANDLE, INSUFFICIENT_AUTHENTICATION = 0x01, 0x05  # of ATT


class Attributes:
    """The characteristics of one unit by path. `linked` is set by the device."""

    def __init__(self, daemon: Bluetoothd, device: Device) -> None:
        self._daemon, self._device = daemon, device
        self._adapter, self._host = device.adapter, device.host
        self._by_path: dict[str, Characteristic] = {}
        self._paths: dict[str, str] = {}
        self._listeners: dict[str, set[str]] = {}  # path → the D-Bus clients that asked for its values
        self.acquired = Acquired(self._let_go)
        self.writing: set[str] = set()  # paths with a write that is not answered
        self.linked = False

    def exported(self, path: str, characteristic: Characteristic) -> None:
        """It is on the bus now. Of two with one UUID, values come from the first."""
        self._by_path[path] = characteristic
        self._paths.setdefault(characteristic.uuid, path)

    def resume(self) -> None:
        """The link is back: BlueZ subscribes again for every client that is still there and never said stop."""
        for path, listeners in self._listeners.items():
            if listeners:
                self._host.on_subscribe(self._by_path[path].uuid, True)

    def lost(self) -> None:
        """The link is gone. Subscriptions stay with their clients; a write in flight is never answered."""
        self.linked = False
        self.writing.clear()

    def close_sockets(self) -> None:
        """The link is gone, and that was told."""
        for path in self.acquired.close():
            self._acquiring(path, yes=False)

    def forget(self) -> None:
        """The objects are gone."""
        self.acquired.close()
        self._by_path.clear()
        self._paths.clear()
        self._listeners.clear()

    def client_gone(self, client: str) -> None:
        """A D-Bus client has vanished without saying stop."""
        for path, listeners in self._listeners.items():
            if client in listeners:
                listeners.discard(client)
                self._unless_listened(path)

    def announce(self, uuid: str, data: bytes) -> None:
        """A notification or indication came."""
        path = self._paths.get(uuid)
        if path is None or not self.linked or self._adapter.manners.deaf:
            return
        if path in self.acquired:
            self.acquired.send(path, data)
        elif self._listeners.get(path):
            self._value(path, data)

    # --- the methods of GattCharacteristic1 ---

    def read(self, call: Call) -> None:
        """ReadValue. Raises Refusal."""
        characteristic = self._reach(call.path)
        if self._adapter.manners.deaf:
            return
        try:
            value = self._host.on_read(characteristic.uuid)
        except AttError as error:
            raise words.att_refusal(error.code) from error
        manners = self._adapter.manners
        if manners.reply_before_value:
            call.reply("ay", value)
            asyncio.get_running_loop().call_later(manners.overtaking_s, self._value_later, call.path, value)
        else:
            self._value(call.path, value)
            call.reply("ay", value)

    def write(self, call: Call) -> None:
        """WriteValue. Raises Refusal."""
        characteristic = self._reach(call.path)
        data, options = call.arguments
        acked = options["type"].value == "request" if "type" in options else "write" in characteristic.properties
        if ("write" if acked else "write-without-response") not in characteristic.properties:
            raise words.not_supported()
        if call.path in self.writing:
            raise words.in_progress()
        deaf = self._adapter.manners.deaf
        if acked and (self._host.faults.mute_writes or deaf):
            self.writing.add(call.path)
            return
        if deaf:  # nothing tells bluetoothd that it never left
            call.reply()
            return
        try:
            self._host.on_write(characteristic.uuid, bytes(data))
        except AttError as error:
            if acked:
                raise words.att_refusal(error.code) from error
        call.reply()

    def start_notify(self, call: Call) -> None:
        """StartNotify: `Notifying` is signalled, then the answer, then whatever the unit has to say. Raises Refusal."""
        characteristic = self._reach(call.path)
        if characteristic.properties.isdisjoint({"notify", "indicate"}):
            raise words.not_supported()
        if call.path in self.acquired:
            raise words.acquired()
        manners = self._adapter.manners
        if manners.deaf:
            return
        listeners = self._listeners.setdefault(call.path, set())
        first = not listeners
        listeners.add(call.sender)
        if first and manners.value_before_answer:
            self._host.on_subscribe(characteristic.uuid, True)
        if first:
            self._notifying(call.path, yes=True)
        call.reply()
        if first and not manners.value_before_answer:
            self._host.on_subscribe(characteristic.uuid, True)

    def stop_notify(self, call: Call) -> None:
        """StopNotify. Raises Refusal."""
        self._reach(call.path)
        listeners = self._listeners.get(call.path, set())
        if call.sender not in listeners:
            raise words.failed("No notify session started")
        listeners.discard(call.sender)
        self._unless_listened(call.path)
        call.reply()

    def acquire_notify(self, call: Call) -> None:
        """AcquireNotify: `NotifyAcquired` is signalled, then the answer with a socket and the MTU. Raises Refusal."""
        characteristic = self._reach(call.path)
        if "notify" not in characteristic.properties:
            raise words.not_supported()
        if call.path in self.acquired:
            raise words.acquired()
        if self._listeners.get(call.path):
            raise words.in_progress()
        manners = self._adapter.manners
        if manners.deaf:
            return
        if manners.value_before_answer:  # bluetoothd has no socket yet, and nobody to tell by signal
            self._host.on_subscribe(characteristic.uuid, True)
        theirs = self.acquired.open(call.path)
        self._acquiring(call.path, yes=True)
        mtu = self._daemon.tree.get(call.path, words.CHARACTERISTIC, "MTU").value
        call.reply_socket(theirs, mtu)
        if not manners.value_before_answer:
            self._host.on_subscribe(characteristic.uuid, True)

    # --- inside ---

    def _let_go(self, path: str) -> None:
        self._acquiring(path, yes=False)
        if self.linked:
            self._host.on_subscribe(self._by_path[path].uuid, False)

    def _acquiring(self, path: str, *, yes: bool) -> None:
        self._daemon.tree.change(path, words.CHARACTERISTIC, {"NotifyAcquired": Variant("b", yes)})

    def _reach(self, path: str) -> Characteristic:
        characteristic = self._by_path.get(path)
        if characteristic is None:
            raise words.unknown_object(path)
        if not self.linked:
            raise words.failed("Not connected")
        if not any(characteristic in service.characteristics for service in (*table.OWN, *self._host.services)):
            raise words.att_refusal(INVALID_HANDLE)
        if not self._device.pairing.permits(characteristic.uuid):
            raise words.att_refusal(INSUFFICIENT_AUTHENTICATION)
        return characteristic

    def _unless_listened(self, path: str) -> None:
        if not self._listeners[path]:
            self._notifying(path, yes=False)
            if self.linked:
                self._host.on_subscribe(self._by_path[path].uuid, False)

    def _notifying(self, path: str, *, yes: bool) -> None:
        self._daemon.tree.change(path, words.CHARACTERISTIC, {"Notifying": Variant("b", yes)})

    def _value_later(self, path: str, value: bytes) -> None:
        if self.linked:
            self._value(path, value)

    def _value(self, path: str, value: bytes) -> None:
        self._daemon.tree.change(path, words.CHARACTERISTIC, {"Value": Variant("ay", value)})
