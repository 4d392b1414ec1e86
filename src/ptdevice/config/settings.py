"""What can be configured: every section, key, default and limit. Strict, finite and frozen; a strange key is an error.

This file is the reference: `docs/config.md` is made from it. Limits are written as membership (`lowest <= value <= highest`),
so that NaN cannot slip through. `load` fills these; nothing here reads a file.
"""

# No `from __future__ import annotations`: pydantic needs the types themselves.
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal, TypeVar

from pydantic import (
    AfterValidator,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationInfo,
)

from ptdevice.config.bluetooth import Bluetooth, Way
from ptdevice.config.commanding import Command
from ptdevice.config.log import Log
from ptdevice.config.proxies import Proxy
from ptdevice.config.retention import Retention
from ptdevice.config.section import Section
from ptdevice.config.values import (
    VARIABLE,
    Address,
    FilePath,
    Level,
    OneOf,
    Shape,
    Topic,
    Wish,
    Within,
    Word,
    time_zone,
)
from ptdevice.devices import CATALOGUE
from ptdevice.motion.exercises import EXERCISES, Exercise, Placement
from ptdevice.programme.prescription import Programme
from ptdevice.treatment.prescription import StimulationPrescription


def exercise_name(value: str, info: ValidationInfo) -> str:
    """The name of an exercise: one that comes along, or of `exercises.file`."""
    known = (info.context or {}).get("exercises", EXERCISES)
    return OneOf("exercise", frozenset(known))(value)


T = TypeVar("T")


def _frozen(value: Mapping[str, T]) -> Mapping[str, T]:
    return MappingProxyType(dict(value))


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
    """Days for which records are kept after the broker acknowledged them. What was not is never deleted for its age."""
    retention: Retention = Field(default_factory=Retention)
    """Days by class of records, in a table of their own."""
    max_mb: Annotated[int, AfterValidator(Within(16, 500_000))] = 2000
    """How large the file may become, in MiB. When full, what says least goes first; no dose, session or repetition."""


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
    delivery: Literal["broker", "end-to-end"] = "broker"
    """When a record counts as delivered: when the broker acknowledges it, or when `consumer` reports that it has it."""
    consumer: Level | None = None
    """With "end-to-end": the name of the consumer whose reports count."""

    _password: SecretStr | None = PrivateAttr(default=None)

    @property
    def password(self) -> SecretStr | None:
        """The password that `load` found. It cannot be printed by accident; `get_secret_value()` tells it."""
        return self._password


class Telemetry(Section):
    """Live values on MQTT. They are not kept and not repeated; records do not depend on them."""

    motion: bool = False
    """Whether to publish raw motion samples, which is 100 and more values per second and sensor."""
    heart_rate: bool = True
    """Whether to publish heart rate as it comes."""
    batch_ms: Annotated[int, AfterValidator(Within(100, 250))] = 200
    """Milliseconds of live values per message."""


class HomeAssistant(Section):
    """Devices and their values in Home Assistant, by itself, see docs/home-assistant.md."""

    discovery: bool = False
    """Whether to announce the units to Home Assistant. When it is switched off again, they are taken away there."""
    prefix: Topic = "homeassistant"
    """Where it listens for announcements: its own setting, `discovery_prefix`."""
    birth_topic: Topic = "homeassistant/status"
    """Where it says that it has started; the units are then announced again."""
    requester: Level = "home-assistant"
    """Where the answers to its buttons go: its user name at a broker with access rules."""


class Metrics(Section):
    """Numbers for Prometheus at `/metrics`, and `/healthz`. No password, no encryption; see docs/monitoring.md."""

    port: Annotated[int, AfterValidator(Within(1, 65535))] | None = None
    """TCP port. Without it nothing is served."""
    host: Word = "127.0.0.1"
    """Where to listen. Any other address than this one can be read by whoever reaches it."""


class Exercises(Section):
    """The exercises that can be counted. Those that come along are in `config/exercises.toml`."""

    file: FilePath | None = None
    """A file of the same form, with exercises of your own or changes to those that come along."""

    _known: Mapping[str, Exercise] = PrivateAttr(default_factory=lambda: MappingProxyType(EXERCISES))

    @property
    def known(self) -> Mapping[str, Exercise]:
        """All of them by name, with those of the file, which `load` has read."""
        return self._known


class Programmes(Section):
    """Programmes of exercises for people, see docs/programmes.md. Nothing in a file may tell who somebody is."""

    folder: FilePath | None = None
    """A folder with one TOML file per programme and version. Read at the start."""
    timezone: Annotated[str, AfterValidator(time_zone)] | None = None
    """Where the days of a programme begin and end, e.g. "Europe/Berlin" (IANA name). Needed with `folder`."""

    _all: tuple[Programme, ...] = PrivateAttr(default=())

    @property
    def all(self) -> tuple[Programme, ...]:
        """The programmes of the folder, which `load` has read."""
        return self._all


