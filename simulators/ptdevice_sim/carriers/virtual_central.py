"""bleak's two backend classes on the virtual radio's central."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from uuid import UUID

from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.scanner import BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakError, BleakGATTProtocolError
from bumble import core
from bumble.att import ATT_Error
from bumble.device import Connection, Peer
from bumble.gatt import Characteristic

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import AdvertisementData
    from bumble.gatt_client import CharacteristicProxy

    from ptdevice_sim.carriers.virtual_radio import VirtualRadio

T = TypeVar("T")

MTU = 517  # what Linux asks for


class VirtualScanner(BaseBleakScanner):
    """Sees what the central's controller reports while it scans."""

    radio: ClassVar[VirtualRadio]

    def __init__(
        self,
        detection_callback: Any,
        service_uuids: list[str] | None,
        scanning_mode: str,  # noqa: ARG002 - bleak's shape
        **kwargs: Any,  # noqa: ARG002 - bleak's shape
    ) -> None:
        super().__init__(detection_callback, service_uuids)

    async def start(self) -> None:
        """Start looking."""
        self.seen_devices = {}
        await self.radio.scan(self, wanted=True)

    async def stop(self) -> None:
        """Stop looking."""
        await self.radio.scan(self, wanted=False)

    def saw(self, address: str, data: AdvertisementData) -> None:
        """An advertisement, together with its scan response."""
        if self.is_allowed_uuid(data.service_uuids):
            device = self.create_or_update_device(address, address, data.local_name, None, data)
            self.call_detection_callbacks(device, data)


class VirtualClient(BaseBleakClient):
    """A connection of the central, and bumble's GATT client on it."""

    radio: ClassVar[VirtualRadio]

    def __init__(self, address_or_ble_device: BLEDevice | str, **kwargs: Any) -> None:
        super().__init__(address_or_ble_device, **kwargs)
        self._name = self.address if isinstance(address_or_ble_device, str) else address_or_ble_device.name
        self._connection: Connection | None = None
        self._callbacks: dict[int, Callable[[bytes], None]] = {}
        self._under_way: set[asyncio.Task[Any]] = set()

    @property
    def name(self) -> str:
        """The advertised name, or the address where it is unknown."""
        return self._name or self.address

    @property
    def mtu_size(self) -> int:
        """As exchanged."""
        return self._linked().att_mtu

    @property
    def is_connected(self) -> bool:
        """Whether the link is up."""
        return self._connection is not None

    async def connect(self, pair: bool, **kwargs: Any) -> None:  # noqa: ARG002, FBT001 - bleak's shape
        """Connect, exchange the MTU, discover. Raises BleakDeviceNotFoundError when nothing answers, BleakError."""
        connection = await self.radio.open(self.address, self._timeout)
        self._connection = connection
        connection.on(Connection.EVENT_DISCONNECTION, self._dropped)
        peer = Peer(connection)
        try:
            await self._request(peer.request_mtu(MTU), "le-connection-abort-by-local")
            await self._request(_discover(peer), "failed to discover services, device disconnected")
            self.services = _collection(peer, self._linked())
        except BaseException:
            self.radio.hang_up(self.address)
            raise

    async def disconnect(self) -> None:
        """End the link from this side."""
        if self._connection is not None:
            await self._request(self._connection.disconnect(), "disconnected meanwhile")

    def _dropped(self, _reason: int) -> None:
        if self._connection is None:
            return
        self._connection = None
        self._callbacks.clear()
        was_open, self.services = self.services is not None, None
        if was_open and self._disconnected_callback is not None:
            self._disconnected_callback()

    async def pair(self, *args: Any, **kwargs: Any) -> None:
        """No unit here pairs."""
        raise NotImplementedError

    async def unpair(self) -> None:
        """No unit here pairs."""
        raise NotImplementedError

    async def read_gatt_char(self, characteristic: BleakGATTCharacteristic, **kwargs: Any) -> bytearray:  # noqa: ARG002 - bleak's shape
        """A Read Request. Raises BleakGATTProtocolError for an ATT error."""
        self._linked()
        return bytearray(await self._request(characteristic.obj.read_value()))

    async def write_gatt_char(self, characteristic: BleakGATTCharacteristic, data: Any, response: bool) -> None:  # noqa: FBT001 - bleak's shape
        """A Write Request or a Write Command. Raises BleakGATTProtocolError for an ATT error."""
        self._linked()
        await self._request(characteristic.obj.write_value(bytes(data), with_response=response))

    async def start_notify(
        self,
        characteristic: BleakGATTCharacteristic,
        callback: Callable[[bytearray], None],
        **kwargs: Any,  # noqa: ARG002 - bleak's shape
    ) -> None:
        """Write the CCCD: notifications where there are any, else indications."""
        self._linked()

        def arrived(value: bytes) -> None:
            self.radio.delivered += 1
            callback(bytearray(value))

        self._callbacks[characteristic.handle] = arrived
        await self._request(characteristic.obj.subscribe(arrived))

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        """Clear the CCCD."""
        self._linked()
        await self._request(characteristic.obj.unsubscribe(self._callbacks.pop(characteristic.handle, None)))

    async def read_gatt_descriptor(self, *args: Any, **kwargs: Any) -> bytearray:
        """No unit here has descriptors worth reading."""
        raise NotImplementedError

    async def write_gatt_descriptor(self, *args: Any, **kwargs: Any) -> None:
        """No unit here has descriptors worth writing."""
        raise NotImplementedError

    async def _request(self, request: Coroutine[Any, Any, T], lost: str = "Not connected") -> T:
        """Run a request to its end, even when nobody waits for it any more: its answer must not be taken for another's."""
        task = asyncio.create_task(self._on_the_link(request, lost))
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        with bleak_errors(lost):
            return await asyncio.shield(task)

    async def _on_the_link(self, request: Coroutine[Any, Any, T], lost: str) -> T:
        if self._connection is None:  # bumble would wait half a minute for the answer
            request.close()
            raise BleakError(lost)
        return await request

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()

    def _linked(self) -> Connection:
        if self._connection is None:
            raise BleakError("Not connected")
        return self._connection


