"""There is one tree of loggers in a process, and whatever calls the command line sets it up: each test finds it as it was."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from ptdevice.logs.levels import LEVELS
from ptdevice.logs.subsystems import LOGGERS

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    root = logging.getLogger()
    handlers = root.handlers[:]
    levels = {name: logging.getLogger(name).level for name in (None, *LOGGERS)}
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    LEVELS.configure("info", {})  # what the tests see is this, or the levels below
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
