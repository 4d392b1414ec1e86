"""What the journal's tests are made of: drafts, clocks, and a disk that forgets what was not synced."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw

from ptdevice.journal import Journal
from ptdevice.mqtt.topics import Draft

if TYPE_CHECKING:
    from collections.abc import Callable

NOON_NS = 1_790_000_000_000_000_000
DAY_NS = 86_400_000_000_000


def draft(number: int = 0, *, time_ns: int = NOON_NS, clock: str = "synced", data: str | None = None) -> Draft:
    return Draft(
        type="dev.ptdevice.alarm.v1",
        unit="chest",
        subject=None,
        time_ns=time_ns,
        mono_us=number,
        boot_id="boot",
        clock=clock,
        data=data if data is not None else f'{{"number":{number}}}',
    )


def journal(path: Path, *, seed: int = 1, wall: Callable[[], int] = lambda: NOON_NS, **changes: Any) -> Journal:
    rng = random.Random(seed)  # noqa: S311 - a seed, no secret
    return Journal.open(path, wall=wall, randbits=rng.getrandbits, **changes)


@dataclass(slots=True)
class _Platter:
    """One file: what is surely on the medium, and what was written since the last sync."""

    durable: bytearray = field(default_factory=bytearray)
    loose: list[tuple[int, bytes | None]] = field(
        default_factory=list
    )  # (offset, data) or (size, None) for a truncation

    def sync(self) -> None:
        for offset, data in self.loose:
            self._apply(self.durable, offset, data)
        self.loose.clear()

    def after_cut(self, rng: random.Random | None) -> bytes:
        """The file after a power cut. With `rng`, some loose writes happened to reach the medium, some only in part."""
        left = bytearray(self.durable)
        for offset, data in self.loose:
            if rng is not None and rng.random() < 0.5:
                self._apply(left, offset, data[: rng.randrange(len(data) + 1)] if data and rng.random() < 0.3 else data)
        return bytes(left)

    @staticmethod
    def _apply(content: bytearray, offset: int, data: bytes | None) -> None:
        if data is None:
            del content[offset:]
        else:
            content.extend(bytes(max(0, offset - len(content))))
            content[offset : offset + len(data)] = data


class ForgetfulDisk(apsw.VFS):
    """SQLite's file system, watched: `cut` gives what a power cut at this moment would have left."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.platters: dict[str, _Platter] = {}
        self.written = 0  # bytes, in all
        super().__init__(name, "unix")

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's own name
        return _WatchedFile(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: FBT001, N802 - SQLite's own signature
        self.platters.pop(Path(filename).name, None)
        super().xDelete(filename, syncdir)

    def connect(self, path: Path) -> apsw.Connection:
        sql = apsw.Connection(str(path), vfs=self.name)
        sql.execute("PRAGMA locking_mode = EXCLUSIVE")  # a file system of apsw's has no shared memory for WAL
        return sql

    def cut(self, into: Path, rng: random.Random | None = None) -> None:
        for name, platter in list(self.platters.items()):
            (into / name).write_bytes(platter.after_cut(rng))


class _WatchedFile(apsw.VFSFile):
    def __init__(self, disk: ForgetfulDisk, name: Any, flags: list[int]) -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._disk = disk
        self._platter = disk.platters.setdefault(Path(path or "temporary").name, _Platter())
        super().__init__("unix", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's own name
        super().xWrite(data, offset)
        self._disk.written += len(data)
        self._platter.loose.append((offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - SQLite's own name
        super().xTruncate(newsize)
        self._platter.loose.append((newsize, None))

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's own name
        super().xSync(flags)
        self._platter.sync()


def damage(path: Path, how: str) -> bytes:
    """Spoil a file, and give back what it is now."""
    content = bytearray(path.read_bytes()) if path.exists() else bytearray()
    noise = random.Random(3).randbytes(5000)  # noqa: S311 - a seed, no secret
    if how == "garbage":
        content[:] = noise
    else:  # torn
        content[4096:8192] = noise[:4096]
    path.write_bytes(content)
    return bytes(content)
