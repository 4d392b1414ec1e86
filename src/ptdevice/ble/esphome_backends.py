"""What bleak needs to scan and connect through an ESPHome proxy: two backend classes, each bound to one proxy by a subclass.

The client is bleak-esphome's; here it is made to behave as BlueZ's backend does where that library does otherwise.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, ClassVar

from aioesphomeapi.core import BluetoothGATTAPIError
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.exc import BleakError, BleakGATTProtocolError
from bleak_esphome.backend.client import CCCD_UUID, ESPHomeClient
from bluetooth_data_tools import int_to_bluetooth_address, mac_to_int, parse_advertisement_data_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bleak.backends.characteristic import BleakGATTCharacteristic
    from bleak.backends.device import BLEDevice

    from ptdevice.ble.esphome import Proxy

LARGEST_ATT_ERROR = 0xFF


class ProxyScanner(BaseBleakScanner):
    """What the proxy hears, while somebody scans. It scans all the time."""

    proxy: ClassVar[Proxy]

    def __init__(self, detection_callback: Any, service_uuids: list[str] | None, *_: Any, **_kwargs: Any) -> None:
        super().__init__(detection_callback, service_uuids)

    async def start(self) -> None:
        """Begin to hear. Raises RadioError where the proxy does not work."""
        self.seen_devices = {}
        self.proxy.session()
        self.proxy.scanners.add(self)

    async def stop(self) -> None:
        """Hear no more."""
        self.proxy.scanners.discard(self)

    def hear(self, raw: Any) -> None:
        """A batch of advertisements (BluetoothLERawAdvertisementsResponse), each with its scan response behind it."""
        source = self.proxy.session().bluetooth_device.mac_address
        for heard in raw.advertisements:
            address = int_to_bluetooth_address(heard.address)
            padded, uuids, service_data, manufacturer_data, tx_power = parse_advertisement_data_bytes(heard.data)
            name = None if padded is None else padded.split("\0")[0]  # as BlueZ has it
            if not self.is_allowed_uuid(uuids):
                continue
            said = AdvertisementData(
                name, dict(manufacturer_data), dict(service_data), list(uuids), tx_power, heard.rssi, ()
            )
            details = {"source": source, "address_type": heard.address_type}
            device = self.create_or_update_device(address, address, name, details, said)
            self.call_detection_callbacks(device, said)


class ProxyClient(ESPHomeClient):
    """A link through the proxy. Its services are asked for anew each time: what stood in a cache may be another unit's."""

    proxy: ClassVar[Proxy]

    def __init__(self, device: BLEDevice, **kwargs: Any) -> None:
        """Raises RadioError where the proxy does not work."""
        session = self.proxy.session()
        session.bluetooth_device.cache.clear_gatt_services_cache(mac_to_int(device.address))
        super().__init__(device, client_data=session, **kwargs)
        self._called = device.name or device.address

    @property
    def name(self) -> str:
        """As it advertises itself; its address where it has none, as BlueZ's backend says."""
        return self._called

    async def read_gatt_char(self, characteristic: BleakGATTCharacteristic, **kwargs: Any) -> bytearray:
        """Raises BleakGATTProtocolError where the unit answers with an ATT error, as BlueZ's backend does."""
        with _att_errors():
            return await super().read_gatt_char(characteristic, **kwargs)

    async def write_gatt_char(self, characteristic: BleakGATTCharacteristic, data: Any, response: bool) -> None:  # noqa: FBT001 - bleak's shape
        """The same."""
        with _att_errors():
            await super().write_gatt_char(characteristic, data, response)

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: Callable[[bytearray], None], **kwargs: Any
    ) -> None:
        """The same."""
        with _att_errors():
            await super().start_notify(characteristic, callback, **kwargs)

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        """The unit is told, too: the library ends what the proxy passes on, and the unit would go on saying it."""
        await super().stop_notify(characteristic)
        if (cccd := characteristic.get_descriptor(CCCD_UUID)) is not None:
            await self.write_gatt_descriptor(cccd, b"\0\0")


@contextlib.contextmanager
def _att_errors() -> Iterator[None]:
    """The firmware's status is the unit's own ATT error where it is positive (esp_gatt_status_t)."""
    try:
        yield
    except BleakError as error:
        cause = error.__cause__
        if isinstance(cause, BluetoothGATTAPIError) and 0 < cause.error.error <= LARGEST_ATT_ERROR:
            raise BleakGATTProtocolError(cause.error.error) from error
        raise
