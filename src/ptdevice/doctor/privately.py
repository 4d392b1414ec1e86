"""The words by which a host or its configuration can be told from others: what a bug report must not have."""

from __future__ import annotations

import contextlib
import getpass
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, SecretStr

from ptdevice.devices import CATALOGUE
from ptdevice.motion.exercises import EXERCISES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ptdevice.config import Settings

# What a configuration says in words that are ours: everybody's, and needed to understand anything.
EVERYBODYS = {
    *CATALOGUE,
    *EXERCISES,
    *("auto", "5", "3.1.1", "broker", "end-to-end", "debug", "info", "warning", "error", "arrival", "tap", "device"),
    *("localhost", "127.0.0.1", "root", "homeassistant", "homeassistant/status", "home-assistant"),
    *("chest", "back", "lumbar", "thigh", "arm", "wrist"),  # a place on a body is no person
}


def words(settings: Settings | None, file: Path) -> Iterator[str]:
    """Every text of the configuration that is somebody's own, and what the machine and its user are called."""
    yield from _path(file)
    yield from _path(Path.home())
    yield from _host(platform.node())
    with contextlib.suppress(KeyError, OSError):  # a user without a name, as in many containers
        yield getpass.getuser()
    if settings is None:
        return
    for text in _texts(settings):
        if text not in EVERYBODYS:
            yield text
    if settings.mqtt.password is not None:
        yield settings.mqtt.password.get_secret_value()
    yield from _host(settings.mqtt.host)
    for programme in settings.programmes.all:
        yield from (programme.person, programme.name)
    for prescription in settings.prescriptions.all:
        yield from (prescription.person, prescription.name)


def _texts(value: Any) -> Iterator[str]:
    match value:
        case BaseModel():
            for name in type(value).model_fields:
                yield from _texts(getattr(value, name))
        case SecretStr():
            yield value.get_secret_value()
        case Path():
            yield from _path(value)
        case str():
            yield value
        case _ if hasattr(value, "items"):
            yield from _mapping(value)
        case list() | tuple() | set() | frozenset():
            for each in value:
                yield from _texts(each)


def _mapping(value: Mapping[Any, Any]) -> Iterator[str]:
    for key, each in value.items():
        yield from _texts(key)
        yield from _texts(each)


def _path(path: Path) -> Iterator[str]:
    """It, and the folders that it is in; not what every machine has."""
    for each in (path, path.absolute(), path.resolve()):
        yield from (str(part) for part in (each, *each.parents) if len(part.parts) > 2)


def _host(name: str) -> Iterator[str]:
    """It, and its first name."""
    if name not in EVERYBODYS:
        yield from (name, name.split(".", maxsplit=1)[0])
