"""What doctor's tests share: a host in a folder, and programs of it that say what they are told to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path

    from ptdevice.doctor.asking import Ask
    from ptdevice.doctor.finding import Finding


def put(root: Path, name: str, text: str) -> Path:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def codes(findings: Iterable[Finding]) -> list[str]:
    return [finding.code for finding in findings]


def saying(**said: str) -> Ask:
    """A host on which each of these programs says this, and all others are missing."""

    async def ask(program: str, *_: str) -> str | None:
        return said.get(program)

    return ask


async def listed(findings: AsyncIterator[Finding]) -> list[Finding]:
    return [finding async for finding in findings]
