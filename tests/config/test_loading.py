"""From a file, the environment and the command line to settings, or to every problem at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from ptdevice.config import Settings, load
from ptdevice.config.schema import sections
from ptdevice.config.values import Within
from ptdevice.devices import CATALOGUE
from ptdevice.errors import ConfigError
from ptdevice.mqtt.topics import Names

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

GOOD = """\
[gateway]
site = "clinic-a"
name = "pi-1"
[units.chest]
device = "polar"
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "f.toml"
    file.write_text(text, encoding="utf-8")
    return file


def problems(
    folder: Path, text: str, environ: Mapping[str, str] | None = None, overrides: list[tuple[str, str]] | None = None
) -> list[str]:
    file = write(folder, text)
    with pytest.raises(ConfigError) as caught:
        load(file, environ or {}, overrides or [])
    return [problem.replace(str(file), "f.toml") for problem in caught.value.problems]


# --- what is right ---


def test_a_short_file_is_filled_with_defaults(tmp_path: Path) -> None:
    settings = load(write(tmp_path, GOOD), {})
    assert (settings.gateway.site, settings.gateway.simulated) == ("clinic-a", False)
    assert (settings.mqtt.host, settings.mqtt.port, settings.mqtt.password) == ("localhost", 1883, None)
    assert not settings.telemetry.motion
    assert settings.units["chest"].device == "polar"


def test_settings_are_frozen(tmp_path: Path) -> None:
    settings = load(write(tmp_path, GOOD), {})
    with pytest.raises(ValidationError, match="frozen"):
        settings.mqtt.port = 1
    with pytest.raises(TypeError):
        settings.units["x"] = settings.units["chest"]  # type: ignore[index]  # that is the point


def test_addresses_are_kept_in_one_form(tmp_path: Path) -> None:
    settings = load(write(tmp_path, GOOD + 'address = "aa:bb:cc:dd:ee:0f"\n'), {})
    assert settings.units["chest"].address == "AA:BB:CC:DD:EE:0F"


def test_relative_paths_start_at_the_folder_of_the_file(tmp_path: Path) -> None:
    settings = load(write(tmp_path, GOOD + '[journal]\npath = "j.sqlite"\n'), {})
    assert settings.journal.path == tmp_path / "j.sqlite"


def test_whole_numbers_will_do_where_a_number_is_wanted(tmp_path: Path) -> None:
    assert load(write(tmp_path, GOOD + "[bluetooth]\nconnect_timeout_s = 30\n"), {}).bluetooth.connect_timeout_s == 30.0


@given(name=st.text(max_size=40))
def test_names_that_pass_are_fit_for_topics(name: str) -> None:
    try:
        settings = Settings.model_validate({"gateway": {"site": name, "name": name}})
    except ValidationError:
        with pytest.raises(ValueError, match="topic level"):
            Names(name, name, simulated=False)
    else:
        Names(settings.gateway.site, settings.gateway.name, simulated=False)


# --- what is wrong ---


def test_all_problems_are_told_at_once_in_file_order(tmp_path: Path) -> None:
    text = """\
[gatway]
[gateway]
site = "Clinic A"
simulated = "yes"
[mqtt]
hots = "x"
port = 70000
[bluetooth]
connect_timeout_s = nan
[units.a]
device = "polr"
[units.b]
device = "polar"
address = 5
"""
    assert problems(tmp_path, text) == [
        'f.toml:1: gatway: unknown section, did you mean "gateway"?',
        "f.toml:2: gateway.name: is missing",
        'f.toml:3: gateway.site: must be 1 to 32 of a-z, 0-9, _ and - (it becomes part of MQTT topics), is "Clinic A"',
        'f.toml:4: gateway.simulated: must be true or false, is "yes"',
        'f.toml:6: mqtt.hots: unknown key, did you mean "host"?',
        "f.toml:7: mqtt.port: must be from 1 to 65535, is 70000",
        "f.toml:9: bluetooth.connect_timeout_s: must be a finite number, is nan",
        f'f.toml:11: units.a.device: unknown device "polr", did you mean "polar"?; known: {", ".join(CATALOGUE)}',
        "f.toml:14: units.b.address: must be text in quotes, is 5",
    ]


def test_an_empty_file_says_what_it_must_have(tmp_path: Path) -> None:
    assert problems(tmp_path, "") == [
        "f.toml: gateway: the section [gateway] is missing; it must have site and name",
        "f.toml: units: no unit is configured; `ptdevice scan` shows those in reach and the lines to add",
    ]


