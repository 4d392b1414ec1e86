"""`ptdevice schema`: the form of every message, for programs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from ptdevice.verbs.record import Verbs


def add(verbs: Verbs, loudness: argparse.ArgumentParser) -> None:  # noqa: ARG001 - it has nothing to say but the answer
    """The verb and its arguments."""
    verb = verbs.add_parser("schema", help="print the form of every message on MQTT as JSON Schema")
    verb.add_argument("--asyncapi", action="store_true", help="the topics too, as an AsyncAPI document")
    verb.set_defaults(carry_out=_print)


def _print(options: argparse.Namespace, environ: Mapping[str, str]) -> int:  # noqa: ARG001 - as every verb
    from ptdevice.mqtt import asyncapi, schema  # noqa: PLC0415

    sys.stdout.write(schema.text(asyncapi.document() if options.asyncapi else schema.bundle()))
    return 0
