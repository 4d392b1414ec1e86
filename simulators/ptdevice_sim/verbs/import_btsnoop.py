"""`ptdevice-sim import-btsnoop`: a capture from a phone or a Raspberry Pi becomes a tape. docs/tapes.md."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from ptdevice.devices import CATALOGUE
from ptdevice.devices.sig import assigned
from ptdevice.errors import TapeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ptdevice_sim.tapes.dubbing import Dubbed
    from ptdevice_sim.tapes.importing import Contents, Seen
    from ptdevice_sim.verbs import Verbs

OK, FAILURE = 0, 1

ABOUT = """\
Make a tape of one unit from a btsnoop capture: Android's "Bluetooth HCI snoop log", `btmon -w`, or bumble's snooper. Addresses
and serial numbers do not get onto the tape; look at it all the same before you give it away."""


def add(verbs: Verbs) -> None:
    """The verb and its arguments."""
    verb = verbs.add_parser(
        "import-btsnoop", help="make a tape from a capture of a phone or a Raspberry Pi", description=ABOUT
    )
    verb.add_argument("capture", metavar="FILE", type=Path)
    verb.add_argument(
        "-o", "--output", metavar="TAPE", type=Path, help="a new file; without it, only tell who is in it"
    )
    verb.add_argument("--link", metavar="N", type=int, help="which unit, where several are in it")
    verb.add_argument("--device", choices=list(CATALOGUE), help="what it is [as its name and services tell]")
    verb.add_argument(
        "--map",
        metavar="HANDLE=UUID",
        type=_mapped,
        action="append",
        default=[],
        help="what a handle is, e.g. 0x0025=2a37 for a value, 0x0026=2902 for its subscription; may be repeated",
    )
    verb.add_argument("--date", action="store_true", help="put date and time of the start on the tape")
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Returns the exit code. Raises PtdeviceError."""
    from ptdevice_sim.tapes.dubbing import Dubbed, dub  # noqa: PLC0415 - as everything in the verbs
    from ptdevice_sim.tapes.importing import survey  # noqa: PLC0415

    contents = survey(options.capture)
    _tell(options.capture, _defects(contents))
    if options.output is None:
        sys.stdout.write("".join(f"{unit}\n" for unit in contents.units) or "no unit\n")
        return OK
    unit = _chosen(contents, options.link)
    unit.attributes.told.update(options.map)
    profile = CATALOGUE[options.device] if options.device else unit.profile
    dubbed = Dubbed()
    _write(options.output, dub(options.capture, contents, unit, dubbed, profile=profile, dated=options.date))
    _tell(options.output, _came_of(unit, dubbed))
    if dubbed.values:
        return OK
    options.output.unlink()
    raise TapeError(f"{options.output}: nothing could be named, so there is no tape; see --map")


def _chosen(contents: Contents, number: int | None) -> Seen:
    if not contents.units:
        raise TapeError("nobody exchanged attributes with a unit in this capture")
    if number is None and len(contents.units) > 1:
        list_ = "\n".join(f"  {unit}" for unit in contents.units)
        raise TapeError(f"there are {len(contents.units)} units in it; choose one with --link:\n{list_}")
    for unit in contents.units:
        if number in {None, unit.number}:
            return unit
    raise TapeError(f"there is no unit {number}; there are 1 to {len(contents.units)}")


def _write(path: Path, lines: Iterable[bytes]) -> None:
    try:
        with path.open("xb") as file:
            file.writelines(lines)
    except FileExistsError:
        raise TapeError(f"{path} is there already, and is not overwritten; choose another name") from None
    except OSError as error:
        raise TapeError(f"{path}: {error.strerror}") from error


def _defects(contents: Contents) -> Iterator[str]:
    """What is wrong with the capture, in sentences."""
    losses = contents.losses
    if contents.truncated:
        yield "it breaks off inside its last record"
    if contents.drops:
        yield f"the program that captured lost {contents.drops} packets"
    if contents.clock_steps:
        yield f"its clock was set back {contents.clock_steps} times; times stand still there"
    if losses.cut_records:
        yield f"{losses.cut_records} records are not whole (a filtered log?); values in them are marked as cut"
    if losses.orphans or losses.unfinished:
        yield f"{losses.orphans} fragments have no beginning, {losses.unfinished} messages no end; they are left out"
    if contents.unhandled:
        counts = ", ".join(
            f"0x{opcode:02x} {count} times" if opcode >= 0 else f"empty {count} times"
            for opcode, count in sorted(contents.unhandled.items())
        )
        yield f"attribute messages that were not understood, by opcode: {counts}"


def _came_of(unit: Seen, dubbed: Dubbed) -> Iterator[str]:
    yield f"unit {unit}"
    yield ", ".join(f"{count} {way}" for way, count in sorted(dubbed.entries.items()))
    if dubbed.cut:
        yield f"{dubbed.cut} values are not whole, and are marked as cut"
    if dubbed.left_out or dubbed.masked:
        yield f"so as not to tell which unit it is, {dubbed.left_out} values were left out, {dubbed.masked} masked"
    for handle, count in sorted(dubbed.nameless.items()):
        yield f"{count} entries of handle 0x{handle:04x} were left out: nothing tells what it is (--map 0x{handle:04x}=UUID)"


def _tell(path: Path, sentences: Iterable[str]) -> None:
    for sentence in sentences:
        sys.stderr.write(f"{path}: {sentence}\n")


def _mapped(text: str) -> tuple[int, str]:
    handle, equals, uuid = text.partition("=")
    try:
        number = int(handle, 0)
        named = assigned(int(uuid, 16)) if len(uuid) == 4 else str(UUID(uuid))
    except ValueError:
        number, named = 0, ""
    if not equals or not 1 <= number <= 0xFFFF:
        raise argparse.ArgumentTypeError(f"{text!r} is not HANDLE=UUID, e.g. 0x0025=2a37")
    return number, named
