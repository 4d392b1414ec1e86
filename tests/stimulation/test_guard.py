"""The door: what passes, what does not, and who says so."""

from __future__ import annotations

import ast
import math
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptdevice.errors import RefusedError
from ptdevice.model import Admitted, Wish
from ptdevice.stimulation.guard import HOLD_S, Guard
from ptdevice.stimulation.limits import ELECTRICAL, HARD, Curve, Limits, Ring

ROOT = Path(__file__).parents[2]
PROFILE = Ring("profile", Limits(level=100), "the device's page")
LINEAR = Curve(((0, 0.0), (100, 100.0)), 2, 300, 150, "of the tests: 1 mA a level")


def guard(*rings: Ring, curve: Curve | None = None, area_cm2: float = 25.0, begun: bool = True) -> Guard:
    made = Guard((PROFILE, *rings), curve=curve, areas={None: area_cm2})
    return made.begin(1000.0, 0) if begun else made


def ring(name: str, **limits: float) -> Ring:
    return Ring(name, Limits(**limits), "of the tests")  # type: ignore[arg-type]


def admits(door: Guard, wish: Wish, now: float = 1000.0, until: float = 1001.0) -> bool:
    return door.admit(wish, now, until).wish is wish


def refusal(door: Guard, wish: Wish, now: float = 1000.0, until: float = 1001.0) -> RefusedError:
    with pytest.raises(RefusedError) as refused:
        door.admit(wish, now, until)
    return refused.value


# --- rings that only narrow ---


def test_a_wish_within_all_rings_is_admitted_as_it_is() -> None:
    wish = Wish(40, rate_hz=80, pulse_us=200, timer_s=1200)
    assert guard(ring("prescription", level=40)).admit(wish, 1000.0, 1001.0) == Admitted(wish, 1000.0, 1001.0)


@pytest.mark.parametrize(
    ("limits", "wish"),
    [
        ({"level": 39}, Wish(40)),
        ({"rate_hz": 79}, Wish(40, rate_hz=80)),
        ({"pulse_us": 199}, Wish(40, pulse_us=200)),
    ],
)
@pytest.mark.parametrize("name", ["installation", "prescription", "session"])
def test_each_ring_refuses_by_its_name_what_is_above_it(name: str, limits: dict[str, float], wish: Wish) -> None:
    refused = refusal(guard(ring(name, **limits)), wish)
    assert (refused.rule, refused.reasons) == ("over_limit", tuple(f"{name}:{quantity}" for quantity in limits))


def test_every_ring_that_is_in_the_way_is_told_the_strictest_first() -> None:
    door = guard(ring("installation", level=60), ring("prescription", level=20), ring("session", level=80))
    assert refusal(door, Wish(70)).reasons == ("prescription:level", "installation:level")
    assert door.ceiling().reasons == ("prescription:level", "installation:level", "session:level", "profile:level")
    assert door.ceiling().limiting(70) == ("prescription:level", "installation:level")
    assert door.ceiling().limiting(20) == ()


def test_a_ring_more_leaves_the_others_as_they_are() -> None:
    door = guard(ring("prescription", level=20)).narrowed(ring("session", level=80))
    assert door.ceiling().reasons == ("prescription:level", "session:level", "profile:level")


def test_a_ring_of_one_channel_does_not_touch_another() -> None:
    door = Guard((PROFILE, Ring("prescription", Limits(level=10), "of the tests", "A")), areas={"A": 25.0, "B": 25.0})
    door = door.begin(1000.0, 0)
    assert refusal(door, Wish(11, "A")).reasons == ("prescription:level",)
    assert admits(door, Wish(11, "B"))
    assert [door.ceiling(channel).level for channel in ("A", "B")] == [10, 100]


