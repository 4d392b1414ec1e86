"""What one unit delivered."""

from __future__ import annotations

from ptdevice.model import MotionSamples
from ptdevice.planning.meter import Measured, Meter

RATE_HZ = 100.0
MS = 1_000_000


def run(at: float, *numbers: int) -> MotionSamples:
    """Samples by their number, at 100 Hz by the unit's own clock."""
    return MotionSamples(at, RATE_HZ, tuple(n * 10 * MS for n in numbers), ((0.0, 0.0, 1.0),) * len(numbers))


def meter() -> Meter:
    made = Meter("chest", asked=90.0)
    made.linked()
    made.said("data", "the unit speaks", online=True)
    return made


def measured(made: Meter, now: float) -> Measured:
    return made.measured(now, dropped=0, wire_errors=0, rssi_dbm=-50)


def test_what_came_before_is_not_counted_but_tells_when_it_was_first_heard() -> None:
    made = meter()
    made.packet(95.0, 20)
    made.begin(100.0)
    made.packet(101.0, 20)
    made.packet(102.0, 30)
    found = measured(made, 110.0)
    assert (found.first_s, found.packets_hz, found.octets_hz) == (5.0, 0.2, 5.0)


def test_the_longest_pause_counts_from_the_beginning_and_to_the_end() -> None:
    made = meter()
    made.begin(100.0)
    assert measured(made, 104.0).pause_s == 4.0
    made.packet(101.5, 1)
    assert measured(made, 102.0).pause_s == 1.5
    made.packet(102.0, 1)
    assert measured(made, 105.0).pause_s == 3.0


def test_samples_that_are_missing_are_seen_in_the_units_own_times() -> None:
    made = meter()
    made.begin(100.0)
    made.samples(run(100.02, 1, 2))
    made.samples(run(100.06, 5, 6, 8))
    found = measured(made, 100.1)
    assert (found.samples_hz, found.rate_hz, found.missing, found.complete) == (50.0, 100.0, 3, 0.625)


def test_a_stream_that_stopped_is_missing_to_the_end() -> None:
    made = meter()
    made.begin(100.0)
    made.samples(run(100.0, 0))
    assert measured(made, 100.9).missing == 0
    assert measured(made, 105.0).missing == 500


def test_a_clock_that_starts_anew_makes_no_gap() -> None:
    made = meter()
    made.begin(100.0)
    made.samples(run(100.0, 1000))
    made.samples(run(100.01, 0))
    made.linked()
    made.samples(run(100.02, 99_999))
    assert measured(made, 100.1).missing == 0


def test_lateness_counts_from_the_most_punctual_packet() -> None:
    made = meter()
    made.begin(100.0)
    for number in range(100):
        made.samples(run(100.0 + number * 0.01 + (0.3 if number >= 90 else 0.0), number))
    assert measured(made, 101.3).late_ms == 300.0


def test_each_link_has_a_most_punctual_packet_of_its_own() -> None:
    made = meter()
    made.begin(100.0)
    made.samples(run(100.0, 0))
    made.linked()  # its clock is another one now
    for number in range(100):
        made.samples(run(200.0 + number * 0.01, number))
    assert measured(made, 201.0).late_ms == 0.0


def test_of_a_packet_whose_samples_come_in_parts_the_newest_counts() -> None:
    made = meter()
    made.begin(100.0)
    made.samples(run(100.0, *range(10)))
    made.samples(run(100.0, *range(10, 50)))
    made.samples(run(100.5, *range(50, 100)))
    assert measured(made, 101.0).late_ms == 0.0


def test_links_that_were_lost_are_those_beyond_the_first() -> None:
    made = meter()
    made.begin(100.0)
    assert measured(made, 101.0).lost == 0
    made.linked()
    assert measured(made, 101.0).lost == 1


def test_a_unit_that_was_late_to_come_has_lost_nothing() -> None:
    made = Meter("chest", asked=90.0)
    made.begin(100.0)
    made.linked()
    assert measured(made, 101.0).lost == 0


def test_one_that_never_came_is_told_with_its_last_word() -> None:
    made = Meter("chest", asked=90.0)
    made.said("no_adverts", "not there", online=False)
    made.begin(100.0)
    found = measured(made, 110.0)
    assert (found.online, found.code, found.text, made.failures) == (False, "no_adverts", "not there", 1)
    assert (found.first_s, found.samples_hz, found.rate_hz, found.late_ms) == (None, None, None, None)