@contextmanager
def bleak_errors(lost: str) -> Iterator[None]:
    """What bumble raises, as bleak's errors; `lost` is what to say when the link went away."""
    try:
        yield
    except ATT_Error as error:
        raise BleakGATTProtocolError(error.error_code) from error
    except core.BaseBumbleError as error:
        raise BleakError(f"{lost}: {str(error) or type(error).__name__}") from error
    except asyncio.CancelledError:
        # bumble cancels what waits for an answer when the link is lost. That is not a cancellation of the task that waits.
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise BleakError(lost) from None


async def _discover(peer: Peer) -> None:
    await peer.discover_services()
    for service in peer.services:
        await service.discover_characteristics()


def _collection(peer: Peer, connection: Connection) -> BleakGATTServiceCollection:
    """What was discovered, as bleak wants it. Handles are those of the values."""
    collection = BleakGATTServiceCollection()
    for service in peer.services:
        entry = BleakGATTService(service, service.handle, _text(service.uuid))
        collection.add_service(entry)
        for characteristic in service.characteristics:
            collection.add_characteristic(
                BleakGATTCharacteristic(
                    characteristic,
                    characteristic.handle,
                    _text(characteristic.uuid),
                    _properties(characteristic),  # type: ignore[arg-type] # bleak lists the property names as literals
                    lambda: connection.att_mtu - 3,
                    entry,
                )
            )
    return collection


def _text(uuid: core.UUID) -> str:
    """All 128 bits, as bleak writes them."""
    return str(UUID(bytes=uuid.to_bytes(force_128=True)[::-1]))


def _properties(characteristic: CharacteristicProxy[bytes]) -> list[str]:
    found = Characteristic.Properties(characteristic.properties)
    return [flag.name.lower().replace("_", "-") for flag in Characteristic.Properties if flag in found and flag.name]
