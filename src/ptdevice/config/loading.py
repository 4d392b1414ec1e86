"""From a file, the environment and the command line to settings, or to every problem at once.

Precedence: defaults < file < environment (`PTDEVICE_SECTION__KEY`) < command line. Nothing is ever written back.
"""

from __future__ import annotations

import copy
import re
import tomllib
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import SecretStr, ValidationError

from ptdevice.config import rules, words
from ptdevice.config.document import LARGEST_BYTES, read
from ptdevice.config.exercises import read_exercises
from ptdevice.config.prescriptions import read_prescriptions
from ptdevice.config.programmes import read_programmes
from ptdevice.config.proxies import key_of
from ptdevice.config.schema import NAMED, field_at, is_text
from ptdevice.config.settings import Settings
from ptdevice.config.values import VARIABLE, shown
from ptdevice.errors import ConfigError
from ptdevice.motion.exercises import EXERCISES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from ptdevice.config.document import Document, KeyPath
    from ptdevice.config.rules import Problem
    from ptdevice.motion.exercises import Exercise

P = TypeVar("P")

PREFIX, SEPARATOR = "PTDEVICE_", "__"
LONGEST_PASSWORD = 65_535  # bytes; MQTT 3.1.3.6 gives it a length of two bytes
BARE = re.compile(r"[A-Za-z0-9_-]+")
FILES = ("ca_file", "cert_file", "key_file")


def load(
    path: Path, environ: Mapping[str, str], overrides: Iterable[tuple[str, str]] = (), *, secrets: bool = True
) -> Settings:
    """Read the configuration. `overrides` are ("section.key", text) of the command line. Raises ConfigError.

    Without `secrets`, passwords and certificates are not looked at, and need not be there.
    """
    document = read(path)
    data = copy.deepcopy(document.data)
    origins: dict[KeyPath, str] = {}
    problems: list[Problem] = []
    for key, origin, text in (*_from_environment(environ), *_from_command_line(overrides)):
        origins[key] = origin
        if not _put(data, key, _value(key, text)):
            problems.append((key, "there is no such key"))
    known, misdefined = _exercises(data.get("exercises"), path.parent)
    settings: Settings | None = None
    try:
        settings = Settings.model_validate(data, context={"folder": path.parent, "exercises": known})
    except ValidationError as error:
        problems += [words.problem(detail) for detail in error.errors(include_url=False)]
    problems += rules.broken(data, known)
    password, unreadable = _files(data.get("mqtt") if secrets else None, path.parent, environ)
    keys, unread = _keys(data.get("proxies") if secrets else None, path.parent, environ)
    programmes, misplanned = _plans(
        data, "programmes", path.parent, lambda folder, persons: read_programmes(folder, known, persons)
    )
    prescriptions, misprescribed = _plans(data, "prescriptions", path.parent, read_prescriptions)
    lines = [
        *_placed(document, origins, [*problems, *unreadable, *unread]),
        *misdefined,
        *misplanned,
        *misprescribed,
        *_slips(environ),
    ]
    if settings is None or lines:
        raise ConfigError(lines)
    settings.mqtt._password = password  # noqa: SLF001 - a friend: secrets come from where the models do not look
    for name, secret in keys.items():
        settings.proxies[name]._key = secret  # noqa: SLF001 - the same
    settings.exercises._known = known  # noqa: SLF001 - the same
    settings.programmes._all = programmes  # noqa: SLF001 - the same
    settings.prescriptions._all = prescriptions  # noqa: SLF001 - the same
    return settings


# --- what overrides the file ---


def _from_environment(environ: Mapping[str, str]) -> Iterator[tuple[KeyPath, str, str]]:
    for name, text in sorted(environ.items()):
        key = name.removeprefix(PREFIX)
        if name != key and SEPARATOR in key:
            yield _key_path(key.lower().split(SEPARATOR)), f"environment {name}", text


def _slips(environ: Mapping[str, str]) -> list[str]:
    """One underscore too few. Other names with our prefix may be somebody's own, e.g. that of `password_env`."""
    found = []
    for name in sorted(environ):
        section, _, key = name.removeprefix(PREFIX).partition("_")
        if name.startswith(PREFIX) and field_at((section.lower(), key.lower())) is not None:
            found.append(f"environment {name}: nobody reads this; did you mean {PREFIX}{section}{SEPARATOR}{key}?")
    return found


def _from_command_line(overrides: Iterable[tuple[str, str]]) -> Iterator[tuple[KeyPath, str, str]]:
    for key, text in overrides:
        yield _key_path(key.split(".")), "command line", text


def _key_path(names: list[str]) -> KeyPath:
    """The path; an alias may have two underscores in a row itself."""
    if names[0] in NAMED and len(names) > 3:
        return names[0], SEPARATOR.join(names[1:-1]), names[-1]
    return tuple(names)


def _value(key: KeyPath, text: str) -> Any:
    """Text for keys that are text; for others what TOML makes of it, and the text itself where that is nothing."""
    if is_text(field_at(key)):
        return text
    try:
        said = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return said["value"] if len(said) == 1 else text


def _put(data: dict[str, Any], key: KeyPath, value: Any) -> bool:
    """Set a key, making tables on the way. False where the path leads through something that is no table."""
    table: Any = data
    for name in key[:-1]:
        table = table.setdefault(name, {})
        if not isinstance(table, dict):
            return False
    table[key[-1]] = value
    return True


