"""Whose records these are, and that records were forgotten: the requests, and the records."""

from typing import Annotated

from pydantic import Field, StringConstraints

from ptdevice.model.privacy import Reason
from ptdevice.mqtt.contract.requests import Request
from ptdevice.mqtt.contract.types import Body, Count, Level, Open, Time

Moment = Annotated[str, StringConstraints(max_length=40)]


class Assign(Request):
    """cmd/gateway/assign: from now on `subject` wears `unit`; null: nobody does. It ends by itself at `until`.

    `subject` is a code as `ptdevice new-subject` prints it, or one of the configuration. `until` is RFC 3339 in UTC with `Z`.
    """

    unit: Level
    subject: Level | None
    until: Moment | None = None


class Forget(Request):
    """cmd/gateway/forget: delete every record of `subject` here. With `dry_run`, only tell how many they are."""

    subject: Level
    dry_run: bool = False


class AssignmentData(Body):
    """evt/assignment: whoever this record's `subject` is wears the unit of its `source` from `at` on, or no longer does.

    Who wore it before has a record of their own. `until`: when it ends by itself. `by`: the requester.
    """

    at: Time
    assigned: bool
    reason: Open[Reason]
    until: Time | None
    by: str | None


class ForgottenData(Body):
    """evt/forgotten: the records with these sequence numbers of this `epoch` were deleted. Delete what you have of them.

    `ranges` has the first and the last number of each run. A deleted record that is sent again is one of these in its place.
    """

    at: Time
    rows: Count
    ranges: tuple[tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]], ...]
    by: str | None
