"""The fixture `ptdevice_clinic`, for the tests of applications that listen to ptdevice. docs/ci.md shows how.

pytest imports this module in every project whose environment has ptdevice in it, so until the fixture is used it costs nothing:
no other module of ours, no event loop, no broker.
"""

from __future__ import annotations

import argparse
import contextlib
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from ptdevice_sim.kit.clinic import VirtualClinic

LONG, SHORT = "--ptdevice-update-golden", "--update-golden"
DEST = "ptdevice_update_golden"
WRITTEN: pytest.StashKey[list[Path]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The long option, which is nobody else's."""
    text = "write the golden files of ptdevice_clinic anew from what was said"
    parser.getgroup("ptdevice").addoption(LONG, action="store_true", dest=DEST, help=text)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(parser: pytest.Parser) -> Generator[None, object, object]:
    """The short option, where nobody else has taken it: conftest.py files are read by now, the command line is not."""
    result = yield
    with contextlib.suppress(ValueError, argparse.ArgumentError):
        parser.getgroup("ptdevice").addoption(SHORT, action="store_true", dest=DEST, help=f"the same as {LONG}")
    return result


def pytest_configure(config: pytest.Config) -> None:
    """Remember which files were written."""
    config.stash[WRITTEN] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which: what was written into a repository wants to be looked at."""
    written = config.stash[WRITTEN]
    for path in dict.fromkeys(written):
        terminalreporter.write_line(f"ptdevice: wrote {path}")


@pytest.fixture
def ptdevice_clinic(request: pytest.FixtureRequest) -> Iterator[Callable[..., VirtualClinic]]:
    """Opens virtual clinics, which end with the test.

    Takes the name of a scenario that comes with ptdevice, the path of a TOML file (from the folder of the test), or the text
    of one; `seed=` overrides the scenario's, `broker=` insists on "mosquitto" or "amqtt".
    """
    from ptdevice_sim.kit.clinic import VirtualClinic, scenario_of  # noqa: PLC0415 - only for those who use it

    folder = request.path.parent
    update = bool(request.config.getoption(DEST))

    def open_clinic(scenario: str | Path, *, seed: int | None = None, broker: str | None = None) -> VirtualClinic:
        __tracebackhide__ = True
        played = scenario_of(scenario, folder)
        clinic = VirtualClinic(played, folder=folder, seed=seed, update=update, engine=broker)
        stack.callback(lambda: request.config.stash[WRITTEN].extend(clinic.written))
        stack.callback(clinic.close)
        return clinic

    with contextlib.ExitStack() as stack:
        yield open_clinic
