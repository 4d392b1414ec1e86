"""How much each subsystem says: as configured, and for a while otherwise.

There is one for the whole process, as there is one tree of loggers.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ptdevice.logs.subsystems import LOGGERS, SUBSYSTEMS, subsystem_of
from ptdevice.whose import REVEALING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ptdevice.whose import Subsystem


class Levels:
    """`configure` once; `change` for a while, and `restore`, which the owner of a clock calls."""

    def __init__(self) -> None:
        self._configured: dict[Subsystem, str] = dict.fromkeys(SUBSYSTEMS, "info")
        self._changes: dict[Subsystem, tuple[int, str]] = {}
        self._count = 0

    def configure(self, level: str, levels: Mapping[Subsystem, str]) -> None:
        """From now on `level`, but for the subsystems in `levels`; whatever was changed before is void."""
        self._configured = {each: levels.get(each, level) for each in SUBSYSTEMS}
        logging.getLogger().setLevel(level.upper())
        self.restore_all()

    def level(self, subsystem: Subsystem) -> str:
        """As it is now."""
        change = self._changes.get(subsystem)
        return change[1] if change is not None else self._configured[subsystem]

    def change(self, subsystem: Subsystem, level: str) -> int:
        """From now on, until `restore` is called with what this gives back, or it is changed again."""
        self._count += 1
        self._changes[subsystem] = (self._count, level)
        self._apply(subsystem)
        return self._count

    def restore(self, subsystem: Subsystem, change: int) -> bool:
        """As configured again; False where it was changed again since, and that counts."""
        if self._changes.get(subsystem, (None, ""))[0] != change:
            return False
        del self._changes[subsystem]
        self._apply(subsystem)
        return True

    def restore_all(self) -> None:
        """All as configured."""
        self._changes.clear()
        for each in SUBSYSTEMS:
            self._apply(each)

    def reveals(self, record: logging.LogRecord) -> bool:
        """Whether addresses may be shown in it: the configuration wants its subsystem at debug. A change never shows any."""
        return self._configured[subsystem_of(record.name)] == "debug"

    def admits(self, record: logging.LogRecord) -> bool:
        """Whether it may be written at all: what may tell whose unit it is, only where addresses may be shown."""
        return record.name.rpartition(".")[2] != REVEALING or self.reveals(record)

    def _apply(self, subsystem: Subsystem) -> None:
        level = self.level(subsystem)
        for logger, whose in LOGGERS.items():
            if whose == subsystem:
                logging.getLogger(logger).setLevel(level.upper())
        if subsystem == "ble":
            # Below its own warnings bleak tells every advertisement in reach: other people's devices.
            revealing = self._configured["ble"] == level == "debug"
            logging.getLogger("bleak").setLevel(logging.INFO if revealing else logging.WARNING)


LEVELS = Levels()
