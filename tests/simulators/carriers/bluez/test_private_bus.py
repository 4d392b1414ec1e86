from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from pathlib import Path

import pytest
from dbus_fast.aio import MessageBus
from tests.simulators.carriers.waiting import until

from ptdevice_sim.carriers.bluez import BluezAir, PrivateBus

HOLDER = """
import asyncio
from ptdevice_sim.carriers.bluez import PrivateBus

async def main():
    async with PrivateBus() as bus:
        print(bus.pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def runs(pid: int) -> bool:
    """Whether there is such a process that is not just waiting to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def exists(path: str) -> bool:
    return Path(path).exists()


async def test_two_buses_know_nothing_of_each_other() -> None:
    async with PrivateBus() as one, PrivateBus() as other:
        first, second = MessageBus(bus_address=one.address), MessageBus(bus_address=other.address)
        await first.connect()
        await second.connect()
        assert (await first.request_name("org.bluez")).name == "PRIMARY_OWNER"
        assert (await second.request_name("org.bluez")).name == "PRIMARY_OWNER"
        first.disconnect()
        second.disconnect()


async def test_the_daemon_ends_with_the_block_and_leaves_nothing_behind() -> None:
    async with PrivateBus() as bus:
        pid, socket = bus.pid, bus.address.partition("=")[2].partition(",")[0]
        assert pid is not None
        assert exists(socket)
    assert not runs(pid)
    assert not exists(str(Path(socket).parent))


async def test_the_daemon_ends_when_its_owner_is_killed() -> None:
    with tempfile.TemporaryDirectory(
        prefix="killed-"
    ) as directory:  # the dead do not tidy up; tmp_path is too long for a socket
        owner = await asyncio.create_subprocess_exec(
            sys.executable, "-c", HOLDER, stdout=asyncio.subprocess.PIPE, env=os.environ | {"TMPDIR": directory}
        )
        assert owner.stdout is not None
        pid = int(await owner.stdout.readline())
        assert runs(pid)
        owner.send_signal(signal.SIGKILL)
        await owner.wait()
        await until(lambda: not runs(pid))


async def test_it_listens_where_it_was_told_to_whatever_was_left_there_and_tidies_up() -> None:
    with tempfile.TemporaryDirectory(prefix="socket-") as directory:
        place = Path(directory) / "bus"
        place.touch()  # the dead do not tidy up
        async with PrivateBus(place) as bus:
            assert bus.address.startswith(f"unix:path={place}")
            client = MessageBus(bus_address=f"unix:path={place}")
            await client.connect()
            client.disconnect()
        assert not exists(str(place))


async def test_without_a_dbus_daemon_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(FileNotFoundError, match="package dbus"):
        async with PrivateBus():
            pass


async def test_the_environment_is_as_it_was_after_the_air(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/the/one/before")
    async with BluezAir() as air:
        assert os.environ["DBUS_SYSTEM_BUS_ADDRESS"] == air.bus.address
    assert os.environ["DBUS_SYSTEM_BUS_ADDRESS"] == "unix:path=/the/one/before"


async def test_a_variable_that_was_not_there_is_not_there_after_the_air(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DBUS_SYSTEM_BUS_ADDRESS", raising=False)
    async with BluezAir():
        pass
    assert "DBUS_SYSTEM_BUS_ADDRESS" not in os.environ
