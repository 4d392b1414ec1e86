"""The log: to standard error, in the form that its reader wants, and without what does not belong into a log.

Secrets never appear. Bluetooth addresses (and the serial numbers that some units carry in their names) identify a person's
device; they are shown at debug level only. systemd's journal gets priorities instead of times, a terminal gets colours.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ptdevice.privacy import HIDDEN, redacted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TextIO

# systemd reads "<priority>" in front of a line (sd-daemon(3)); the numbers are syslog's.
PRIORITIES = {"CRITICAL": 2, "ERROR": 3, "WARNING": 4, "INFO": 6, "DEBUG": 7}
COLOURS = {"CRITICAL": "1;31", "ERROR": "31", "WARNING": "33", "DEBUG": "2"}


class Redacting(logging.Formatter):
    """A formatter whose output holds no secret; nor any address, unless `addresses`. Tracebacks are no exception."""

    def __init__(
        self, form: str, *, secrets: Iterable[str] = (), addresses: bool = False, colours: bool = False
    ) -> None:
        super().__init__(form)
        # The longest first, so that no part of it stays behind when a shorter one is inside it.
        self._secrets = sorted(filter(None, secrets), key=len, reverse=True)
        self._addresses, self._colours = addresses, colours

    def format(self, record: logging.LogRecord) -> str:
        """One record as text."""
        text = super().format(record)
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        if not self._addresses:
            text = redacted(text)
        if "\n" in text and text.startswith("<"):
            text = text.replace("\n", f"\n<{PRIORITIES.get(record.levelname, 6)}>")
        if self._colours and record.levelname in COLOURS:
            text = f"\x1b[{COLOURS[record.levelname]}m{text}\x1b[0m"
        return text

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the standard library's name
        """The first line, with systemd's priority where the form asks for one."""
        record.priority = PRIORITIES.get(record.levelname, 6)
        return super().formatMessage(record)


def set_up(level: str, stream: TextIO, environ: Mapping[str, str], secrets: Iterable[str] = ()) -> None:
    """Send the root logger's records of `level` and above to `stream`, and to nowhere else."""
    in_journal = "JOURNAL_STREAM" in environ and not stream.isatty()
    form = "<%(priority)d>%(name)s: %(message)s" if in_journal else "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
    handler = logging.StreamHandler(stream)
    debug = level == "debug"
    handler.setFormatter(Redacting(form, secrets=secrets, addresses=debug, colours=colourful(stream, environ)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # Below its own warnings bleak tells every advertisement in reach: other people's devices.
    logging.getLogger("bleak").setLevel(logging.INFO if debug else logging.WARNING)


def colourful(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether to colour: on a terminal, unless NO_COLOR is set and not empty (no-color.org) or the terminal is dumb."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
