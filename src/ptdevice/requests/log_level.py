"""How much a part of the program logs, for a while: nobody has to restart a session to see what is wrong with it."""

from __future__ import annotations

import logging

from ptdevice.logs.passing import for_a_while
from ptdevice.mqtt.commands import DONE, Command, Outcome
from ptdevice.mqtt.contract import LogLevel

log = logging.getLogger(__name__)


def set_log_level(command: Command) -> Outcome:
    """Change it for that time; who asked is in the log."""
    request = command.request
    assert isinstance(request, LogLevel)
    # The requester's name is the broker's, and is no person's unless somebody gave it one: it is needed to know who did it.
    log.warning(
        "%s logs at %s for %d s: %s asked for it", request.subsystem, request.level, request.for_s, request.requester
    )
    for_a_while(request.subsystem, request.level, request.for_s)
    return DONE
