"""The extra `recovery`: used where it is installed, and never before it is needed."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ptdevice.ble.resetting import LIBRARY, installed, reset
from ptdevice.errors import RadioError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ADDRESS = "F0:00:00:00:00:01"


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file that can be imported as the library, whose place the tests' own takes."""
    before = sys.modules.pop(LIBRARY, None)  # the extra `proxy` brings it along
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path / f"{LIBRARY}.py"
    sys.modules.pop(LIBRARY, None)
    if before is not None:
        sys.modules[LIBRARY] = before


def says(file: Path, body: str) -> None:
    file.write_text(f"asked = []\nasync def recover_adapter(hci, mac, gone_silent=False):\n    {body}\n")


async def test_the_adapter_is_named_by_number_and_address_and_taken_to_have_gone_silent(library: Path) -> None:
    says(library, "asked.append((hci, mac, gone_silent)); return True")
    assert installed()
    await reset("hci1", ADDRESS)
    assert sys.modules[LIBRARY].asked == [(1, ADDRESS, True)]


@pytest.mark.parametrize("body", ["return False", "raise OSError('no rights')", "raise TimeoutError"])
async def test_a_reset_that_fails_is_told(library: Path, body: str) -> None:
    says(library, body)
    with pytest.raises(RadioError, match="it could not be reset"):
        await reset("hci0", ADDRESS)


def test_without_the_extra_that_is_told() -> None:
    # In an interpreter of its own, for which it is not installed.
    program = (
        f"import asyncio, sys; sys.modules[{LIBRARY!r}] = None\n"
        "from ptdevice.ble.resetting import installed, reset\n"
        "from ptdevice.errors import RadioError\n"
        "try: asyncio.run(reset('hci0', 'F0:00:00:00:00:01'))\n"
        "except RadioError as error: sys.exit(installed() or 'could not be reset' not in str(error))\n"
        "sys.exit('reset')"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0  # noqa: S603 - this interpreter


def test_the_daemon_does_not_load_it() -> None:
    program = f"import sys, ptdevice.daemon; sys.exit('{LIBRARY}' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0  # noqa: S603 - this interpreter
