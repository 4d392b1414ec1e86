"""What a unit wants before it answers: a bond, and how a person takes part in making one."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Method(Enum):
    """How a unit pairs; the value is what an agent of BlueZ is asked."""

    JUST_WORKS = ""
    AUTHORIZE = "RequestAuthorization"  # it would just work, and a person is asked whether it may
    CONFIRM = "RequestConfirmation"  # both show a number, and a person compares
    ENTER = "RequestPasskey"  # the unit shows a number, and it is typed here
    SHOW = "DisplayPasskey"  # a number is shown here, and it is typed at the unit


# What an agent must have said that it can do. An agent that said nothing counts as KeyboardDisplay.
ABLE = {
    Method.AUTHORIZE: {"DisplayYesNo", "KeyboardDisplay"},
    Method.CONFIRM: {"DisplayYesNo", "KeyboardDisplay"},
    Method.ENTER: {"KeyboardOnly", "KeyboardDisplay"},
    Method.SHOW: {"DisplayOnly", "DisplayYesNo", "KeyboardDisplay"},
}


@dataclass(slots=True)
class Security:
    """One unit's. It may be changed while the unit is on air."""

    method: Method = Method.JUST_WORKS
    passkey: int = 123456
    guarded: frozenset[str] | None = (
        frozenset()
    )  # characteristics that answer ATT 0x05 without a bond; None: all of them
    refuses_another: bool = False  # while it has a bond it makes no other, not even with the one it has it with
    bonds: set[str] = field(
        default_factory=set
    )  # addresses of the adapters whose keys it has; cleared by a factory reset

    @classmethod
    def wanting(cls, method: Method = Method.JUST_WORKS) -> Security:
        """A unit that answers nobody it has no bond with."""
        return cls(method, guarded=None)

    def guards(self, uuid: str) -> bool:
        """Whether this characteristic wants a bond."""
        return self.guarded is None or uuid in self.guarded
