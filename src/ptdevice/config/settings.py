"""What can be configured: every section, key, default and limit. Strict, finite and frozen; a strange key is an error.

This file is the reference: `docs/config.md` is made from it. Limits are written as membership (`lowest <= value <= highest`),
so that NaN cannot slip through. `load` fills these; nothing here reads a file.
"""

# No `from __future__ import annotations`: pydantic needs the types themselves.
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError

from ptdevice.devices import CATALOGUE
from ptdevice.motion.exercises import EXERCISES
from ptdevice.mqtt.topics import is_level

VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,127}")
LONGEST_SHOWN = 60  # characters of a wrong value that are repeated in a message
SAID = "ptdevice"  # the type of an error whose text is already fit for people


def wrong(text: str) -> PydanticCustomError:
    """An error in our own words."""
    return PydanticCustomError(SAID, "{text}", {"text": text})


@dataclass(frozen=True, slots=True)
class Within:
    """A limit: both ends belong to it."""

    lowest: float
    highest: float

    def __call__(self, value: float) -> float:
        """Pass `value` on, or raise."""
        if not self.lowest <= value <= self.highest:
            raise wrong(f"must be from {self.lowest:.16g} to {self.highest:.16g}, is {shown(value)}")
        return value


@dataclass(frozen=True, slots=True)
class OneOf:
    """A word from a list that the program knows."""

    what: str
    known: frozenset[str]

    def __call__(self, value: str) -> str:
        """Pass `value` on, or raise."""
        if value not in self.known:
            hint = did_you_mean(value, self.known)
            raise wrong(f"unknown {self.what} {shown(value)}{hint}; known: {', '.join(sorted(self.known))}")
        return value


@dataclass(frozen=True, slots=True)
class Shape:
    """A form of text. `secret`: what does not fit is not repeated, it might be a password put in the wrong place."""

    pattern: re.Pattern[str]
    what: str
    secret: bool = False

    def __call__(self, value: str) -> str:
        """Pass `value` on, or raise."""
        if self.pattern.fullmatch(value) is None:
            raise wrong(f"must be {self.what}" + ("" if self.secret else f", is {shown(value)}"))
        return value


def did_you_mean(word: str, known: Collection[str]) -> str:
    """A hint, where something known is close."""
    close = get_close_matches(word, sorted(known), n=1)
    return f', did you mean "{close[0]}"?' if close else ""


def shown(value: object) -> str:
    """A value for a message: as TOML would have it, and short."""
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool) else repr(value)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "..."


def level(value: str) -> str:
    """A level of an MQTT topic."""
    if not is_level(value):
        raise wrong(f"must be 1 to 32 of a-z, 0-9, _ and - (it becomes part of MQTT topics), is {shown(value)}")
    return value


def _path(value: object, info: ValidationInfo) -> object:
    """Text as a path; a relative one starts at the folder of the configuration file."""
    if not isinstance(value, str):
        return value
    if not value or "\0" in value:
        raise wrong("must be a path")
    folder: Path = (info.context or {}).get("folder", Path())
    return folder / value


def _upper(value: str) -> str:
    return value.upper()


def _frozen(value: Mapping[str, "Unit"]) -> Mapping[str, "Unit"]:
    return MappingProxyType(dict(value))


