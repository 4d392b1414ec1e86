"""What can happen at a moment of a scenario: one model for each action, told apart by its key.

    [[at]]
    time = "00:03:00"
    drop_link = "belt"
    for = "8s"

The action's key names whom it happens to; the other keys say how. `every` repeats an entry, until `until` or the end.
"""

# No `from __future__ import annotations`: pydantic needs the types themselves.
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag

from ptdevice.config.values import Level, OneOf, Within, did_you_mean, wrong
from ptdevice.motion.exercises import EXERCISES
from ptdevice_sim.clinic.times import Moment, Span, Step

RESTART_S = 5.0  # RestartSec of the systemd unit that comes with ptdevice

Times = Annotated[int, AfterValidator(Within(1, 100))]
Share = Annotated[float, AfterValidator(Within(0, 1))]
For = Annotated[Span | None, Field(alias="for")]
ForHowLong = Annotated[Span, Field(alias="for")]


class Entry(BaseModel):
    """What all entries have in common."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)

    time: Moment
    every: Span | None = None
    until: Moment | None = None


class Press(Entry):
    """A hand presses a key of the unit."""

    press: Level
    key: Literal["up", "down"] = "up"
    channel: Literal["a", "b"] = "a"
    times: Times = 1


class Button(Entry):
    """Somebody presses the button of a remote."""

    button: Level
    how: Literal["press", "double_press", "triple_press", "long_press", "hold"] = "press"


class SwitchOn(Entry):
    """The unit is switched on; a chest strap is put on and wakes."""

    switch_on: Level


class SwitchOff(Entry):
    """The unit is switched off: its output ends, and it is not seen any more."""

    switch_off: Level
    span: For = None


class PadsOff(Entry):
    """A pad comes off while current flows, and the unit complains."""

    pads_off: Level


class PadsOn(Entry):
    """The pad is back on."""

    pads_on: Level


class Battery(Entry):
    """The unit's battery is at so many percent from here on. At 0 the unit dies without a word."""

    battery: Level
    percent: Annotated[int, AfterValidator(Within(0, 100))]


class TakeOff(Entry):
    """The sensor is taken off the body. An H10 ends its link after 45 s and sleeps."""

    take_off: Level
    span: For = None


class PutOn(Entry):
    """It is put on again."""

    put_on: Level


class DropLink(Entry):
    """The radio link breaks; with `for`, the unit stays out of reach that long."""

    drop_link: Level
    span: For = None


class Vanish(Entry):
    """The unit is out of reach: no link, no advertisement."""

    vanish: Level
    span: For = None


class Appear(Entry):
    """It is in reach again."""

    appear: Level


class Freeze(Entry):
    """The unit keeps its link and falls silent."""

    freeze: Level
    span: ForHowLong


class BadRadio(Entry):
    """A share of the unit's values is lost, damaged, doubled, cut in two, joined or delayed on the way."""

    bad_radio: Level
    span: ForHowLong
    loss: Share = 0.0
    corrupt: Share = 0.0
    duplicate: Share = 0.0
    split: Share = 0.0
    merge: Share = 0.0
    late: Share = 0.0
    late_by: Span = 0.2


class RefuseConnects(Entry):
    """The unit's next connections fail."""

    refuse_connects: Level
    times: Times = 1


class Asked(Entry):
    """Somebody asks over MQTT."""


class BeginSet(Asked):
    """Somebody asks over MQTT to guide a set."""

    begin_set: Level
    exercise: Annotated[str, AfterValidator(OneOf("exercise", frozenset(EXERCISES)))] | None = None
    target: Annotated[int, AfterValidator(Within(1, 1000))] | None = None


class PauseSet(Asked):
    """Somebody asks over MQTT to pause the set."""

    pause_set: Level


class ResumeSet(Asked):
    """Somebody asks over MQTT to go on with it."""

    resume_set: Level


