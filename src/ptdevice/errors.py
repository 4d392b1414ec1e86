"""Every error that leaves a room.

    PtdeviceError
    ├─ ConfigError          the configuration file is wrong: all problems at once
    ├─ WireError            bytes from a unit make no sense; carries the port and the bytes
    ├─ LinkError            the air: cannot find, open, or keep a link
    │  ├─ NotFoundError     no advertisement of the wanted unit
    │  ├─ LinkLostError     the link went away
    │  ├─ RadioError        Bluetooth itself is unavailable on this host
    │  └─ AwayError         nothing is wrong: the unit wants to be without a link for a while
    ├─ ForeignUnitError     a simulated unit on a real gateway, or the other way round
    ├─ RefusedError         the guard, or a check before it, said no to a wish
    ├─ JournalError         the record on disk
    │  ├─ JournalFullError  no space left
    │  └─ JournalCorruptError  the file is damaged and was set aside
    ├─ ExportError          an export cannot be made: what is in the way
    ├─ CursorError          how far a consumer has come cannot be read or written
    ├─ TapeError            a tape, or a capture, cannot be read: which file, which line or octet, and why
    └─ BrokerError          MQTT
       ├─ BrokerLostError   the connection is gone (or never came)
       ├─ BrokerRefusedError  the broker said no to the connection
       └─ PublishRefusedError  the broker said no to one message

A message says what happened, where, and what to do. Fields carry the facts, so that nobody parses text.
"""

from __future__ import annotations

from typing import Literal

# Why a unit is, or is not, heard: `code` of its availability, and that of an adapter in diag/health.
# docs/troubleshooting.md says of each what to do about it.
Code = Literal[
    "adapter_off",
    "adapter_silent",
    "adapter_stuck",
    "ambiguous",
    "auth_failed",
    "away",
    "backing_off",
    "bluetoothd_away",
    "bluetoothd_restarted",
    "broadcast",
    "connect_failed",
    "data",
    "dbus_away",
    "foreign_unit",
    "gatt_failed",
    "held_by_another_host",
    "internal_error",
    "link_error",
    "link_lost",
    "missing_port",
    "no_adapter",
    "no_adverts",
    "nonsense",
    "out_of_slots",
    "overrun",
    "proxy_away",
    "proxy_busy",
    "proxy_refused",
    "radio_unavailable",
    "released",
    "rfkill_hard",
    "rfkill_soft",
    "silent",
    "starting",
]

# Of an adapter, a proxy or bluetoothd, not of a unit. That nobody is heard proves nothing about any, so it is not among them.
HOST_CODES: frozenset[Code] = frozenset(
    {
        "adapter_off",
        "adapter_stuck",
        "bluetoothd_away",
        "bluetoothd_restarted",
        "dbus_away",
        "no_adapter",
        "proxy_away",
        "proxy_busy",
        "proxy_refused",
        "radio_unavailable",
        "rfkill_hard",
        "rfkill_soft",
    }
)


class PtdeviceError(Exception):
    """The root: `except PtdeviceError` catches what this program foresees, and nothing else."""


class ConfigError(PtdeviceError):
    """The configuration is wrong. `problems` lists every one, in file order."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class WireError(PtdeviceError):
    """Bytes that this protocol cannot mean."""

    def __init__(self, why: str, port: str, data: bytes) -> None:
        super().__init__(f"{why} on port '{port}': {data.hex(' ') or 'no bytes'}")
        self.why = why
        self.port = port
        self.data = data


class LinkError(PtdeviceError):
    """The air. `code` is the stable reason published as availability, e.g. `no_adverts`."""

    code: Code = "link_error"

    def __init__(self, message: str, code: Code | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


class NotFoundError(LinkError):
    """No advertisement of the wanted unit was seen in time."""

    code: Code = "no_adverts"


class LinkLostError(LinkError):
    """The link went away while it was in use."""

    code: Code = "link_lost"


class RadioError(LinkError):
    """Bluetooth is off, absent or not permitted on this host."""

    code: Code = "radio_unavailable"


class AwayError(LinkError):
    """The unit does something that it does without a link only. It is looked for again after `pause_s`."""

    code: Code = "away"

    def __init__(self, message: str, pause_s: float) -> None:
        super().__init__(message)
        self.pause_s = pause_s


class ForeignUnitError(LinkError):
    """A simulated unit met a gateway for people, or a real unit met a gateway for simulations."""

    code: Code = "foreign_unit"


class RefusedError(PtdeviceError):
    """A wish about stimulation that is not carried out. `rule` is stable; `reasons` are all that limit it, strictest first."""

    def __init__(self, rule: str, detail: str, reasons: tuple[str, ...] = ()) -> None:
        super().__init__(detail)
        self.rule = rule
        self.reasons = reasons


class JournalError(PtdeviceError):
    """The record on disk could not be read or written."""


class JournalFullError(JournalError):
    """No space left for the record."""


class JournalCorruptError(JournalError):
    """The journal is damaged. It is set aside, never overwritten."""


class ExportError(PtdeviceError):
    """An export of the record cannot be made, or what was asked for is not in the record."""


class CursorError(PtdeviceError):
    """How far a consumer has come cannot be read or written: which file, and why."""


class TapeError(PtdeviceError):
    """A tape, or a capture to make one from, is not as it should be, or cannot be read or written."""


class BrokerError(PtdeviceError):
    """MQTT."""


class BrokerLostError(BrokerError):
    """The connection to the broker is gone, or did not come about in time."""


class BrokerRefusedError(BrokerError):
    """The broker refused the connection, e.g. for its credentials."""


class PublishRefusedError(BrokerError):
    """The broker refused one message. `permanent` tells that asking again is pointless."""

    def __init__(self, message: str, reason_code: int, *, permanent: bool) -> None:
        super().__init__(message)
        self.reason_code = reason_code
        self.permanent = permanent
