"""Services of the Bluetooth SIG that any unit may carry: Battery, Device Information, Heart Rate and where it is worn.

Sources: Battery Service 1.0, Device Information Service 1.1, Heart Rate Service 1.0 and the GATT Specification Supplement.
The serial number (0x2A25) and the System ID (0x2A23) are left alone on purpose: they identify a person's unit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.devices.device import Port
from ptdevice.errors import WireError
from ptdevice.model import Battery, Contact, DeviceInformation, HeartRate

if TYPE_CHECKING:
    from ptdevice.link import Packet
    from ptdevice.model import Event


def assigned(number: int) -> str:
    """The 128-bit form of a 16-bit assigned number (Core spec Vol 3 Part B 2.5.1)."""
    return f"{number:08x}-0000-1000-8000-00805f9b34fb"


HEART_RATE_SERVICE = assigned(0x180D)
BATTERY_SERVICE = assigned(0x180F)
DEVICE_INFORMATION_SERVICE = assigned(0x180A)

BATTERY_LEVEL = assigned(0x2A19)
HEART_RATE_MEASUREMENT = assigned(0x2A37)
BODY_SENSOR_LOCATION = assigned(0x2A38)
DEVICE_INFORMATION = {
    "manufacturer_name": assigned(0x2A29),
    "model_number": assigned(0x2A24),
    "firmware_revision": assigned(0x2A26),
    "hardware_revision": assigned(0x2A27),
    "software_revision": assigned(0x2A28),
}

BATTERY_PORT = Port("battery", BATTERY_LEVEL, subscribe=True, read=True, required=False)
BODY_SENSOR_LOCATION_PORT = Port("body_sensor_location", BODY_SENSOR_LOCATION, read=True, required=False)
HEART_RATE_PORT = Port("heart_rate", HEART_RATE_MEASUREMENT, subscribe=True, required=False)
DEVICE_INFORMATION_PORTS = tuple(
    Port(name, uuid, read=True, required=False) for name, uuid in DEVICE_INFORMATION.items()
)


def decode(packet: Packet) -> list[Event]:
    """Decode a packet of any port defined here. Raises WireError; a port that is not from here is a WireError too."""
    if packet.port == BATTERY_PORT.name:
        return [battery(packet)]
    if packet.port == HEART_RATE_PORT.name:
        return [heart_rate(packet)]
    if packet.port == BODY_SENSOR_LOCATION_PORT.name:
        return [body_sensor_location(packet)]
    if packet.port in DEVICE_INFORMATION:
        return [device_information(packet)]
    raise WireError("unexpected data", packet.port, packet.data)


def battery(packet: Packet) -> Battery:
    """Battery Level: one octet, 0-100 %. Other values are reserved; some units send 255 for "unknown"."""
    if len(packet.data) != 1:
        raise WireError("battery level is one octet", packet.port, packet.data)
    percent = packet.data[0]
    return Battery(packet.at, percent if percent <= 100 else None)


def heart_rate(packet: Packet) -> HeartRate:
    """Heart Rate Measurement: flags, rate (u8 or u16), energy expended (kJ), RR intervals (1/1024 s each)."""
    data = packet.data
    if not data:
        raise WireError("heart rate without flags", packet.port, data)
    flags, at = data[0], 1
    width = 2 if flags & 0x01 else 1
    bpm = _take(packet, at, width)
    at += width
    energy = None
    if flags & 0x08:
        energy = _take(packet, at, 2)
        at += 2
    rest = data[at:]
    if rest and not flags & 0x10:
        raise WireError("bytes left over after the heart rate", packet.port, data)
    if len(rest) % 2:
        raise WireError("half an RR interval", packet.port, data)
    rr = tuple(int.from_bytes(rest[i : i + 2], "little") * 1000 / 1024 for i in range(0, len(rest), 2))
    return HeartRate(packet.at, bpm or None, _CONTACT[flags >> 1 & 3], rr, energy)


# Sensor contact status bits: 0 and 1 "not supported", 2 "supported, not detected", 3 "supported and detected".
_CONTACT = (Contact.UNKNOWN, Contact.UNKNOWN, Contact.OPEN, Contact.OK)


def body_sensor_location(packet: Packet) -> DeviceInformation:
    """Where a heart rate sensor says that it is made to be worn; what is reserved is told by its number."""
    if len(packet.data) != 1:
        raise WireError("a place is one octet", packet.port, packet.data)
    place = packet.data[0]
    return DeviceInformation(packet.at, packet.port, _PLACES[place] if place < len(_PLACES) else f"reserved {place}")


_PLACES = ("other", "chest", "wrist", "finger", "hand", "ear lobe", "foot")


def device_information(packet: Packet) -> DeviceInformation:
    """A string of the Device Information Service; units often leave a trailing NUL."""
    try:
        value = packet.data.rstrip(b"\0").decode()
    except UnicodeDecodeError as error:
        raise WireError("text that is not UTF-8", packet.port, packet.data) from error
    return DeviceInformation(packet.at, packet.port, value)


def _take(packet: Packet, at: int, width: int) -> int:
    field = packet.data[at : at + width]
    if len(field) < width:
        raise WireError("heart rate is cut short", packet.port, packet.data)
    return int.from_bytes(field, "little")
