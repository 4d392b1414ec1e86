"""What Home Assistant shows of a unit: its entities, each with where its value comes from. Pure.

The form is that of its MQTT discovery (its own names of keys, device classes and units; version 2025.4 and newer). A template
gives a value, or None where it is not known: Home Assistant then shows "unknown", and never "off". In a template `values` is
looked up by its name in brackets, because a dictionary has a method that is called so too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ptdevice.devices.device import Kind
from ptdevice.model import Contact, Output

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ptdevice.devices.device import Profile
    from ptdevice.mqtt.topics import Names

    Entity = tuple[str, dict[str, Any]]  # its id within the device, and its configuration

STALE_S = 60  # a pulse that is older says nothing about now
# A state is said again every 10 s while the unit speaks. So long after the longest silence that the gateway itself believes, an
# output that was not said again is not known any more: then the gateway is not what it seems.
GRACE_S = 30
DIAGNOSTIC = {"entity_category": "diagnostic"}
MEASURED = {"state_class": "measurement"}
OPEN_SET = ("planned", "ready", "active", "paused", "sensor_lost")  # ptdevice.motion.machine
ENDED_SET = ("completed", "partial", "skipped", "aborted")

FLEETING = frozenset({"heart_rate_bpm"})  # what says nothing about now when it is a minute old
# What some units tell and others do not. It is shown from the first time on that a unit tells it.
OCCASIONAL: dict[str, dict[str, Any]] = {
    "battery_pct": {"name": "Battery", "device_class": "battery", "unit_of_measurement": "%", **MEASURED, **DIAGNOSTIC},
    "battery_mv": {
        "name": "Battery voltage",
        "device_class": "voltage",
        "unit_of_measurement": "mV",
        **MEASURED,
        **DIAGNOSTIC,
    },
    "heart_rate_bpm": {"name": "Heart rate", "unit_of_measurement": "bpm", "icon": "mdi:heart-pulse", **MEASURED},
    "temperature_c": {"name": "Temperature", "device_class": "temperature", "unit_of_measurement": "°C", **MEASURED},
    "steps": {"name": "Steps", "icon": "mdi:shoe-print", "state_class": "total_increasing"},
}


def of_unit(
    names: Names, alias: str, profile: Profile, told: Collection[str], requester: str, *, stops: bool
) -> Iterator[Entity]:
    """The entities of a unit. `told`: which of `OCCASIONAL` it has told so far; `stops`: whether a request can stop it."""
    yield _reachability(names, alias)
    for name, config in OCCASIONAL.items():
        if name in told:
            value = fresh(name) if name in FLEETING else latest(name)
            yield name, _sensor(names.unit(alias, "state"), value, **config)
    if Kind.STIMULATOR in profile.kinds:
        yield from _of_stimulator(names, alias, profile)
        if stops:
            yield "stop", stop_button(names, f"{alias}/stop", "Stop", requester)
    if Kind.SENSOR in profile.kinds:
        yield from _of_sensor(names, alias, contact=Kind.STIMULATOR not in profile.kinds and "heart_rate_bpm" in told)


def of_pair(names: Names, alias: str) -> Iterator[Entity]:
    """The entities of two sensors on one back."""
    live = names.unit(alias, "telemetry/lumbar")
    yield "lumbar_angle", _angle(live, "Lumbar angle", "{{ value_json.lumbar_deg }}")
    yield "movements", _sensor(live, "{{ value_json.movements }}", name="Movements", icon="mdi:counter", **MEASURED)


def of_all(names: Names, requester: str, *, stops: bool) -> Iterator[Entity]:
    """The entities of the gateway itself. They are there while Home Assistant is: what is not, is said by their values."""
    status = f"{names.prefix}/status"
    yield (
        "status",
        {
            **_sensor(status, "{{ value_json.state }}", name="Status", device_class="enum", **DIAGNOSTIC),
            "options": ["online", "degraded", "offline"],
            "json_attributes_topic": status,
            "json_attributes_template": "{{ {'reason': value_json.reason, 'version': value_json.version} | tojson }}",
        },
    )
    yield (
        "problem",
        {
            **_binary(status, _choice("value_json.state", {"degraded": "ON", "online": "OFF"}), name="Problem"),
            "device_class": "problem",
            **DIAGNOSTIC,
        },
    )
    if stops:
        answers = f"{names.prefix}/res/{requester}"
        yield "stop_all", stop_button(names, "gateway/stop_all", "Stop all", requester)
        yield (
            "answer",
            {
                **_sensor(answers, "{{ value_json.state }}", name="Answer to the last stop", device_class="enum"),
                "options": ["accepted", "done", "refused", "failed"],
                "json_attributes_topic": answers,
                "icon": "mdi:message-reply-text",
            },
        )


def of_gateway(names: Names) -> dict[str, Any]:
    """Available while the gateway is, whatever becomes of a unit."""
    return {"availability": [_while_gateway(names)]}


def availability(names: Names, *aliases: str) -> dict[str, Any]:
    """Available while the gateway is and these units are heard. One whose state nobody knows is not available."""
    said = _choice("value_json.availability", {"online": "online"}, otherwise="'offline'")
    units = [{"topic": names.unit(alias, "availability"), "value_template": said} for alias in aliases]
    return {"availability": [_while_gateway(names), *units], "availability_mode": "all"}


def stop_button(names: Names, request: str, name: str, requester: str) -> dict[str, Any]:
    """A button that asks to stop, whether or not the unit is heard just now.

    Each press is a request of its own, and never expires: a late stop is a stop.
    """
    asked = f'{{"id": "ha-{{{{ (now().timestamp() * 1000000) | int }}}}", "requester": "{requester}"}}'
    return {
        "platform": "button",
        "name": name,
        "icon": "mdi:stop-circle",
        "command_topic": f"{names.prefix}/cmd/{request}",
        "command_template": asked,
        "qos": 1,
        "retain": False,
        **of_gateway(names),
    }


def latest(name: str) -> str:
    """A template: the latest of this value, or None."""
    return f"{{{{ value_json['values'].get('{name}', {{}}).get('value') }}}}"


def fresh(name: str) -> str:
    """A template: the latest of this value if the unit said it lately, or None. The message has the times of both."""
    return (
        f"{{% set r = value_json['values'].get('{name}') %}}"
        f"{{{{ r.value if r and as_timestamp(value_json.time) - as_timestamp(r.time) <= {STALE_S} else None }}}}"
    )


# --- of which kinds of units ---


def _of_stimulator(names: Names, alias: str, profile: Profile) -> Iterator[Entity]:
    state, dose = names.unit(alias, "state"), names.unit(alias, "dose")
    for channel in profile.channels or (None,):
        key, title = (f"{channel}_", f"{channel.upper()} {{}}") if channel else ("", "{}")
        word = f"value_json['values'].get('{key}output', {{}}).get('value')"
        yield (
            f"{key}output",
            {
                **_binary(
                    state, _choice(word, {Output.ON: "ON", Output.OFF: "OFF"}), name=title.format("output").capitalize()
                ),
                "device_class": "running",
                "expire_after": int(profile.quiet_s) + GRACE_S,
            },
        )
        yield (
            f"{key}level",
            _sensor(
                state, latest(f"{key}level"), name=title.format("level").capitalize(), icon="mdi:sine-wave", **MEASURED
            ),
        )
        yield f"{key}contact", _contact(state, f"{key}contact", title.format("pads").capitalize())
    yield (
        "remaining_s",
        _sensor(state, latest("remaining_s"), name="Time left", device_class="duration", unit_of_measurement="s"),
    )
    minutes = {"device_class": "duration", "unit_of_measurement": "min", "suggested_display_precision": 0}
    yield (
        "delivered_today",
        _sensor(dose, _today("delivered_s"), name="Delivered today", state_class="total_increasing", **minutes),
    )
    yield (
        "unknown_today",
        _sensor(
            dose, _today("unknown_s"), name="Unconfirmed today", state_class="total_increasing", **minutes, **DIAGNOSTIC
        ),
    )


def _of_sensor(names: Names, alias: str, *, contact: bool) -> Iterator[Entity]:
    live = names.unit(alias, "telemetry/exercise")
    if contact:
        yield "contact", _contact(names.unit(alias, "state"), "contact", "Contact")
    while_open = f"value_json.state in {list(OPEN_SET)!r}"
    yield (
        "repetitions",
        _sensor(
            live,
            f"{{{{ value_json.repetitions if {while_open} else None }}}}",
            name="Repetitions",
            icon="mdi:counter",
            **MEASURED,
        ),
    )
    yield (
        "set",
        {
            **_sensor(live, "{{ value_json.state }}", name="Set", device_class="enum", icon="mdi:dumbbell"),
            "options": [*OPEN_SET, *ENDED_SET],
            "json_attributes_topic": live,
            "json_attributes_template": "{{ {'exercise': value_json.exercise, 'target': value_json.target} | tojson }}",
        },
    )
    yield "angle", _angle(live, "Angle", f"{{{{ value_json.angle_deg if {while_open} else None }}}}")
    # Of all units on one topic: what is another's is left out by giving nothing at all, which Home Assistant ignores.
    source = f"/{names.site}/{names.gateway}/{alias}"
    yield (
        "pain",
        _sensor(
            f"{names.prefix}/evt/pain",
            f"{{{{ value_json.data.rating if value_json.source == '{source}' else '' }}}}",
            name="Last pain rating",
            icon="mdi:emoticon-sad-outline",
            **MEASURED,
        ),
    )


def _reachability(names: Names, alias: str) -> Entity:
    """Why a unit is not available, which is to be read just then."""
    topic, said = names.unit(alias, "availability"), "value_json.availability"
    template = f"{{{{ {said} if {said} == 'online' else value_json.code or {said} }}}}"
    return "reachability", {
        **_sensor(topic, template, name="Reachability", **DIAGNOSTIC),
        "icon": "mdi:bluetooth-connect",
        "json_attributes_topic": topic,
        "json_attributes_template": "{{ {'text': value_json.text, 'since': value_json.time} | tojson }}",
        **of_gateway(names),
    }


# --- forms ---


def _sensor(topic: str, template: str, **more: Any) -> dict[str, Any]:
    return {"platform": "sensor", "state_topic": topic, "value_template": template, **more}


def _binary(topic: str, template: str, **more: Any) -> dict[str, Any]:
    return {"platform": "binary_sensor", "state_topic": topic, "value_template": template, **more}


def _angle(topic: str, name: str, template: str) -> dict[str, Any]:
    """Several values a second would fill the database of whoever did not ask for it."""
    said = {"unit_of_measurement": "°", "icon": "mdi:angle-acute", "enabled_by_default": False}
    return _sensor(topic, template, name=name, **MEASURED, **said)


def _contact(topic: str, name: str, title: str) -> dict[str, Any]:
    said = f"value_json['values'].get('{name}', {{}}).get('value')"
    known = {word.value: word.value for word in (Contact.OK, Contact.OPEN)}
    return {
        **_sensor(topic, _choice(said, known), name=title, device_class="enum", icon="mdi:gesture-tap"),
        "options": [*known.values()],
    }


def _choice(word: str, known: dict[str, str], otherwise: str = "None") -> str:
    """A template: what a word means, and what every other word, known or yet to come, means."""
    pairs = ", ".join(f"'{key}': '{value}'" for key, value in known.items())
    return f"{{{{ {{{pairs}}}.get({word}, {otherwise}) }}}}"


def _today(field: str) -> str:
    """A template: minutes of today by all channels, or None where nobody knows what day it is or what came before."""
    total = f"(value_json.today | sum(attribute='{field}') / 60) | round(1)"
    return f"{{{{ {total} if value_json.day and value_json.complete else None }}}}"


def _while_gateway(names: Names) -> dict[str, str]:
    said = _choice("value_json.state", {"offline": "offline"}, otherwise="'online'")
    return {"topic": f"{names.prefix}/status", "value_template": said}