@pytest.mark.parametrize("number", ["nan", "-nan", "inf", "-inf"])
def test_no_limit_lets_a_number_that_is_none_pass(tmp_path: Path, number: str) -> None:
    wanted = "a finite number" if number.endswith(("nan", "inf")) else ""
    told = problems(tmp_path, GOOD + f"[bluetooth]\nconnect_timeout_s = {number}\n")
    assert told == [f"f.toml:7: bluetooth.connect_timeout_s: must be {wanted}, is {float(number)!r}"]
    whole = problems(tmp_path, GOOD + f"[telemetry]\nbatch_ms = {number}\n")
    assert whole == [f"f.toml:7: telemetry.batch_ms: must be a whole number, is {float(number)!r}"]


def test_a_limit_is_membership_so_that_nan_is_outside() -> None:
    with pytest.raises(PydanticCustomError):
        Within(1, 2)(float("nan"))


@pytest.mark.parametrize("value", [99, 251, -1, 10**30])
def test_a_number_beyond_its_limits_is_told_with_them(tmp_path: Path, value: int) -> None:
    told = problems(tmp_path, GOOD + f"[telemetry]\nbatch_ms = {value}\n")
    assert told == [f"f.toml:7: telemetry.batch_ms: must be from 100 to 250, is {value}"]


@pytest.mark.parametrize("value", [100, 250])
def test_both_ends_of_a_limit_belong_to_it(tmp_path: Path, value: int) -> None:
    assert load(write(tmp_path, GOOD + f"[telemetry]\nbatch_ms = {value}\n"), {}).telemetry.batch_ms == value


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("port = true", "mqtt.port: must be a whole number, is true"),
        ('port = "1883"', 'mqtt.port: must be a whole number, is "1883"'),
        ("port = 1883.0", "mqtt.port: must be a whole number, is 1883.0"),
        ("tls = 1", "mqtt.tls: must be true or false, is 1"),
        ("host = 1979-05-27", "mqtt.host: must be text in quotes, is datetime.date(1979, 5, 27)"),
        ("host = []", "mqtt.host: must be text in quotes, is a list"),
        ("host.name = 1", "mqtt.host: must be text in quotes, is a table"),
        ('host = " "', 'mqtt.host: must be text without spaces around it, is " "'),
        ("protocol = 5", 'mqtt.protocol: must be one of "auto", "5", "3.1.1", is 5'),
    ],
)
def test_a_wrong_type_is_told_in_the_words_of_the_file(tmp_path: Path, line: str, told: str) -> None:
    assert problems(tmp_path, f"{GOOD}[mqtt]\n{line}\n") == [f"f.toml:7: {told}"]


def test_a_section_that_is_no_table_is_told(tmp_path: Path) -> None:
    assert problems(tmp_path, "log = 3\n" + GOOD) == ["f.toml:1: log: must be a table, is 3"]
    (told,) = [line for line in problems(tmp_path, "units = 3\n" + GOOD.partition("[units")[0]) if "units" in line]
    assert told == "f.toml:1: units: must be a table of units, e.g. [units.chest], is 3"


def test_a_key_in_the_wrong_section_is_told_with_the_right_one(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD + '[mqtt]\nadapter = "hci0"\n') == [
        "f.toml:7: mqtt.adapter: unknown key, it belongs in [bluetooth]"
    ]


def test_a_key_that_resembles_nothing_is_told_with_what_there_is(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD + "[log]\nxyzzy = 1\n") == [
        "f.toml:7: log.xyzzy: unknown key; known: level, format, levels"
    ]


@pytest.mark.parametrize(
    ("section", "key", "slip"),
    [
        (header, key, key[:1] + key[2:])
        for header, model in sections().items()
        for key in model.model_fields
        if len(key) > 3
    ],
)
def test_every_key_is_recognised_with_a_letter_missing(tmp_path: Path, section: str, key: str, slip: str) -> None:
    header = section.replace("<alias>", "other")
    told = problems(tmp_path, f"[{header}]\n{slip} = 1\n")
    assert f'f.toml:2: {header}.{slip}: unknown key, did you mean "{key}"?' in told


def test_an_unknown_exercise_lists_the_known_ones(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, GOOD + 'exercise = "sitt_up"\n')
    assert told.startswith(
        'f.toml:6: units.chest.exercise: unknown exercise "sitt_up", did you mean "sit_up"?; known: '
    )


