"""`ptdevice-sim schema`: the form of a scenario as JSON Schema, on standard output."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from ptdevice_sim.verbs import Verbs

OK = 0


def add(verbs: Verbs) -> None:
    """The verb; it has no arguments."""
    verb = verbs.add_parser("schema", help="print the form of a scenario as JSON Schema, for editors")
    verb.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    """Returns the exit code."""
    from ptdevice_sim.clinic.schema import schema  # noqa: PLC0415 - the other verbs need not wait for it

    sys.stdout.write(json.dumps(schema(), indent=2) + "\n")
    return OK
