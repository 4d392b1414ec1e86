"""A verdict as JUnit XML, the form that GitHub's, GitLab's and most other CIs read. No dependency: the format is seven tags.

The times in it are real seconds, of the run as a whole: single cases are compared in no time.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ptdevice_sim.kit.verdict import Case

# XML 1.0, section 2.2: whatever is outside of this cannot stand in a document, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(path: Path, name: str, cases: Sequence[Case], *, took_s: float) -> None:
    """One test suite called like the scenario. Makes the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(document(name, cases, took_s=took_s))


def document(name: str, cases: Sequence[Case], *, took_s: float) -> bytes:
    """The same as bytes."""
    failures = sum(bool(case.problems) for case in cases)
    counts = {
        "tests": str(len(cases)),
        "failures": str(failures),
        "errors": "0",
        "skipped": "0",
        "time": f"{took_s:.3f}",
    }
    root = ET.Element("testsuites", counts)
    suite = ET.SubElement(root, "testsuite", {"name": _clean(name), **counts})
    for case in cases:
        attributes = {"classname": _clean(name), "name": _clean(case.name), "time": f"{took_s / len(cases):.3f}"}
        element = ET.SubElement(suite, "testcase", attributes)
        if case.problems:
            failure = ET.SubElement(element, "failure", {"message": _clean(case.problems[0]), "type": "difference"})
            failure.text = _clean("\n".join(case.problems))
    ET.indent(root)
    return bytes(ET.tostring(root, "utf-8", xml_declaration=True)) + b"\n"


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
