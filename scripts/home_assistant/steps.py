"""Print the evening of `tests/home_assistant/evening.py` as JSON, and every device as it may be announced."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.home_assistant.evening import SPEAKER, STEPS

from ptdevice.devices import CATALOGUE
from ptdevice.mqtt.entities import OCCASIONAL
from ptdevice.mqtt.topics import Names

every = [
    speaker.unit(f"{name}-1", profile, [*OCCASIONAL], stops=True)
    for speaker in (SPEAKER, replace(SPEAKER, names=Names("home", "pi-2", simulated=True)))
    for name, profile in CATALOGUE.items()
]
more, less = (SPEAKER.unit("beurer_em70-1", CATALOGUE["beurer_em70"], (), stops=stops) for stops in (True, False))
json.dump(
    {
        "steps": [
            {
                "what": step.what,
                "messages": [[message.topic, message.payload.decode()] for message in step.messages],
                "shown": [[*key, state] for key, state in step.shown.items()],
            }
            for step in STEPS
        ],
        "every": [[each.topic, each.message().payload.decode()] for each in every],
        "gone": [less.topic, less.message(more.platforms).payload.decode()],
    },
    sys.stdout,
)