def test_an_alias_that_is_no_topic_level_is_told_at_its_line(tmp_path: Path) -> None:
    told = problems(tmp_path, GOOD + '[units."Anna M."]\ndevice = "beurer_em70"\n')
    assert told == [
        'f.toml:6: units."Anna M.": must be 1 to 32 of a-z, 0-9, _ and - (it becomes part of MQTT topics), is "Anna M."'
    ]


def test_a_long_wrong_value_is_not_repeated_in_full(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, GOOD + f'[log]\nlevel = "{"x" * 5000}"\n')
    assert len(told) < 200


# --- precedence ---


def test_the_environment_wins_over_the_file_and_the_command_line_over_both(tmp_path: Path) -> None:
    file = write(tmp_path, GOOD + '[mqtt]\nhost = "file"\nport = 1\nkeepalive_s = 11\n')
    environ = {"PTDEVICE_MQTT__HOST": "environment", "PTDEVICE_MQTT__PORT": "2"}
    mqtt = load(file, environ, [("mqtt.host", "command line")]).mqtt
    assert (mqtt.host, mqtt.port, mqtt.keepalive_s, mqtt.protocol) == ("command line", 2, 11, "auto")


@pytest.mark.parametrize(
    ("name", "text", "section", "key", "value"),
    [
        ("PTDEVICE_TELEMETRY__MOTION", "true", "telemetry", "motion", True),
        ("PTDEVICE_BLUETOOTH__CONNECT_TIMEOUT_S", "12.5", "bluetooth", "connect_timeout_s", 12.5),
        ("PTDEVICE_MQTT__PROTOCOL", "5", "mqtt", "protocol", "5"),
        ("PTDEVICE_MQTT__HOST", "10.0.0.1", "mqtt", "host", "10.0.0.1"),
        ("PTDEVICE_MQTT__USERNAME", "12", "mqtt", "username", "12"),
    ],
)
def test_text_from_the_environment_becomes_what_the_key_wants(
    tmp_path: Path, name: str, text: str, section: str, key: str, value: object
) -> None:
    settings = load(write(tmp_path, GOOD), {name: text})
    assert getattr(getattr(settings, section), key) == value


def test_a_unit_can_be_overridden_whatever_its_alias(tmp_path: Path) -> None:
    text = GOOD + '[units.a__b]\ndevice = "beurer_em70"\n'
    settings = load(write(tmp_path, text), {"PTDEVICE_UNITS__A__B__NAME": "Comfort"})
    assert settings.units["a__b"].name == "Comfort"


def test_a_wrong_override_is_told_with_the_name_of_its_variable(tmp_path: Path) -> None:
    environ = {"PTDEVICE_MQTT__PORT": "many", "PTDEVICE_MQTT__HOTS": "x", "PTDEVICE_NOTHING__HERE": "x"}
    assert problems(tmp_path, GOOD, environ, [("log.level", "loud")]) == [
        'environment PTDEVICE_MQTT__HOTS: mqtt.hots: unknown key, did you mean "host"?',
        'environment PTDEVICE_MQTT__PORT: mqtt.port: must be a whole number, is "many"',
        "environment PTDEVICE_NOTHING__HERE: nothing: unknown section; known: " + ", ".join(Settings.model_fields),
        'command line: log.level: must be one of "debug", "info", "warning", "error", is "loud"',
    ]


def test_the_variable_is_blamed_and_not_the_line_that_it_overrode(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD + "[mqtt]\nport = 0\n", {"PTDEVICE_MQTT__PORT": "70000"}) == [
        "environment PTDEVICE_MQTT__PORT: mqtt.port: must be from 1 to 65535, is 70000"
    ]


def test_an_underscore_too_few_is_noticed(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD, {"PTDEVICE_MQTT_HOST": "x"}) == [
        "environment PTDEVICE_MQTT_HOST: nobody reads this; did you mean PTDEVICE_MQTT__HOST?"
    ]


def test_other_variables_with_our_prefix_are_left_alone(tmp_path: Path) -> None:
    load(write(tmp_path, GOOD), {"PTDEVICE_PASSWORD": "x", "PTDEVICE_": "", "HOME": "/"})


def test_an_override_cannot_smuggle_in_a_second_key(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, GOOD, {"PTDEVICE_MQTT__PORT": '1\nhost = "evil"'})
    assert "mqtt.port: must be a whole number" in told


def test_an_override_through_something_that_is_no_table_is_told(tmp_path: Path) -> None:
    told = problems(tmp_path, "mqtt = 3\n" + GOOD, {"PTDEVICE_MQTT__PORT": "1"})
    assert told == [
        "f.toml:1: mqtt: must be a table, is 3",
        "environment PTDEVICE_MQTT__PORT: mqtt.port: there is no such key",
    ]


