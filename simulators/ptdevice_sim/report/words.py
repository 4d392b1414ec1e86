"""Records and true events as sentences, and times as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTE = "Simulated: not a person's data. Not a medical device."


def clock(t_s: float, *, tenths: bool = False) -> str:
    """`08:03:12`, `2 d 08:00:00`; scenario time."""
    tenth = round(t_s * 10)
    days, rest = divmod(tenth, 864_000)
    s = rest // 10
    text = (f"{days} d " if days else "") + f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}"
    return f"{text}.{rest % 10}" if tenths else text


def length(s: float) -> str:
    """`45 s`, `30 min`, `2 h 05 min`, `7 d`."""
    whole = round(s)
    if whole < 120:
        return f"{whole} s"
    minutes = round(s / 60)
    if minutes < 120:
        return f"{minutes} min"
    if minutes < 2880:
        return f"{minutes // 60} h {minutes % 60:02d} min" if minutes % 60 else f"{minutes // 60} h"
    days, left = divmod(round(s / 3600), 24)
    return f"{days} d {left} h" if left else f"{days} d"


def record(kind: str, data: Mapping[str, Any]) -> str:
    """What one record says. A kind that is not known here is shown as it is."""
    try:
        return _record(kind, data)
    except (KeyError, TypeError, ValueError):
        return _plain(data)


def _exercise(kind: str, data: Mapping[str, Any]) -> str:
    match kind:
        case "exercise/repetition":
            out, hold, back = data["tempo_s"]
            doubts = ("" if data["valid"] else ", not valid") + (", samples missing" if data["gap"] else "")
            return f"repetition {data['index']}: {data['range_deg']}°, {out:.1f} : {hold:.1f} : {back:.1f} s{doubts}"
        case "exercise/rejected":
            return f"not counted ({_words(data['rejected'])}): {data['range_deg']}°"
        case "exercise/hold":
            return (
                f"hold {data['index']}: {data['held_s']:.1f} s, sway {data['sway_deg']:.1f}°, breaks: {data['breaks']}"
            )
        case "exercise/bout":
            return f"walked {data['steps']} steps at {data['cadence_spm']} a minute"
        case "exercise/set":
            recount = "" if data["recount"] is None else f", recounted {data['recount']}"
            target = "" if data["target"] is None else f" of {data['target']}"
            return (
                f"set of {data['exercise']}: {data['repetitions']}{target}{recount}, ended by {_words(data['reason'])}"
            )
        case _:
            return _plain(data)


def _record(kind: str, data: Mapping[str, Any]) -> str:
    if kind.startswith("exercise/"):
        return _exercise(kind, data)
    match kind:
        case "stimulation/segment":
            return f"level {data['level']} of {data['level_max']}, {data['delivered_s']:.0f} s confirmed"
        case "stimulation/session":
            return (
                f"session {_words(data['state'])} ({_words(data['reason'])}): {data['delivered_s']:.0f} s confirmed, "
                f"highest level {data['level_max_seen']}, output {data['final_output']}"
            )
        case "gap":
            return f"nothing of {data['stream']} for {data['duration_s']:.1f} s ({_words(data['cause'])})"
        case "clock":
            return f"the gateway's clock was set by {data['step_s']:+.3f} s"
        case "alarm":
            return str(data["text"])
        case _:
            return _plain(data)


def happened(who: str, what: str, detail: Mapping[str, Any]) -> str:
    """A true event, without its subject: `drop link, for 8 s`, `vanish is over`."""
    name = what.removesuffix("_over").replace("_", " ")
    if what.endswith("_over"):
        return "is over" if name == who else f"{name} is over"
    # "broker: broker down" would say it twice, and a share of 0 is said by saying nothing.
    value = f"{detail[what]:+g} s" if what == "clock_jump" else detail.get(what)
    head = name if value is None else str(value) if what == who else f"{name} {_number(value)}"
    unsaid = {what, "times"} if detail.get("late") else {what, "times", "late_by"}
    rest = [_detail(key, value) for key, value in detail.items() if value not in {None, 0} and key not in unsaid]
    return ", ".join([head, *rest])


def _detail(key: str, value: Any) -> str:
    if key in {"for", "late_by"} and isinstance(value, int | float):
        return f"{key.replace('_', ' ')} {f'{value:g} s' if value < 1 else length(value)}"
    return f"{value} %" if key == "percent" else f"{key.replace('_', ' ')} {_number(value)}"


def _plain(data: Mapping[str, Any]) -> str:
    return ", ".join(f"{key.replace('_', ' ')} {_number(value)}" for key, value in data.items())


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _words(code: object) -> str:
    return str(code).replace("_", " ")
