"""Who may say and hear what at a broker: the roles of people and programs, as data. Pure.

Whatever is not named here is denied. A request has a row in `REQUESTERS`, or nobody may ask for it through a broker that keeps
these rules; a test sees to it that each has one. The gateway itself checks every request again: a broker is no guard.

A patient's app may end, ease and rate, and nothing else. What makes a current flow, or flow more, is a clinician's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ptdevice.mqtt.topics import REAL_ROOT, SIMULATED_ROOT, is_level

DISCOVERY = "homeassistant"  # Home Assistant's own default for the first level


class Role(StrEnum):
    """What somebody is to a gateway."""

    GATEWAY = "gateway"
    PATIENT = "patient"
    CLINICIAN = "clinician"
    RESEARCHER = "researcher"
    HOME_ASSISTANT = "home-assistant"
    INGEST = "ingest"


CLINICIAN = frozenset({Role.CLINICIAN})
EASING = CLINICIAN | {Role.PATIENT}
EVERYBODY = EASING | {Role.HOME_ASSISTANT}

REQUESTERS: dict[str, frozenset[Role]] = {
    "gateway/ping": EVERYBODY | {Role.INGEST},
    "gateway/stop_all": EVERYBODY,
    "gateway/log_level": CLINICIAN,
    "gateway/resend": CLINICIAN | {Role.INGEST},
    "gateway/assign": CLINICIAN,
    "gateway/forget": CLINICIAN,
    "gateway/acknowledge_alarms": CLINICIAN,
    "unit/stop": EVERYBODY,
    "unit/pause": EASING,
    "unit/lower": EASING,
    "unit/rate_pain": EASING,
    "unit/arm": CLINICIAN,
    "unit/resume": CLINICIAN,
    "unit/raise": CLINICIAN,
    "unit/hold": CLINICIAN,
    "unit/acknowledge": CLINICIAN,
    "unit/release": CLINICIAN,
    "unit/take_back": CLINICIAN,
    "unit/begin_set": CLINICIAN,
    "unit/pause_set": CLINICIAN,
    "unit/resume_set": CLINICIAN,
    "unit/end_set": CLINICIAN,
    "unit/begin_programme": CLINICIAN,
    "unit/skip_set": CLINICIAN,
    "unit/end_programme": CLINICIAN,
    "unit/assess": CLINICIAN,
    "unit/screen": CLINICIAN,
    "unit/confirm_pads": CLINICIAN,
    "unit/reinstate": CLINICIAN,
    "unit/log_modality": CLINICIAN,
    "pair/calibrate": CLINICIAN,
    "pair/align": CLINICIAN,
    "pair/begin_range": CLINICIAN,
    "pair/end_range": CLINICIAN,
}

UNIT = "unit/{unit}/#"  # availability, state, dose, live values
HEARS: dict[Role, tuple[str, ...]] = {
    Role.GATEWAY: ("cmd/+/+", "ack"),
    Role.PATIENT: ("status", "info", "alarms", UNIT),
    Role.CLINICIAN: ("status", "info", "alarms", "delivery", "diag/health", UNIT, "evt/#"),
    Role.RESEARCHER: ("status", "info", "evt/#"),
    Role.HOME_ASSISTANT: ("status", "alarms", UNIT, "evt/pain"),
    Role.INGEST: ("status", "info", "delivery", "evt/#"),
}
SAYS: dict[Role, tuple[str, ...]] = {
    Role.GATEWAY: ("status", "info", "alarms", "delivery", "diag/#", "unit/#", "evt/#", "res/+"),
    Role.INGEST: ("ack",),
}


@dataclass(frozen=True, slots=True)
class User:
    """Somebody at the broker. `units`: whose values a patient sees and whose current a patient ends; none named: of all.

    Raises ValueError on a name that cannot be a requester, and so would get no answer.
    """

    name: str
    role: Role
    units: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for level in (self.name, *self.units):
            if not is_level(level):
                raise ValueError(f"{level!r} is no name for the broker: 1 to 32 of a-z, 0-9, _ and -")


@dataclass(frozen=True, slots=True)
class Right:
    """A topic filter that a user may `read` (be sent) or `write` (publish)."""

    access: str
    topic: str


def rights(
    user: User, site: str, gateways: tuple[str, ...], *, simulated: bool, discovery: str = DISCOVERY
) -> list[Right]:
    """Everything this user may do at a site with these gateways. A gateway is its own only, whoever else is there."""
    root = SIMULATED_ROOT if simulated else REAL_ROOT
    own = (user.name,) if user.role is Role.GATEWAY else gateways
    found: list[Right] = []
    for gateway in own:
        prefix = f"{root}/{site}/{gateway}"
        found += [Right("read", f"{prefix}/{below}") for each in HEARS[user.role] for below in _units(each, user)]
        found += [Right("write", f"{prefix}/{each}") for each in SAYS.get(user.role, ())]
        if requests := requests_of(user.role):
            found += [Right("write", f"{prefix}/{below}") for each in requests for below in _target(each, user)]
            found.append(Right("read", f"{prefix}/res/{user.name}"))
    if user.role is Role.GATEWAY:
        found += [Right("write", f"{discovery}/device/{node(user.name, simulated=simulated)}/+/config")]
        found += [Right("read", f"{discovery}/status")]
    if user.role is Role.HOME_ASSISTANT:
        found += [Right("read", f"{discovery}/#"), Right("write", f"{discovery}/status")]
    return found


def requests_of(role: Role) -> list[str]:
    """What somebody of this role may ask for."""
    return [name for name, roles in REQUESTERS.items() if role in roles]


def node(gateway: str, *, simulated: bool) -> str:
    """A gateway's level in Home Assistant's discovery topics: its name is unique at a broker, for it is its client id."""
    return f"ptdevice-sim_{gateway}" if simulated else f"ptdevice_{gateway}"


def _units(below: str, user: User) -> list[str]:
    return [below.replace("{unit}", unit) for unit in user.units or ("+",)] if "{unit}" in below else [below]


def _target(request: str, user: User) -> list[str]:
    target, _, name = request.partition("/")
    return [f"cmd/gateway/{name}"] if target == "gateway" else [f"cmd/{unit}/{name}" for unit in user.units or ("+",)]