# --- secrets ---

SECRET = "hunter2-correct-horse"
USER = '[mqtt]\nusername = "u"\n'


def test_a_password_comes_from_the_first_line_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text(SECRET + "\r\nsecond line\n")
    password = load(write(tmp_path, GOOD + USER + 'password_file = "pw"\n'), {}).mqtt.password
    assert password is not None
    assert password.get_secret_value() == SECRET


def test_a_password_comes_from_the_variable_that_is_named(tmp_path: Path) -> None:
    settings = load(
        write(tmp_path, GOOD + USER + 'password_env = "PTDEVICE_MQTT_PASSWORD"\n'), {"PTDEVICE_MQTT_PASSWORD": SECRET}
    )
    assert settings.mqtt.password is not None
    assert settings.mqtt.password.get_secret_value() == SECRET


def test_no_way_of_printing_settings_tells_the_password(tmp_path: Path) -> None:
    settings = load(write(tmp_path, GOOD + USER + 'password_env = "PW"\n'), {"PW": SECRET})
    for text in (
        repr(settings),
        str(settings),
        f"{settings.mqtt.password}",
        settings.mqtt.model_dump_json(),
        repr(vars(settings.mqtt)),
    ):
        assert SECRET not in text


def test_a_password_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    told = problems(tmp_path, GOOD + USER + f'password = "{SECRET}"\npassword_env = "{SECRET}"\n')
    assert told == [
        "f.toml:8: mqtt.password: a password is never written here; use password_file or password_env",
        "f.toml:9: mqtt.password_env: must be the NAME of an environment variable (A-Z, 0-9, _), not the password itself",
    ]


@pytest.mark.parametrize("line", ["password_file = 123456", "password_env = 123456"])
def test_a_password_of_the_wrong_type_is_not_repeated_either(tmp_path: Path, line: str) -> None:
    (told,) = problems(tmp_path, GOOD + USER + line)
    assert "123456" not in told


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "the password is empty"),
        (b"\nsecond", "the password is empty"),
        (b"\xff\xfe", "the password is not UTF-8 text"),
        (b"x" * 70_000, "the password is longer than the 65535 bytes that MQTT allows"),
    ],
)
def test_a_password_file_without_a_password_is_told(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "pw").write_bytes(content)
    assert problems(tmp_path, GOOD + USER + 'password_file = "pw"\n') == [f"f.toml:8: mqtt.password_file: {told}"]


def test_what_the_configuration_names_must_be_readable(tmp_path: Path) -> None:
    text = GOOD + USER + 'password_file = "a"\ntls = true\nca_file = "b"\ncert_file = "c"\nkey_file = "d"\n'
    assert [told.replace(str(tmp_path), "") for told in problems(tmp_path, text)] == [
        "f.toml:8: mqtt.password_file: /a cannot be read: No such file or directory",
        "f.toml:10: mqtt.ca_file: /b cannot be read: No such file or directory",
        "f.toml:11: mqtt.cert_file: /c cannot be read: No such file or directory",
        "f.toml:12: mqtt.key_file: /d cannot be read: No such file or directory",
    ]


def test_a_variable_that_is_not_set_is_told(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD + USER + 'password_env = "PW"\n') == [
        "f.toml:8: mqtt.password_env: the environment variable PW is not set"
    ]


# --- whatever comes ---

WORDS = st.sampled_from(
    [
        *'[]{}=".,#\n',
        "[mqtt]",
        "[units.a]",
        "[gateway]",
        "port",
        "site",
        "password_file",
        "device",
        "nan",
        "1",
        '"polar"',
        "true",
    ]
)
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.datetimes()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=8,
)


@given(text=st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=30).map(" ".join)), value=st.text(max_size=20))
@hypothesis(max_examples=300)
def test_no_file_and_no_environment_raise_anything_but_a_config_error(
    tmp_path_factory: pytest.TempPathFactory, text: str, value: str
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_text(text, encoding="utf-8")
    environ = {
        "PTDEVICE_MQTT__PORT": value,
        "PTDEVICE_UNITS__A": value,
        "PTDEVICE___": value,
        "PTDEVICE_MQTT__PASSWORD_FILE": value,
    }
    with pytest.raises(ConfigError):
        load(file, environ)


def test_a_part_of_the_log_that_there_is_not_is_told_with_what_was_meant(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD + '[log.levels]\nblee = "debug"\n') == [
        'f.toml:7: log.levels.blee: unknown key, did you mean "ble"?'
    ]