some_rings = st.lists(
    st.builds(
        Ring,
        st.sampled_from(["profile", "installation", "prescription", "session"]),
        st.builds(
            Limits,
            level=st.none() | st.integers(0, 200),
            rate_hz=st.none() | st.floats(0, 400),
            pulse_us=st.none() | st.floats(0, 900),
            session_s=st.none() | st.floats(1, 9000),
            peak_ma=st.none() | st.floats(0, 300),
            rms_ma=st.none() | st.floats(0, 90),
            density_ma_cm2=st.none() | st.floats(0, 9),
            power_w_cm2=st.none() | st.floats(0, 1),
            pulse_mj=st.none() | st.floats(0, 600),
            charge_uc=st.none() | st.floats(0, 200),
        ),
        st.just("of the tests"),
    ),
    max_size=4,
).map(tuple)
some_curve = st.builds(
    lambda top, ma, phases, us, hz: Curve(((0, 0.0), (top // 2, ma / 3), (top, ma)), phases, us, hz, "of the tests"),
    st.integers(2, 200),
    st.floats(0.1, 250),
    st.sampled_from([1, 2]),
    st.floats(1, 900),
    st.floats(0.5, 400),
)
some_wish = st.builds(
    Wish,
    level=st.integers(0, 220),
    rate_hz=st.none() | st.floats(0.1, 400),
    pulse_us=st.none() | st.floats(1, 900),
)


@given(some_rings, st.none() | some_curve, st.floats(1, 200), some_wish)
def test_whatever_the_rings_what_is_admitted_is_below_the_ceiling_and_nothing_else_is(
    rings: tuple[Ring, ...], curve: Curve | None, area_cm2: float, wish: Wish
) -> None:
    door = Guard((PROFILE, *rings), curve=curve, areas={None: area_cm2}).begin(1000.0, 0)
    ceiling = door.ceiling(wish.channel, wish.rate_hz, wish.pulse_us)
    rates = all(
        value is None or limit is None or value <= limit
        for value, limit in ((wish.rate_hz, door.limits().rate_hz), (wish.pulse_us, door.limits().pulse_us))
    )
    if wish.level == 0 or (wish.level <= ceiling.level and rates):
        assert door.admit(wish, 1000.0, 1001.0).wish is wish
        assert ceiling.limiting(wish.level) == ()
    else:
        refused = refusal(door, wish)
        assert refused.reasons
        assert ceiling.limiting(wish.level)


@given(some_rings, some_rings, st.none() | some_curve, some_wish)
def test_another_ring_never_lets_through_what_was_refused(
    rings: tuple[Ring, ...], more: tuple[Ring, ...], curve: Curve | None, wish: Wish
) -> None:
    door = Guard((PROFILE, *rings), curve=curve, areas={None: 25.0})
    ceiling = door.ceiling().level
    for another in more:
        door = door.narrowed(another)
        assert door.ceiling().level <= ceiling
        ceiling = door.ceiling().level
    try:
        door.begin(1000.0, 0).admit(wish, 1000.0, 1001.0)
    except RefusedError:
        return
    assert admits(Guard((PROFILE, *rings), curve=curve, areas={None: 25.0}).begin(1000.0, 0), wish)


# --- what is compiled in ---


@pytest.mark.parametrize("name", [field.name for field in fields(Limits) if field.name not in {"level", "charge_uc"}])
def test_no_ring_raises_what_is_compiled_in(name: str) -> None:
    generous = guard(ring("profile", level=10_000), ring("prescription", **{name: 100_000}), curve=LINEAR)
    assert getattr(generous.limits(), name) == getattr(HARD.limits, name)


@pytest.mark.parametrize(
    ("wish", "quantity"),
    [
        (Wish(10, rate_hz=200.1), "rate_hz"),
        (Wish(10, pulse_us=500.1), "pulse_us"),
    ],
)
def test_what_a_wish_tells_is_held_to_the_compiled_ceilings_without_any_curve(wish: Wish, quantity: str) -> None:
    assert refusal(guard(), wish).reasons == (f"hard:{quantity}",)


@pytest.mark.parametrize(
    ("points", "wish", "area_cm2", "quantity"),
    [
        (((0, 0.0), (100, 120.0)), Wish(90, rate_hz=1, pulse_us=50), 200, "peak_ma"),  # 108 mA
        (((0, 0.0), (100, 100.0)), Wish(100, rate_hz=200, pulse_us=500), 200, None),  # 44.7 mA rms
        (((0, 0.0), (100, 100.0)), Wish(80, rate_hz=150, pulse_us=300), 12.1, None),  # 24 mA rms: 1.98 mA/cm2
        (((0, 0.0), (100, 100.0)), Wish(80, rate_hz=150, pulse_us=300), 11.9, "density_ma_cm2"),  # 2.02 mA/cm2
    ],
)
def test_where_a_curve_is_declared_the_compiled_ceilings_bind(
    points: tuple[tuple[int, float], ...], wish: Wish, area_cm2: float, quantity: str | None
) -> None:
    door = guard(curve=Curve(points, 2, 300, 150, "of the tests"), area_cm2=area_cm2)
    if quantity is None:
        assert admits(door, wish)
    else:
        assert refusal(door, wish).reasons == (f"hard:{quantity}",)


def test_80_ma_of_300_us_at_150_hz_through_4_cm2_are_6_ma_per_cm2_and_refused() -> None:
    door = guard(curve=LINEAR, area_cm2=4.0)
    refused = refusal(door, Wish(80, rate_hz=150, pulse_us=300))
    assert (refused.rule, refused.reasons) == ("over_limit", ("hard:density_ma_cm2",))
    # 2 mA/cm2 of 4 cm2 are 8 mA rms, a third of the 24 that 80 mA make: 26.67 mA
    assert door.ceiling(None, 150, 300).level == 26
    assert door.ceiling(None, 150, 300).reasons[0] == "hard:density_ma_cm2"


@pytest.mark.parametrize(
    ("ring_of", "level"),
    [
        ({"peak_ma": 30.0}, 30),
        ({"rms_ma": 6.0}, 20),  # 24 mA rms at 80 mA
        ({"density_ma_cm2": 0.24}, 20),  # 0.96 at 80 mA
        ({"power_w_cm2": 0.00288}, 40),  # 0.01152 at 80 mA, and by the square
        ({"pulse_mj": 0.48}, 40),  # 1.92 at 80 mA, and by the square
        ({"charge_uc": 12.0}, 40),  # 24 at 80 mA
    ],
)
def test_each_electrical_ceiling_is_a_level_where_the_curve_is_known(ring_of: dict[str, float], level: int) -> None:
    (name,) = ring_of
    slack = {name: ring_of[name] * (1 + 1e-9)}  # the last bit of a product is nobody's business
    door = guard(ring("prescription", **slack), curve=LINEAR)
    assert door.ceiling(None, 150, 300).level == level
    assert admits(door, Wish(level, rate_hz=150, pulse_us=300))
    assert refusal(door, Wish(level + 1, rate_hz=150, pulse_us=300)).reasons == (f"prescription:{name}",)


def test_a_smaller_pad_lowers_the_ceiling_and_a_larger_one_is_bounded_by_what_else_there_is() -> None:
    tops = [guard(curve=LINEAR, area_cm2=cm2).ceiling(None, 150, 300).level for cm2 in (1.0, 4.0, 10.0, 25.0, 200.0)]
    assert tops == [6, 26, 66, 100, 100]


@pytest.mark.parametrize("area_cm2", [0.0, 0.5, 201.0, -25.0, math.nan, math.inf, True, "25"])
def test_an_area_that_no_pad_has_is_refused_where_it_is_written(area_cm2: Any) -> None:
    with pytest.raises(ValueError, match="area"):
        Guard((PROFILE,), areas={None: area_cm2})


def test_where_a_wish_tells_no_rate_the_most_that_the_unit_makes_counts() -> None:
    quiet, busy = (replace(LINEAR, rate_hz=hz) for hz in (10.0, 150.0))
    assert guard(curve=quiet, area_cm2=4.0).ceiling().level > guard(curve=busy, area_cm2=4.0).ceiling().level == 26
    assert refusal(guard(curve=replace(LINEAR, rate_hz=250.0)), Wish(1)).reasons == ("hard:rate_hz",)


def test_arithmetic_that_goes_wrong_is_not_within_anything() -> None:
    class Broken(Curve):
        def quantities(self, level: int, rate_hz: float, pulse_us: float, area_cm2: float) -> dict[str, float]:
            return dict.fromkeys(ELECTRICAL, math.nan)

    door = guard(curve=Broken(((0, 0.0), (100, 100.0)), 2, 300, 150, "of the tests"))
    assert "hard:rms_ma" in refusal(door, Wish(1)).reasons
    assert door.ceiling().level == 0


def test_above_the_last_point_of_a_curve_nothing_is_admitted() -> None:
    short = Curve(((0, 0.0), (50, 5.0)), 2, 300, 150, "of the tests")
    assert refusal(guard(curve=short), Wish(51)).reasons == ("curve:level",)
    assert guard(curve=short).ceiling().level == 50


# --- native or electrical ---


def test_it_says_whether_limits_in_ma_applied() -> None:
    assert [door.electrical for door in (guard(), guard(curve=LINEAR))] == [False, True]
    assert [door.ceiling().electrical for door in (guard(), guard(curve=LINEAR))] == [False, True]


def test_without_a_curve_a_level_is_held_to_levels_only() -> None:
    assert guard(area_cm2=1.0).ceiling().layers == ((100, "profile:level"),)


def test_a_limit_in_ma_that_nobody_can_check_lets_nothing_through() -> None:
    door = guard(ring("prescription", peak_ma=20.0))
    refused = refusal(door, Wish(1))
    assert (refused.rule, refused.reasons) == ("no_curve", ("prescription:peak_ma",))
    assert door.ceiling().layers == ((0, "no_curve"),)


def test_where_nobody_limits_the_level_nothing_is_admitted() -> None:
    door = Guard((ring("prescription", rate_hz=80),), areas={None: 25.0}).begin(1000.0, 0)
    assert refusal(door, Wish(1)).rule == "no_ceiling"
    assert door.ceiling().level == 0


def test_a_channel_whose_pads_nobody_confirmed_gets_nothing() -> None:
    door = Guard((PROFILE,), areas={"A": 25.0}).begin(1000.0, 0)
    assert refusal(door, Wish(1, "B")).rule == "pads_not_confirmed"
    assert refusal(door, Wish(1)).rule == "pads_not_confirmed"
    assert door.ceiling("B").layers == ((0, "pads_not_confirmed"),)


# --- refused whole ---

GOOD = Wish(10, None, None, 80.0, 200.0, 600)
NONSENSE: dict[str, list[Any]] = {
    "level": [None, True, 10.0, -1, math.nan, math.inf, "10", [10], 10**400],
    "channel": [1, b"A", True],
    "programme": [1, b"x", 0.5],
    "rate_hz": [math.nan, math.inf, -math.inf, -80.0, 0, True, "80", 10**400],
    "pulse_us": [math.nan, math.inf, -1, 0, False, "200", [200]],
    "timer_s": [math.nan, math.inf, -600, 0, True, 600.0, "600"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in NONSENSE.items() for value in values])
def test_one_field_of_nonsense_and_the_wish_is_refused_whole(name: str, value: Any) -> None:
    assert admits(guard(), GOOD)
    assert refusal(guard(), replace(GOOD, **{name: value})).rule == "malformed"


@pytest.mark.parametrize("name", [name for name in NONSENSE if name != "level"])
def test_nonsense_is_refused_also_with_a_level_of_zero(name: str) -> None:
    assert refusal(guard(), replace(GOOD, level=0, **{name: NONSENSE[name][0]})).rule == "malformed"


@pytest.mark.parametrize("wish", [None, 10, {"level": 10}, Admitted(GOOD, 0.0, 1.0)])
def test_what_is_no_wish_is_refused(wish: Any) -> None:
    assert refusal(guard(), wish).rule == "malformed"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -1.0, True, None, "1000"])
def test_a_time_that_is_none_is_refused(value: Any) -> None:
    assert refusal(guard(), GOOD, now=value).rule == "malformed"
    assert refusal(guard(), GOOD, until=value).rule == "malformed"
    with pytest.raises(RefusedError, match="makes no sense"):
        guard(begun=False).begin(value, 0)


@pytest.mark.parametrize("value", [math.nan, math.inf, -1, True, None, 1.0])
def test_a_number_of_sessions_that_is_none_begins_nothing(value: Any) -> None:
    with pytest.raises(RefusedError, match="makes no sense"):
        guard(begun=False).begin(1000.0, value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0, 0.0, True])
