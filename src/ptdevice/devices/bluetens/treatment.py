"""What to tell a Bluetens next, so that it does what was admitted: a line, and the next one after its answer.

    stands still   `md5`, and where the file is not there or is another: `cat`, and `md5` again
                   `ssta <file> -cut=<s>`, once in a run, for the first admitted level above 0
    runs           `str <n>`, one level after another; `osto` for an admitted level of 0

`str` starts the default script of a unit that stands still. So it is sent only while the latest status says that our script
runs, was told a moment ago, and the script has time left: it ends without a word. What remains is a unit that stops for a
missing load, say, in the fraction of a second before; it then plays its default script at level 1, which the next status shows.

Which script a unit plays is known by the digest that it tells itself, and by nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.devices.approach import Approach
from ptdevice.devices.bluetens import script, wire
from ptdevice.devices.tellable import insist, untellable
from ptdevice.link import Write

if TYPE_CHECKING:
    from ptdevice.devices.bluetens.script import Script
    from ptdevice.model.command import Admitted, Wish

FRESH_S = 1.5  # a status is asked for each second
END_S = 3.0  # nothing is told to a script that ends so soon; the unit tells whole seconds
TIMER_S = (
    1,
    3600,
)  # of `-cut`, which is a number without a limit in the firmware; an hour is what any treatment may last
UPLOADS_MAX = 2  # for each script, on one connection
LAG_S = 3.0  # how long after its start a script's first level may be told

# One value of 14 octets, the same line twice: what was cut off in the middle of another line swallows the first of them.
STOP = Write("shell", wire.command("osto") * 2)


def objection(wish: Wish) -> str | None:
    """Why a Bluetens cannot be told this. The programme is the script itself."""
    if wish.programme is None:
        return "programme must be a script"
    try:
        read = script.parse(wish.programme)
    except script.ScriptError as error:
        return f"programme: {error}"
    if wish.timer_s is not None and not TIMER_S[0] <= wish.timer_s <= TIMER_S[1]:
        return f"timer_s must be {TIMER_S[0]} to {TIMER_S[1]}"
    # What the guard admits by rate and width must be what the script does.
    if wish.rate_hz is None or wish.rate_hz < read.rate_hz:
        return f"rate_hz must be the script's highest, {read.rate_hz:g}"
    if wish.pulse_us is None or wish.pulse_us < read.pulse_us:
        return f"pulse_us must be the script's widest, {read.pulse_us}"
    return untellable(wish, wire.LEVEL_MAX, settings={"programme", "rate_hz", "pulse_us", "timer_s"})


class Treatment:
    """One connection's worth of lines that change something."""

    def __init__(self) -> None:
        self._approach = Approach()
        self._status: wire.Status | None = None
        self._told_at = float("-inf")
        self._digests: set[str] = set()  # of files that are there, under their own names
        self._checking: str | None = None  # the digest of the file that was asked for last
        self._uploads: dict[str, int] = {}
        self._absent = False  # the last answer to that was not its digest
        self._may_start = False
        self._started_at = float("-inf")
        self._cut_s = 0.0

    # --- what is known ---

    def told(self, at: float, status: wire.Status) -> None:
        """The unit's status."""
        self._status, self._told_at = status, at
        self._approach.heard(status.level)

    def level(self, level: int, *, ours: bool = False, by_hand: bool = False) -> None:
        """A level that it told between two of them."""
        self._approach.heard(level, ours=ours, by_hand=by_hand)

    def stopped(self) -> None:
        """It says that it has ended the treatment; the next status tells more."""
        self._status = None
        self._approach.heard(0)

    def digest(self, digest: str) -> None:
        """The answer to `md5`."""
        self._absent = digest != self._checking
        if not self._absent:
            self._digests.add(digest)

    def refused(self) -> None:
        """An answer by a number that is not 0, `md5` of a file that is not there among them."""
        self._absent = True

    def is_own_start(self, at: float, level: int) -> bool:
        """Whether a level that the unit tells by itself is the first of a script that we have just started."""
        if level != 1 or not 0 <= at - self._started_at <= LAG_S:
            return False
        self._started_at = float("-inf")
        return True

    # --- what follows from it ---

    def encode(self, admitted: Admitted, now: float) -> list[Write]:
        """One line in its chunks, or nothing yet. Raises RefusedError. Not to be asked while an answer is outstanding."""
        wish, status = admitted.wish, self._status
        insist(objection, wish)
        if not admitted.at <= now < admitted.until:
            return []
        self._may_start |= self._approach.wants(wish.level, now)
        if status is None or not 0 <= now - self._told_at <= FRESH_S:
            return []
        wanted = script.parse(wish.programme or "")
        self._may_start |= not (wish.level or status.tick or status.level)
        if status.tick or status.level:
            return self._while_running(wish, wanted, status, now)
        if wanted.digest not in self._digests:
            return self._file(wanted)
        if not self._may_start or not self._approach.allowed or wish.timer_s is None:
            return []
        self._may_start, self._started_at = False, now
        self._approach.rose(now)
        self._cut_s = min(float(wish.timer_s), wanted.duration_s)
        return _line(f"ssta {wanted.file} -cut={wish.timer_s}")

    def _while_running(self, wish: Wish, wanted: Script, status: wire.Status, now: float) -> list[Write]:
        if not wish.level:
            return _line("osto")
        left_s = self._cut_s - status.tick - (now - self._told_at)
        if status.digest != wanted.digest or left_s < END_S:
            return []
        told = self._approach.next(now)
        # 0 where a hand has ended it meanwhile, and `str 0` is ignored: there is nothing to tell.
        return _line(f"str {told}") if told and told != self._approach.level else []

    def _file(self, wanted: Script) -> list[Write]:
        if not self._absent or self._checking != wanted.digest:
            self._checking = wanted.digest
            return _line(f"md5 {wanted.file}")
        if self._uploads.get(wanted.digest, 0) >= UPLOADS_MAX:
            return []
        self._uploads[wanted.digest] = self._uploads.get(wanted.digest, 0) + 1
        self._absent = False  # until it is asked for again
        payload = wanted.text.encode("ascii")
        return _line(f"cat {wanted.file} -l={len(payload)}") + _writes(payload)


def _line(text: str) -> list[Write]:
    return _writes(wire.command(text))


def _writes(data: bytes) -> list[Write]:
    return [Write("shell", chunk) for chunk in wire.chunks(data)]
