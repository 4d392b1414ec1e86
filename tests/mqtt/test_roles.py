from __future__ import annotations

import re

import pytest

from ptdevice.mqtt.kinds import REQUESTS
from ptdevice.mqtt.messages import MESSAGES
from ptdevice.mqtt.roles import HEARS, REQUESTERS, SAYS, Right, Role, User, requests_of, rights


def topics(user: User, access: str = "write", *, simulated: bool = False) -> set[str]:
    return {
        right.topic for right in rights(user, "home", ("pi-1", "pi-2"), simulated=simulated) if right.access == access
    }


def fits(topic_filter: str, topic: str) -> bool:
    """MQTT 5.0, 4.7.1."""
    pattern = re.escape(topic_filter).replace(r"\+", "[^/]+").replace(r"/\#", "(/.*)?").replace(r"\#", ".*")
    return re.fullmatch(pattern, topic) is not None


def test_every_request_says_who_may_ask_for_it() -> None:
    assert set(REQUESTS) == set(REQUESTERS), "give each new request its row in mqtt/roles.py"
    assert all(REQUESTERS.values())


def test_a_clinician_may_ask_for_everything() -> None:
    assert set(requests_of(Role.CLINICIAN)) == set(REQUESTERS)


def test_a_patient_s_app_may_end_ease_and_rate_and_nothing_else() -> None:
    assert set(requests_of(Role.PATIENT)) == {
        "gateway/ping", "gateway/stop_all", "unit/stop", "unit/pause", "unit/lower", "unit/rate_pain",
    }  # fmt: skip


def test_home_assistant_may_stop_and_nothing_else() -> None:
    assert set(requests_of(Role.HOME_ASSISTANT)) == {"gateway/ping", "gateway/stop_all", "unit/stop"}


@pytest.mark.parametrize("role", [Role.GATEWAY, Role.RESEARCHER])
def test_who_only_looks_on_asks_for_nothing(role: Role) -> None:
    assert requests_of(role) == []
    assert not [topic for topic in topics(User("lab", role)) if "/cmd/" in topic]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.name)
def test_a_gateway_says_and_hears_every_message_and_keeps_to_its_own_topics(message: object) -> None:
    (kind,) = [each for each in MESSAGES if each is message]
    below = re.sub(r"\{\w+\}", "x", kind.below)
    heard = any(fits(each, below) for each in HEARS[Role.GATEWAY])
    said = any(fits(each, below) for each in SAYS[Role.GATEWAY])
    assert (heard, said) == ((True, False) if kind.request or below == "ack" else (False, True))


def test_a_gateway_is_confined_to_its_own_name_at_a_site_with_several() -> None:
    both = topics(User("pi-1", Role.GATEWAY)) | topics(User("pi-1", Role.GATEWAY), "read")
    assert {topic.split("/")[3] for topic in both if topic.startswith("ptdevice/")} == {"pi-1"}
    assert "homeassistant/device/ptdevice_pi-1/+/config" in both


def test_people_at_a_site_see_all_its_gateways() -> None:
    assert {topic.split("/")[3] for topic in topics(User("anna", Role.CLINICIAN))} == {"pi-1", "pi-2"}


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.GATEWAY])
def test_nobody_reads_another_s_answers_and_nobody_writes_any(role: Role) -> None:
    answers = {topic.rpartition("/res/")[2] for topic in topics(User("me", role), "read") if "/res/" in topic}
    assert answers <= {"me"}
    assert not [topic for topic in topics(User("me", role)) if "/res/" in topic]


def test_a_patient_may_be_kept_to_some_units() -> None:
    kept = User("tablet", Role.PATIENT, ("chest",))
    assert {topic.split("/cmd/")[1].partition("/")[0] for topic in topics(kept)} == {"chest", "gateway"}
    assert not [topic for topic in topics(kept) | topics(kept, "read") if "+" in topic]
    assert Right("read", "ptdevice/v1/home/pi-1/unit/chest/#") in rights(kept, "home", ("pi-1",), simulated=False)


def test_rights_among_simulated_things_are_none_among_real_ones() -> None:
    for role in Role:
        for access in ("read", "write"):
            ours = topics(User("me", role), access, simulated=True)
            assert not [topic for topic in ours if topic.startswith("ptdevice/")]
    assert "homeassistant/device/ptdevice-sim_me/+/config" in topics(User("me", Role.GATEWAY), simulated=True)


@pytest.mark.parametrize("name", ["", "a b", "Anna", "a\ntopic write #", "#", "+", "a/b", "x" * 33])
def test_a_name_that_could_not_be_answered_or_would_say_more_than_a_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no name for the broker"):
        User(name, Role.PATIENT)
    with pytest.raises(ValueError, match="no name for the broker"):
        User("tablet", Role.PATIENT, (name,))
