"""The report for people, and whether what was promised was kept."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.soak.cast import CAST, MOVING
from benchmarks.soak.faults import DAEMON, KINDS
from benchmarks.soak.figures import LATE_S, Slope, slope, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.soak.samples import Sample
    from benchmarks.soak.soak import Findings

MEMORY_MB_PER_H = 2.0  # a daemon that grows faster by more than chance has a leak
MORE_TASKS = 2  # at peace after, against peace before: what is counted in the middle of a step
MORE_DESCRIPTORS = 2
MORE_CONNECTIONS = 0
JUDGED_S = 2700.0  # of a life shorter than this, a slope is told and not judged
UNMEASURED = ("start", "books")


def page(findings: Findings) -> Iterator[str]:
    """Line after line."""
    samples = [sample for sample in findings.samples if sample.phase not in UNMEASURED]
    count = findings.faults.total()
    yield f"\n== soak: {findings.seconds / 3600:.2f} h, {count} faults, {len(samples)} samples, {len(CAST)} units ==\n"
    yield from _numbers(samples)
    yield from _by_fault(findings)
    yield from _by_unit(samples)
    yield from _books(findings)
    problems = verdict(findings)
    yield ""
    if findings.interrupted:
        yield "INTERRUPTED: the faults were ended early."
    yield from (f"FAILED: {problem}" for problem in problems)
    if not problems:
        yield "PASSED: nothing leaked, nothing was lost, everybody came back."


def verdict(findings: Findings) -> list[str]:
    """What is wrong, in words; nothing where all is well."""
    problems = [f"{who} ended by itself; see {who}.errors" for who in findings.fallen]
    samples = [sample for sample in findings.samples if sample.phase not in UNMEASURED]
    lives = {sample.life for sample in samples}
    if len(lives) == 1:
        problems += _leaks(samples)
    line = memory(samples)
    if line is not None and _judged(samples) and line.exceeds(MEMORY_MB_PER_H):
        problems.append(f"memory grows by {line} MiB/h; the bound is {MEMORY_MB_PER_H:g}")
    problems += [f"{alias} was not back at the end" for alias in findings.missing_at_end]
    problems += [
        f"after {kind!r} somebody was away for {max(took_s):.0f} s without another fault; the bound is {LATE_S:.0f}"
        for kind, took_s in findings.recoveries.took_s.items()
        if max(took_s) > LATE_S
    ]
    return [*problems, *_losses(findings)]


def memory(samples: Sequence[Sample]) -> Slope | None:
    """The slope of resident memory of the longest life of the daemon, in MiB/h."""
    return _line(samples, "rss_mb")


def away(samples: Sequence[Sample]) -> dict[str, float]:
    """The longest time that each unit was away without a break, in s. A link between two samples is a break."""
    longest: dict[str, float] = dict.fromkeys(CAST, 0.0)
    since: dict[str, float] = {}
    connects: dict[str, int] = {}
    for sample in samples:
        for alias, online in sample.online.items():
            count = sample.connects.get(alias, 0)
            if online or count != connects.get(alias, count):
                since.pop(alias, None)
            connects[alias] = count
            if not online:
                longest[alias] = max(longest[alias], sample.at_s - since.setdefault(alias, sample.at_s))
    return longest


def _leaks(samples: Sequence[Sample]) -> Iterator[str]:
    for name, more in (
        ("tasks", MORE_TASKS),
        ("descriptors", MORE_DESCRIPTORS),
        ("bus_connections", MORE_CONNECTIONS),
    ):
        before, after = _at_peace(samples, name, "peace before"), _at_peace(samples, name, "peace after")
        if before is not None and after is not None and after > before + more:
            yield f"{name.replace('_', ' ')}: {before:g} at peace before, {after:g} at peace after"


def _at_peace(samples: Sequence[Sample], name: str, phase: str) -> float | None:
    # The second half of it: what a reconnect leaves behind for some seconds is no leak.
    there = [sample for sample in samples if sample.phase == phase]
    values = [getattr(sample, name) for sample in there[len(there) // 2 :]]
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _line(samples: Sequence[Sample], name: str) -> Slope | None:
    if not samples:
        return None
    of_life = _longest_life(samples)
    # What memory does before half of it is over tells of the start: caches fill, SQLite's of the journal for an hour or more.
    warm = (of_life[0].at_s + of_life[-1].at_s) / 2 if _judged(samples) else of_life[0].at_s
    values = [(sample.at_s, getattr(sample, name)) for sample in of_life if sample.at_s >= warm]
    return slope([(at, value) for at, value in values if value is not None])


def _longest_life(samples: Sequence[Sample]) -> list[Sample]:
    (life, _), *_ = Counter(sample.life for sample in samples).most_common(1)
    return [sample for sample in samples if sample.life == life]


def _judged(samples: Sequence[Sample]) -> bool:
    of_life = _longest_life(samples) if samples else []
    return bool(of_life) and of_life[-1].at_s - of_life[0].at_s >= JUDGED_S


def _losses(findings: Findings) -> Iterator[str]:
    journal, processed = findings.books.journal, findings.books.processed
    lost = len({*journal} - {*processed})
    if lost:
        yield f"{lost} of {len(journal)} records of the journal did not reach the consumer"
    if len(processed) != len({*processed}):
        yield f"{len(processed) - len({*processed})} records were processed more than once"
    if {*processed} - {*journal}:
        yield f"{len({*processed} - {*journal})} records were processed that the journal does not have"
    if any(later[0] <= earlier[0] for earlier, later in pairwise(processed)):
        yield "records were processed out of order"
    if findings.books.undelivered != 0:
        yield f"{findings.books.undelivered} records are not marked as delivered"
    if not journal:
        yield "the journal has no records at all"


# --- tables ---


def _numbers(samples: Sequence[Sample]) -> Iterator[str]:
    yield "the daemon             before    after     most      per hour ± 2 standard errors (long runs: second half)"
    for name, title in (
        ("rss_mb", "resident, MiB"),
        ("pss_mb", "proportional, MiB"),
        ("descriptors", "file descriptors"),
        ("threads", "threads"),
        ("tasks", "asyncio tasks"),
        ("bus_connections", "D-Bus connections"),
        ("undelivered", "undelivered rows"),
    ):
        values = [value for sample in samples if (value := getattr(sample, name)) is not None]
        before, after = _at_peace(samples, name, "peace before"), _at_peace(samples, name, "peace after")
        most = max(values, default=None)
        line = _line(samples, name)
        yield f"{title:20} {_cell(before)} {_cell(after)} {_cell(most)}      {line if line is not None else '-'}"
    if not _judged(samples):
        yield "(too short for a verdict on memory: it wants a life of three quarters of an hour)"
    lives = len({sample.life for sample in samples})
    if lives > 1:
        yield f"({lives} lives of the daemon; the slopes are of the longest, the first and last columns of different ones)"
    others = samples[-1].others_mb if samples else {}
    yield "resident at the end, of others: " + ", ".join(f"{who} {_cell(mb).strip()} MiB" for who, mb in others.items())


def _by_fault(findings: Findings) -> Iterator[str]:
    recoveries = findings.recoveries
    yield "\nfault                                how often  recovered  overtaken   median s  longest s"
    for kind in (*KINDS, DAEMON):
        took = recoveries.took_s.get(kind.name, [])
        overtaken = recoveries.overtaken.get(kind.name, 0)
        often = findings.faults[kind.name]
        if often:
            yield f"{kind.name:36} {often:9} {len(took):10} {overtaken:10}     {told(took)}"
    yield "(from the end of the fault to `online`, or to the gateway's next message, at a subscriber; each unit it cut counts.)"
    yield "(overtaken: the next fault struck the same unit before it was back, so that nothing is known.)"


def _by_unit(samples: Sequence[Sample]) -> Iterator[str]:
    gone = away(samples)
    yield "\nunit      device               connects  longest away s   online in samples"
    for alias, part in CAST.items():
        connects = _grown([sample.connects.get(alias) for sample in samples])
        seen = [sample.online[alias] for sample in samples if alias in sample.online]
        share = f"{100 * sum(seen) / len(seen):.0f} %" if seen else "-"
        yield f"{alias:9} {part.device:20} {connects:8} {gone[alias]:15.0f}   {share:>17}"
    yield "(a button without a link is heard when it is pressed)"


def _grown(counts: Sequence[int | None]) -> int:
    """By how much a counter grew in all, which begins anew with each life."""
    known = [count for count in counts if count is not None]
    return sum(b - a if b >= a else b for a, b in pairwise(known))


def _books(findings: Findings) -> Iterator[str]:
    books, truth = findings.books, findings.truth
    yield f"\nrecords in the journal: {len(books.journal)}; processed by the consumer: {len(books.processed)}"
    yield "\nunit      repetitions done   of them whole on a link   recorded"
    for alias in MOVING:
        recorded = books.kinds.get(f"{alias} dev.ptdevice.exercise.repetition.v1", 0)
        yield f"{alias:9} {truth['done'][alias]:16} {truth['whole'][alias]:25} {recorded:10}"
    for alias, count in truth["sessions"].items():
        of_it = {
            kind: n for kind, n in books.kinds.items() if kind.startswith(f"{alias} dev.ptdevice.stimulation.session")
        }
        yield f"{alias:9} {count} sessions at the keys; recorded: {_words(of_it)}"
    presses = {kind: n for kind, n in books.kinds.items() if kind.startswith("button ")}
    yield f"button    {truth['presses']} presses; recorded: {_words(presses)}"
    yield "(what was done while a unit had no link is not in the records, and gaps say so)"


def _words(kinds: dict[str, int]) -> str:
    return ", ".join(f"{count} {kind.split('.', 2)[2]}" for kind, count in kinds.items()) or "none"


def _cell(value: float | None) -> str:
    return "        -" if value is None else f"{value:9.1f}"
