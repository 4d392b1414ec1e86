"""A plan for people and for programs. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ptdevice.planning.verdict import Fit, of_estimate, of_trial, worst

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice.planning.estimate import Estimate, Need
    from ptdevice.planning.meter import Measured
    from ptdevice.planning.verdict import Verdict

WORDS = {
    Fit.FITS: "This radio carries these units.",
    Fit.DOUBTFUL: "It is doubtful whether this radio carries these units.",
    Fit.DOES_NOT: "This radio does not carry these units.",
}
UNTRIED = "Nothing was tried: this is worked out, and what adapters hold are reports of users, not limits."


@dataclass(frozen=True, slots=True)
class Plan:
    """`measured` is None where nothing was tried. `unlinked` are units that only advertise."""

    estimate: Estimate
    measured: Sequence[Measured] | None
    seconds: float
    unlinked: Sequence[str] = ()

    @property
    def verdicts(self) -> list[Verdict]:
        """Of all, and of each that was tried."""
        needs = {need.alias: need for need in self.estimate.needs}
        return [
            of_estimate(self.estimate),
            *(of_trial(each, needs[each.alias]) for each in self.measured or ()),
        ]

    @property
    def fit(self) -> Fit:
        """Where it was tried, the trial counts: what usually holds no more links has just held them."""
        found = self.verdicts
        return worst([each.fit for each in (found[1:] if self.measured is not None else found)])


def text(plan: Plan) -> str:
    """For a terminal."""
    estimate = plan.estimate
    usual = "how many its adapters hold is not to be seen" if estimate.usual_links is None else ""
    usual = usual or f"such adapters usually hold {estimate.usual_links} (by reports)"
    lines = [
        f"Worked out: {estimate.links} links ({usual}); {estimate.air_share:.0%} of the air time at most.",
        *_table([_head(), *(_row(need) for need in estimate.needs)]),
    ]
    if plan.unlinked:
        lines.append(f"Only advertise, and need no link: {', '.join(plan.unlinked)}.")
    if plan.measured is not None:
        rows = [_tried_head(), *(_tried(each) for each in plan.measured)]
        lines += ["", f"Tried for {plan.seconds:g} s, all at once:", *_table(rows)]
    doubts = [(each.alias, doubt) for each in plan.verdicts for doubt in each.doubts]
    if doubts:
        lines += ["", *(f"{f'{alias}: ' if alias else ''}{doubt.text}" for alias, doubt in doubts)]
        lines += [f"-> {remedy}" for remedy in dict.fromkeys(doubt.remedy for _, doubt in doubts)]
    lines += ["", WORDS[plan.fit], *([UNTRIED] if plan.measured is None else [])]
    return "\n".join(lines)


def machine(plan: Plan) -> str:
    """JSON: an object with `fit`, `estimate`, `trial` (null where nothing was tried) and `verdicts`."""
    found: dict[str, Any] = {
        "fit": plan.fit,
        "estimate": {
            "links": plan.estimate.links,
            "usual_links": plan.estimate.usual_links,
            "air_share": round(plan.estimate.air_share, 4),
            "units": [asdict(need) for need in plan.estimate.needs],
            "unlinked": list(plan.unlinked),
        },
        "trial": None
        if plan.measured is None
        else {"seconds": plan.seconds, "units": [asdict(each) for each in plan.measured]},
        "verdicts": [
            {"alias": each.alias, "fit": each.fit, "doubts": [_doubt(doubt) for doubt in each.doubts]}
            for each in plan.verdicts
        ],
    }
    return json.dumps(found, indent=1)


# --- inside ---


def _doubt(doubt: Any) -> dict[str, str]:
    return {"fit": doubt.fit, "text": doubt.text, "remedy": doubt.remedy}


def _head() -> tuple[str, ...]:
    return ("  unit", "device", "samples/s", "packets/s", "octets/s", "air")


def _row(need: Need) -> tuple[str, ...]:
    rate = "-" if need.rate_hz is None else f"{need.rate_hz:g}"
    return (
        f"  {need.alias}",
        need.device,
        rate,
        f"{need.notifications_hz:g}",
        f"{need.octets_hz:.0f}",
        f"{need.air_share:.1%}",
    )


def _tried_head() -> tuple[str, ...]:
    return ("  unit", "first word", "samples/s", "missing", "packets/s", "longest pause", "late", "lost", "dBm")


def _tried(each: Measured) -> tuple[str, ...]:
    return (
        f"  {each.alias}",
        _or("{:g} s", each.first_s),
        _or("{:g}", each.samples_hz),
        str(each.missing) if each.samples_hz is not None else "-",
        f"{each.packets_hz:g}",
        _or("{:g} s", each.pause_s),
        _or("{:g} ms", each.late_ms),
        str(each.lost),
        _or("{:d}", each.rssi_dbm),
    )


def _or(form: str, value: float | None) -> str:
    return "-" if value is None else form.format(value)


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