Level = Annotated[str, AfterValidator(level)]
FilePath = Annotated[Path, BeforeValidator(_path)]
Word = Annotated[
    str,
    AfterValidator(
        Shape(re.compile(r"[^\s\x00-\x1f\x7f](.{0,253}[^\s\x00-\x1f\x7f])?"), "text without spaces around it")
    ),
]
Address = Annotated[
    str,
    AfterValidator(
        Shape(re.compile(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}"), 'a Bluetooth address like "AA:BB:CC:DD:EE:FF"')
    ),
    AfterValidator(_upper),
]


class Section(BaseModel):
    """What all sections have in common."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)


class Gateway(Section):
    """Who this gateway is. Both names are part of every MQTT topic and must not name a person."""

    site: Level
    """Where the gateway stands, e.g. "clinic-a"."""
    name: Level
    """The gateway itself, e.g. "pi-1". It is the MQTT client id too: two gateways of one name throw each other out."""
    simulated: bool = False
    """Whether this gateway serves simulated units. One for people refuses simulated units, and the other way round."""


class Journal(Section):
    """The record on disk. Everything is written here before it is published."""

    path: FilePath = Path("/var/lib/ptdevice/journal.sqlite")
    """The SQLite file. Its folder must exist and be writable by the service."""
    retention_days: Annotated[int, AfterValidator(Within(1, 3650))] = 730
    """Days for which records are kept after the broker acknowledged them. What is not acknowledged is never deleted."""


class Mqtt(Section):
    """The broker. A password is never written in this file: name a file or an environment variable that has it."""

    host: Word = "localhost"
    """Name or address of the broker."""
    port: Annotated[int, AfterValidator(Within(1, 65535))] = 1883
    """TCP port; brokers use 1883 without and 8883 with TLS."""
    username: Word | None = None
    """User name at the broker."""
    password_file: FilePath | None = None
    """A file with the password in its first line, readable by the service only (mode 0600)."""
    password_env: (
        Annotated[
            str,
            AfterValidator(
                Shape(
                    VARIABLE,
                    "the NAME of an environment variable (A-Z, 0-9, _), not the password itself",
                    secret=True,
                )
            ),
        ]
        | None
    ) = None
    """The name of an environment variable with the password."""
    tls: bool = False
    """Whether to use TLS 1.2 or newer and verify the broker's certificate and name."""
    ca_file: FilePath | None = None
    """The authority that signed the broker's certificate (PEM). Without it, those of the operating system."""
    cert_file: FilePath | None = None
    """This gateway's own certificate (PEM), where the broker asks for one."""
    key_file: FilePath | None = None
    """The private key of `cert_file` (PEM), readable by the service only."""
    keepalive_s: Annotated[int, AfterValidator(Within(5, 300))] = 15
    """Seconds between signs of life. A dead link is noticed after twice this time."""
    protocol: Literal["auto", "5", "3.1.1"] = "auto"
    """MQTT version. "auto" tries 5 and falls back to 3.1.1."""

    _password: SecretStr | None = PrivateAttr(default=None)

    @property
    def password(self) -> SecretStr | None:
        """The password that `load` found. It cannot be printed by accident; `get_secret_value()` tells it."""
        return self._password


class Bluetooth(Section):
    """The radio."""

    adapter: Annotated[str, AfterValidator(Shape(re.compile(r"hci\d{1,3}"), 'an adapter like "hci0"'))] | None = None
    """BlueZ's name of the adapter, e.g. "hci0". Without it, the first."""
    connect_timeout_s: Annotated[float, AfterValidator(Within(5, 120))] = 20.0
    """Seconds that one attempt to connect may take."""


class Telemetry(Section):
    """Live values on MQTT. They are not kept and not repeated; records do not depend on them."""

    motion: bool = False
    """Whether to publish raw motion samples, which is 100 and more values per second and sensor."""
    heart_rate: bool = True
    """Whether to publish heart rate as it comes."""
    batch_ms: Annotated[int, AfterValidator(Within(100, 250))] = 200
    """Milliseconds of live values per message."""


class Log(Section):
    """The log goes to standard error, and so to the journal of systemd."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important thing to log. Only "debug" shows Bluetooth addresses."""


class Unit(Section):
    """One unit, under its alias: `[units.chest]`. The alias (a-z, 0-9, _ and -) is part of MQTT topics; no person's name."""

    device: Annotated[str, AfterValidator(OneOf("device", frozenset(CATALOGUE)))]
    """What kind of unit it is; `ptdevice devices` lists the kinds."""
    address: Address | None = None
    """Its Bluetooth address; `ptdevice scan` shows it. Needed where several units of a kind are in reach."""
    name: Word | None = None
    """Its advertised name, as an alternative to `address`."""
    subject: (
        Annotated[str, AfterValidator(Shape(re.compile(r"[a-z0-9_-]{1,32}"), "a code of 1 to 32 of a-z, 0-9, _ and -"))]
        | None
    ) = None
    """A random code for who uses the unit. Never a name, a birth date or a number from elsewhere."""
    exercise: Annotated[str, AfterValidator(OneOf("exercise", frozenset(EXERCISES)))] | None = None
    """The exercise to count, for a motion sensor. Without it nothing is counted until a command says so."""
    target_repetitions: Annotated[int, AfterValidator(Within(1, 1000))] | None = None
    """Repetitions after which a set is complete."""


class Settings(Section):
    """The whole configuration."""

    gateway: Gateway
    journal: Journal = Field(default_factory=Journal)
    mqtt: Mqtt = Field(default_factory=Mqtt)
    bluetooth: Bluetooth = Field(default_factory=Bluetooth)
    telemetry: Telemetry = Field(default_factory=Telemetry)
    log: Log = Field(default_factory=Log)
    units: Annotated[Mapping[Level, Unit], AfterValidator(_frozen)] = Field(default_factory=dict)
