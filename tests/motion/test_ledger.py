from __future__ import annotations

from typing import TYPE_CHECKING

from tests.motion.movement import measured, packets, repetitions, sets_of

from ptdevice.model import SetEnd
from ptdevice.motion.exercises import EXERCISES
from ptdevice.motion.ledger import SetLedger
from ptdevice.motion.stream import Missing, PostureStream
from ptdevice.motion.swing import SwingReturn
from ptdevice.motion.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Callable

REPS = 8
OVERLOOKED = 3
LEAD_S = 3.0


def recount_of_a_set_whose_first_are_overlooked(
    before: Callable[[SetLedger], None], overlooked: int = OVERLOOKED
) -> int | None:
    """The recount, after a ledger was told of all repetitions but the first."""
    stream, trace, machine = PostureStream(), Trace(), SwingReturn(2.0, 12.0)
    ledger = SetLedger(EXERCISES["any"], lambda: "set-1", None, stream, trace)
    swings = []
    for packet in packets(measured(repetitions(REPS, lead=LEAD_S))):
        for at in stream.take(packet):
            assert not isinstance(at, Missing)
            trace.add(at.t, at.up, at.spin)
            swing = machine.step(at.t, at.up, 0.0)
            if swing is not None and not swing.settled:
                swings.append(swing)
    machine.close()
    before(ledger)
    for swing in swings[overlooked:]:
        ledger.repetition(swing, 0.0)
    (record,) = sets_of(ledger.close(SetEnd.ENDED, swings[-1], 200.0))
    assert record.repetitions == REPS - overlooked
    return record.recount


def test_the_recount_begins_with_the_rest_before_the_set() -> None:
    assert recount_of_a_set_whose_first_are_overlooked(lambda ledger: ledger.rest(LEAD_S)) == REPS


def test_without_that_rest_it_begins_a_second_before_the_first_repetition() -> None:
    assert recount_of_a_set_whose_first_are_overlooked(lambda _: None) == REPS - OVERLOOKED


def test_it_looks_no_further_back_than_the_set_is_long() -> None:
    assert recount_of_a_set_whose_first_are_overlooked(lambda ledger: ledger.rest(LEAD_S), overlooked=6) == 2 + 2


def test_the_rest_before_one_set_is_not_that_before_the_next() -> None:
    def another_set(ledger: SetLedger) -> None:
        ledger.rest(LEAD_S)
        ledger.wait()

    assert recount_of_a_set_whose_first_are_overlooked(another_set) == REPS - OVERLOOKED
