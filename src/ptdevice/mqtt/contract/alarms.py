"""Alarms that stand until somebody has seen them."""

from ptdevice.mqtt.contract.requests import Request
from ptdevice.mqtt.contract.types import Body, Count, Level, Time


class AcknowledgeAlarms(Request):
    """cmd/gateway/acknowledge_alarms: somebody has looked at everything that stands in `alarms`. It changes no unit."""

    entered_by: Level


class StandingAlarm(Body):
    """An alarm that stands: of a unit (null: of the gateway itself), since when, and what to do."""

    unit: str | None
    code: str
    text: str
    since: Time


class StandingAlarms(Body):
    """alarms: what stands until `acknowledge_alarms`, over every restart, the oldest first; at most 100 of them."""

    alarms: list[StandingAlarm]
    simulated: bool
    time: Time


class AlarmsAcknowledgedData(Body):
    """evt/alarm/acknowledged: somebody has looked at everything that stood, `count` alarms."""

    at: Time
    count: Count
    entered_by: str
