"""Rules between keys: told together with everything else."""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, Any

import pytest

from ptdevice.config import cautions, load
from ptdevice.config.rules import broken
from ptdevice.mqtt.commands import GATEWAY

if TYPE_CHECKING:
    from pathlib import Path

    from ptdevice.config.rules import Problem

CHEST = {"device": "polar"}
FIRST, SECOND = "AA:BB:CC:DD:EE:01", "AA:BB:CC:DD:EE:02"


def units(**configured: dict[str, Any]) -> list[Problem]:
    return list(broken({"units": configured}))


def mqtt(**keys: Any) -> list[Problem]:
    return list(broken({"units": {"chest": CHEST}, "mqtt": keys}))


def test_two_units_of_a_kind_with_addresses_of_their_own_are_fine() -> None:
    assert units(a={"device": "polar", "address": FIRST}, b={"device": "polar", "address": SECOND}) == []


def test_two_units_of_two_kinds_need_no_address() -> None:
    assert units(chest=CHEST, back={"device": "beurer_em70"}) == []


def test_two_units_with_one_address_are_refused_however_it_is_written() -> None:
    assert units(a={"device": "polar", "address": FIRST}, b={"device": "beurer_em70", "address": FIRST.lower()}) == [
        (("units", "b", "address"), "[units.a] has this address already")
    ]


def test_two_units_with_one_name_are_refused() -> None:
    assert units(a={"device": "polar", "name": "X"}, b={"device": "polar", "name": "X"}) == [
        (("units", "b", "name"), "[units.a] has this name already; give both an address")
    ]


def test_a_unit_without_address_beside_another_of_its_kind_is_refused() -> None:
    assert units(a={"device": "polar", "address": FIRST}, b=CHEST) == [
        (("units", "b"), "[units.a] is a polar too; give each an address, or nobody knows which is which")
    ]


@pytest.mark.parametrize("nothing", [{}, {"units": {}}])
def test_a_gateway_without_units_is_refused(nothing: dict[str, Any]) -> None:
    ((path, text),) = broken(nothing)
    assert path == ("units",)
    assert "ptdevice scan" in text


def test_no_unit_can_be_taken_for_the_gateway() -> None:
    ((path, text),) = units(**{GATEWAY: CHEST})
    assert path == ("units", GATEWAY)
    assert "choose another alias" in text


def test_a_stimulator_cannot_count() -> None:
    assert units(back={"device": "beurer_em70", "exercise": "sit_up", "target_repetitions": 3}) == [
        (("units", "back", "exercise"), "beurer_em70 has no motion sensor, so it cannot count")
    ]


def test_a_stimulator_suggests_no_sets() -> None:
    assert units(back={"device": "beurer_em70", "suggest_sets": True}) == [
        (("units", "back", "suggest_sets"), "beurer_em70 has no motion sensor, so it cannot count")
    ]


def test_a_target_needs_an_exercise() -> None:
    assert units(chest=CHEST | {"target_repetitions": 3}) == [
        (("units", "chest", "target_repetitions"), "needs an exercise")
    ]


@pytest.mark.parametrize(
    ("unit", "wrong"),
    [
        ({"device": "beurer_em70", "site": "lumbar_left"}, None),
        ({"device": "yokonex_ems", "site_a": "lumbar_left", "site_b": "lumbar_right"}, None),
        ({"device": "beurer_em70", "site_a": "lumbar_left"}, "beurer_em70 has site"),
        ({"device": "yokonex_ems", "site": "lumbar_left"}, "yokonex_ems has site_a and site_b"),
        ({"device": "polar", "site": "lumbar_left"}, "polar is no stimulator, so it has no pads"),
    ],
)
def test_a_site_is_that_of_a_channel_that_there_is(unit: dict[str, Any], wrong: str | None) -> None:
    (key,) = [key for key in unit if key.startswith("site")][:1]
    assert units(back=unit) == ([(("units", "back", key), wrong)] if wrong else [])


def test_one_source_of_the_password_is_enough() -> None:
    assert mqtt(username="u", password_file="f", password_env="E") == [
        (("mqtt", "password_env"), "there is a password_file already; keep one of the two")
    ]


def test_a_password_without_username_is_refused() -> None:
    assert mqtt(password_env="E") == [(("mqtt", "password_env"), "a password needs a username")]


def test_certificates_without_tls_are_refused() -> None:
    assert mqtt(ca_file="f") == [(("mqtt", "ca_file"), "is of use only with tls = true")]


