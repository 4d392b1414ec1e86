"""A D-Bus daemon of one's own, with the rules of a system bus on which everybody may do everything."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import Self

START_S = 10.0
STOP_S = 2.0

# Limits as on a system bus; only the number of connections is raised (256 there), for benchmarks with hundreds of units.
CONFIG = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_sender="*"/>
    <allow own="*"/>{rules}
  </policy>
  <limit name="max_connections_per_user">1024</limit>
</busconfig>
"""
# As for a user without rights on a real host: nothing that is sent to bluetoothd gets there.
DENIED = """
    <deny send_destination="org.bluez"/>"""


class PrivateBus:
    """`async with PrivateBus() as bus` runs a dbus-daemon; `bus.address` is what DBUS_SYSTEM_BUS_ADDRESS takes.

    `denied`: a rule forbids everybody to call BlueZ, and the bus answers AccessDenied.

    The daemon is stopped by its own pid, and by the kernel should this process die without saying goodbye. `socket` is where it
    listens, for those who must know that before; what was left there is replaced. Without it, somewhere new.
    """

    def __init__(self, socket: Path | None = None, *, denied: bool = False) -> None:
        self.address = ""
        self._rules = DENIED if denied else ""
        self._socket = socket
        self._directory = ""
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The daemon's process id, while it runs."""
        return self._process.pid if self._process else None

    async def __aenter__(self) -> Self:
        self._directory = tempfile.mkdtemp(prefix="ptdevice-bus-")
        try:
            await self.start()
        except BaseException:
            await self.stop()
            self._tidy_up()
            raise
        return self

    async def start(self) -> None:
        """Begin, or begin again at the same address."""
        # setpriv (util-linux) sets the parent-death signal; Python code between fork and exec is not safe with threads.
        daemon, setpriv = shutil.which("dbus-daemon"), shutil.which("setpriv")
        if daemon is None or setpriv is None:
            raise FileNotFoundError("a private D-Bus needs dbus-daemon (package dbus) and setpriv (package util-linux)")
        socket = self._socket or Path(self._directory) / "bus.sock"
        socket.unlink(missing_ok=True)
        config = Path(self._directory) / "bus.conf"
        config.write_text(CONFIG.format(socket=socket, rules=self._rules))
        self._process = await asyncio.create_subprocess_exec(
            setpriv,
            "--pdeathsig=TERM",
            daemon,
            f"--config-file={config}",
            "--nofork",
            "--nopidfile",
            "--nosyslog",
            "--print-address=1",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # in a container it complains that it cannot raise its own limits
            process_group=0,  # Ctrl-C in a terminal is for us, and we stop it when everything else has ended
        )
        assert self._process.stdout is not None
        async with asyncio.timeout(START_S):
            await self._process.stdout.readuntil()
        # The printed one has an identity as well, which does not outlive a restart.
        self.address = f"unix:path={socket}"

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        self._tidy_up()

    async def stop(self) -> None:
        """End the daemon; every connection to it breaks."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                async with asyncio.timeout(STOP_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()

    def _tidy_up(self) -> None:
        shutil.rmtree(self._directory, ignore_errors=True)
