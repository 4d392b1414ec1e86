"""Why an advertisement is of no device that this version knows, as far as it tells. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.devices import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice.devices.device import Advertisement, Profile

    NameOf = Callable[[str], str | None]  # of a service's UUID

SHOWN = 3  # services of one unit in a line; the rest is counted
# Bluetooth SIG, Assigned Numbers, company identifiers: of what is in every room, and rarely meant.
COMPANIES = {0x004C: "Apple", 0x0006: "Microsoft", 0x0075: "Samsung", 0x00E0: "Google"}


def fitting(said: Advertisement) -> Profile | None:
    """The device that this advertisement is of."""
    return next((profile for profile in CATALOGUE.values() if profile.matches(said)), None)


def why_not(said: Advertisement, name_of: NameOf) -> str:
    """Why no device of the catalogue fits."""
    for profile in CATALOGUE.values():
        if (near := profile.near(said)) is not None:
            return f"not {profile.name}: {near}"
    told = [f"company {COMPANIES[company]}" for company in sorted(said.manufacturer_data) if company in COMPANIES]
    told += _services(sorted(said.service_uuids | said.service_data.keys()), name_of)
    reason = "no known device has this name" if (said.name or "").rstrip("\0") else "it tells no name"
    return "; ".join([reason, *told])


def _services(uuids: list[str], name_of: NameOf) -> list[str]:
    known = [name for uuid in uuids if (name := name_of(uuid)) is not None]
    strange = [_short(uuid) for uuid in uuids if name_of(uuid) is None]
    return [
        f"{what} {', '.join(those[:SHOWN])}{f' and {len(those) - SHOWN} more' if len(those) > SHOWN else ''}"
        for what, those in (("has", known), ("unknown services", strange))
        if those
    ]


def _short(uuid: str) -> str:
    """An assigned number by its four digits (Core spec Vol 3 Part B 2.5.1); any other UUID as it is."""
    if uuid.startswith("0000") and uuid.endswith("-0000-1000-8000-00805f9b34fb"):
        return f"0x{uuid[4:8].upper()}"
    return uuid
