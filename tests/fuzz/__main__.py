"""Fuzz the doors with atheris, guided by coverage: `python -m tests.fuzz FOLDER [libFuzzer options | file to replay]`.

FOLDER gets the corpus and what is found. `scripts/fuzz` is the comfortable way to run this.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore] # scripts/fuzz installs it

with atheris.instrument_imports(include=["ptdevice"]):
    from tests.fuzz import seeds, targets

# Pieces that chance would take long to put together: NaN and infinity as f32 settings, headers of frames, a request's field.
TOKENS = r"""
nan="\x05\x01\x00\x00\xc0\x7f"
infinity="\x05\x01\x00\x00\x80\x7f"
next="\xde\xad"
state="\x5a\x0c\x07"
key="\x5a\x05\x0b"
answer="\xf0\x02\x02\x00\x00"
ems="\x35\x71"
notify="NOTIFY "
strengths="\xb1\x00"
press="\x44\x3a\x01"
samples="\x02\x63"
compressed="\x81\x00\x00"
expiry="\"expires_at\": \"2026-11-23T16:36:00Z\""
"""


def main() -> None:
    folder = Path(sys.argv[1])
    corpus = folder / "corpus"
    if not corpus.exists():
        corpus.mkdir(parents=True)
        seeds.sow(corpus)
        (folder / "dictionary").write_text(TOKENS)
    replay = any(Path(argument).is_file() for argument in sys.argv[2:])
    where = (
        []
        if replay
        else [str(corpus), f"-artifact_prefix={folder}/", f"-dict={folder / 'dictionary'}", "-max_len=1024"]
    )
    atheris.Setup([sys.argv[0], *sys.argv[2:], *where], targets.one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
