"""`ptdevice export`: records in a folder of their own, for other programs."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ptdevice.verbs import looking

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from ptdevice.verbs.record import Verbs

FORMATS = ("csv", "jsonl", "parquet")


def add(verbs: Verbs, loudness: argparse.ArgumentParser) -> None:  # noqa: ARG001 - it has nothing to say but the answer
    """The verb and its arguments."""
    verb = verbs.add_parser(
        "export", parents=[looking.where(), looking.what()], help="write records to CSV, JSON lines or Parquet"
    )
    verb.add_argument("-o", "--output", metavar="FOLDER", type=Path, required=True, help="a new folder")
    verb.add_argument(
        "--format", choices=FORMATS, default="csv", help="[csv]; parquet needs pip install 'ptdevice[parquet]'"
    )
    verb.add_argument("--allow-sim", action="store_true", help="export simulated records too; they say so in every row")
    verb.set_defaults(carry_out=_export)


def _export(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from ptdevice.errors import ExportError  # noqa: PLC0415 - as everything in the verbs
    from ptdevice.history.export import export  # noqa: PLC0415
    from ptdevice.mqtt.rows import rfc3339  # noqa: PLC0415

    with looking.book(options, environ) as book:
        if book.names.simulated and not options.allow_sim:
            raise ExportError(
                "These records are simulated: nobody was treated. Say --allow-sim if that is what you want."
            )
        asked = looking.question(options, book.zone)
        made = rfc3339(time.time_ns())
        manifest = export(book.reading, asked, book.names, options.output, options.format, made)
    sys.stderr.write(
        f"{options.output}: {manifest['records']} records in {len(manifest['files'])} files, and the manifest\n"
    )
    return 0