def test_a_key_without_certificate_is_refused() -> None:
    assert mqtt(tls=True, key_file="f") == [(("mqtt", "key_file"), "a key needs its cert_file")]


@pytest.mark.parametrize(
    "data", [{"units": 3}, {"units": {"a": 3}}, {"units": {"a": {"device": [], "address": 1, "name": {}}}}]
)
def test_wrong_types_are_left_to_the_models(data: dict[str, Any]) -> None:
    assert list(broken(data)) == []


# --- cautions ---


def cautions_of(folder: Path, mqtt_lines: str) -> list[str]:
    file = folder / "f.toml"
    file.write_text(
        '[gateway]\nsite = "a"\nname = "b"\n[units.chest]\ndevice = "polar"\n[mqtt]\nusername = "u"\npassword_file = "pw"\n'
        + mqtt_lines
    )
    return [text.replace(str(folder), "") for text in cautions(load(file, {}))]


def secret(folder: Path, mode: int) -> None:
    (folder / "pw").write_text("hunter2")
    (folder / "pw").chmod(mode)


def test_a_secret_for_which_systemd_lists_who_may_read_it_is_none(tmp_path: Path) -> None:
    """`LoadCredential` gives it so: for the service's user by an access list, whose mask stands where the group's rights do."""
    secret(tmp_path, 0o400)
    # acl(5), in the kernel's form (linux/posix_acl_xattr.h): version 2; owner r, user 4321 r, group none, mask r, others none
    entries = [
        (0x01, 4, 0xFFFFFFFF),
        (0x02, 4, 4321),
        (0x04, 0, 0xFFFFFFFF),
        (0x10, 4, 0xFFFFFFFF),
        (0x20, 0, 0xFFFFFFFF),
    ]
    listed = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    os.setxattr(tmp_path / "pw", "system.posix_acl_access", listed)
    assert (tmp_path / "pw").stat().st_mode & 0o777 == 0o440
    assert cautions_of(tmp_path, "") == []


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_secret_that_others_can_read_is_a_caution(tmp_path: Path, mode: int) -> None:
    secret(tmp_path, mode)
    assert cautions_of(tmp_path, "") == ["/pw can be read by others; `chmod 600 /pw`"]


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_secret_of_ones_own_is_none(tmp_path: Path, mode: int) -> None:
    secret(tmp_path, mode)
    assert cautions_of(tmp_path, "") == []


@pytest.mark.parametrize("host", ["broker.local", "192.168.1.2", "fe80::1"])
def test_a_password_that_crosses_a_network_in_the_clear_is_a_caution(tmp_path: Path, host: str) -> None:
    secret(tmp_path, 0o600)
    assert cautions_of(tmp_path, f'host = "{host}"\n') == [
        f"the password goes to {host} in the clear; set mqtt.tls = true"
    ]


@pytest.mark.parametrize(
    "lines", ['host = "127.0.0.1"\n', 'host = "::1"\n', 'host = "localhost"\n', 'host = "b"\ntls = true\n']
)
def test_a_password_on_this_host_or_under_tls_is_none(tmp_path: Path, lines: str) -> None:
    secret(tmp_path, 0o600)
    assert cautions_of(tmp_path, lines) == []


COMMANDED = '[units.tens]\ndevice = "beurer_em70"\n[units.tens.command]\nenabled = true\n'


def cautions_of_commanding(tmp_path: Path, more: str, mqtt: str = "", command: str = "") -> list[str]:
    file = tmp_path / "c.toml"
    gateway = '[gateway]\nsite = "s"\nname = "g"\n'
    file.write_text(f"{gateway}[mqtt]\n{mqtt}{more}{COMMANDED}{command}")
    return cautions(load(file, {}))


SEEN = '[alarms]\nlight = "/sys/class/leds/ACT"\n'


def test_commanding_with_a_second_way_for_alarms_is_none(tmp_path: Path) -> None:
    assert cautions_of_commanding(tmp_path, SEEN) == []
    assert cautions_of_commanding(tmp_path, '[alarms]\nsound = ["aplay", "x.wav"]\n') == []


def test_s31_commanding_without_a_second_way_for_alarms_is_a_caution(tmp_path: Path) -> None:
    (told,) = cautions_of_commanding(tmp_path, "")
    assert "alarms.light and alarms.sound are not set" in told


