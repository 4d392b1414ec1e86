"""`ptdevice new-subject`: a code for a person, made of nothing but chance."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ptdevice.verbs.record import Verbs

BYTES = 10  # 80 bits: a clinic's codes never meet, and none can be guessed
MOST = 1000


def add(verbs: Verbs, loudness: argparse.ArgumentParser) -> None:  # noqa: ARG001 - it has nothing to say but the answer
    """The verb and its arguments."""
    verb = verbs.add_parser(
        "new-subject",
        help="print a random code for a person",
        description="Print a random code for a person. It is made of nothing but chance: who it stands for is in no file of "
        "ptdevice. Keep that apart, and safe.",
    )
    verb.add_argument("--count", metavar="N", type=_count, default=1, help="how many [1]")
    verb.set_defaults(carry_out=_print)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {MOST}")
    return int(text)


def _print(options: argparse.Namespace, environ: Mapping[str, str]) -> int:  # noqa: ARG001 - as every verb
    import base64  # noqa: PLC0415
    import secrets  # noqa: PLC0415

    for _ in range(options.count):
        print(base64.b32encode(secrets.token_bytes(BYTES)).decode().lower())
    return 0
