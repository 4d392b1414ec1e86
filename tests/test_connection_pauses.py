"""How long a connection waits before it tries again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.scripted import (
    GOOD,
    LOST,
    NONSENSE,
    Script,
    ScriptedLink,
    Watched,
    Words,
    in_virtual_time,
    profile,
    seeded,
)

from ptdevice.connection import NONSENSE_IN_A_ROW
from ptdevice.devices.device import Kind
from ptdevice.errors import AwayError, LinkError, NotFoundError, RadioError
from ptdevice.pauses import FIRST_PAUSE_S, LONGEST_PAUSE_S, NEAR_PAUSE_S, SPOKE_PAUSE_S, STABLE_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice.link import Write


@in_virtual_time
async def test_pauses_double_up_to_a_minute() -> None:
    script = Script([NotFoundError("nobody")])
    await Watched(script.open, profile()).live(300.0)
    assert script.pauses() == [0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert (FIRST_PAUSE_S, LONGEST_PAUSE_S) == (0.5, 60)


@in_virtual_time
async def test_what_is_the_hosts_fault_is_tried_every_five_seconds_and_does_not_make_the_unit_wait_afterwards() -> None:
    off = RadioError("the adapter is off", "adapter_off")
    script = Script([*[off] * 20, *[NotFoundError("nobody")] * 3])
    await Watched(script.open, profile()).live(120.0)
    assert script.pauses()[:20] == [0.5, 1, 2, 4, *[5] * 16]
    assert script.pauses()[20:22] == [5, 10]


@in_virtual_time
async def test_a_radio_that_is_off_does_not_shorten_the_pause_of_a_unit_that_is_absent() -> None:
    nobody, off = NotFoundError("nobody"), RadioError("the adapter is off", "adapter_off")
    script = Script([*[nobody] * 6, off, nobody, nobody])
    await Watched(script.open, profile()).live(150.0)
    assert script.pauses()[:8] == [0.5, 1, 2, 4, 8, 16, 5, 32]


@in_virtual_time
async def test_pauses_are_jittered_between_half_and_all_of_their_length() -> None:
    script = Script([NotFoundError("nobody")])
    await Watched(script.open, profile(), rng=seeded()).live(3600.0)
    whole = [0.5, 1, 2, 4, 8, 16, 32, *[60] * (len(script.pauses()) - 7)]
    shares = [pause / length for pause, length in zip(script.pauses(), whole, strict=True)]
    assert 0.5 <= min(shares) < 0.6
    assert 0.9 < max(shares) <= 1.0


@in_virtual_time
async def test_units_that_were_lost_together_do_not_come_back_together() -> None:
    one, two = Script([NotFoundError("nobody")]), Script([NotFoundError("nobody")])
    rng = seeded()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(Watched(one.open, profile(), rng=rng).live(60.0))
        tasks.create_task(Watched(two.open, profile(), rng=rng).live(60.0))
    assert not {round(at, 3) for at in one.at[1:]} & {round(at, 3) for at in two.at[1:]}


@in_virtual_time
async def test_a_link_that_lived_for_a_minute_has_earned_a_quick_retry() -> None:
    nobody = NotFoundError("nobody")
    keeping = [(float(second), GOOD) for second in range(1, int(STABLE_S))]
    script = Script([nobody, nobody, nobody, ScriptedLink(*keeping, (STABLE_S, LOST)), nobody])
    await Watched(script.open, profile()).live(70.0)
    assert [round(pause, 3) for pause in script.pauses()] == [0.5, 1, 2, STABLE_S + 0.5, 1, 2]


@in_virtual_time
async def test_a_link_that_did_not_last_is_retried_as_slowly_as_before() -> None:
    nobody = NotFoundError("nobody")
    script = Script([nobody, nobody, nobody, ScriptedLink((5.0, LOST)), nobody])
    await Watched(script.open, profile()).live(30.0)
    assert [round(pause, 3) for pause in script.pauses()] == [0.5, 1, 2, 5.0 + 4, 8]


@in_virtual_time
async def test_a_unit_that_speaks_and_is_lost_again_and_again_is_never_waited_for_long() -> None:
    script = Script([ScriptedLink((5.0, GOOD), (6.0, LOST)) for _ in range(50)])
    await Watched(script.open, profile()).live(300.0)
    pauses = [round(pause - 6.0, 3) for pause in script.pauses()]
    assert pauses[:4] == [0.5, 1, 2, 4]
    assert set(pauses[3:]) == {SPOKE_PAUSE_S}


@in_virtual_time
async def test_a_unit_that_is_there_and_cannot_be_connected_to_is_tried_four_times_a_minute() -> None:
    script = Script([LinkError("refused", "connect_failed")])
    await Watched(script.open, profile()).live(120.0)
    assert script.pauses()[:8] == [0.5, 1, 2, 4, 8, 15, 15, 15]


@in_virtual_time
async def test_a_unit_that_comes_after_a_long_search_is_tried_as_often() -> None:
    script = Script([*[NotFoundError("nobody")] * 10, *[LinkError("refused", "connect_failed")] * 3])
    await Watched(script.open, profile()).live(400.0)
    assert script.pauses()[9:13] == [60, *[NEAR_PAUSE_S] * 3]


@in_virtual_time
async def test_a_unit_that_is_lost_before_it_spoke_is_waited_for_longer_than_one_that_spoke() -> None:
    script = Script([ScriptedLink((1.0, LOST)) for _ in range(50)])
    await Watched(script.open, profile()).live(120.0)
    assert [round(pause - 1.0, 3) for pause in script.pauses()][:7] == [0.5, 1, 2, 4, 8, 15, 15]


@in_virtual_time
async def test_a_unit_that_speaks_nonsense_is_waited_for_longer_and_longer() -> None:
    nonsense = [(0.5 + 0.1 * i, NONSENSE) for i in range(NONSENSE_IN_A_ROW)]
    script = Script([ScriptedLink((0.2, GOOD), *nonsense) for _ in range(50)])
    await Watched(script.open, profile(kind=Kind.STIMULATOR)).live(300.0)
    assert max(script.pauses()) > LONGEST_PAUSE_S - 1


@in_virtual_time
async def test_a_search_that_took_minutes_is_not_a_link_that_lived() -> None:
    script = Script([(STABLE_S * 2, NotFoundError("nobody"))])
    await Watched(script.open, profile()).live(1000.0)
    assert [round(pause - STABLE_S * 2, 3) for pause in script.pauses()] == [0.5, 1, 2, 4, 8, 16, 32]


class Leaving(Words):
    """Wants to be without a link for a while, a second after it was first asked."""

    def due(self, now: float) -> Sequence[Write]:
        super().due(now)
        if now - self.asked[0] >= 1.0:
            raise AwayError("synchronising", 14.0)
        return ()


@in_virtual_time
async def test_a_unit_that_wants_to_be_left_alone_is_left_alone_for_as_long_as_it_says() -> None:
    script = Script([ScriptedLink((0.0, GOOD))])
    watched = Watched(script.open, profile(codec=Leaving), rng=seeded())
    await watched.live(100.0)
    assert [round(pause, 3) for pause in script.pauses()] == [15.0] * 6
    away = [report for report in watched.reports if report.code == "away"]
    assert {report.availability for report in away} == {"unknown"}
    assert away[0].text == "unit: synchronising"