class EndSet(Asked):
    """Somebody asks over MQTT to end the set, or says why it could not go on."""

    end_set: Level
    reason: Literal["pain", "fatigue", "other"] | None = None


class BeginProgramme(Asked):
    """Somebody asks over MQTT to be guided through today's programme."""

    begin_programme: Level
    programme: Level | None = None


class SkipSet(Asked):
    """Somebody asks over MQTT to leave out the next set of it."""

    skip_set: Level


class EndProgramme(Asked):
    """Somebody asks over MQTT to end it."""

    end_programme: Level


class RatePain(Asked):
    """Somebody rates pain over MQTT, from 0 to 10."""

    rate_pain: Level
    rating: Annotated[int, AfterValidator(Within(0, 10))]
    moment: Literal["before", "during", "after"]


class Broker(Entry):
    """The broker is out of reach ("down"), or turns the gateway away ("refuses")."""

    broker: Literal["down", "refuses"]
    span: ForHowLong


class Disk(Entry):
    """The disk takes no more records."""

    disk: Literal["full"]
    span: ForHowLong


class ClockJump(Entry):
    """The gateway's wall clock is set."""

    clock_jump: Step


class Daemon(Entry):
    """The daemon is killed, or stopped in order, and started again after `for`."""

    daemon: Literal["kill", "restart"]
    span: ForHowLong = RESTART_S


_MODELS: tuple[type[Entry], ...] = (
    Press, Button, SwitchOn, SwitchOff, PadsOff, PadsOn, Battery, TakeOff, PutOn, DropLink, Vanish, Appear, Freeze, BadRadio,
    RefuseConnects, BeginSet, PauseSet, ResumeSet, EndSet, BeginProgramme, SkipSet, EndProgramme, RatePain,
    Broker, Disk, ClockJump, Daemon,
)  # fmt: skip
_SHARED = frozenset(Entry.model_fields)


def _key(model: type[Entry]) -> str:
    """The action's key: the first that the model adds."""
    return next(name for name in model.model_fields if name not in _SHARED)


ACTIONS: dict[str, type[Entry]] = {_key(model): model for model in _MODELS}
UNIT_ACTIONS = frozenset(ACTIONS) - {"broker", "disk", "clock_jump", "daemon"}


def action_of(entry: Entry) -> str:
    """The key of this entry's action."""
    return _key(type(entry))


def detail_of(entry: Entry) -> dict[str, str | int | float | bool | None]:
    """What an entry says beyond its time and whom it happens to, for the log of what happened."""
    action = action_of(entry)
    shared = _SHARED | ({action} if action in UNIT_ACTIONS else set())
    return {name: value for name, value in entry.model_dump(by_alias=True).items() if name not in shared}


def asks_for(entry: Asked) -> dict[str, str | int]:
    """What the request of this entry says, beside its name and whom it is for."""
    return entry.model_dump(exclude={*_SHARED, action_of(entry)}, exclude_none=True)


def _tag(value: Any) -> str | None:
    if isinstance(value, Entry):
        return action_of(value)
    return next((key for key in value if key in ACTIONS), None) if isinstance(value, dict) else None


def _one_action(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    found = [key for key in value if key in ACTIONS]
    if len(found) > 1:
        raise wrong(f"one action for each [[at]], here are {' and '.join(found)}")
    if not found:
        strange = [key for key in value if key not in {*_SHARED, "for"}]
        hint = next((text for key in strange if (text := did_you_mean(key, ACTIONS))), "")
        named = f"unknown action {', '.join(strange)}{hint}" if strange else "no action"
        raise wrong(f"{named}; known: {', '.join(ACTIONS)}")
    return value


if TYPE_CHECKING:
    At = Entry
else:
    _TAGGED = tuple(Annotated[model, Tag(key)] for key, model in ACTIONS.items())
    At = Annotated[Union[_TAGGED], Discriminator(_tag), BeforeValidator(_one_action)]  # noqa: UP007 - made, not written