def test_a_lease_that_is_off_is_a_caution(tmp_path: Path) -> None:
    (told,) = cautions_of_commanding(tmp_path, SEEN, command="lease_s = 0.0\n")
    assert told.startswith("units.tens.command.lease_s is 0")


def test_commanding_by_way_of_a_broker_that_asks_for_no_name_is_a_caution(tmp_path: Path) -> None:
    (told,) = cautions_of_commanding(tmp_path, SEEN, mqtt='host = "broker.lan"\n')
    assert "by way of broker.lan" in told
    assert cautions_of_commanding(tmp_path, SEEN, mqtt='host = "127.0.0.1"\n') == []


UPPER, LOWER = {"device": "movella_dot", "address": FIRST}, {"device": "movella_dot", "address": SECOND}


def pairs(upper: dict[str, Any] = UPPER, lower: dict[str, Any] = LOWER, **keys: Any) -> list[Problem]:
    pair = {"trunk": "upper", "pelvis": "lower", **keys}
    return list(broken({"units": {"upper": upper, "lower": lower}, "pairs": {"lumbar": pair}}))


@pytest.mark.parametrize("alignment", ["tap", "device", "arrival"])
def test_two_sensors_of_one_person_may_be_a_pair(alignment: str) -> None:
    assert pairs(alignment=alignment) == []
    worn = {"subject": "k3"}
    assert pairs(UPPER | worn, LOWER | worn, alignment=alignment) == []


@pytest.mark.parametrize(
    ("keys", "path", "text"),
    [
        ({"trunk": "nobody"}, ("trunk",), "there is no [units.nobody]"),
        ({"pelvis": "upper"}, ("pelvis",), "[units.upper] belongs to [pairs.lumbar] already"),
    ],
)
def test_a_pair_is_of_two_units_that_are_configured(keys: dict[str, Any], path: tuple[str, ...], text: str) -> None:
    assert pairs(**keys) == [(("pairs", "lumbar", *path), text)]


def test_a_unit_is_in_one_pair_only_and_an_alias_means_one_thing() -> None:
    pair = {"trunk": "upper", "pelvis": "lower"}
    told = broken({"units": {"upper": UPPER, "lower": LOWER}, "pairs": {"a": pair, "upper": pair}})
    assert list(told) == [
        (("pairs", "upper"), "upper is taken in MQTT topics already; choose another alias"),
        (("pairs", "upper", "trunk"), "[units.upper] belongs to [pairs.a] already"),
        (("pairs", "upper", "pelvis"), "[units.lower] belongs to [pairs.a] already"),
    ]


def test_a_stimulator_is_no_half_of_a_pair() -> None:
    assert pairs({"device": "beurer_em70"}) == [(("pairs", "lumbar", "trunk"), "[units.upper] has no motion sensor")]


def test_a_pair_is_worn_by_one_person() -> None:
    ((path, text),) = pairs(UPPER | {"subject": "k3"}, LOWER)
    assert path == ("pairs", "lumbar")
    assert "one person" in text


def test_only_units_that_can_share_a_clock_do_it_and_their_addresses_are_needed() -> None:
    polar, other = {"device": "polar", "address": FIRST}, {"device": "polar", "address": SECOND}
    cannot = (("pairs", "lumbar", "alignment"), 'units of these kinds cannot share a clock; choose "tap"')
    assert pairs(polar, other, alignment="device") == [cannot]
    assert pairs(UPPER, other, alignment="device") == [cannot]
    nameless = {"device": "movella_dot", "name": "x"}
    assert pairs(UPPER, nameless, alignment="device") == [
        (("pairs", "lumbar", "alignment"), "needs the address of both units")
    ]


@pytest.mark.parametrize("nonsense", [5, {"lumbar": 5}, {"lumbar": {"trunk": 5, "pelvis": []}}])
def test_pairs_of_a_wrong_type_are_for_the_models_to_refuse(nonsense: Any) -> None:
    assert list(broken({"units": {"chest": CHEST}, "pairs": nonsense})) == []


BUTTON = {"device": "bthome", "address": "AA:BB:CC:DD:EE:0B"}


def test_a_remote_that_pauses_a_set_is_fine() -> None:
    assert (
        units(chest=CHEST, button=BUTTON | {"remote_for": "chest", "on_press": "pause", "on_long_press": "pain"}) == []
    )


def test_a_remote_may_be_for_a_stimulator() -> None:
    aimed = BUTTON | {"remote_for": "back", "on_press": "rate_3"}
    assert units(back={"device": "beurer_em70"}, button=aimed) == []


