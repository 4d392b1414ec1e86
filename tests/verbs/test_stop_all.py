"""`ptdevice stop-all`: it finds whom it can name, whatever is broken, stops them, and says what is known and no more."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Self

import pytest
from tests.simulators.carriers.bench import BenchUnit

from ptdevice.ble import power
from ptdevice.ble.ledger import Ledger, anything
from ptdevice.ble.radio import Radio
from ptdevice.cli import _parser, main
from ptdevice.clock import host_boot_id
from ptdevice.errors import RadioError
from ptdevice.outstanding import Outstanding, Unit
from ptdevice.verbs import stop_all
from ptdevice_sim.carriers.bluez import BluezAir
from ptdevice_sim.carriers.inproc import InProcessAir
from ptdevice_sim.units.beurer_em70 import BeurerEm70

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

OK, NOT_ALL = 0, 5
GHOST, STRANGERS = "C0:DE:00:00:00:01", "C0:DE:00:00:00:02"
CONFIG = """\
[gateway]
site = "clinic-a"
name = "pi-1"
simulated = true

[journal]
path = "journal.sqlite"

[units.back]
device = "beurer_em70"
address = "F9:8B:6F:12:EC:AE"

[units.back.command]
enabled = true

[units.knee]
device = "bluetens"

[units.chest]
device = "polar"
"""


class FakeRadio:
    """Production's radio on an air in this process, with one unit that runs; `away`: and that is out of reach."""

    def __init__(self, *, away: bool = False, broken: bool = False) -> None:
        self.unit = BeurerEm70()
        self._away, self._broken = away, broken

    async def __aenter__(self) -> Radio:
        if self._broken:
            raise RadioError("no adapter")
        self._air = InProcessAir()
        await self._air.__aenter__()
        host = self._air.publish(self.unit)
        now = asyncio.get_running_loop().time()
        for _ in range(5):
            self.unit.press_up(now)
        if self._away:
            host.vanish()
        self._radio = Radio(scanner_backend=self._air.scanner_backend, client_backend=self._air.client_backend)
        return await self._radio.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._radio.__aexit__(kind, error, trace)
        await self._air.__aexit__(kind, error, trace)


