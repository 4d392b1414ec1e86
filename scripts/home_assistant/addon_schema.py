"""The options of the Home Assistant add-on, made from the settings. This script, run, renews config.yaml.

Types are the Supervisor's (str, int(1,2), list(a|b), ...; "?" for what may be left out), two levels deep at most, as it asks.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from pydantic import AfterValidator

from ptdevice.config.schema import NAMED, details, keys, sections
from ptdevice.config.values import OneOf, Within

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

ADDON = Path(__file__).parents[2] / "packaging/home-assistant-addon"
MARK = "# What may be set, made from the settings of ptdevice by scripts/home_assistant/addon_schema.py.\n"

# What is no option, and why; everything else is one.
IN_THE_FILE_ONLY = {
    "gateway.simulated": "there is no simulated unit in the add-on",
    "journal.path": "the add-on's own",
    "mqtt.password_file": "the option mqtt.password, which is kept in a file",
    "mqtt.password_env": "likewise",
    "metrics.port": "the add-on's own, for the Supervisor's watchdog",
    "metrics.host": "likewise",
    "bluetooth.adapters": "a list inside a table; whoever has several adapters has a configuration",
    "proxies": "a proxy serves one client, and that is Home Assistant itself here",
    "bluetooth.reset": "needs a privilege that the add-on does not have",
    "exercises": "names a file: whoever has that has a configuration beside it",
    "programmes": "likewise",
    "prescriptions": "likewise",
    "alarms": "a light and a sound are devices that the add-on is not given",
    "units.<alias>.command": "whether a stimulator is commanded is decided in a file that somebody has read, not by a switch",
    "pairs": "few need it, and a form for it is longer than the two lines",
}
OF_ITS_OWN: dict[str, dict[str, str]] = {"mqtt": {"password": "password?"}}
MANY = {name: f"{name}.<alias>" for name in NAMED}


def schema() -> dict[str, Any]:
    """Option → type, as the Supervisor reads it."""
    found: dict[str, Any] = {}
    for header, model in sections().items():
        options = {
            name: kind(model.model_fields[name], header, name)
            for name in keys(model)
            if not in_the_file_only(f"{header}.{name}")
        }
        options |= OF_ITS_OWN.get(header, {})
        if not options:
            continue
        if header in MANY.values():
            found[header.partition(".")[0]] = [{"alias": "str", **options}]
        elif "." not in header:
            found[header] = options
    return found


def in_the_file_only(key: str) -> bool:
    """Whether it, or the table that it is in, is no option. A table inside a table cannot be one."""
    parts = key.split(".")
    if len(parts) > (3 if parts[0] in MANY else 2):
        return True
    return any(".".join(parts[:length]) in IN_THE_FILE_ONLY for length in range(1, len(parts) + 1))


def kind(field: FieldInfo, header: str, name: str) -> str:
    """The Supervisor's type of a field's value."""
    optional = "" if field.is_required() else "?"
    said = details(field)
    for part in said:
        if get_origin(part) is Literal:
            return f"list({'|'.join(map(str, get_args(part)))}){optional}"
        match part:
            case AfterValidator(func=OneOf(_, known)):
                return f"list({'|'.join(sorted(known))}){optional}"
            case AfterValidator(func=Within(lowest, highest)):
                return f"{'int' if int in said else 'float'}({lowest:.15g},{highest:.15g}){optional}"
    for known, word in ((bool, "bool"), (int, "int"), (float, "float"), (str, "str"), (Path, "str")):
        if known in said:
            return f"{word}{optional}"
    raise TypeError(f"{header}.{name} has a kind that no option can have: add it to IN_THE_FILE_ONLY, or say here how")


def lines() -> str:
    """It as YAML: JSON's strings are YAML's as well."""
    said = ["schema:"]
    for name, options in schema().items():
        many = isinstance(options, list)
        said.append(f"  {name}:")
        for number, (key, value) in enumerate((options[0] if many else options).items()):
            said.append(f"    {('- ' if number == 0 else '  ') if many else ''}{key}: {json.dumps(value)}")
    return "\n".join(said) + "\n"


def renewed(text: str) -> str:
    """That file with the options as they are now."""
    before, mark, _ = text.partition(MARK)
    if not mark:
        raise ValueError(f"there is no line {MARK!r}")
    return before + mark + lines()


if __name__ == "__main__":
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else ADDON / "config.yaml"
    file.write_text(renewed(file.read_text(encoding="utf-8")), encoding="utf-8")
