"""The service on this host: whether it runs, and whether systemd had to start it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.doctor.finding import error, fine, unknown, warning

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ptdevice.doctor.asking import Ask
    from ptdevice.doctor.finding import Finding

AREA = "service"
UNIT = "ptdevice.service"
ASKED = ("LoadState", "ActiveState", "SubState", "Result", "NRestarts", "UnitFileState")
LOG = f"journalctl -u {UNIT.removesuffix('.service')} says why."


async def examine(ask: Ask) -> AsyncIterator[Finding]:
    """Ask systemd. A host without it, or without the service, is no error: ptdevice can be run in other ways."""
    said = await ask("systemctl", "show", UNIT, "--property", ",".join(ASKED))
    facts = dict(line.partition("=")[::2] for line in (said or "").splitlines())
    if facts.get("LoadState") != "loaded":
        yield unknown(AREA, f"systemd knows no {UNIT} here; whether ptdevice runs otherwise, the broker may tell.")
        return
    state = f"{UNIT} is {facts.get('ActiveState')} ({facts.get('SubState')})"
    match facts.get("ActiveState"):
        case "active" | "activating" | "reloading":
            yield fine(AREA, f"{state}.")
        case "failed":
            yield error(AREA, "service_failed", f"{state}: {facts.get('Result')}.", LOG)
        case _:
            yield warning(AREA, "service_stopped", f"{state}.", f"sudo systemctl start {UNIT.removesuffix('.service')}")
    if (restarts := facts.get("NRestarts", "0")).isdigit() and int(restarts) > 0:
        text = f"systemd had to start it again {restarts} times."
        yield warning(AREA, "service_restarts", text, LOG)
    if facts.get("UnitFileState") == "disabled":
        fix = f"sudo systemctl enable {UNIT.removesuffix('.service')}"
        yield warning(AREA, "service_disabled", "It will not be started with the machine.", fix)
