"""Rules between keys. They look at the plain data, so that they are told in one go with what else is wrong.

Data of a wrong type is none of their business: the models have said so already.
"""

from __future__ import annotations

import ipaddress
import os
import stat
from typing import TYPE_CHECKING, Any

from ptdevice.config.proxies import broken as through_proxies
from ptdevice.config.values import did_you_mean, shown
from ptdevice.devices import CATALOGUE
from ptdevice.devices.device import Kind
from ptdevice.motion.exercises import EXERCISES, Placement, unseen
from ptdevice.stimulation.limits import Curve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ptdevice.config.document import KeyPath
    from ptdevice.config.settings import Settings
    from ptdevice.motion.exercises import Exercise

ACCESS_LIST = "system.posix_acl_access"  # acl(5)
RESERVED = "gateway"  # `cmd/gateway/...` is for no unit

Problem = tuple["KeyPath", str]


def broken(data: dict[str, Any], exercises: Mapping[str, Exercise] = EXERCISES) -> Iterator[Problem]:
    """Every rule that this configuration breaks, where these exercises are known."""
    yield from _mqtt(_table(data.get("mqtt")))
    programmes = _table(data.get("programmes"))
    if "folder" in programmes and "timezone" not in programmes:
        yield (
            ("programmes", "folder"),
            'needs a timezone, e.g. "Europe/Berlin": a programme has days, and they begin there',
        )
    if "folder" in _table(data.get("prescriptions")) and "timezone" not in programmes:
        yield (
            ("prescriptions", "folder"),
            'needs programmes.timezone, e.g. "Europe/Berlin": so many a day are prescribed, and days begin there',
        )
    units = data.get("units", {})
    if not units:
        yield ("units",), "no unit is configured; `ptdevice scan` shows those in reach and the lines to add"
    known = {alias: unit for alias, unit in _table(units).items() if isinstance(unit, dict)}
    if RESERVED in known:
        yield ("units", RESERVED), f'"{RESERVED}" means this gateway itself in MQTT topics; choose another alias'
    proxies = _table(data.get("proxies"))
    yield from through_proxies(proxies, known)
    listed = [*_listed(_table(data.get("bluetooth"))), *proxies]
    for alias, unit in known.items():
        yield from _adapter(("units", alias), unit, listed)
        yield from _exercise(("units", alias), unit, exercises)
        yield from _sites(("units", alias), unit)
        yield from _remote(("units", alias), unit, known)
        yield from _command(("units", alias), unit)
    yield from _which_is_which(known)
    yield from _keys(known)
    yield from _pairs(_table(data.get("pairs")), known)


def _mqtt(mqtt: dict[str, Any]) -> Iterator[Problem]:
    secrets = [key for key in ("password_file", "password_env") if key in mqtt]
    if len(secrets) > 1:
        yield ("mqtt", secrets[1]), "there is a password_file already; keep one of the two"
    if secrets and "username" not in mqtt:
        yield ("mqtt", secrets[0]), "a password needs a username"
    if mqtt.get("tls", False) is False:
        for key in ("ca_file", "cert_file", "key_file"):
            if key in mqtt:
                yield ("mqtt", key), "is of use only with tls = true"
    if "key_file" in mqtt and "cert_file" not in mqtt:
        yield ("mqtt", "key_file"), "a key needs its cert_file"
    if mqtt.get("delivery") == "end-to-end" and "consumer" not in mqtt:
        yield ("mqtt", "delivery"), "needs a consumer: the name of the one whose reports count"


def _listed(bluetooth: dict[str, Any]) -> list[str]:
    """The adapters of the configuration."""
    several, one = bluetooth.get("adapters"), bluetooth.get("adapter")
    listed = several if isinstance(several, list) else [one]
    return [each for each in listed if isinstance(each, str)]


def _adapter(path: KeyPath, unit: dict[str, Any], listed: list[str]) -> Iterator[Problem]:
    bound = unit.get("adapter")
    if not isinstance(bound, str) or bound.upper() in {each.upper() for each in listed}:
        return
    known = f"; listed: {', '.join(listed)}" if listed else ""
    yield (*path, "adapter"), f"{shown(bound)} does not stand in bluetooth.adapters{did_you_mean(bound, listed)}{known}"


def _exercise(path: KeyPath, unit: dict[str, Any], exercises: Mapping[str, Exercise]) -> Iterator[Problem]:
    device = unit.get("device")
    profile = CATALOGUE.get(device) if isinstance(device, str) else None
    for key in ("placement", "exercise", "target_repetitions", "suggest_sets"):
        if key in unit and profile and Kind.SENSOR not in profile.kinds:
            yield (*path, key), f"{profile.name} has no motion sensor, so it cannot count"
            return
    exercise, placement = unit.get("exercise"), unit.get("placement")
    if isinstance(exercise, str) and exercise in exercises and placement in frozenset(Placement):
        reason = unseen(exercises[exercise], Placement(placement))
        if reason is not None:
            yield (*path, "placement"), reason
    if "target_repetitions" in unit and "exercise" not in unit:
        yield (*path, "target_repetitions"), "needs an exercise"


