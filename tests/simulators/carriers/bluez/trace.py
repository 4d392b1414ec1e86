"""A story as it was heard on the bus, and how far two of them say the same."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

RECORDED = Path(__file__).with_name("bluetoothd-5.66.trace")

# What the kernel tells bluetoothd by itself (discovery, power) overtakes, or not, what bluetoothd does meanwhile: both orders
# were seen, even within one recording. These lines are compared as if they were the first of their chapter.
RACING = re.compile(
    r"bluez reply Adapter1\.(SetDiscoveryFilter|StartDiscovery|StopDiscovery)|bluez changed hci0 Adapter1 .*Powered=False"
)


@dataclass(frozen=True, slots=True)
class Difference:
    """Lines (regular expressions for the whole of one) that one of the two says and the other does not, and why."""

    why: str
    real: str | None = None
    fake: str | None = None


class Trace:
    """Chapter → what was said in it, one item per message; the properties of a new object are lines of its item."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.chapters: dict[str, list[str]] = {}
        items: list[str] = []
        for line in lines:
            if line.startswith("# "):
                items = self.chapters.setdefault(line[2:], [])
            elif line.startswith("  "):
                items[-1] += f"\n{line}"
            elif line and not line.startswith(";"):
                items.append(line)

    def without(self, patterns: Iterable[str | None]) -> Trace:
        """The same, less these lines; an item whose first line goes, goes as a whole."""
        left = Trace(())
        gone = [re.compile(pattern) for pattern in patterns if pattern]
        for name, items in self.chapters.items():
            split = [item.split("\n") for item in items]
            left.chapters[name] = ["\n".join(_unlike(lines, gone)) for lines in split if _unlike(lines[:1], gone)]
        return left

    def comparable(self) -> list[str]:
        """As lines, each chapter by who speaks: how the messages of two interleave is chance, the order of one's own is not."""
        lines: list[str] = []
        for name, items in self.chapters.items():
            lines.append(f"# {name}")
            for who in ("central", "bluez", "bus"):
                said = [item for item in items if item.startswith(f"{who} ")]
                said.sort(key=lambda item: RACING.match(item) is None)  # stable
                lines += [line for item in said for line in item.split("\n")]
        return lines


def _unlike(lines: list[str], patterns: list[re.Pattern[str]]) -> list[str]:
    return [line for line in lines if not any(pattern.fullmatch(line) for pattern in patterns)]


def recorded() -> Trace:
    """The real bluetoothd's."""
    return Trace(RECORDED.read_text().splitlines())


def diff(real: Trace, other: Trace, differences: Sequence[Difference] = (), *, names: tuple[str, str]) -> str:
    """What is different and not declared so, as a unified diff; empty: nothing."""
    real = real.without(each.real for each in differences)
    other = other.without(each.fake for each in differences)
    return "\n".join(difflib.unified_diff(real.comparable(), other.comparable(), *names, n=6, lineterm=""))