# --- files that the configuration names ---


def _exercises(section: Any, folder: Path) -> tuple[Mapping[str, Exercise], list[str]]:
    """The exercises that are known, and what is wrong with their file."""
    name = section.get("file") if isinstance(section, dict) else None
    try:
        return read_exercises(folder / name if isinstance(name, str) and name and "\0" not in name else None), []
    except ConfigError as error:
        return EXERCISES, list(error.problems)


def _plans(
    data: Mapping[str, Any], key: str, folder: Path, read_all: Callable[[Path, Collection[str]], tuple[P, ...]]
) -> tuple[tuple[P, ...], list[str]]:
    """What is planned for people in the folder that this section names, if it names one, and what is wrong with it."""
    section, units = data.get(key), data.get("units")
    name = section.get("folder") if isinstance(section, dict) else None
    if not isinstance(name, str) or not name or "\0" in name:
        return (), []
    tables = units.values() if isinstance(units, dict) else ()
    persons = {unit.get("subject") for unit in tables if isinstance(unit, dict)}
    try:
        return read_all(folder / name, {person for person in persons if isinstance(person, str)}), []
    except ConfigError as error:
        return (), list(error.problems)


def _files(mqtt: Any, folder: Path, environ: Mapping[str, str]) -> tuple[SecretStr | None, list[Problem]]:
    """The password, if one is configured, and what cannot be read."""
    if not isinstance(mqtt, dict):
        return None, []
    problems: list[Problem] = []
    for key in FILES:
        if mqtt.get("tls") is True and isinstance(mqtt.get(key), str):
            trouble = _read(folder, mqtt[key])[1]
            problems += [(("mqtt", key), trouble)] if trouble else []
    password: bytes | None = None
    source = ""
    if isinstance(mqtt.get("password_file"), str):
        source = "password_file"
        password, trouble = _read(folder, mqtt[source])
        problems += [(("mqtt", source), trouble)] if trouble else []
    elif isinstance(name := mqtt.get("password_env"), str) and VARIABLE.fullmatch(name):
        source = "password_env"
        password, trouble = _variable(name, environ)
        problems += [(("mqtt", source), trouble)] if trouble else []
    if password is None:
        return None, problems
    text, trouble = _password(password)
    return text, [*problems, (("mqtt", source), trouble)] if trouble else problems


def _keys(proxies: Any, folder: Path, environ: Mapping[str, str]) -> tuple[dict[str, SecretStr], list[Problem]]:
    """The keys of the proxies that have one, and what cannot be read."""
    keys: dict[str, SecretStr] = {}
    problems: list[Problem] = []
    for name, proxy in proxies.items() if isinstance(proxies, dict) else ():
        source = next((each for each in ("key_file", "key_env") if isinstance(proxy, dict) and each in proxy), None)
        if source is None or not isinstance(said := proxy[source], str):
            continue
        raw, trouble = _read(folder, said) if source == "key_file" else _variable(said, environ)
        if raw is not None:
            key, trouble = key_of(raw)
            if key is not None:
                keys[name] = key
        problems += [(("proxies", name, source), trouble)] if trouble else []
    return keys, problems


def _variable(name: str, environ: Mapping[str, str]) -> tuple[bytes | None, str]:
    """Of the environment; where it is no name, the models have said so."""
    if VARIABLE.fullmatch(name) is None:
        return None, ""
    if name not in environ:
        return None, f"the environment variable {name} is not set"
    return environ[name].encode("utf-8", "surrogateescape"), ""


def _read(folder: Path, name: str) -> tuple[bytes | None, str]:
    """The start of a file, or why it cannot be read."""
    try:
        with (folder / name).open("rb") as file:
            return file.read(LONGEST_PASSWORD + 2), ""
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        return None, f"{folder / name} cannot be read: {getattr(error, 'strerror', None) or error}"


def _password(raw: bytes) -> tuple[SecretStr | None, str]:
    first_line = raw.split(b"\n", 1)[0].removesuffix(b"\r")
    if not first_line:
        return None, "the password is empty"
    if len(first_line) > LONGEST_PASSWORD:
        return None, f"the password is longer than the {LONGEST_PASSWORD} bytes that MQTT allows"
    try:
        return SecretStr(first_line.decode()), ""
    except UnicodeDecodeError:
        return None, "the password is not UTF-8 text"


# --- telling ---


def _placed(document: Document, origins: dict[KeyPath, str], problems: list[Problem]) -> list[str]:
    """Each problem with the place where it can be mended, in file order; then what came from elsewhere."""
    placed: list[tuple[float, str]] = []
    for path, text in problems:
        key = ".".join(name if BARE.fullmatch(name) else shown(name) for name in path)
        rank, place = _place(document, origins, path)
        placed.append((rank, f"{place}: {key}: {text}"))
    return [line for _, line in sorted(placed, key=lambda entry: entry[0])]


def _place(document: Document, origins: dict[KeyPath, str], path: KeyPath) -> tuple[int, str]:
    """Rank and name of the line that sets this key, or of what overrode it; else the same of the nearest table around it."""
    overrides = list(origins)
    for end in range(len(path), 0, -1):
        near = path[:end]
        if near in document.lines and near not in origins:
            line = document.lines[near][0]
            return line, f"{document.name}:{line}"
        for rank, key in enumerate(overrides):
            if key[:end] == near:
                return LARGEST_BYTES + rank, origins[key]
    return LARGEST_BYTES, document.name
