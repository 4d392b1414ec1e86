"""What the Bluetooth SIG calls a service."""

from __future__ import annotations

from bleak.uuids import uuidstr_to_str

NO_NAMES = {"Unknown", "Vendor specific"}  # what bleak says of what is in none of its tables


def service_name(uuid: str) -> str | None:
    """The assigned name of a service; None where it has none."""
    name = uuidstr_to_str(uuid)
    return None if name in NO_NAMES else name