class Bench:
    """A folder with a configuration, and what was printed."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.config, self._capsys = folder / "ptdevice.toml", capsys
        self.config.write_text(CONFIG)
        self.outstanding = Outstanding(folder / "journal.sqlite")
        self.out = self.err = ""

    def broken(self, text: str) -> Self:
        self.config.write_text(text)
        return self

    def run(self, radio: FakeRadio, *arguments: str, environ: dict[str, str] | None = None) -> int:
        options = _parser().parse_args(["stop-all", "-c", str(self.config), "--within", "3", *arguments])
        code = stop_all.carry_out(options, environ or {}, radio)  # type: ignore[arg-type]
        self.out, self.err = self._capsys.readouterr()
        return code


@pytest.fixture
def bench(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Bench:
    return Bench(tmp_path, capsys)


def names(config: dict[str, Any]) -> set[str]:
    return set(stop_all._configured(config))


# --- what becomes of them ---


def test_a_unit_that_may_be_commanded_is_stopped_and_says_so(bench: Bench) -> None:
    radio = FakeRadio()
    assert bench.run(radio) == OK
    assert bench.out.startswith("back: stopped; it says so, ")
    assert (radio.unit.flow.flows, radio.unit.flow.highest) == (False, 5)


def test_one_that_is_out_of_reach_is_said_to_be_and_what_to_do(bench: Bench) -> None:
    assert bench.run(FakeRadio(away=True)) == NOT_ALL
    assert bench.err.startswith("back: NOT REACHED: ")
    assert "Switch back off by hand, at the unit, now." in bench.err


def test_one_that_ignores_it_is_not_confirmed(bench: Bench) -> None:
    radio = FakeRadio()
    radio.unit.misbehaviour.ignores_stop = True
    assert bench.run(radio, "--within", "8") == NOT_ALL
    assert bench.err.startswith("back: NOT CONFIRMED: ")


def test_without_bluetooth_nobody_is_reached_and_that_is_no_traceback(bench: Bench) -> None:
    assert bench.run(FakeRadio(broken=True)) == NOT_ALL
    assert "back: NOT REACHED: no adapter." in bench.err


def test_quiet_says_only_what_is_wrong(bench: Bench) -> None:
    assert bench.run(FakeRadio(), "--quiet") == OK
    assert bench.out == ""


# --- who ---


def test_where_nobody_is_commanded_there_is_nothing_to_do(bench: Bench) -> None:
    bench.broken(CONFIG.replace("enabled = true", "enabled = false"))
    assert bench.run(FakeRadio(broken=True)) == OK
    assert bench.out.startswith("nothing to stop")


def test_after_a_daemon_only_those_that_are_outstanding_are_stopped(bench: Bench) -> None:
    radio = FakeRadio()
    assert bench.run(radio, "--outstanding") == OK
    bench.outstanding.begin(Unit("back", "beurer_em70", radio.unit.address, simulated=True))
    assert bench.run(radio, "--outstanding") == OK
    assert not radio.unit.flow.flows


def test_what_became_of_it_is_noted_for_the_daemon(bench: Bench) -> None:
    radio = FakeRadio()
    bench.outstanding.begin(Unit("back", "beurer_em70", radio.unit.address, simulated=True))
    bench.run(radio)
    assert bench.outstanding.units()["back"].stopped == "stopped"


def test_one_that_was_stopped_already_is_not_outstanding(bench: Bench) -> None:
    bench.outstanding.begin(Unit("back", "beurer_em70", simulated=True))
    bench.outstanding.stopped("back", "stopped")
    assert bench.run(FakeRadio(broken=True), "--outstanding") == OK


def test_one_that_was_not_reached_stays_outstanding(bench: Bench) -> None:
    bench.outstanding.begin(Unit("back", "beurer_em70", simulated=True))
    bench.run(FakeRadio(away=True), "--outstanding")
    assert bench.run(FakeRadio(), "--outstanding") == OK


def test_the_file_of_outstanding_units_is_where_the_journal_is(bench: Bench, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    radio = FakeRadio()
    Outstanding(elsewhere / "j").begin(Unit("leg", "beurer_em70", radio.unit.address, simulated=True))
    environ = {"PTDEVICE_JOURNAL__PATH": str(elsewhere / "j")}
    assert bench.run(radio, "--outstanding", environ=environ) == OK
    assert bench.out.startswith("leg: stopped")


# --- what is broken ---


@pytest.mark.parametrize("broken", ["[mqtt\nhost = 3\n", 'site = "unclosed\n', "= 3\n", "\x00\n"])
def test_a_broken_configuration_does_not_keep_it_from_stopping(bench: Bench, broken: str) -> None:
    bench.broken(CONFIG.replace("[journal]", broken + "[journal]"))
    radio = FakeRadio()
    bench.run(radio)
    assert not radio.unit.flow.flows
    assert bench.out.startswith("back: stopped")
    assert "going on with what can be read" in bench.err


def test_of_a_broken_configuration_a_unit_is_rather_stopped_once_too_often(bench: Bench) -> None:
    bench.broken(CONFIG + "[broken")
    assert bench.run(FakeRadio()) == NOT_ALL
    assert "knee: NOT REACHED" in bench.err  # it may have been one that is commanded: nobody can read that


def test_a_configuration_of_the_wrong_types_names_nobody_and_ends_nothing(bench: Bench) -> None:
    bench.broken(
        "gateway = 3\njournal = 4\nbluetooth = 5\n"
        "units = { back = 6, knee = { device = 7, command = { enabled = true } }, leg = { device = 'bluetens', command = 8 } }"
    )
    assert bench.run(FakeRadio(broken=True)) == OK


@pytest.mark.parametrize(
    "odd",
    [
        'bluetooth = "hci0"\n',
        "[bluetooth]\nadapter = 5\n",
        "[units.leg]\ndevice = ['bluetens']\n[units.leg.command]\nenabled = true\n",
    ],
)
def test_what_is_of_a_wrong_type_keeps_no_other_unit_from_being_stopped(bench: Bench, odd: str) -> None:
    bench.broken(odd + CONFIG)
    radio = FakeRadio()
    assert bench.run(radio) == OK
    assert not radio.unit.flow.flows


def test_a_configuration_that_is_not_there_leaves_those_that_are_outstanding(bench: Bench) -> None:
    radio = FakeRadio()
    bench.outstanding.begin(Unit("back", "beurer_em70", radio.unit.address, simulated=True))
    bench.config.unlink()
    assert bench.run(radio, "--journal", str(bench.outstanding.path.with_name("journal.sqlite"))) == OK
    assert not radio.unit.flow.flows


def test_a_damaged_file_of_outstanding_units_leaves_the_configured_ones_and_others_unknown(bench: Bench) -> None:
    bench.outstanding.path.write_text("{")
    radio = FakeRadio()
    assert bench.run(radio) == NOT_ALL
    assert not radio.unit.flow.flows


def test_who_may_read_nothing_is_not_told_that_there_is_nobody_to_stop(bench: Bench) -> None:
    bench.config.unlink()
    hidden = bench.outstanding.path
    hidden.mkdir()  # which root may not read as a file either
    assert bench.run(FakeRadio(broken=True), "--journal", str(hidden.with_name("journal.sqlite"))) == NOT_ALL
    assert "nobody was stopped" in bench.err


def test_a_folder_that_cannot_be_written_keeps_nobody_from_being_stopped(bench: Bench) -> None:
    bench.broken(CONFIG.replace("journal.sqlite", "absent/journal.sqlite"))
    radio = FakeRadio()
    assert bench.run(radio) == OK
    assert not radio.unit.flow.flows


def test_somebody_else_who_stops_units_is_waited_for_and_not_for_ever(bench: Bench) -> None:
    radio = FakeRadio()
    with bench.outstanding.locked():
        assert bench.run(radio) == OK
    assert not radio.unit.flow.flows


def test_of_a_broken_file_every_whole_table_is_read() -> None:
    found = stop_all.salvaged(CONFIG.replace("[journal]", "[journal\n"))
    assert found["gateway"] == {"site": "clinic-a", "name": "pi-1", "simulated": True}
    assert found["units"]["back"]["address"] == "F9:8B:6F:12:EC:AE"


def test_of_a_broken_file_a_word_in_the_place_of_the_units_ends_nothing() -> None:
    assert names(stop_all.salvaged("[[units]]\nx = 1\n[broken")) == set()


def test_of_a_broken_table_what_is_before_the_break_is_read() -> None:
    broken = '[units.back]\ndevice = "beurer_em70"\naddress = oops\nname = "x"\n'
    found = stop_all.salvaged(broken + '[units.knee]\ndevice = "bluetens"\n')
    assert found["units"]["back"] == {"device": "beurer_em70", "command": {"enabled": True}}
    assert names(found) == {"back", "knee"}


def test_of_an_intact_file_only_those_that_may_be_commanded_are_stopped() -> None:
    import tomllib  # noqa: PLC0415 - only here

    assert names(tomllib.loads(CONFIG)) == {"back"}


def test_an_observed_sensor_is_never_among_them() -> None:
    assert "chest" not in names(stop_all.salvaged(CONFIG + "[broken"))


# --- the program ---


def test_it_imports_neither_what_publishes_nor_what_records() -> None:
    ours = [f"ptdevice.{room}" for room in ("config", "gateway", "journal", "motion", "mqtt")]
    heavy = ["pydantic", "aiomqtt", "paho", "sqlite3", *ours]
    program = (
        "import sys; from ptdevice import cli\n"
        "import ptdevice.ble.radio, ptdevice.orphans, ptdevice.outstanding, ptdevice.verbs.stop_all\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert said.stdout.strip() == "[]"


def test_bluetooth_that_hangs_is_left_behind() -> None:
    program = "from ptdevice.verbs import stop_all; stop_all._give_up('back, knee')"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert ended.returncode == NOT_ALL
    assert "what back, knee does is not known. Switch it off by hand" in ended.stderr


@pytest.mark.parametrize("within", ["0", "-1", "121", "nan", "soon"])
def test_a_time_without_an_end_is_wrong_usage(within: str) -> None:
    with pytest.raises(SystemExit):
        main(["stop-all", f"--within={within}"], environ={})


# --- what a dead daemon left connected ---


async def left_connected(folder: Path) -> None:
    """A daemon that was killed had a link to this unit; so has another program to another one."""
    async with Ledger(folder / "journal.sqlite", host_boot_id()) as ledger:
        await ledger.linking(GHOST)


async def test_what_a_dead_daemon_left_connected_is_let_go_and_others_links_are_not(tmp_path: Path) -> None:
    await left_connected(tmp_path)
    async with BluezAir() as air:
        air.publish_held(BenchUnit(GHOST))
        air.publish_held(BenchUnit(STRANGERS))
        assert await stop_all._stop({}, [], tmp_path / "journal.sqlite", 10.0) == []
        assert set(await power.links()) == {STRANGERS}
    assert not anything(tmp_path / "journal.sqlite")


async def test_beside_a_daemon_that_lives_its_links_are_left_alone(tmp_path: Path) -> None:
    async with BluezAir() as air, Ledger(tmp_path / "journal.sqlite", host_boot_id()) as daemons:
        await daemons.linking(GHOST)
        air.publish_held(BenchUnit(GHOST))
        assert await stop_all._stop({}, [], tmp_path / "journal.sqlite", 10.0) == []
        assert set(await power.links()) == {GHOST}


def test_where_nothing_is_to_be_stopped_nor_let_go_bluetooth_is_not_even_loaded(bench: Bench) -> None:
    bench.broken("")
    program = (
        "import sys; from ptdevice.cli import main;"
        f"code = main(['stop-all', '-c', {str(bench.config)!r}, '--journal', {str(bench.outstanding.path)!r}]);"
        "sys.exit(code or ('bleak' in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == OK  # noqa: S603 - this interpreter
