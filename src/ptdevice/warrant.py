"""Whether a unit may be commanded at all, and within what: every check before a session, in one fixed order.

The first rule that says no is the one that is told; each has its own name. What is checked here needs no current to flow: the
configuration, what is known of the kind of unit, and what people have confirmed. What stands after all of it is a plan: the
rings, and how the unit is told. `stimulation.conductor` has the last checks (is it heard, is it off, is a fault latched).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ptdevice.errors import RefusedError
from ptdevice.stimulation.guard import Guard
from ptdevice.stimulation.limits import Curve, Limits, Ring
from ptdevice.stimulation.plan import Plan, demand

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ptdevice.charts import Charts
    from ptdevice.config.commanding import Command
    from ptdevice.devices.device import Commanding, Profile
    from ptdevice.mqtt.topics import Stamp
    from ptdevice.treatment.prescription import StimulationPrescription

DEADMAN_S = 5.0  # a unit that goes on for longer without a host needs the exception by name
PER_DAY = 6  # and never more, whoever prescribes it (`stimulation.limits.HARD`)


class Warrant:
    """Of one unit. `firmware()` is what the unit said of its own, `trouble()` why records cannot be written."""

    def __init__(
        self,
        alias: str,
        profile: Profile,
        command: Command | None,
        charts: Charts,
        *,
        firmware: Callable[[], str | None],
        local: Callable[[], str | None],
        trouble: Callable[[], str | None],
        stamp: Callable[[], Stamp],
    ) -> None:
        self.prescribed: StimulationPrescription | None = None  # that under which a plan was made last
        self._alias, self._profile, self._command, self._charts = alias, profile, command, charts
        self._firmware, self._local, self._trouble, self._stamp = firmware, local, trouble, stamp

    def plan(self, prescription: str, level: int, channel: str | None) -> Plan:
        """What was asked for, as far as it may be. Raises RefusedError with the first rule that says no."""
        command, facts = self._may_be_commanded()
        prescribed = self._charts.prescription(self._alias, prescription)
        if prescribed is None:
            raise RefusedError("no_prescription", f"Whoever uses {self._alias} has no prescription of this name.")
        self._ends_by_itself(command, facts, prescribed)
        self._stands(prescribed, channel)
        plan = self._planned(command, prescribed, level, channel)
        why_not = facts.objection(plan.wish(level, None))
        demand(why_not is None, "not_commandable", f"The unit cannot be told this: {why_not}.")
        self.prescribed = prescribed
        return plan

    def _stands(self, prescribed: StimulationPrescription, channel: str | None) -> None:
        """What may change between the wish and the act at the unit, so that it is asked at both. Raises RefusedError."""
        same = self._charts.prescription(self._alias, prescribed.name) == prescribed
        demand(same, "no_prescription", f"{self._alias} is used by somebody else now, or the prescription is another.")
        objections = self._charts.objections(self._alias, prescribed, self._profile.name, [channel], prescribed.per_day)
        if objections:
            raise RefusedError(objections[0].rule, objections[0].detail, tuple(each.rule for each in objections))
        if (trouble := self._trouble()) is not None:
            raise RefusedError("journal_down", f"What happens could not be written down: {trouble}.")
        demand(self._stamp().synced, "clock_unsynced", "The gateway's clock is not set.")

    def _may_be_commanded(self) -> tuple[Command, Commanding]:
        """What the configuration and the kind of unit say."""
        name, command, facts = self._profile.name, self._command, self._profile.commanding
        if command is None or not command.enabled:
            raise RefusedError("command_off", f"{self._alias} is observed; its configuration does not enable commands.")
        if facts is None:
            raise RefusedError("not_commandable", f"A {name} cannot be commanded.")
        proven = facts.proven or command.accept_unproven == name
        demand(proven, "unproven", f'Some of its commands were never seen; see accept_unproven = "{name}".')
        known = facts.firmware is None or self._firmware() in facts.firmware
        demand(known, "unknown_firmware", f"Its firmware is {self._firmware() or 'not known'}; nobody has tried that.")
        quick = facts.deadman_s is not None and 0 <= facts.deadman_s <= DEADMAN_S
        by_timer = facts.timer_s is not None and command.accept_timer == name
        text = f'It goes on without a host for more than {DEADMAN_S:g} s; see accept_timer = "{name}".'
        demand(quick or by_timer, "no_deadman", text)
        demand(facts.readback, "no_readback", "It does not tell what it does.")
        demand(facts.local_stop, "no_local_stop", "It has no switch of its own that stops it.")
        if not facts.local_key and (why := self._local()) is not None:
            raise RefusedError("no_local_key", f"Nobody at the unit could start it: {why}.")
        return command, facts

    def _ends_by_itself(self, command: Command, facts: Commanding, prescribed: StimulationPrescription) -> None:
        """Where the unit's own timer stands in for a dead-man, it may not run longer than was prescribed."""
        if facts.deadman_s is not None and 0 <= facts.deadman_s <= DEADMAN_S:
            return
        assert facts.timer_s is not None
        assert command.accept_timer is not None
        least_s = facts.timer_s[0]
        text = f"Its own timer runs for {least_s} s at least, and {prescribed.minutes} min are prescribed."
        demand(least_s <= prescribed.minutes * 60, "no_deadman", text)

    def _planned(self, command: Command, prescribed: StimulationPrescription, level: int, channel: str | None) -> Plan:
        pads = self._charts.pads(self._alias, channel)
        assert pads is not None  # else there was an objection
        guard = Guard(tuple(self._rings(command, prescribed)), _curve(command), {channel: pads.area_cm2})
        return Plan(
            guard,
            level,
            channel,
            self._charts.sessions_today(self._alias),
            prescribed.programme,
            prescribed.rate_hz,
            prescribed.pulse_us,
            partial(self._stands, prescribed, channel),
        )

    def _rings(self, command: Command, prescribed: StimulationPrescription) -> Sequence[Ring]:
        limits = Limits(
            level=prescribed.max_level,
            session_s=prescribed.minutes * 60.0,
            sessions_per_day=prescribed.per_day,
            peak_ma=prescribed.max_ma,
        )
        return (
            Ring("profile", Limits(level=self._profile.level_max), f"docs/devices: {self._profile.name}"),
            Ring("installation", Limits(level=command.max_level), f"units.{self._alias}.command"),
            Ring("prescription", limits, f"{prescribed.name} {prescribed.version}"),
        )


def _curve(command: Command) -> Curve | None:
    declared = command.curve
    if declared is None:
        return None
    return Curve(declared.points, declared.phases, declared.pulse_us, declared.rate_hz, declared.source)
