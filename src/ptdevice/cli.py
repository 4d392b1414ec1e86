"""`ptdevice`: run, check-config, and the verbs of `ptdevice.verbs`. What is heavy is imported by the verb that needs it.

What this program foresees (`PtdeviceError`) is told in a sentence and an exit code, never in a traceback.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from ptdevice import __version__
from ptdevice.errors import ConfigError, PtdeviceError, RadioError
from ptdevice.verbs import (
    audit,
    devices,
    doctor,
    export,
    forget,
    migrate,
    mosquitto,
    new_subject,
    pair,
    plan,
    schema,
    sessions,
    show,
    stop_all,
    unpair,
)
from ptdevice.verbs import record as record_verb
from ptdevice.verbs import scan as scan_verb

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence

    from ptdevice.config import Settings
    from ptdevice.verbs.record import Record
    from ptdevice.verbs.scan import Scan

    # Gives back which signal ended it, if one did.
    Daemon = Callable[[Settings], Coroutine[None, None, signal.Signals | None]]

OK, FAILURE, INVALID_CONFIG, INTERRUPTED = 0, 1, 3, 130  # 2 is argparse's, for wrong usage

ABOUT = """\
Bluetooth LE stimulators and motion sensors for back-pain physical therapy, observed, counted, recorded and published over MQTT.

Not a medical device. Stimulators are observed. Commanding one is off unless its section of the configuration switches it on,
and even then nothing starts without a touch at the unit. The switch on the unit itself is the safety device."""

MORE = """\
a first day, where the program is a service with sudo before it:
  ptdevice scan                                 which units are in reach, and the lines to configure them
  ptdevice pair ALIAS                           for the few units that want to be paired; ptdevice unpair ALIAS
  ptdevice check-config ptdevice.toml           every problem in the file, with its line
  ptdevice doctor -c ptdevice.toml              what is wrong with this host, and what to do about it
  ptdevice plan -c ptdevice.toml                whether this radio carries the configured units, tried for 10 s
  ptdevice run -c ptdevice.toml -v              run in the foreground and say more
  PTDEVICE_MQTT__HOST=broker ptdevice run ...   override a key; so does --set mqtt.host=broker
  ptdevice stop-all                             stop every commanded stimulator, with or without the daemon
  ptdevice record polar -o belt.tape            what one unit says, without what tells which unit it is
  ptdevice sessions --since 2026-11-23          what was done since then; ptdevice show ID draws one of them
  ptdevice mosquitto-config --clinician anna    a broker's configuration, with a role for everybody

files:
  /etc/ptdevice/ptdevice.toml                   the configuration, where -c is not given
  /var/lib/ptdevice/journal.sqlite              the record of everything, unless journal.path says otherwise
  standard error                                the log; under systemd: journalctl -u ptdevice

exit codes:
  0 ok    1 failure    2 wrong usage    3 invalid configuration    4 the audit was tampered with
  5 a unit is not known to be stopped    130 interrupted

