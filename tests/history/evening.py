"""A simulated evening that a journal can tell of: stimulation at several levels, a set of sit-ups, pain before and after, heat.

`evening.jsonl` has the rows as a gateway of the virtual clinic recorded them, so that what is shown of them stays what it is.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.journal.scaffold import journal

from ptdevice.mqtt.topics import Draft, Entry, Names

if TYPE_CHECKING:
    from collections.abc import Iterable

NAMES = Names("clinic-a", "pi-1", simulated=True)
DAY = "2026-09-21"
STIMULATION, SET = "01a0c452-5448-7f31-9b42-4d8e9bacc029", "01a0c450-a81e-796a-ae7f-d6373ca8a172"
CONFIG = """\
[gateway]
site = "clinic-a"
name = "pi-1"
simulated = true
[journal]
path = "journal.sqlite"
[units.chest]
device = "polar"
"""


def drafts() -> list[Draft]:
    lines = (Path(__file__).parent / "evening.jsonl").read_text(encoding="utf-8").splitlines()
    return [Draft(**json.loads(line)) for line in lines]


def entries(rows: Iterable[Draft] | None = None) -> list[Entry]:
    """The rows as a journal gives them back."""
    numbered = enumerate(drafts() if rows is None else rows, 1)
    return [Entry(number, f"id-{number}", "epoch", draft) for number, draft in numbered]


def recorded(folder: Path, rows: Iterable[Draft] | None = None, names: Names | None = NAMES, **options: Any) -> Path:
    """A journal with that evening, and a configuration that names it."""
    (folder / "ptdevice.toml").write_text(CONFIG)
    path = folder / "journal.sqlite"

    async def main() -> None:
        async with journal(path, names=names, **options) as book:
            await book.append_many(drafts() if rows is None else list(rows))

    asyncio.run(main())
    return path
