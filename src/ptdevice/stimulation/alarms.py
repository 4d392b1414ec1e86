"""What a person is told where a commanded unit may be on and nobody can promise that it is not. Pure.

None of them says that output is off, and each of them says what to do: the unit's own switch is the safety device.
"""

from __future__ import annotations

from ptdevice.stimulation.commanded import State

# On entering these states: the stable code, and the text.
ALARMS = {
    State.LINK_LOST: (
        "commanded_link_lost",
        "The link to a commanded stimulator is lost. Its output is unknown: switch the unit off by hand.",
    ),
    State.FAULTED: (
        "stop_unconfirmed",
        "A stimulator was told to stop and does not confirm it. It may still be on: switch the unit off by hand.",
    ),
    State.ENDED_UNVERIFIED: (
        "commanded_unverified",
        "A commanded stimulator did not come back. Nobody knows what it does: switch the unit off by hand.",
    ),
}
