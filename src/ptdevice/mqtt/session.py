"""A commanded session as it is said to everybody, retained, and when it ceases to be true. Pure.

A retained message outlives whoever said it. "running", read an hour after a crash, would be a lie that somebody acts on. So
while a session is open the message says until when it holds, the broker is told to forget it then (MQTT 5), and it is said
again in good time; it names the boot of the gateway whose word it is, beside the gateway's status, which a will ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.mqtt import contract, topics

if TYPE_CHECKING:
    from ptdevice.stimulation.view import View

VALID_S = 15  # of what is said while a session is open
AGAIN_S = 5.0  # after which it is said again, changed or not


def session(names: topics.Names, unit: str, view: View, *, open_: bool, stamp: topics.Stamp) -> topics.Message:
    """What is known of the last commanded session of a unit. `open_`: it has not ended."""
    body = contract.CommandedSession(
        state=None if view.state is None else view.state.value,
        session=view.session_id,
        output=view.output,
        level=view.level,
        target=view.target,
        reported=view.reported,
        channel=view.channel,
        remaining_s=None if view.remaining_s is None else round(view.remaining_s, 1),
        limited_by=list(view.limiting),
        electrical=view.electrical,
        reason=view.reason,
        fault=view.latched,
        boot_id=stamp.boot_id,
        valid_until=stamp.rfc3339(stamp.mono_s + VALID_S) if open_ else None,
        simulated=names.simulated,
        time=stamp.rfc3339(),
    )
    payload = body.model_dump_json().encode()
    return topics.Message(names.unit(unit, "session"), payload, 1, retain=True, expiry_s=VALID_S if open_ else None)