def test_a_remote_for_nobody_is_fine() -> None:
    assert units(button=BUTTON) == []


@pytest.mark.parametrize(
    ("more", "key", "text"),
    [
        ({"on_press": "pause"}, "on_press", "needs a remote_for"),
        ({"on_double_press": "pause"}, "on_double_press", "needs a remote_for"),
        ({"remote_for": "chest"}, "remote_for", "no press means anything"),
        ({"remote_for": "chset", "on_press": "pause"}, "remote_for", "there is no [units.chset]"),
        (
            {"remote_for": "warm", "on_press": "pause"},
            "remote_for",
            "[units.warm] is neither motion sensor nor stimulator",
        ),
    ],
)
def test_a_remote_must_mean_somebody_s_set(more: dict[str, Any], key: str, text: str) -> None:
    ((path, problem),) = units(chest=CHEST, warm={"device": "health_thermometer"}, button=BUTTON | more)
    assert path == ("units", "button", key)
    assert text in problem


def test_a_sensor_is_no_remote() -> None:
    found = units(chest=CHEST | {"remote_for": "chest", "on_long_press": "pain"})
    assert found == [
        (("units", "chest", "remote_for"), "polar is no remote"),
        (("units", "chest", "on_long_press"), "polar is no remote"),
    ]


def test_what_only_advertises_needs_its_address() -> None:
    ((path, problem),) = units(button={"device": "bthome", "name": "Button"})
    assert path == ("units", "button")
    assert "needs an address" in problem


def test_one_key_for_two_units_is_refused_because_one_press_would_start_both() -> None:
    key = {"key": "/dev/input/event3"}
    found = units(a={"device": "openemsstim", "command": key}, b={"device": "bluetens", "command": key})
    assert found == [(("units", "b", "command", "key"), "is that of a; one press would start both")]
    other = {"key": "/dev/input/event4"}
    assert units(a={"device": "openemsstim", "command": key}, b={"device": "bluetens", "command": other}) == []


# --- adapters ---


def bound(to: str, /, **bluetooth: Any) -> list[Problem]:
    return list(broken({"bluetooth": bluetooth, "units": {"chest": CHEST | {"adapter": to}}}))


@pytest.mark.parametrize(
    "bluetooth",
    [{"adapters": ["hci0", "hci1"]}, {"adapter": "hci1"}],
)
def test_a_unit_is_bound_to_an_adapter_that_is_listed(bluetooth: dict[str, Any]) -> None:
    assert bound("hci1", **bluetooth) == []


def test_an_address_is_the_same_however_it_is_written() -> None:
    assert bound("f0:00:00:00:00:01", adapters=["F0:00:00:00:00:01"]) == []


def test_a_unit_that_is_bound_to_an_adapter_that_is_not_listed_is_told_which_was_meant() -> None:
    ((path, text),) = bound("hci11", adapters=["hci0", "hci1"])
    assert path == ("units", "chest", "adapter")
    assert text.startswith('"hci11" does not stand in bluetooth.adapters, did you mean "hci1"?')


def test_a_unit_that_is_bound_to_an_adapter_where_none_is_listed_is_told_so() -> None:
    ((_, text),) = bound("hci0")
    assert text == '"hci0" does not stand in bluetooth.adapters'


@pytest.mark.parametrize(
    ("lines", "caution"),
    [
        ('adapters = ["hci0", "hci1"]', "hci0 and hci1 may change places"),
        ('adapters = ["F0:00:00:00:00:01", "hci1"]', "hci1 may change places"),
        ('adapter = "hci2"\nadapters = ["F0:00:00:00:00:01"]', "bluetooth.adapter, hci2, is not used"),
    ],
)
def test_adapters_that_may_be_others_tomorrow_are_a_caution(tmp_path: Path, lines: str, caution: str) -> None:
    secret(tmp_path, 0o600)
    (said,) = cautions_of(tmp_path, f'host = "localhost"\n[bluetooth]\n{lines}')
    assert caution in said


@pytest.mark.parametrize("lines", ['adapters = ["F0:00:00:00:00:01", "F0:00:00:00:00:02"]', 'adapter = "hci0"'])
def test_adapters_by_address_and_a_single_one_are_no_caution(tmp_path: Path, lines: str) -> None:
    secret(tmp_path, 0o600)
    assert cautions_of(tmp_path, f'host = "localhost"\n[bluetooth]\n{lines}') == []
