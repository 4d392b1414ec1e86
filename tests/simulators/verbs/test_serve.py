"""`ptdevice-sim serve` on the command line."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.simulators.carriers.waiting import until

from ptdevice.ble.adapters import adapters
from ptdevice_sim.cli import main

if TYPE_CHECKING:
    import pytest

VARIABLE = "DBUS_SYSTEM_BUS_ADDRESS"


def test_a_socket_without_a_private_bus_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "polar", "--adapter", "usb:0", "--socket", "bus"]) == 2
    assert "--socket is for a --private-bus" in capsys.readouterr().err


async def test_a_service_that_knows_the_socket_finds_bluetoothd_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(prefix="serve-") as folder:  # tmp_path is too long for a socket
        socket = Path(folder) / "bus"
        words = ["-m", "ptdevice_sim.cli", "serve", "polar", "--private-bus", "--no-hand", "--socket", str(socket)]
        process = await asyncio.create_subprocess_exec(sys.executable, *words, stdout=asyncio.subprocess.PIPE)
        try:
            assert process.stdout is not None
            async with asyncio.timeout(40):
                said = await process.stdout.readline()
            assert said.decode().startswith(f"{VARIABLE}=unix:path={socket}")
            monkeypatch.setenv(VARIABLE, f"unix:path={socket}")
            assert [each.name for each in await adapters()] == ["hci0"]
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
        await until(lambda: not os.path.exists(socket))  # noqa: PTH110 - asked on the loop, as everything here
