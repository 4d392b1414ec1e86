"""Fuzz the doors with atheris, guided by coverage: `python -m tests.fuzz FOLDER [libFuzzer options | file to replay]`.

FOLDER gets the corpus and what is found. `scripts/fuzz` is the comfortable way to run this.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore] # scripts/fuzz installs it

with atheris.instrument_imports(include=["ptdevice"]):
    from tests.fuzz import targets

DEVICES = Path(__file__).parents[1] / "devices"
STEP = {
    "control": 0x04,
    "pmd_control": 0x04,
    "pmd_data": 0x0C,
    "shell": 0x04,
}  # ask what is due, and the number of the port
HANDSHAKES = {
    "H10": ("settings of an H10", "the H10 started", "two raw samples", "the unit stopped PPG"),
    "Sense": ("settings of a Verity Sense", "the Verity Sense started", "five compressed samples", "stopped"),
}
# Pieces that chance would take long to put together: NaN and infinity as f32 settings, headers of frames, a request's field.
TOKENS = r"""
nan="\x05\x01\x00\x00\xc0\x7f"
infinity="\x05\x01\x00\x00\x80\x7f"
next="\xde\xad"
state="\x5a\x0c\x07"
key="\x5a\x05\x0b"
answer="\xf0\x02\x02\x00\x00"
compressed="\x81\x00\x00"
expiry="\"expires_at\": \"2026-11-23T16:36:00Z\""
"""


def seeds(folder: Path) -> None:
    """The vectors, as stories of one packet and as one long story, and a right request and configuration."""
    steps: dict[str, bytes] = {}
    for name in ("bluetens", "beurer_em70", "polar"):
        vectors = tomllib.loads((DEVICES / name / "vectors.toml").read_text(encoding="utf-8"))["vector"]
        steps = {vector["name"]: _step(vector) for vector in vectors}
        for i, step in enumerate([*steps.values(), targets.NEXT.join(steps.values())]):
            (folder / f"{name}-{i}").write_bytes(_picks(name) + step)
    for model, names in HANDSHAKES.items():
        story = [step for wanted in names for name, step in steps.items() if name.startswith(wanted)]
        (folder / f"handshake-{model}").write_bytes(_picks("polar") + targets.NEXT.join(story))
    for i, vector in enumerate(tomllib.loads((DEVICES / "sig/vectors.toml").read_text(encoding="utf-8"))["vector"]):
        port = targets.SIG_PORTS.index(vector["port"]) if vector["port"] in targets.SIG_PORTS else 2
        (folder / f"sig-{i}").write_bytes(_picks("sig") + bytes((port,)) + bytes.fromhex(vector["hex"]))
    body = b'{"id": "1", "requester": "app", "exercise": "sit_up", "target": 10}'
    (folder / "door").write_bytes(
        _picks("door") + b"\xffback/begin_set\xfe" + body + b"\xff\xffgateway/ping\xfe" + body
    )
    example = Path(__file__).parents[2] / "config/simulated.toml"
    (folder / "config").write_bytes(_picks("config") + example.read_bytes())


def _picks(name: str) -> bytes:
    """The first byte of an input for this target."""
    return bytes(([target.__name__ for target in targets.TARGETS].index(name),))


def _step(vector: dict[str, Any]) -> bytes:
    return bytes((STEP[vector["port"]],)) + bytes.fromhex(vector["hex"])


def main() -> None:
    folder = Path(sys.argv[1])
    corpus = folder / "corpus"
    if not corpus.exists():
        corpus.mkdir(parents=True)
        seeds(corpus)
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
