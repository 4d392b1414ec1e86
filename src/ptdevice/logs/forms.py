"""One record as lines for people, or as a line for programs; and what is hidden in either."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ptdevice.logs.subsystems import subsystem_of
from ptdevice.privacy import HIDDEN, redacted
from ptdevice.whose import unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# systemd reads "<priority>" in front of a line (sd-daemon(3)); the numbers are syslog's.
PRIORITIES = {"CRITICAL": 2, "ERROR": 3, "WARNING": 4, "INFO": 6, "DEBUG": 7}
COLOURS = {"CRITICAL": "1;31", "ERROR": "31", "WARNING": "33", "DEBUG": "2"}


def priority(record: logging.LogRecord) -> int:
    """Syslog's number."""
    return PRIORITIES.get(record.levelname, 6)


class Hiding:
    """What must not be read: secrets ever, and addresses unless `reveals` allows them for a record."""

    def __init__(
        self, secrets: Iterable[str] = (), reveals: Callable[[logging.LogRecord], bool] = lambda _: False
    ) -> None:
        # The longest first, so that no part of it stays behind when a shorter one is inside it.
        self._secrets = sorted(filter(None, secrets), key=len, reverse=True)
        self._reveals = reveals

    def hide(self, text: str, record: logging.LogRecord) -> str:
        """The text without them."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text if self._reveals(record) else redacted(text)


class Redacting(logging.Formatter):
    """Lines of text, in which nothing is that `hiding` hides. Tracebacks are no exception."""

    def __init__(self, form: str, *, hiding: Hiding | None = None, colours: bool = False) -> None:
        super().__init__(form)
        self._hiding, self._colours = hiding or Hiding(), colours

    def format(self, record: logging.LogRecord) -> str:
        """One record as text."""
        text = self._hiding.hide(super().format(record), record)
        if "\n" in text and text.startswith("<"):
            text = text.replace("\n", f"\n<{priority(record)}>")
        if self._colours and record.levelname in COLOURS:
            text = f"\x1b[{COLOURS[record.levelname]}m{text}\x1b[0m"
        return text

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the standard library's name
        """The first line, with systemd's priority where the form asks for one."""
        record.priority = priority(record)
        return super().formatMessage(record)


class Told(logging.Formatter):
    """The message alone, with its traceback below it."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the standard library's name
        """The message."""
        return record.message


def facts(record: logging.LogRecord, hiding: Hiding) -> dict[str, str]:
    """What is known of a record besides its time and weight, hidden where it must be. No empty ones."""
    found: dict[str, str] = {
        "message": Told().format(record),
        "subsystem": subsystem_of(record.name),
        "logger": record.name,
        "unit": unit() or "",
        "file": record.pathname,
        "line": str(record.lineno),
        "function": record.funcName,
    }
    return {name: hiding.hide(text, record) for name, text in found.items() if text}


class AsJson(logging.Formatter):
    """A JSON object in a line, for programs: containers have no journal."""

    def __init__(self, hiding: Hiding) -> None:
        super().__init__()
        self._hiding = hiding

    def format(self, record: logging.LogRecord) -> str:
        """One record: `time` (RFC 3339, UTC), `level`, `message`, `subsystem`, `logger`, and `unit` where it is of one."""
        known = facts(record, self._hiding)
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        said = {"time": time, "level": record.levelname.lower()}
        said |= {name: known[name] for name in ("message", "subsystem", "logger", "unit") if name in known}
        return json.dumps(said, ensure_ascii=False)
