"""`ptdevice mosquitto-config`: a broker's configuration for this gateway, with a role for everybody."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ptdevice.mosquitto import Plan
    from ptdevice.mqtt.roles import User
    from ptdevice.verbs.record import Verbs

CONFIG = Path("/etc/ptdevice/ptdevice.toml")
FOLDER = Path("/etc/mosquitto/ptdevice")
TLS_PORT = 8883  # registered for MQTT with TLS

ABOUT = """\
Write the configuration of a Mosquitto for this gateway into a folder: who may say and hear what, denied where nothing is said.

  patient         sees states and live values, of all units or those of NAME:UNIT,UNIT; may stop, pause, lower, rate_pain
  clinician       sees everything and may ask for everything
  researcher      sees the record; asks for nothing
  home-assistant  sees states and live values, and may stop
  ingest          reads the record, acknowledges it, asks for it again
  gateway         another gateway of the same site at the same broker

Each user gets the answers to their own requests and nobody else's. What is left to do by hand is printed."""


def add(verbs: Verbs, loudness: argparse.ArgumentParser) -> None:  # noqa: ARG001 - it says little as it is
    """The verb and its arguments."""
    verb = verbs.add_parser(
        "mosquitto-config",
        help="write a Mosquitto configuration with a role for everybody",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument("-c", "--config", metavar="FILE", type=Path, default=CONFIG, help=f"[{CONFIG}]")
    verb.add_argument("-o", "--output", metavar="FOLDER", type=Path, default=FOLDER, help=f"[{FOLDER}]")
    for role in ("patient", "clinician", "researcher", "home-assistant", "ingest", "gateway"):
        verb.add_argument(f"--{role}", metavar="NAME", action="append", default=[], help="a user; may be repeated")
    verb.add_argument("--host", metavar="NAME", help="how the broker is reached; in its certificate [mqtt.host]")
    verb.add_argument(
        "--client-certificates", action="store_true", help="users prove themselves by these, not by passwords"
    )
    verb.add_argument("--no-tls", action="store_true", help="on this machine's loopback only")
    verb.add_argument("--force", action="store_true", help="replace files that are there")
    verb.set_defaults(carry_out=_write)


def _write(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from ptdevice.errors import PtdeviceError  # noqa: PLC0415 - as everything in the verbs
    from ptdevice.mosquitto import instructions  # noqa: PLC0415

    plan = _plan(options, environ)
    try:
        options.output.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, text in plan.files().items():
            with (options.output / name).open("w" if options.force else "x", encoding="utf-8") as file:
                file.write(text)
    except FileExistsError as error:
        raise PtdeviceError(f"{error.filename} is there already; --force replaces it") from error
    except OSError as error:
        raise PtdeviceError(f"{error.filename or options.output} cannot be written: {error.strerror}") from error
    sys.stdout.write(f"{', '.join(plan.files())} are in {options.output}.\n\n{instructions(plan)}")
    return 0


def _plan(options: argparse.Namespace, environ: Mapping[str, str]) -> Plan:
    from ptdevice.config import load  # noqa: PLC0415
    from ptdevice.errors import PtdeviceError  # noqa: PLC0415
    from ptdevice.mosquitto import Plan  # noqa: PLC0415

    if options.no_tls and options.client_certificates:
        raise PtdeviceError("certificates need TLS; leave out --no-tls or --client-certificates")
    # Its passwords and certificates need not be there yet: they are what this is made for.
    settings = load(options.config, environ, secrets=False)
    mqtt = settings.mqtt
    try:
        users = _users(options, settings.gateway.name)
    except ValueError as error:
        raise PtdeviceError(str(error)) from error
    names = [user.name for user in users]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise PtdeviceError(f"{', '.join(twice)}: one name, one role")
    known = {*settings.units, *settings.pairs}
    if strange := sorted({unit for user in users for unit in user.units} - known):
        raise PtdeviceError(f"there is no [units.{strange[0]}]")
    port = mqtt.port if mqtt.tls or options.no_tls else TLS_PORT
    try:
        return Plan(
            settings.gateway.site,
            tuple(users),
            options.output.absolute(),
            options.host or mqtt.host,
            port,
            tls=not options.no_tls,
            certificates=options.client_certificates,
            simulated=settings.gateway.simulated,
            discovery=settings.home_assistant.prefix,
        )
    except ValueError as error:
        raise PtdeviceError(str(error)) from error


def _users(options: argparse.Namespace, gateway: str) -> list[User]:
    from ptdevice.mqtt.roles import Role, User  # noqa: PLC0415

    users = [User(gateway, Role.GATEWAY)]
    for role in (Role.GATEWAY, Role.PATIENT, Role.CLINICIAN, Role.RESEARCHER, Role.HOME_ASSISTANT, Role.INGEST):
        for given in getattr(options, role.name.lower()):
            name, colon, units = given.partition(":")
            if colon and role is not Role.PATIENT:
                raise ValueError(f"{given!r}: only a patient can be kept to some units")
            users.append(User(name, role, tuple(units.split(",")) if colon else ()))
    return users
