"""A clean Debian in a folder, anew for every test: what debootstrap makes, never written to, with a layer above to throw away.

It is run by systemd-nspawn: a command alone, as in a chroot, or the whole of it with systemd as its first process. Needs root.
All of it lives in the namespaces that scripts/test-deb makes, so that nothing is left running or mounted, whatever dies.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parents[2] / "build/test-deb"
FRESH_S = 7 * 86400  # for so long what was downloaded is used again
COMMAND_S = 600
BOOT_S = 120
NSPAWN = ("systemd-nspawn", "--quiet", "--register=no", "--keep-unit")
VARIABLES = ("PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/", "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive")


class Root:
    """A folder with a system in it. `run` runs a command there."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(self, command: str, *, code: int | None = 0) -> str:
        """What a shell there says to both outputs. Fails unless it ends with `code`; None: any will do."""
        done = subprocess.run(  # noqa: S603 - commands of our own
            [*self.entrance(), "env", "-i", *VARIABLES, "/bin/sh", "-c", f"exec 2>&1\n{command}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,  # what remains for standard error is nspawn's own
            text=True,
            timeout=COMMAND_S,
            check=False,
        )
        assert code in (None, done.returncode), f"{command}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def entrance(self) -> list[str]:
        """The words that make the rest of a command line run there. Without systemd: all that it began ends with it."""
        archives = FOLDER / "archives"
        archives.mkdir(exist_ok=True)
        return [*NSPAWN, "--console=pipe", f"--bind={archives}:/var/cache/apt/archives", "-D", str(self.path)]

    def put(self, file: Path, to: str) -> None:
        """Copy a file into it."""
        shutil.copy(file, self.path / to.lstrip("/"))

    def files(self) -> set[str]:
        """Every path, without what a system writes for itself as it runs."""
        passing = ("proc", "sys", "dev", "run", "tmp", "var/log", "var/cache", "var/lib/apt", "var/lib/dpkg", "var/tmp")
        found = (str(path.relative_to(self.path)) for path in self.path.rglob("*"))
        return {name for name in found if not name.startswith(passing)}


class Machine(Root):
    """A root whose systemd runs."""

    def __init__(self, path: Path, leader: int) -> None:
        super().__init__(path)
        self._leader = leader

    def entrance(self) -> list[str]:
        """A process beside its services."""
        return ["nsenter", f"--target={self._leader}", "--mount", "--uts", "--ipc", "--net", "--pid", "--"]

    def wait(self, command: str, seconds: float = 30.0) -> str:
        """Until the command ends with 0; what it then says."""
        end = time.monotonic() + seconds
        while True:
            said = self.run(f"{command} && echo done-{self._leader}", code=None)
            if said.endswith(f"done-{self._leader}\n"):
                return said
            assert time.monotonic() < end, f"not within {seconds:g} s: {command}\n{said}"
            time.sleep(0.2)


def base() -> Path:
    """What debootstrap makes of this machine's distribution, with nothing more than apt needs."""
    folder = FOLDER / "base"
    if not _fresh(folder):
        shutil.rmtree(folder, ignore_errors=True)
        suite = platform.freedesktop_os_release()["VERSION_CODENAME"]
        subprocess.run([FOLDER.parents[1] / "scripts/clean-root", folder, suite], check=True)  # noqa: S603 - our own
        (folder / "usr/sbin/policy-rc.d").unlink()  # here services are started
        # What an installer writes, and debootstrap does not.
        (folder / "etc/machine-id").write_text("uninitialized\n")
        (folder / "etc/hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
        _made(folder)
    return folder


def grown(needs: str) -> Path:
    """That with a systemd that runs, and what a package `needs` already there: so that a test does without a network."""
    folder = FOLDER / "grown"
    asked = f"{needs}, systemd-sysv, mosquitto, mosquitto-clients"
    if not _fresh(folder, asked):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(base(), folder, symlinks=True, ignore_dangling_symlinks=True, ignore=_nodes)
        Root(folder).run(f"apt-get update -qq && apt-get satisfy -qq -y --no-install-recommends '{asked}'")
        _made(folder, asked)
    return folder


@contextmanager
def layer(below: Path) -> Iterator[Root]:
    """A root of one's own above what is there."""
    folder = FOLDER / "layer"
    shutil.rmtree(folder, ignore_errors=True)
    parts = {name: folder / name for name in ("upper", "work", "root")}
    for part in parts.values():
        part.mkdir(parents=True)
    options = f"lowerdir={below},upperdir={parts['upper']},workdir={parts['work']}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, str(parts["root"])], check=True)  # noqa: S603, S607
    try:
        yield Root(parts["root"])
    finally:
        subprocess.run(["umount", "--lazy", str(parts["root"])], check=True)  # noqa: S603, S607
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def booted(root: Root) -> Iterator[Machine]:
    """Its systemd as the first process of namespaces of its own, without a network, until all units are up."""
    with (FOLDER / "console.log").open("w") as console:
        process = subprocess.Popen(  # noqa: S603 - arguments of our own
            [*NSPAWN, "--private-network", "--console=pipe", "-D", str(root.path), "--boot"],
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
        )
        leader = _leader(process)
        try:
            machine = Machine(root.path, leader)
            machine.wait("systemctl is-system-running --wait | grep -E 'running|degraded'", BOOT_S)
            yield machine
        finally:
            os.kill(leader, signal.SIGKILL)  # and with it all that is in there; killing nspawn would leave it alone
            process.wait(BOOT_S)


def _leader(process: subprocess.Popen[bytes]) -> int:
    """The first process in there: nspawn's child, once it is an init."""
    end = time.monotonic() + BOOT_S
    while time.monotonic() < end:
        assert process.poll() is None, (FOLDER / "console.log").read_text()
        for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
            with contextlib.suppress(OSError):
                if Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                    return int(child)
        time.sleep(0.1)
    raise TimeoutError("nspawn started nothing")


def _nodes(folder: str, names: list[str]) -> list[str]:
    """Devices are nspawn's business."""
    return names if Path(folder).name == "dev" and Path(folder).parent.name == "base" else []


def _fresh(folder: Path, asked: str = "") -> bool:
    mark = folder.with_suffix(".made")
    return mark.exists() and mark.read_text() == asked and time.time() - mark.stat().st_mtime < FRESH_S


def _made(folder: Path, asked: str = "") -> None:
    folder.with_suffix(".made").write_text(asked)