class Alarms(Section):
    """How alarms that stand until somebody has seen them reach whoever is near, besides the message on MQTT."""

    light: FilePath | None = None
    """A LED of the kernel that blinks, e.g. "/sys/class/leds/ACT"; a GPIO pin can be one (dtoverlay=gpio-led)."""
    sound: Annotated[list[str], Field(min_length=1, max_length=16)] | None = None
    """A command that makes a sound, run every few seconds, e.g. ["aplay", "-q", "/usr/share/sounds/alarm.wav"]."""


class Prescriptions(Section):
    """Prescriptions of stimulation, see docs/prescriptions.md. Without one, no stimulator can be commanded."""

    folder: FilePath | None = None
    """A folder with one TOML file per prescription and version. Read at the start. Needs `programmes.timezone`."""

    _all: tuple[StimulationPrescription, ...] = PrivateAttr(default=())

    @property
    def all(self) -> tuple[StimulationPrescription, ...]:
        """The prescriptions of the folder, which `load` has read."""
        return self._all


class Unit(Section):
    """One unit, under its alias: `[units.chest]`. The alias (a-z, 0-9, _ and -) is part of MQTT topics; no person's name."""

    device: Annotated[str, AfterValidator(OneOf("device", frozenset(CATALOGUE)))]
    """What kind of unit it is; `ptdevice devices` lists the kinds."""
    address: Address | None = None
    """Its Bluetooth address; `ptdevice scan` shows it. Needed where several units of a kind are in reach."""
    name: Word | None = None
    """Its advertised name, as an alternative to `address`."""
    adapter: Way | None = None
    """The only adapter to reach it through, as it stands in `bluetooth.adapters`, or a proxy. Without it, any of them."""
    subject: (
        Annotated[str, AfterValidator(Shape(re.compile(r"[a-z0-9_-]{1,32}"), "a code of 1 to 32 of a-z, 0-9, _ and -"))]
        | None
    ) = None
    """A random code for who uses the unit. Never a name, a birth date or a number from elsewhere."""
    placement: Annotated[str, AfterValidator(OneOf("placement", frozenset(Placement)))] | None = None
    """Where a motion sensor is worn. With it, an exercise that cannot be seen from there is refused."""
    exercise: Annotated[str, AfterValidator(exercise_name)] | None = None
    """The exercise to count, for a motion sensor. Without it nothing is counted until a command says so."""
    target_repetitions: Annotated[int, AfterValidator(Within(1, 1000))] | None = None
    """Repetitions after which a set is complete."""
    suggest_sets: bool = False
    """For a motion sensor: whether movements that repeat themselves are recorded as suggested sets while it counts nothing."""
    remote_for: Level | None = None
    """For a remote: the alias of the unit whose set it pauses or ends, or whose user rates pain. It begins nothing."""
    on_press: Wish | None = None
    """For a remote: what a press means, "pause" (of the set), "pain" (it ends, because it hurts), or a rating of pain."""
    on_double_press: Wish | None = None
    """The same for two presses in a row."""
    on_long_press: Wish | None = None
    """The same for a long press."""
    site: Level | None = None
    """Where the pads of a stimulator are, as a code like "lumbar_left". Without it the dose is that of an unknown site."""
    site_a: Level | None = None
    """The same for channel A of a stimulator with two channels."""
    site_b: Level | None = None
    """The same for channel B."""
    command: Command | None = None
    """Whether and how this stimulator is commanded: a table of its own, `[units.back.command]`."""

    @property
    def sites(self) -> dict[str | None, str]:
        """Where the pads of each channel are, by its name; None is the only one of a unit that names none."""
        sites = {None: self.site, "a": self.site_a, "b": self.site_b}
        return {channel: site for channel, site in sites.items() if site is not None}


class Pair(Section):
    """Two motion sensors on one back, under an alias of their own: `[pairs.lumbar]`. What lies between them is measured."""

    trunk: Level
    """The alias of the unit above the lumbar spine, at the height of the lowest ribs (T12 to L1)."""
    pelvis: Level
    """The alias of the unit on the sacrum (S1 to S2)."""
    alignment: Literal["arrival", "tap", "device"] = "tap"
    """How they get one clock: by a tap on both, by the units themselves (Movella DOT), or by when packets arrive."""


class Settings(Section):
    """The whole configuration."""

    gateway: Gateway
    journal: Journal = Field(default_factory=Journal)
    mqtt: Mqtt = Field(default_factory=Mqtt)
    bluetooth: Bluetooth = Field(default_factory=Bluetooth)
    telemetry: Telemetry = Field(default_factory=Telemetry)
    home_assistant: HomeAssistant = Field(default_factory=HomeAssistant)
    metrics: Metrics = Field(default_factory=Metrics)
    log: Log = Field(default_factory=Log)
    exercises: Exercises = Field(default_factory=Exercises)
    programmes: Programmes = Field(default_factory=Programmes)
    alarms: Alarms = Field(default_factory=Alarms)
    prescriptions: Prescriptions = Field(default_factory=Prescriptions)
    units: Annotated[Mapping[Level, Unit], AfterValidator(_frozen)] = Field(default_factory=dict)
    proxies: Annotated[Mapping[Level, Proxy], AfterValidator(_frozen)] = Field(default_factory=dict)
    pairs: Annotated[Mapping[Level, Pair], AfterValidator(_frozen)] = Field(default_factory=dict)