@pytest.mark.parametrize("name", ["rate_hz", "pulse_us"])
def test_a_rate_that_is_none_has_a_ceiling_of_zero(name: str, value: Any) -> None:
    assert guard(curve=LINEAR).ceiling(None, **{name: value}).layers == ((0, "malformed"),)


# --- absolute deadlines ---


def test_what_is_admitted_has_a_moment_until_which_and_no_longer_than_a_dead_man_takes() -> None:
    assert guard().admit(GOOD, 1000.0, 1000.4).until == 1000.4
    assert guard().admit(GOOD, 1000.0, 9000.0).until == 1000.0 + HOLD_S
    assert HOLD_S <= 5.0


@pytest.mark.parametrize("until", [1000.0, 999.0])
def test_what_is_late_already_is_refused(until: float) -> None:
    assert refusal(guard(), GOOD, now=1000.0, until=until).rule == "expired"


def test_the_end_of_a_session_is_fixed_when_it_begins_by_the_shortest_of_all() -> None:
    door = guard(ring("prescription", session_s=1200.0), begun=False)
    assert door.begin(1000.0, 0).ends == 2200.0
    assert guard().ends == 1000.0 + 3600.0


def test_nothing_is_admitted_beyond_the_end_of_the_session() -> None:
    door = guard(ring("prescription", session_s=60.0))
    assert door.admit(Wish(10), 1059.0, 1061.0).until == 1060.0
    assert refusal(door, Wish(10), 1060.0, 1061.0).rule == "session_over"