def _sites(path: KeyPath, unit: dict[str, Any]) -> Iterator[Problem]:
    """A site for each channel that there is, and for none that there is not."""
    device = unit.get("device")
    profile = CATALOGUE.get(device) if isinstance(device, str) else None
    if profile is None:
        return
    stimulates = Kind.STIMULATOR in profile.kinds
    known = {f"site_{channel}" for channel in profile.channels} or ({"site"} if stimulates else set())
    for key in ("site", "site_a", "site_b"):
        if key in unit and not stimulates:
            yield (*path, key), f"{profile.name} is no stimulator, so it has no pads"
        elif key in unit and key not in known:
            yield (*path, key), f"{profile.name} has {' and '.join(sorted(known))}"


def _command(path: KeyPath, unit: dict[str, Any]) -> Iterator[Problem]:
    """A table for a unit that can be commanded, and exceptions that name it: they were not copied from another one's."""
    command, profile = unit.get("command"), CATALOGUE.get(str(unit.get("device")))
    if not isinstance(command, dict) or profile is None:
        return
    path = (*path, "command")
    if command.get("enabled") is True and profile.commanding is None:
        yield (*path, "enabled"), f"{profile.name} cannot be commanded"
    for key in ("accept_timer", "accept_unproven"):
        if key in command and command[key] != profile.name:
            yield (*path, key), f'names the device that is accepted: "{profile.name}"'
    curve = _table(command.get("curve"))
    try:
        points = tuple((level, float(current)) for level, current in curve.get("points", ()))
        if curve:
            Curve(points, curve.get("phases", 2), curve.get("pulse_us", 1.0), curve.get("rate_hz", 1.0), "")
    except (TypeError, ValueError) as error:
        yield (*path, "curve", "points"), str(error)


def _keys(units: dict[str, dict[str, Any]]) -> Iterator[Problem]:
    """A key for each unit: one press that starts two is consent to the one that nobody thought of."""
    of: dict[str, str] = {}
    for alias, unit in units.items():
        key = _table(unit.get("command")).get("key")
        if isinstance(key, str) and of.setdefault(key, alias) != alias:
            yield ("units", alias, "command", "key"), f"is that of {of[key]}; one press would start both"


WISHES = ("on_press", "on_double_press", "on_long_press")


def _remote(path: KeyPath, unit: dict[str, Any], units: dict[str, dict[str, Any]]) -> Iterator[Problem]:
    profile = CATALOGUE.get(str(unit.get("device")))
    if profile is not None and profile.broadcast and "address" not in unit:
        yield path, f"a {profile.name} needs an address: nothing else tells it from the neighbours'"
    wishes = [key for key in WISHES if key in unit]
    target = unit.get("remote_for")
    if profile is not None and Kind.REMOTE not in profile.kinds:
        for key in ("remote_for", *wishes):
            if key in unit:
                yield (*path, key), f"{profile.name} is no remote"
    elif target is None:
        for key in wishes:
            yield (*path, key), "needs a remote_for: whose set is meant?"
    elif isinstance(target, str):
        aimed = CATALOGUE.get(str(units.get(target, {}).get("device")))
        if target not in units:
            yield (*path, "remote_for"), f"there is no [units.{target}]"
        elif aimed is not None and not {Kind.SENSOR, Kind.STIMULATOR} & aimed.kinds:
            yield (*path, "remote_for"), f"[units.{target}] is neither motion sensor nor stimulator"
        elif not wishes:
            yield (*path, "remote_for"), 'no press means anything; say e.g. on_press = "pause"'


def _which_is_which(units: dict[str, dict[str, Any]]) -> Iterator[Problem]:
    """Each unit must be told from the others, or one person's data could be filed under another."""
    addresses: dict[str, str] = {}
    names: dict[str, str] = {}
    for alias, unit in units.items():
        address, name, device = unit.get("address"), unit.get("name"), unit.get("device")
        path = ("units", alias)
        if isinstance(address, str):
            first = addresses.setdefault(address.upper(), alias)
            if first != alias:
                yield (*path, "address"), f"[units.{first}] has this address already"
        elif isinstance(name, str):
            first = names.setdefault(name, alias)
            if first != alias:
                yield (*path, "name"), f"[units.{first}] has this name already; give both an address"
        elif isinstance(device, str):
            others = [other for other, its in units.items() if other != alias and its.get("device") == device]
            if others:
                yield (
                    path,
                    f"[units.{others[0]}] is a {device} too; give each an address, or nobody knows which is which",
                )


