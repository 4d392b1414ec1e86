"""Everything that must be true before a unit is commanded, each taken away in turn, and the plan that is left."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from tests.treatment.test_objections import PRESCRIPTION

from ptdevice.config.commanding import Command, DeclaredCurve
from ptdevice.devices.device import Commanding, Kind, Profile
from ptdevice.errors import RefusedError
from ptdevice.link import Write
from ptdevice.model import ElectrodePlacement
from ptdevice.mqtt.topics import Stamp
from ptdevice.treatment.objections import Objection
from ptdevice.warrant import Warrant

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ptdevice.devices.device import Codec
    from ptdevice.stimulation.plan import Plan
    from ptdevice.treatment.prescription import StimulationPrescription

NAME = "scripted"
PRESCRIBED = replace(PRESCRIPTION, device=NAME, max_level=8, minutes=20, rate_hz=80.0, pulse_us=None)


def no_codec() -> Codec:
    raise AssertionError


FACTS = Commanding(
    stop=(Write("told", b"stop"),),
    deadman_s=5.0,
    timer_s=None,
    readback=True,
    local_stop=True,
    local_key=True,
    refresh_s=0.5,
    proven=True,
    firmware=frozenset({"1.2"}),
)
PROFILE = Profile(
    name=NAME,
    title="Scripted unit",
    kinds=frozenset({Kind.STIMULATOR}),
    ports=(),
    matches=lambda _: True,
    codec=no_codec,
    tick_s=1.0,
    quiet_s=10.0,
    level_max=20,
    commanding=FACTS,
)


@dataclass
class FakeCharts:
    """What is known of one person."""

    prescribed: StimulationPrescription | None = PRESCRIBED
    against: list[Objection] = field(default_factory=list)

    def prescription(self, unit: str, name: str) -> StimulationPrescription | None:
        assert (unit, name) in {("back", "tens"), ("back", PRESCRIBED.name)}
        return self.prescribed

    def objections(
        self,
        unit: str,
        prescription: StimulationPrescription,
        device: str,
        channels: Collection[str | None],
        per_day: int,
    ) -> Sequence[Objection]:
        assert (unit, prescription, device, list(channels), per_day) == ("back", self.prescribed, NAME, [None], 2)
        return self.against

    def pads(self, unit: str, channel: str | None) -> ElectrodePlacement:
        return ElectrodePlacement(0.0, channel, "lumbar_left", 25.0, 2, "pt-17")

    def sessions_today(self, unit: str) -> int:
        assert unit == "back"
        return 1


@dataclass
class Case:
    """All is well, unless something is changed."""

    command: Command | None = field(default_factory=lambda: Command(enabled=True))
    facts: Commanding | None = FACTS
    firmware: str | None = "1.2"
    local: str | None = None
    charts: FakeCharts = field(default_factory=FakeCharts)
    trouble: str | None = None
    synced: bool = True

    def plan(self, level: int = 4) -> Plan:
        warrant = Warrant(
            "back",
            replace(PROFILE, commanding=self.facts),
            self.command,
            self.charts,  # type: ignore[arg-type]  # as much of it as is asked
            firmware=lambda: self.firmware,
            local=lambda: self.local,
            trouble=lambda: self.trouble,
            stamp=lambda: Stamp("boot", 0, 0.0, self.synced),
        )
        return warrant.plan("tens", level, None)


def test_where_all_is_well_there_is_a_plan_with_every_ring() -> None:
    assert PRESCRIBED.per_day == 2
    plan = Case(command=Command(enabled=True, max_level=6)).plan()
    assert [ring.name for ring in plan.guard.rings] == ["profile", "installation", "prescription"]
    assert plan.ceiling().level == 6
    assert plan.ceiling().reasons == ("installation:level", "prescription:level", "profile:level")
    limits = plan.guard.limits(None)
    assert (limits.session_s, limits.sessions_per_day) == (1200.0, 2)
    assert (plan.level, plan.sessions_today, plan.rate_hz) == (4, 1, 80.0)
    assert not plan.guard.electrical


@pytest.mark.parametrize("rule", ["per_day", "min_gap", "screening_blocked", "pads_not_confirmed", "suspended"])
def test_s12_what_is_known_of_the_person_is_asked_again_at_the_act(rule: str) -> None:
    case = Case()
    plan = case.plan()
    plan.stands()
    case.charts.against.append(Objection(rule, "Since then."))
    with pytest.raises(RefusedError) as refused:
        plan.stands()
    assert refused.value.rule == rule


def test_s21_a_journal_that_failed_since_the_wish_keeps_the_act_from_starting_anything() -> None:
    case = Case()
    plan = case.plan()
    case.trouble = "the disk is full"
    with pytest.raises(RefusedError) as refused:
        plan.stands()
    assert refused.value.rule == "journal_down"


def test_s24_a_clock_that_is_not_set_any_more_is_asked_again_too() -> None:
    case = Case()
    plan = case.plan()
    case.synced = False
    with pytest.raises(RefusedError) as refused:
        plan.stands()
    assert refused.value.rule == "clock_unsynced"


def test_s28_a_prescription_that_is_another_since_the_wish_starts_nothing() -> None:
    case = Case()
    plan = case.plan()
    case.charts.prescribed = None
    with pytest.raises(RefusedError) as refused:
        plan.stands()
    assert refused.value.rule == "no_prescription"


def test_a_declared_curve_makes_it_electrical() -> None:
    curve = DeclaredCurve(points=((0, 0.0), (20, 100.0)), pulse_us=180.0, rate_hz=80.0, source="a test")
    plan = Case(command=Command(enabled=True, curve=curve)).plan()
    assert plan.guard.electrical


TIMER = replace(FACTS, deadman_s=None, timer_s=(60, 1800))


@pytest.mark.parametrize(
    ("rule", "case"),
    [
        ("command_off", Case(command=None)),
        ("command_off", Case(command=Command())),
        ("not_commandable", Case(facts=None)),
        ("unproven", Case(facts=replace(FACTS, proven=False))),
        (
            "unproven",
            Case(facts=replace(FACTS, proven=False), command=Command(enabled=True, accept_unproven="another")),
        ),
        ("unknown_firmware", Case(firmware="1.3")),
        ("unknown_firmware", Case(firmware=None)),
        ("no_deadman", Case(facts=replace(FACTS, deadman_s=None))),
        ("no_deadman", Case(facts=replace(FACTS, deadman_s=5.1))),
        ("no_deadman", Case(facts=replace(FACTS, deadman_s=float("nan")))),
        ("no_deadman", Case(facts=TIMER)),
        ("no_deadman", Case(facts=TIMER, command=Command(enabled=True, accept_timer="another"))),
        ("no_deadman", Case(facts=replace(FACTS, deadman_s=None), command=Command(enabled=True, accept_timer=NAME))),
        (
            "no_deadman",  # its own timer runs for longer than was prescribed
            Case(facts=replace(TIMER, timer_s=(1800, 1800)), command=Command(enabled=True, accept_timer=NAME)),
        ),
        ("no_readback", Case(facts=replace(FACTS, readback=False))),
        ("no_local_stop", Case(facts=replace(FACTS, local_stop=False))),
        ("no_local_key", Case(facts=replace(FACTS, local_key=False), local="there is no key")),
        ("no_prescription", Case(charts=FakeCharts(prescribed=None))),
        ("screening_blocked", Case(charts=FakeCharts(against=[Objection("screening_blocked", "no")]))),
        ("journal_down", Case(trouble="the disk is full")),
        ("clock_unsynced", Case(synced=False)),
        ("not_commandable", Case(facts=replace(FACTS, objection=lambda _: "not that"))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_s02_each_condition_that_is_missing_is_told_by_its_own_rule(rule: str, case: Case) -> None:
    with pytest.raises(RefusedError) as caught:
        case.plan()
    assert caught.value.rule == rule


@pytest.mark.parametrize(
    "case",
    [
        Case(facts=replace(FACTS, proven=False), command=Command(enabled=True, accept_unproven=NAME)),
        Case(facts=TIMER, command=Command(enabled=True, accept_timer=NAME)),
        Case(facts=replace(FACTS, firmware=None), firmware=None),
        Case(facts=replace(FACTS, local_key=False), local=None),
    ],
    ids=["unproven", "timer", "firmware", "key"],
)
def test_s02_an_exception_that_names_the_device_is_one(case: Case) -> None:
    assert case.plan().level == 4


def test_s26_a_firmware_that_nobody_has_tried_is_observed_only() -> None:
    with pytest.raises(RefusedError) as caught:
        Case(firmware="9.9").plan()
    assert caught.value.rule == "unknown_firmware"


def test_of_several_objections_about_the_person_the_first_is_told_and_all_are_kept() -> None:
    against = [Objection("screening_missing", "ask"), Objection("per_day", "enough")]
    with pytest.raises(RefusedError) as caught:
        Case(charts=FakeCharts(against=against)).plan()
    assert caught.value.rule == "screening_missing"
    assert caught.value.reasons == ("screening_missing", "per_day")


def test_the_prescription_of_these_tests_is_in_force() -> None:
    assert PRESCRIBED.in_force(date(2026, 12, 7))
