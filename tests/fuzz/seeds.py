"""What the fuzzer begins with: for each target something that gets far, made of the vectors."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.fuzz import commanding, targets

if TYPE_CHECKING:
    from collections.abc import Iterator

DEVICES = Path(__file__).parents[1] / "devices"
FOLDERS = {"coyote": "dglab_coyote3", "yokonex": "yokonex_ems"}  # where the target has a shorter name
ASK = 0x04  # what is due, before the packet
HANDSHAKES = {
    "H10": ("settings of an H10", "the H10 started", "two raw samples", "the unit stopped PPG"),
    "Sense": ("settings of a Verity Sense", "the Verity Sense started", "five compressed samples", "stopped"),
}


def sow(folder: Path) -> None:
    """The vectors, as stories of one packet and as one long story, and a right request and configuration."""
    for name, seed in every():
        (folder / name).write_bytes(seed)


def every() -> Iterator[tuple[str, bytes]]:
    """A name for a file, and an input."""
    steps: dict[str, bytes] = {}
    for target in targets.PORTS:
        steps = {vector["name"]: step for vector in _vectors(target) if (step := _step(target, vector)) is not None}
        for i, story in enumerate([*steps.values(), targets.NEXT.join(steps.values())]):
            yield f"{target}-{i}", _picks(target) + story
        if target == "polar":
            for model, names in HANDSHAKES.items():
                told = [step for wanted in names for name, step in steps.items() if name.startswith(wanted)]
                yield f"handshake-{model}", _picks(target) + targets.NEXT.join(told)
    for number, (device, ports) in enumerate(commanding.PORTS.items()):
        said = [vector for vector in _vectors(device) if vector["port"] == ports[0] and "do" not in vector["means"]]
        for level in (2, 0):
            steps_of = [bytes((level << 3 | 2,)) + bytes.fromhex(vector["hex"]) for vector in said]
            yield f"commanded-{device}-{level}", _picks("commanded") + bytes((number,)) + targets.NEXT.join(steps_of)
    for i, vector in enumerate(_vectors("sig")):
        port = targets.SIG_PORTS.index(vector["port"]) if vector["port"] in targets.SIG_PORTS else 2
        yield f"sig-{i}", _picks("sig") + bytes((port,)) + bytes.fromhex(vector["hex"])
    body = b'{"id": "1", "requester": "app", "exercise": "sit_up", "target": 10}'
    yield "door", _picks("door") + b"\xffback/begin_set\xfe" + body + b"\xff\xffgateway/ping\xfe" + body
    example = Path(__file__).parents[2] / "config/simulated.toml"
    yield "config", _picks("config") + example.read_bytes()


def _vectors(target: str) -> list[dict[str, Any]]:
    text = (DEVICES / FOLDERS.get(target, target) / "vectors.toml").read_text(encoding="utf-8")
    vectors: list[dict[str, Any]] = tomllib.loads(text)["vector"]
    return vectors


def _picks(name: str) -> bytes:
    """The first byte of an input for this target."""
    return bytes(([target.__name__ for target in targets.TARGETS].index(name),))


def _step(target: str, vector: dict[str, Any]) -> bytes | None:
    """A vector as a step of a story; None where it comes from a port that the target does not play."""
    ports = targets.PORTS[target]
    if vector["port"] not in ports:
        return None
    return bytes((ASK | ports.index(vector["port"]) << 3,)) + bytes.fromhex(vector["hex"])
