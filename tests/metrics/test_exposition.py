"""What Prometheus reads is read here by its own parser, and has names, types and units as it wants them."""

from __future__ import annotations

import math

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ptdevice.metrics.exposition import FAMILIES, Facts, exposition

FACTS = Facts(
    "1.2.3", "degraded", {"chest": ("online", "data"), "back": ("unknown", "link_lost")}, frozenset({"journal"}), 0.25
)


def read(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample by its name and labels, as the reference parser sees them."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            key = sample.name, tuple(sorted(sample.labels.items()))
            assert key not in found
            found[key] = sample.value
    return found


def test_counters_become_metrics_with_their_labels() -> None:
    text = exposition(
        {
            "unit.chest.packets": 7,
            "unit.back.packets": 9,
            "pair.lumbar.trunk.missing": 3,
            "journal.queued": 2,
            "courier.connected": 1,
        },
        FACTS,
        100.0,
    )
    found = read(text)
    assert found["ptdevice_unit_packets_total", (("unit", "chest"),)] == 7
    assert found["ptdevice_unit_packets_total", (("unit", "back"),)] == 9
    assert found["ptdevice_pair_missing_samples_total", (("pair", "lumbar"), ("side", "trunk"))] == 3
    assert found["ptdevice_journal_queued_requests", ()] == 2
    assert found["ptdevice_mqtt_connected", ()] == 1


def test_each_metric_is_told_once_with_its_type_and_help() -> None:
    text = exposition({"unit.a.packets": 1, "journal.rows": 2, "unit.b.packets": 3}, FACTS, 0.0)
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert families["ptdevice_unit_packets"].type == "counter"
    assert families["ptdevice_unit_packets"].documentation == "Packets received."
    assert len(families["ptdevice_unit_packets"].samples) == 2
    assert families["ptdevice_unit_online"].type == "gauge"
    assert text.count("# TYPE ptdevice_unit_packets_total counter") == 1


def test_of_each_adapter_it_is_told_whether_it_works_and_why_not() -> None:
    facts = Facts(
        "1",
        "degraded",
        adapters={"hci0": ("trouble", "adapter_stuck"), "hci1": ("ok", ""), "hci2": ("silent", "adapter_silent")},
    )
    found = read(exposition({}, facts, 0.0))
    works = {name: found["ptdevice_adapter_works", (("adapter", name),)] for name in facts.adapters}
    assert works == {"hci0": 0.0, "hci1": 1.0, "hci2": 1.0}
    labels = (("adapter", "hci0"), ("code", "adapter_stuck"), ("state", "trouble"))
    assert found["ptdevice_adapter_state_info", labels] == 1.0


def test_a_moment_becomes_an_age_and_what_is_unknown_is_left_out() -> None:
    found = read(exposition({"journal.last_commit_s": 90.0, "unit.chest.last_packet_s": None}, FACTS, 100.0))
    assert found["ptdevice_journal_last_commit_age_seconds", ()] == 10.0
    assert not [name for name, _ in found if "last_packet" in name]


def test_a_number_that_is_none_is_left_out() -> None:
    assert not [
        name
        for name, _ in read(exposition({"journal.rows": math.nan, "journal.queued": math.inf}, FACTS, 0.0))
        if "journal" in name
    ]


def test_a_counter_of_a_later_version_is_told_without_a_type() -> None:
    text = exposition({"delivery.new_thing": 4}, FACTS, 0.0)
    assert read(text)["ptdevice_delivery_new_thing", ()] == 4
    assert "# TYPE ptdevice_delivery_new_thing untyped" in text


def test_states_availabilities_and_what_is_stuck_are_told() -> None:
    found = read(exposition({}, FACTS, 0.0))
    assert found["ptdevice_build_info", (("version", "1.2.3"),)] == 1
    assert found["ptdevice_gateway_state", (("state", "online"),)] == 0
    assert found["ptdevice_gateway_state", (("state", "degraded"),)] == 1
    assert found["ptdevice_unit_online", (("unit", "chest"),)] == 1
    assert found["ptdevice_unit_online", (("unit", "back"),)] == 0
    key = (("availability", "unknown"), ("code", "link_lost"), ("unit", "back"))
    assert found["ptdevice_unit_availability_info", key] == 1
    assert found["ptdevice_stuck_stages", ()] == 1
    assert found["ptdevice_loop_lag_seconds", ()] == 0.25


def test_the_tasks_of_the_loop_are_told_where_there_is_a_loop() -> None:
    assert read(exposition({}, Facts("1", "online", tasks=7), 0.0))["ptdevice_loop_tasks", ()] == 7
    assert "loop_tasks" not in exposition({}, FACTS, 0.0)


@pytest.mark.parametrize("text", ['with "quotes"', "back\\slash", "two\nlines", "Umlaut äöü", "a,b={c}"])
def test_a_label_may_be_any_text(text: str) -> None:
    found = read(exposition({}, Facts(text, "online"), 0.0))
    assert found["ptdevice_build_info", (("version", text),)] == 1


@pytest.mark.parametrize("value", [0, 1, -1, 0.1, 1e-9, 123456789012, 2**53, 1e300])
def test_a_number_is_read_as_it_was(value: float) -> None:
    assert read(exposition({"journal.queued": value}, FACTS, 0.0))["ptdevice_journal_queued_requests", ()] == value


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_names_are_as_prometheus_wants_them(family: tuple[str, str, str]) -> None:
    name, kind, about = family
    assert name.endswith("_total") == (kind == "counter")
    assert kind in {"counter", "gauge"}
    assert about.endswith(".")
    assert not name.endswith(("_s", "_ms"))
