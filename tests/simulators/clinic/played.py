"""Runs of scenarios, and what is in them."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

from ptdevice_sim.clinic.engine import run_scenario
from ptdevice_sim.clinic.loading import find, load, loads

if TYPE_CHECKING:
    from ptdevice_sim.clinic.log import Run

HEAD = """\
title = "A test"
duration = "{duration}"
[people.k3f7q]
[units.chest]
device = "polar"
worn_by = "k3f7q"
exercise = "sit_up"
[units.back]
device = "beurer_em70"
worn_by = "k3f7q"
"""


def play(*entries: str, duration: str = "1m", head: str = HEAD, **options: Any) -> Run:
    """A chest strap and an EM 70, and a timeline: `"00:00:10 press = 'back'; times = 3"`."""
    text = head.format(duration=duration)
    for entry in entries:
        time, _, rest = entry.partition(" ")
        text += f'[[at]]\ntime = "{time}"\n' + "".join(f"{line.strip()}\n" for line in rest.split(";"))
    return run_scenario(loads(text), **options)


@functools.cache
def shipped(name: str) -> Run:
    """A shipped scenario, played once for all tests that look at it."""
    return run_scenario(load(find(name)))


def said(run: Run, ending: str) -> list[tuple[float, Any]]:
    """(when, body) of the messages on topics that end like this."""
    return [(said.t_s, json.loads(said.payload)) for said in run.said if said.topic.endswith(ending)]


def bodies(run: Run, ending: str) -> list[Any]:
    return [body for _, body in said(run, ending)]


def records(run: Run, kind: str) -> list[Any]:
    """Data of the records of this kind."""
    return [body["data"] for body in bodies(run, f"/evt/{kind}")]


def values(run: Run, unit: str, name: str) -> list[Any]:
    """What was said of one value of a unit, without repetitions."""
    found: list[Any] = []
    for body in bodies(run, f"/unit/{unit}/state"):
        value = body["values"].get(name, {}).get("value")
        if value is not None and found[-1:] != [value]:
            found.append(value)
    return found


def reach(run: Run, unit: str) -> list[tuple[str, str | None]]:
    """What was said of a unit's availability, without repetitions (a new connection to the broker says it again)."""
    found: list[tuple[str, str | None]] = []
    for body in bodies(run, f"/unit/{unit}/availability"):
        step = body["availability"], body["code"]
        if found[-1:] != [step]:
            found.append(step)
    return found


def truth(run: Run, who: str, what: str) -> list[tuple[float, dict[str, Any]]]:
    return [(h.t_s, dict(h.detail)) for h in run.truth if (h.who, h.what) == (who, what)]