def _pairs(pairs: dict[str, Any], units: dict[str, dict[str, Any]]) -> Iterator[Problem]:
    """Two units on one person, and none in two pairs."""
    taken: dict[str, str] = {}
    for alias, pair in pairs.items():
        path = ("pairs", alias)
        if alias in units or alias == RESERVED:
            yield path, f"{alias} is taken in MQTT topics already; choose another alias"
        if not isinstance(pair, dict):
            continue
        named = {key: pair[key] for key in ("trunk", "pelvis") if isinstance(pair.get(key), str)}
        for key, unit in named.items():
            first = taken.get(unit)
            taken[unit] = first or alias
            device = CATALOGUE.get(str(units.get(unit, {}).get("device")))
            if unit not in units:
                yield (*path, key), f"there is no [units.{unit}]"
            elif device and Kind.SENSOR not in device.kinds:
                yield (*path, key), f"[units.{unit}] has no motion sensor"
            elif first is not None:
                yield (*path, key), f"[units.{unit}] belongs to [pairs.{first}] already"
        members = [units[unit] for unit in named.values() if unit in units]
        if len(members) == 2:
            yield from _one_back(path, pair, *members)


def _one_back(path: KeyPath, pair: dict[str, Any], trunk: dict[str, Any], pelvis: dict[str, Any]) -> Iterator[Problem]:
    if trunk.get("subject") != pelvis.get("subject"):
        yield path, "its units have different subjects; both are worn by one person"
    if pair.get("alignment") == "device":
        device = trunk.get("device")
        profile = CATALOGUE.get(device) if isinstance(device, str) else None
        if device != pelvis.get("device") or (profile and profile.sharing is None):
            yield (*path, "alignment"), 'units of these kinds cannot share a clock; choose "tap"'
        elif "address" not in trunk or "address" not in pelvis:
            yield (*path, "alignment"), "needs the address of both units"


def cautions(settings: Settings) -> list[str]:
    """What is allowed and yet unwise. Looks at the permissions of the secret files."""
    mqtt = settings.mqtt
    found = [
        f"{path} can be read by others; `chmod 600 {path}`"
        for path in (mqtt.password_file, mqtt.key_file, *(proxy.key_file for proxy in settings.proxies.values()))
        if path is not None and _read_by_others(path)
    ]
    if mqtt.password is not None and not mqtt.tls and not _is_this_host(mqtt.host):
        found.append(f"the password goes to {mqtt.host} in the clear; set mqtt.tls = true")
    if settings.metrics.port is not None and not _is_this_host(settings.metrics.host):
        found.append(f"metrics are served at {settings.metrics.host}, to whoever reaches it and without a password")
    return [*found, *_radio(settings), *_commanding(settings)]


def _radio(settings: Settings) -> Iterator[str]:
    bluetooth = settings.bluetooth
    if bluetooth.adapter is not None and bluetooth.adapters is not None and bluetooth.adapter not in bluetooth.adapters:
        yield f"bluetooth.adapter, {bluetooth.adapter}, is not used: bluetooth.adapters does not name it"
    named = [each for each in bluetooth.used if each.startswith("hci")]
    if named and len(bluetooth.used) > 1:
        yield f"{' and '.join(named)} may change places at a restart; in bluetooth.adapters, addresses stay"


def _commanding(settings: Settings) -> Iterator[str]:
    commanded = [alias for alias, unit in settings.units.items() if unit.command is not None and unit.command.enabled]
    for alias in commanded:
        command = settings.units[alias].command
        if command is not None and not command.lease_s:
            yield f"units.{alias}.command.lease_s is 0: a session goes on when whoever commands has died"
    alarms, mqtt = settings.alarms, settings.mqtt
    if commanded and alarms.light is None and alarms.sound is None:
        yield "a unit is commanded, and alarms.light and alarms.sound are not set: alarms reach nobody who looks at no screen"
    if commanded and mqtt.username is None and mqtt.cert_file is None and not _is_this_host(mqtt.host):
        yield f"a unit is commanded by way of {mqtt.host}, where nobody has to say who they are; see ptdevice mosquitto-config"


def _read_by_others(path: Path) -> bool:
    """By the mode. Where there is a list of who may (systemd makes one for `LoadCredential`), the group's bits are its mask."""
    try:
        others = stat.S_IRWXO if ACCESS_LIST in os.listxattr(path) else stat.S_IRWXG | stat.S_IRWXO
        return bool(path.stat().st_mode & others)
    except OSError:
        return False


def _is_this_host(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