def test_before_a_session_has_begun_nothing_is_admitted() -> None:
    assert refusal(guard(begun=False), Wish(1)).rule == "not_begun"


def test_a_session_that_has_begun_cannot_be_begun_again_to_be_longer() -> None:
    with pytest.raises(RefusedError) as refused:
        guard().begin(2000.0, 0)
    assert refused.value.rule == "busy"


def test_the_unit_s_own_timer_is_never_set_beyond_the_end_of_the_session() -> None:
    door = guard(ring("prescription", session_s=600.0))
    assert admits(door, Wish(10, timer_s=600))
    assert refusal(door, Wish(10, timer_s=601), 1000.0, 1001.0).reasons == ("session:timer_s",)
    assert refusal(door, Wish(10, timer_s=600), 1001.0, 1002.0).reasons == ("session:timer_s",)


@pytest.mark.parametrize(("today", "allowed"), [(0, True), (2, True), (3, False), (6, False)])
def test_a_day_has_no_more_sessions_than_the_strictest_ring_says(today: int, *, allowed: bool) -> None:
    door = guard(ring("prescription", sessions_per_day=3), begun=False)
    if allowed:
        assert door.begin(1000.0, today).ends
    else:
        with pytest.raises(RefusedError) as refused:
            door.begin(1000.0, today)
        assert refused.value.rule == "per_day"
        assert refused.value.reasons[-1] == "prescription:sessions_per_day"


