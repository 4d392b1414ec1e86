"""The log: to standard error or straight to systemd's journal, in the form that its reader wants, without what does not belong.

Secrets never appear, in no field. Bluetooth addresses (and the serial numbers that some units carry in their names) identify a
person's device; they are shown only where the configuration says `debug`, and never because of a request.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ptdevice.logs.destination import Form, colourful, in_journal
from ptdevice.logs.forms import AsJson, Hiding, Redacting
from ptdevice.logs.journald import SOCKET, JournalHandler, NoJournalError
from ptdevice.logs.levels import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TextIO

    from ptdevice.whose import Subsystem

__all__ = ["LEVELS", "AsJson", "Form", "Hiding", "JournalHandler", "Redacting", "colourful", "set_up"]

LINES = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
PRIORITISED = "<%(priority)d>%(name)s: %(message)s"


def set_up(
    level: str,
    stream: TextIO,
    environ: Mapping[str, str],
    secrets: Iterable[str] = (),
    *,
    levels: Mapping[Subsystem, str] | None = None,
    form: Form = "auto",
    journal: str = SOCKET,
) -> None:
    """Send what is logged at `level` and above, or at its subsystem's own, to one place, and to nowhere else.

    `journal` is the socket of systemd's.

    "auto" is the journal where `stream` leads there, and lines of text elsewhere.
    """
    LEVELS.configure(level, levels or {})
    handler = _handler(stream, environ, form, Hiding(secrets, LEVELS.reveals), journal)
    handler.addFilter(LEVELS.admits)
    root = logging.getLogger()
    for before in root.handlers:
        if isinstance(before, JournalHandler):
            before.close()
    root.handlers[:] = [handler]


def _handler(stream: TextIO, environ: Mapping[str, str], form: Form, hiding: Hiding, journal: str) -> logging.Handler:
    leads_there = in_journal(stream, environ)
    handler: logging.Handler = logging.StreamHandler(stream)
    if form == "json":
        handler.setFormatter(AsJson(hiding))
        return handler
    prioritised = leads_there and form in {"auto", "journal"}
    lines = Redacting(PRIORITISED if prioritised else LINES, hiding=hiding, colours=colourful(stream, environ))
    handler.setFormatter(lines)
    if form == "journal" or prioritised:
        try:
            return JournalHandler(hiding, otherwise=handler, path=journal)
        except NoJournalError:
            pass  # a namespace without the socket; standard error is the journal, or better than nothing
    return handler
