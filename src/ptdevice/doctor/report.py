"""The findings for people, for programs, and for a bug report in which nothing tells whose gateway it is."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import TYPE_CHECKING

from ptdevice.doctor.finding import Level
from ptdevice.privacy import HIDDEN, redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from ptdevice.doctor.finding import Finding

MARKS = {Level.OK: "ok", Level.UNKNOWN: "?", Level.WARNING: "WARN", Level.ERROR: "ERROR"}
IP = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
IPV6 = re.compile(r"(?<![\w:])(?=[0-9A-Fa-f:]*::|(?:[0-9A-Fa-f]+:){7})(?:[0-9A-Fa-f:]*[0-9A-Fa-f]|::)(?:%\w+)?")
QUOTING = {"config_invalid"}
LEFT_OUT = "(left out: it may quote the configuration)"
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
    """For a form. `about` are versions and the like; the words of `private`, addresses and IPs are taken out of everything.

    What is wrong with a configuration that is invalid may quote anything of it, and is left out.
    """
    hide = _hiding(private)
    rows = [
        f"| {each.level} | {each.area} | {each.code} | {_cell(LEFT_OUT if each.code in QUOTING else hide(each.text))} |"
        for each in findings
    ]
    head = [f"* {name}: {hide(value)}" for name, value in about.items()]
    return "\n".join(["### ptdevice doctor", "", *head, "", "| | area | code | |", "|---|---|---|---|", *rows, ""])


def _hiding(private: Collection[str]) -> Callable[[str], str]:
    words = sorted({word for word in private if word}, key=len, reverse=True)
    known = re.compile(
        "|".join(rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z0-9])" for word in words) or r"(?!)", re.IGNORECASE
    )

    def hide(text: str) -> str:
        return IPV6.sub("(IP)", IP.sub("(IP)", redacted(known.sub("(redacted)", text)).replace(HIDDEN, "(hidden)")))

    return hide


def _cell(text: str) -> str:
    """On one line, and without what ends a cell."""
    return " ".join(text.replace("|", "\\|").split())