def test_a_day_has_six_sessions_whatever_anybody_prescribes() -> None:
    door = guard(ring("prescription", sessions_per_day=50), begun=False)
    assert door.begin(1000.0, 5).ends
    with pytest.raises(RefusedError):
        door.begin(1000.0, 6)


# --- the way down ---


@pytest.mark.parametrize(
    "door",
    [
        guard(begun=False),
        guard(),
        guard(ring("session", level=0)),
        Guard((), areas={}),
        guard(ring("prescription", peak_ma=1.0)),
    ],
    ids=["not begun", "begun", "nothing allowed", "no pads", "no curve"],
)
@pytest.mark.parametrize("now", [1.0, 1000.0, 99_999.0])
def test_zero_is_admitted_at_any_time(door: Guard, now: float) -> None:
    assert door.admit(Wish(0), now, now + 1.0) == Admitted(Wish(0), now, now + 1.0)


# --- the only door ---


def others_who_could_make_one(root: Path) -> list[str]:
    """Who but the guard could make an `Admitted`, or change one: needs the class when running, or copies one with changes."""
    found = []
    for file in sorted([*(root / "src").rglob("*.py"), *(root / "simulators").rglob("*.py")]):
        path = str(file.relative_to(root))
        if path == "src/ptdevice/stimulation/guard.py":
            continue
        for_types_only: set[ast.AST] = set()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                    for_types_only.update(ast.walk(node))
                case ast.ImportFrom(names=names) if node not in for_types_only and path != MODEL:
                    found += [f"{path}: imports it" for alias in names if alias.name in {"Admitted", "*"}]
                case ast.Call(func=ast.Name(id="Admitted") | ast.Attribute(attr="Admitted")):
                    found.append(f"{path}: makes one")
                case ast.Call(func=ast.Name(id="replace") | ast.Attribute(attr="replace"), args=[first, *_]) if (
                    "admitted" in ast.unparse(first).lower()
                ):
                    found.append(f"{path}: changes one")
    return found


MODEL = "src/ptdevice/model/__init__.py"  # says where the word is to be had


def test_nothing_but_the_guard_makes_what_codecs_encode() -> None:
    assert others_who_could_make_one(ROOT) == []


@pytest.mark.parametrize(
    "text",
    [
        "from ptdevice.model.command import Admitted",
        "from ptdevice.model import Admitted as Passed",
        "from ptdevice.model import *",
        "import ptdevice.model as m\nm.Admitted(wish, 0.0, 1.0)",
        "from dataclasses import replace\nlater = replace(self.admitted, until=9.0)",
        "import dataclasses\nlater = dataclasses.replace(admitted, until=9.0)",
    ],
)
def test_whoever_else_could_make_one_is_found(tmp_path: Path, text: str) -> None:
    file = tmp_path / "src/ptdevice/devices/x.py"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    assert others_who_could_make_one(tmp_path)
