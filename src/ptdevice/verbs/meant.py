"""Which unit is meant by ALIAS or ADDRESS, for the verbs about a pairing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping

    from ptdevice.ble.pairing import Known
    from ptdevice.config import Settings
    from ptdevice.devices.device import Profile
    from ptdevice.link import Selector

DEFAULT_CONFIG = Path("/etc/ptdevice/ptdevice.toml")


def add(verb: argparse.ArgumentParser) -> None:
    """The arguments that say it."""
    verb.add_argument(
        "unit", metavar="ALIAS|ADDRESS", help="a unit of the configuration, or what `ptdevice scan` shows"
    )
    verb.add_argument("-c", "--config", metavar="FILE", type=Path, help=f"[{DEFAULT_CONFIG}, if it is there]")
    verb.add_argument("--adapter", metavar="NAME", help="the adapter, e.g. hci0, or its address [as configured]")
    verb.add_argument("--yes", action="store_true", help="ask nothing, for scripts")


@dataclass(frozen=True, slots=True)
class Meant:
    """One unit, as it was asked for. Without a profile: one that is not in the configuration. `adapters`: none, the first."""

    which: str
    alias: str | None
    profile: Profile | None
    selector: Selector
    adapters: list[str]
    journal: Path | None

    def is_it(self, known: Known) -> bool:
        """Whether this one of BlueZ's is it."""
        from ptdevice.ble.scanning import fits  # noqa: PLC0415 - as everything in the verbs
        from ptdevice.devices.device import Advertisement  # noqa: PLC0415

        if self.profile is None:
            return known.address.upper() == self.selector.address
        return fits(self.profile, self.selector, known.address, Advertisement(known.name, known.services))

    def held(self, address: str) -> str:
        """What to say where it has a connection to this host."""
        from ptdevice.journal.sole import is_in_use  # noqa: PLC0415

        if self.journal is None or not is_in_use(self.journal):
            return (
                f"{self.which} is connected to this host, by a program that is not ptdevice with this configuration. "
                f"End that first (bluetoothctl disconnect {address})."
            )
        return (
            f"{self.which} is connected to this host, and ptdevice runs. Have it let go first: a request to "
            f"cmd/{self.alias or '<unit>'}/release with `for_s`, 300 for five minutes (docs/mqtt.md); or stop it "
            "(sudo systemctl stop ptdevice)."
        )


def meant(options: argparse.Namespace, settings: Settings | None) -> Meant:
    """Raises PtdeviceError where nothing of that name is known."""
    from ptdevice.ble.adapters import ADDRESS  # noqa: PLC0415
    from ptdevice.devices import CATALOGUE  # noqa: PLC0415
    from ptdevice.errors import PtdeviceError  # noqa: PLC0415
    from ptdevice.link import Selector  # noqa: PLC0415

    which: str = options.unit
    units = settings.units if settings is not None else {}
    address = which.upper() if ADDRESS.fullmatch(which.upper()) else None
    alias = (
        which if address is None else next((a for a, u in units.items() if (u.address or "").upper() == address), None)
    )
    used = [options.adapter] if options.adapter else settings.bluetooth.used if settings is not None else []
    journal = settings.journal.path if settings is not None else None
    if alias is None:
        return Meant(which, None, None, Selector(address), used, journal)
    if alias not in units:
        known = f"known: {', '.join(units)}" if units else "no configuration was read: name it with -c"
        raise PtdeviceError(f"there is no unit {which}, and it is no address like C0:DE:1A:2B:3C:4D; {known}")
    unit = units[alias]
    bound = [unit.adapter] if unit.adapter and not options.adapter else used
    selector = Selector(unit.address or address, unit.name)
    return Meant(alias, alias, CATALOGUE[unit.device], selector, bound, journal)


def one(units: Iterable[Known]) -> Known | None:
    """The one that these are, through however many adapters. Raises AmbiguousError."""
    from ptdevice.ble.scanning import AmbiguousError  # noqa: PLC0415

    by_address: Mapping[str, Known] = {each.address: each for each in units}
    if len(by_address) > 1:
        which = ", ".join(sorted(by_address))
        raise AmbiguousError(f"{len(by_address)} units fit: {which}; say which by its address")
    return next(iter(by_address.values()), None)
