"""In the add-on: make the configuration of what Home Assistant knows, and become the daemon.

Which of the three counts is one rule, and DOCS.md has it: /config/ptdevice.toml if it is there, and nothing else; if not, the
options; and the broker that Home Assistant offers where the one of the two that counts names none. Nothing is written back.
"""

from __future__ import annotations

import json
import os
import pwd
import sys
import tomllib
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

DATA, CONFIG = Path("/data"), Path("/config")
FILE = "ptdevice.toml"
PROGRAM = "/opt/ptdevice/bin/ptdevice"
USER = "ptdevice"
SERVICE, SERVICE_S = "http://supervisor/services/mqtt", 10.0
METRICS_PORT = "9547"  # as in config.yaml


def main() -> None:
    """As root, which Home Assistant starts it as; the daemon is not."""
    state = DATA / "ptdevice"
    state.mkdir(mode=0o700, exist_ok=True)
    options = json.loads((DATA / "options.json").read_text(encoding="utf-8"))
    file = CONFIG / FILE
    if file.is_file():
        say(f"{FILE} is there, so the options of the add-on do not count")
    else:
        file = state / FILE
        file.write_text(document(options), encoding="utf-8")
    environ = environment(file, options, state, broker())
    user = pwd.getpwnam(USER)
    for path in (state, *state.iterdir()):
        os.chown(path, user.pw_uid, user.pw_gid)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.umask(0o077)
    os.execve(PROGRAM, [PROGRAM, "run", "-c", str(file)], {**os.environ, **environ})  # noqa: S606 - no shell on purpose


def document(options: dict[str, Any]) -> str:
    """The options as a configuration. What was left empty is left out, so that its default counts."""
    lines = ["# Made of the add-on's options at every start."]
    for section, values in options.items():
        if section == "units":
            for unit in values:
                lines += ["", f"[units.{word(unit['alias'])}]", *assignments(unit, without={"alias"})]
        else:
            lines += ["", f"[{section}]", *assignments(values, without={"password"})]
    return "\n".join(lines) + "\n"


def assignments(values: dict[str, Any], without: set[str]) -> list[str]:
    """TOML's strings, numbers and truth values are JSON's."""
    return [
        f"{key} = {json.dumps(value)}"
        for key, value in values.items()
        if key not in without and value not in ("", None)
    ]


def word(alias: str) -> str:
    """A key of TOML, quoted: what is wrong with it is told by ptdevice, with its rule."""
    return json.dumps(alias)


def environment(file: Path, options: dict[str, Any], state: Path, offered: dict[str, Any] | None) -> dict[str, str]:
    """What is the add-on's own, and the broker."""
    found = {
        "PTDEVICE_JOURNAL__PATH": str(state / "journal.sqlite"),
        "PTDEVICE_METRICS__PORT": METRICS_PORT,
        "PTDEVICE_METRICS__HOST": "0.0.0.0",  # noqa: S104 - of the container; config.yaml says who reaches it
    }
    try:
        named = tomllib.loads(file.read_text(encoding="utf-8")).get("mqtt", {})
    except tomllib.TOMLDecodeError:
        named = {}  # ptdevice tells it, with the line
    password = None
    if "host" in named:
        password = None if file.parent == CONFIG else options.get("mqtt", {}).get("password")
    elif offered is None:
        say(
            "Home Assistant offers no MQTT broker, and mqtt.host names none: localhost is tried, which is this add-on itself"
        )
    else:
        password = offered.get("password")
        found["PTDEVICE_MQTT__HOST"] = str(offered["host"])
        found["PTDEVICE_MQTT__PORT"] = str(offered["port"])
        found["PTDEVICE_MQTT__TLS"] = json.dumps(bool(offered.get("ssl")))
        if offered.get("username"):
            found["PTDEVICE_MQTT__USERNAME"] = str(offered["username"])
    if password:
        secret = state / "mqtt-password"
        secret.touch(mode=0o600)
        secret.write_text(password, encoding="utf-8")
        found["PTDEVICE_MQTT__PASSWORD_FILE"] = str(secret)
    return found


def broker() -> dict[str, Any] | None:
    """The broker that the Supervisor knows (developers' documentation, Add-on communication); None: it knows none."""
    request = urllib.request.Request(
        SERVICE, headers={"Authorization": f"Bearer {os.environ.get('SUPERVISOR_TOKEN', '')}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=SERVICE_S) as answer:  # noqa: S310 - a constant address
            found: dict[str, Any] = json.load(answer)["data"]
    except (OSError, ValueError, KeyError):
        return None
    return found if "host" in found else None


def say(text: str) -> None:
    """Into the add-on's log."""
    sys.stderr.write(f"ptdevice add-on: {text}\n")


if __name__ == "__main__":
    main()
