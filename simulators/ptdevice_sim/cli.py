"""`ptdevice-sim`: the demo, and verbs that have a module each. What is heavy is imported by the verb that needs it."""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ptdevice import __version__
from ptdevice.errors import PtdeviceError
from ptdevice_sim.verbs import import_btsnoop, replay, run, schema, serve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice_sim.recording import WornRecording

OK, FAILURE, INTERRUPTED = 0, 1, 130  # 2 is argparse's, for wrong usage
DURATION_S, SHORTEST_S, LONGEST_S = 60, 12, 86_400
EXTRA = {"bumble", "amqtt", "rich"}  # what [sim] brings, by the names under which it is imported

ABOUT = """\
Simulated stimulators and motion sensors for ptdevice. Everything they say is marked as simulated, and a gateway for people
refuses them."""

MORE = """\
examples:
  ptdevice-sim demo                              a minute, on a live screen
  ptdevice-sim demo --duration 20 --no-tty       plain lines, for a log or a CI; the exit code tells whether all went well
  ptdevice-sim demo --wear situps.csv.gz         the simulated sensor wears a recording of a real person
  ptdevice-sim demo --help                       more about the demo
  ptdevice-sim run home_week                     a week of therapy in virtual time; --list shows what else there is
  ptdevice-sim run my.toml --expect my.jsonl     in a CI: the exit code tells whether the same was said as before
  ptdevice-sim replay belt.tape --decode         what the daemon's codec makes of a tape
  ptdevice-sim serve polar --adapter usb:0       a simulated H10 for real phones and gateways

Needs the extra [sim]: pip install 'ptdevice[sim]'"""

DEMO = """\
A simulated patient, from radio packet to MQTT record, in about a minute.

A body does sit-ups and wears a simulated Polar H10; a hand presses the keys of a simulated Beurer EM 70. Both are on a virtual
radio (real HCI, L2CAP and ATT, packet by packet). The daemon itself connects to them, counts, observes, writes its journal and
publishes to an embedded broker. What you see is what a subscriber hears there, and at the end it is held against the truth."""

DEMO_MORE = """\
a recording (--wear) is CSV, plain or gzipped, with a header. Columns: t_s (seconds, rising), and for each place where a sensor
was worn PLACE_ax, PLACE_ay, PLACE_az (m/s^2, gravity included: 9.8 at rest); others are ignored. For example:

  t_s,chest_ax,chest_ay,chest_az
  0.00,0.12,-0.05,9.79
  0.02,0.15,-0.04,9.80

exit codes:
  0 all went well    1 nothing arrived, a record or a repetition is missing, or it could not start    2 wrong usage
  130 ended by Ctrl-C (143: by SIGTERM); the table is printed all the same

examples:
  ptdevice-sim demo --duration 300
  ptdevice-sim demo --broker amqtt --port 18830      without Mosquitto, on a port of your choice
  ptdevice-sim demo --wear legs.csv.gz --place shin --exercise knee_extension"""


def main(argv: Sequence[str] | None = None) -> int:
    """The console script; returns the exit code."""
    parser = _parser()
    options = parser.parse_args(argv)
    try:
        if options.verb != "demo":
            return _verb(options)
        if options.place and not options.wear:
            parser.error("--place chooses from a recording, and there is no --wear")
        return _demo(options)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in EXTRA:
            raise
        return _failed(f"{error.name} is missing. The simulators need an extra: pip install 'ptdevice[sim]'")
    except KeyboardInterrupt:
        return INTERRUPTED


def _verb(options: argparse.Namespace) -> int:
    try:
        code: int = options.run(options)
        sys.stdout.flush()  # here, where a reader who has gone away can be dealt with
    except PtdeviceError as error:
        return _failed(str(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    return code


def _failed(text: str) -> int:
    print(f"ptdevice-sim: {text}", file=sys.stderr)
    return FAILURE


def _demo(options: argparse.Namespace) -> int:
    from ptdevice_sim.recording import RecordingError  # noqa: PLC0415 - as everything in the verbs

    try:
        worn = None if options.wear is None else _recording(options)
    except RecordingError as error:  # before anything heavy is loaded
        return _failed(str(error))
    print("starting a broker, a virtual radio, two units and the daemon ...", flush=True)
    from ptdevice_sim.demo.broker import BrokerStartError  # noqa: PLC0415
    from ptdevice_sim.demo.show import show  # noqa: PLC0415
    from ptdevice_sim.demo.stage import Wishes  # noqa: PLC0415
    from ptdevice_sim.demo.story import duration_with  # noqa: PLC0415

    wishes = Wishes(
        duration_s=options.duration or (DURATION_S if worn is None else duration_with(worn.duration_s)),
        engine=options.broker,
        port=options.port,
        seed=options.seed,
        exercise=options.exercise,
        worn=worn,
    )
    on_screen = not options.no_tty and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    try:
        return asyncio.run(show(wishes, tty=on_screen))
    except (BrokerStartError, PtdeviceError) as error:
        return _failed(str(error))
    except BaseExceptionGroup as group:
        foreseen, bugs = group.split((BrokerStartError, PtdeviceError))
        if bugs is not None or foreseen is None:
            raise
        return _failed("; ".join(map(str, foreseen.exceptions)))


def _recording(options: argparse.Namespace) -> WornRecording:
    """The recording that was asked for. Raises RecordingError."""
    from ptdevice_sim.demo.story import STILL_S  # noqa: PLC0415
    from ptdevice_sim.recording import WornRecording  # noqa: PLC0415

    return WornRecording(options.wear, place=options.place, start=STILL_S)


# --- arguments ---


def _duration(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from {SHORTEST_S} to {LONGEST_S}")
    return seconds


def _port(text: str) -> int:
    try:
        port = int(text)
    except ValueError:
        port = 0
    if not 1 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65535")
    return port


def _parser() -> argparse.ArgumentParser:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("ptdevice-sim", description=ABOUT, epilog=MORE, formatter_class=form)
    parser.add_argument("--version", action="version", version=f"ptdevice-sim {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    demo = verbs.add_parser(
        "demo",
        help="a simulated patient, from radio packet to MQTT record",
        description=DEMO,
        epilog=DEMO_MORE,
        formatter_class=form,
    )
    demo.add_argument(
        "--duration",
        metavar="SECONDS",
        type=_duration,
        help=f"how long; the story is scaled to it [{DURATION_S}, or as long as the recording]",
    )
    demo.add_argument("--no-tty", action="store_true", help="plain lines (automatic where the output is no terminal)")
    demo.add_argument("--wear", metavar="FILE", type=Path, help="let the sensor wear this recording: .csv or .csv.gz")
    demo.add_argument("--place", metavar="NAME", help="which place of the recording [the first]")
    demo.add_argument("--exercise", metavar="NAME", default="sit_up", help="what to count [sit_up]")
    demo.add_argument("--broker", choices=("mosquitto", "amqtt"), help="[mosquitto where it is installed, else amqtt]")
    demo.add_argument("--port", metavar="N", type=_port, help="the broker's port on 127.0.0.1 [1883 if free, else any]")
    demo.add_argument("--seed", metavar="N", type=int, default=1, help="another seed, another way of moving [1]")
    run.add(verbs)
    schema.add(verbs)
    replay.add(verbs)
    import_btsnoop.add(verbs)
    serve.add(verbs)
    return parser


if __name__ == "__main__":
    sys.exit(main())
