"""evt: what became of what was planned, pain, and assessments."""

from typing import Literal

from ptdevice.model import Category, Direction, Measure, Moment, Recurrence, RedFlag
from ptdevice.mqtt.contract.types import Body, Count, Open, Seconds, Share, Time

Day = str  # an ISO date, at the place where the person lives


class ProgrammeBegunData(Body):
    """evt/exercise/begun: somebody began what was left of a day's programme."""

    at: Time
    programme: str
    version: Count
    day: Day


class SetOutcomeData(Body):
    """evt/exercise/outcome: what became of one planned set: `slot` of the day's plan, `set_index` of `sets` of its exercise.

    `state` is completed, partial, skipped or aborted. What was done is null where nobody could see it.
    """

    programme: str
    version: Count
    day: Day
    slot: Count
    exercise: str
    set_index: Count
    sets: Count
    state: str
    why: str
    start: Time
    end: Time
    measured_by: Open[Measure]
    prescribed_repetitions: Count | None
    prescribed_s: Seconds | None
    done_repetitions: Count | None
    done_s: Seconds | None
    set_id: str | None


class PainData(Body):
    """evt/pain: a rating by the person, 0 (none) to 10 (worst imaginable)."""

    at: Time
    rating: Count
    moment: Open[Moment]
    exercise: str | None
    programme: str | None


class AdherenceData(Body):
    """evt/exercise/adherence: what was done of what was planned in a `day` or a `week` (from Monday on).

    `sets_unknown`: the gateway was not there (`down_s`) or the sensor was lost; `share` is null then. Doing more than was
    planned is told apart (`extra_sets`, `extra_repetitions`, `overdone`) and makes up for nothing.
    """

    at: Time
    period: Open[Literal["day", "week"]]
    first_day: Day
    last_day: Day
    programme: str
    version: Count
    days_planned: Count
    days_active: Count
    days_unknown: Count
    sets_planned: Count
    sets_completed: Count
    sets_partial: Count
    sets_skipped: Count
    sets_aborted: Count
    sets_missed: Count
    sets_unknown: Count
    repetitions_prescribed: Count
    repetitions_done: Count
    prescribed_s: Seconds
    done_s: Seconds
    extra_sets: Count
    extra_repetitions: Count
    overdone: bool
    share: Share | None
    down_s: Seconds


class SuggestionData(Body):
    """evt/exercise/suggestion: for whoever prescribes to decide; the program never changes a programme."""

    at: Time
    programme: str
    version: Count
    exercise: str | None
    direction: Open[Direction]
    reason: str
    sessions: Count
    text: str


class WatchData(Body):
    """evt/gateway/watch: the gateway was at work from `start` to `end`. Said every ten minutes where there are programmes."""

    start: Time
    end: Time


class AssessmentData(Body):
    """evt/assessment: as somebody entered it, with a hint to see a clinician. Never a diagnosis."""

    at: Time
    category: Open[Category]
    onset_weeks: Count
    recurrence: Open[Recurrence]
    red_flags: tuple[Open[RedFlag], ...]
    referral_hint: bool
    hint_reasons: tuple[str, ...]
    text: str | None