Without hardware: ptdevice-sim demo (pip install 'ptdevice[sim]')."""

VERBS = (
    scan_verb,
    pair,
    unpair,
    plan,
    stop_all,
    doctor,
    record_verb,
    devices,
    sessions,
    show,
    export,
    new_subject,
    forget,
    migrate,
    schema,
    audit,
    mosquitto,
)  # as the help lists them

DEFAULT_CONFIG = Path("/etc/ptdevice/ptdevice.toml")


def main(
    argv: Sequence[str] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    daemon: Daemon | None = None,
    scan: Scan | None = None,
    record: Record | None = None,
) -> int:
    """The console script; returns the exit code. `daemon`, `scan` and `record` stand in for the real ones."""
    environ = os.environ if environ is None else environ
    options = _parser().parse_args(argv)
    try:
        code = _verb(options, environ, daemon, scan, record)
        sys.stdout.flush()  # here, where a reader who has gone away can be dealt with
    except ConfigError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        count = len(error.problems)
        print(f"ptdevice: invalid configuration, {count} problem{'s' if count > 1 else ''}", file=sys.stderr)
        return INVALID_CONFIG
    except PtdeviceError as error:
        print(f"ptdevice: {error}", file=sys.stderr)
        if isinstance(error, RadioError):
            print("ptdevice: sudo ptdevice doctor looks for the cause", file=sys.stderr)
        return FAILURE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output (`| head`) has seen enough; Python must not complain at exit when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    return code


# --- verbs ---


def _verb(
    options: argparse.Namespace,
    environ: Mapping[str, str],
    daemon: Daemon | None,
    scan: Scan | None,
    record: Record | None,
) -> int:
    match options.verb:
        case "run":
            return _run(options, environ, daemon)
        case "check-config":
            return _check(options, environ)
        case "scan":
            return scan_verb.run(options, environ, scan)
        case "record":
            return record_verb.run(options, environ, record)
        case _:
            code: int = options.carry_out(options, environ)
            return code


def _run(options: argparse.Namespace, environ: Mapping[str, str], daemon: Daemon | None) -> int:
    import logging  # noqa: PLC0415 - as everything in the verbs

    from ptdevice.config import cautions, load  # noqa: PLC0415
    from ptdevice.logs import set_up  # noqa: PLC0415

    settings = load(options.config, environ, _overrides(options))
    password = settings.mqtt.password
    set_up(
        settings.log.level,
        sys.stderr,
        environ,
        [password.get_secret_value()] if password else [],
        levels=settings.log.levels.said(),
        form=settings.log.format,
    )
    for caution in cautions(settings):
        logging.getLogger("ptdevice").warning("%s", caution)
    if daemon is None:
        from ptdevice.daemon import run  # noqa: PLC0415

        daemon = run
    stopped_by = None
    try:
        stopped_by = asyncio.run(daemon(settings))
    except BaseExceptionGroup as group:
        _told(group)
    return INTERRUPTED if stopped_by is signal.SIGINT else OK


def _told(group: BaseExceptionGroup[BaseException]) -> NoReturn:
    """A group in which everything was foreseen is told by its first error; anything else is a bug and stays as it is."""
    foreseen, bugs = group.split(PtdeviceError)
    if bugs is not None or foreseen is None:
        raise group
    first: BaseException = foreseen
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    raise first


def _check(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from ptdevice.config import cautions, load  # noqa: PLC0415

    settings = load(options.file, environ, _overrides(options))
    for caution in cautions(settings):
        print(f"warning: {caution}", file=sys.stderr)
    if options.quiet:
        return OK
    kind = "simulated units" if settings.gateway.simulated else "real units"
    print(f"{options.file}: valid. {settings.gateway.site}/{settings.gateway.name}, for {kind}:")
    for alias, unit in settings.units.items():
        print(f"  {alias:<16} {unit.device:<16} {unit.exercise or ''}".rstrip())
    for kind, plans in (("programme", settings.programmes.all), ("prescription", settings.prescriptions.all)):
        for each in plans:
            print(f"  {kind} {each.name} {each.version} of {each.person}, {each.first} to {each.last}")
    return OK


# --- arguments ---


def _overrides(options: argparse.Namespace) -> list[tuple[str, str]]:
    given: list[tuple[str, str]] = list(options.set)
    if options.verbose:
        given.append(("log.level", "debug"))
    elif options.quiet:
        given.append(("log.level", "warning"))
    return given


def _assignment(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or "." not in key:
        raise argparse.ArgumentTypeError(f"{text!r} is not SECTION.KEY=VALUE")
    return key.strip(), value


def _parser() -> argparse.ArgumentParser:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("ptdevice", description=ABOUT, epilog=MORE, formatter_class=form)
    parser.add_argument("--version", action="version", version=f"ptdevice {__version__}")
    loudness = argparse.ArgumentParser(add_help=False)
    how = loudness.add_mutually_exclusive_group()
    how.add_argument("-v", "--verbose", action="store_true", help="say more; shows Bluetooth addresses in the log")
    how.add_argument("-q", "--quiet", action="store_true", help="say only what is wrong")
    setting = argparse.ArgumentParser(add_help=False)
    setting.add_argument(
        "--set",
        metavar="SECTION.KEY=VALUE",
        type=_assignment,
        action="append",
        default=[],
        help="override a key of the file and of the environment; may be repeated",
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)

    run = verbs.add_parser("run", parents=[loudness, setting], help="connect, record, publish, until stopped")
    run.add_argument("-c", "--config", metavar="FILE", type=Path, default=DEFAULT_CONFIG, help=f"[{DEFAULT_CONFIG}]")

    check = verbs.add_parser(
        "check-config", parents=[loudness, setting], help="tell every problem of a configuration; starts nothing"
    )
    check.add_argument("file", metavar="FILE", type=Path, nargs="?", default=DEFAULT_CONFIG, help=f"[{DEFAULT_CONFIG}]")

    for verb in VERBS:
        verb.add(verbs, loudness)
    return parser


if __name__ == "__main__":
    sys.exit(main())
