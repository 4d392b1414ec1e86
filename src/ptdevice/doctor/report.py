"""The findings for people, for programs, and for a bug report in which nothing tells whose gateway it is."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import TYPE_CHECKING

from ptdevice.doctor.finding import Level

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from ptdevice.doctor.finding import Finding

MARKS = {Level.OK: "ok", Level.UNKNOWN: "?", Level.WARNING: "WARN", Level.ERROR: "ERROR"}
ADDRESS = re.compile(r"\b(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}\b")
IP = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
PAGE = "docs/troubleshooting.md"


def text(findings: Sequence[Finding]) -> str:
    """For a terminal."""
    lines = []
    for each in findings:
        code = "" if each.level in {Level.OK, Level.UNKNOWN} else f" [{each.code}]"
        lines.append(f"{MARKS[each.level]:>5}  {each.area}: {each.text}{code}")
        if each.fix is not None:
            lines.append(f"       -> {each.fix}")
    errors, warnings = (sum(each.level is level for each in findings) for level in (Level.ERROR, Level.WARNING))
    verdict = f"{errors} error{'s' * (errors != 1)}, {warnings} warning{'s' * (warnings != 1)}"
    return "\n".join(
        [*lines, f"{verdict}. Each [code] has its paragraph in {PAGE}." if errors or warnings else f"{verdict}.", ""]
    )


def machine(findings: Sequence[Finding]) -> str:
    """JSON: an array of findings, with the fields of `Finding`."""
    return json.dumps([asdict(each) for each in findings], indent=1) + "\n"


def markdown(findings: Sequence[Finding], about: Mapping[str, str], private: Collection[str]) -> str:
    """For a form. `about` are versions and the like; the words of `private`, addresses and IPs are taken out of everything."""
    rows = [f"| {each.level} | {each.area} | {each.code} | {each.text} |" for each in findings]
    head = [f"* {name}: {value}" for name, value in about.items()]
    page = "\n".join(["### ptdevice doctor", "", *head, "", "| | area | code | |", "|---|---|---|---|", *rows, ""])
    for word in sorted((word for word in private if word), key=len, reverse=True):
        page = re.sub(rf"(?<![A-Za-z0-9_-]){re.escape(word)}(?![A-Za-z0-9_-])", "(redacted)", page)
    return IP.sub("(IP)", ADDRESS.sub("(address)", page))
