"""The processes of a soak: each started alone, each stopped by its own pid, none of which outlives this one."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from typing import TYPE_CHECKING, Any, Self

from tests.mqtt.mosquitto import HOST, free_port

from benchmarks.brokers import engine_of
from benchmarks.soak.cast import CONSUMER, write_config

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

START_S = 60.0
END_S = 20.0
ANSWER_S = 60.0


class House:
    """`async with House(folder, seed, duration_s) as house`: broker, simulated units, daemon and consumer run."""

    def __init__(self, folder: Path, seed: int, duration_s: float) -> None:
        self.folder = folder
        self.journal, self.kept = folder / "journal.sqlite", folder / "kept.sqlite"
        self.metrics_port = free_port()
        self.broker = engine_of("mosquitto", folder)
        self.bus = ""
        self.life = 0  # of the daemon
        self.processes: dict[str, asyncio.subprocess.Process] = {}
        self._ward_arguments = (str(seed), str(duration_s))

    async def __aenter__(self) -> Self:
        try:
            await self.broker.nodes[0].start()
            write_config(self.folder, self.broker.port, self.metrics_port)
            await self._spawn("ward", "-m", "benchmarks.soak.ward", *self._ward_arguments, piped=True)
            async with asyncio.timeout(START_S):
                self.bus = (await self._line()).strip()
            await self.start("consumer")
            await self.start("daemon")
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Stop everything, in the order in which nobody misses anybody."""
        for who in ("daemon", "consumer", "ward"):
            await self.stop(who)
        for node in self.broker.nodes:
            if node.process is not None and node.process.returncode is None:
                node.process.send_signal(signal.SIGCONT)
            await node.kill()

    async def start(self, who: str) -> None:
        """The daemon or the consumer."""
        if who == "consumer":
            address = f"{HOST}:{self.broker.port}"
            await self._spawn(who, "-m", "benchmarks.consumer", address, str(self.kept), CONSUMER)
        else:
            self.life += 1
            await self._spawn(who, "-m", "ptdevice.cli", "run", "-c", str(self.folder / "ptdevice.toml"))

    async def kill(self, who: str) -> None:
        """SIGKILL."""
        self.processes[who].kill()
        await self.processes[who].wait()

    async def stop(self, who: str) -> None:
        """Politely, and then not."""
        process = self.processes.pop(who, None)
        if process is None or process.returncode is not None:
            return
        if process.stdin is not None:  # the ward ends at the end of its input
            process.stdin.close()
        else:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        try:
            await asyncio.wait_for(process.wait(), END_S)
        except TimeoutError:
            process.kill()
            await process.wait()

    def pid(self, who: str) -> int:
        """Of a process, also of one that has ended."""
        return self.processes[who].pid

    def fallen(self) -> list[str]:
        """Who ended by itself."""
        return [who for who, process in self.processes.items() if process.returncode is not None]

    async def tell(self, do: str, unit: str | None = None) -> dict[str, Any]:
        """The ward's answer to a command."""
        stdin = self.processes["ward"].stdin
        assert stdin
        stdin.write(json.dumps({"do": do, "unit": unit}).encode() + b"\n")
        await stdin.drain()
        async with asyncio.timeout(ANSWER_S):
            answer: dict[str, Any] = json.loads(await self._line())
        return answer

    async def _line(self) -> str:
        stdout = self.processes["ward"].stdout
        assert stdout
        line = await stdout.readline()
        if not line:
            raise RuntimeError(f"the ward ended: {(self.folder / 'ward.errors').read_text()[-2000:]}")
        return line.decode()

    async def _spawn(self, who: str, *arguments: str, piped: bool = False) -> None:
        # In a group of its own: Ctrl-C is for us, and we stop everybody in order.
        pipe = asyncio.subprocess.PIPE if piped else asyncio.subprocess.DEVNULL
        with (self.folder / f"{who}.errors").open("ab") as errors:
            self.processes[who] = await asyncio.create_subprocess_exec(
                "setpriv", "--pdeathsig", "KILL", "--", sys.executable, *arguments,
                stdin=pipe, stdout=pipe, stderr=errors, process_group=0,
                env=os.environ | ({"DBUS_SYSTEM_BUS_ADDRESS": self.bus} if self.bus else {}),
            )  # fmt: skip
