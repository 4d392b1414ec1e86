"""How the gateway gets on, stage by stage and adapter by adapter."""

from typing import Literal

from pydantic import Field

from ptdevice.mqtt.contract.audit import Head
from ptdevice.mqtt.contract.types import Body, Open, Time

StageState = Literal["ok", "trouble", "stuck"]
AdapterState = Literal["ok", "recovering", "silent", "trouble"]


class Stage(Body):
    """How one stage gets on: `ok`, in `trouble` that may pass (`text` says which), or `stuck`, which only a new start mends.

    `since`: since when that is so. `progress`: when it last did something; null: not since the start.
    """

    state: Open[StageState]
    since: Time
    progress: Time | None
    text: str | None


class Adapter(Body):
    """How one Bluetooth adapter is, since when, and in trouble why (`code`, `text`) and what to do about it (`fix`).

    `recovering`: something speaks against it, and it is found out what. `silent`: nobody at all is heard on it, and nothing
    proves that it is its fault. The codes are those of a unit's availability.
    """

    state: Open[AdapterState]
    since: Time
    code: str | None
    text: str | None
    fix: str | None


class Health(Body):
    """diag/health: counters by stage, e.g. `unit.chest.packets`, `journal.queued`. Names ending in `_s` are gateway seconds.

    `stages`: `radio`, `decode`, `journal`, `mqtt`. `adapters`: those that units are looked for on, and proxies, by name.
    `audit_head` is the newest decision of the audit on disk, by number and link: who keeps one can prove the trail up to there.
    """

    counters: dict[str, int | float | None]
    boot_id: str
    simulated: bool
    time: Time
    audit_head: Head | None = None
    stages: dict[str, Stage] = Field(default_factory=dict)
    adapters: dict[str, Adapter] = Field(default_factory=dict)
