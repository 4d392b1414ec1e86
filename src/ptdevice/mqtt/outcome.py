"""What became of a request, before it is worded as an answer. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ptdevice.mqtt import contract


@dataclass(frozen=True, slots=True)
class Outcome:
    """`accepted`, `done`, `refused` or `failed`. `rule` is stable, `detail` is for people, `data` is what was asked for."""

    state: contract.ResultState
    rule: str | None = None
    detail: str | None = None
    data: contract.ArmedAnswer | None = None


DONE = Outcome("done")
