"""Reading TOML, and knowing on which line each key stands."""

from __future__ import annotations

import contextlib
import json
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ptdevice.config.document import LARGEST_BYTES, find_lines, parse, read
from ptdevice.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def quoted(text: str) -> str:
    # JSON leaves DEL as it is; TOML wants it escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


KEY = st.text(min_size=1, max_size=8)
VALUE = st.one_of(
    st.integers(-(2**63), 2**63 - 1).map(str),
    st.booleans().map(lambda value: str(value).lower()),
    st.text(max_size=20).map(quoted),
    st.sampled_from(
        [
            "nan",
            '"# no comment"',
            "'[no table]'",
            '"""\n[no]\nkey = 1\n"""',
            "'''\n# '' x\n'''",
            '[\n  1, # ]\n  "]",\n]',
            "[\n  { x = 1 },\n  [\n2 ]\n]",
            '["""a"""", "[x"]',
        ]
    ),
)
SECTION = st.dictionaries(KEY, VALUE, max_size=4)


def problem(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(text, "f.toml")
    (only,) = caught.value.problems
    return only


def test_each_key_and_each_header_has_its_line() -> None:
    lines = find_lines('# top\n[mqtt]\nhost = "a"\n\n  port=1\n[units.chest]\ndevice = "polar"\n')
    assert lines == {
        ("mqtt",): [2],
        ("mqtt", "host"): [3],
        ("mqtt", "port"): [5],
        ("units", "chest"): [6],
        ("units",): [6],
        ("units", "chest", "device"): [7],
    }


@given(sections=st.dictionaries(KEY, SECTION, max_size=4), gap=st.sampled_from(["", "\n", "# x = 1\n", "  # [y]\n\n"]))
def test_the_line_of_every_key_is_the_line_it_was_written_on(sections: dict[str, dict[str, str]], gap: str) -> None:
    text = ""
    expected: dict[tuple[str, ...], int] = {}
    for name, keys in sections.items():
        text += gap
        expected[name,] = text.count("\n") + 1
        text += f"[{quoted(name)}]\n"
        for key, value in keys.items():
            text += gap
            expected[name, key] = text.count("\n") + 1
            text += f"{quoted(key)} = {value} # y = 2\n"
    assert {path: places[0] for path, places in find_lines(text).items()} == expected
    read_back: dict[str, Any] = tomllib.loads(text)
    assert {(name,) for name in read_back} | {(n, k) for n, keys in read_back.items() for k in keys} == set(expected)


def test_dotted_keys_and_inline_tables_are_found_at_their_line() -> None:
    lines = find_lines('gateway.site = "a"\nmqtt = { host = "b", port = 1 }\nlog.level = "info"')
    assert lines["gateway", "site"] == [1]
    assert lines["mqtt",] == [2]
    assert lines["log", "level"] == [3]


def test_a_table_that_stands_twice_is_told_with_both_lines() -> None:
    text = '[units.chest]\ndevice = "polar"\n\n[units.chest]\ndevice = "polar"\n'
    assert problem(text) == "f.toml:4: units.chest stands here a second time; it is on line 1 already"


def test_a_key_that_stands_twice_is_told_with_both_lines() -> None:
    assert problem("[mqtt]\nport = 1\nport = 2\n") == (
        "f.toml:3: mqtt.port stands here a second time; it is on line 2 already"
    )


def test_a_key_that_stands_twice_at_the_very_end_is_told_alike() -> None:
    assert problem("a = 1\na = 2") == "f.toml:2: a stands here a second time; it is on line 1 already"


def test_a_syntax_error_has_line_and_column() -> None:
    assert problem("[mqtt]\nport 1883\n").startswith("f.toml:2:6: not valid TOML: ")


def test_a_file_that_ends_too_early_says_so() -> None:
    assert problem("[mqtt]\nports = [1,\n") == "f.toml:3: not valid TOML: Invalid value: the file ends too early"


def test_a_number_too_long_for_python_is_a_problem_and_no_crash() -> None:
    assert "not valid TOML" in problem("a = " + "1" * 5000)


def test_deep_nesting_is_a_problem_and_no_crash() -> None:
    assert problem("a = " + "[" * 5000) == "f.toml: nested too deeply to be read"


def test_windows_line_ends_and_byte_order_mark_are_no_problem(tmp_path: Path) -> None:
    file = tmp_path / "f.toml"
    file.write_bytes(b"\xef\xbb\xbf[mqtt]\r\nport = 1\r\n")
    document = read(file)
    assert document.data == {"mqtt": {"port": 1}}
    assert document.lines["mqtt", "port"] == [2]


def test_a_file_that_is_not_utf_8_is_told_with_the_line_and_the_byte(tmp_path: Path) -> None:
    file = tmp_path / "f.toml"
    file.write_bytes('[mqtt]\nhost = "Käse"\n'.encode("latin-1"))
    with pytest.raises(ConfigError, match=r"f\.toml:2: byte 0xe4 is not UTF-8 text; save the file as UTF-8"):
        read(file)


def test_a_missing_file_is_told_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml: cannot be read: No such file or directory"):
        read(tmp_path / "nowhere.toml")


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        read(tmp_path)


def test_a_file_without_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "huge.toml"
    file.write_bytes(b"#" * (LARGEST_BYTES + 1))
    with pytest.raises(ConfigError, match="this is not a configuration file"):
        read(file)


@given(
    st.one_of(
        st.text(max_size=60),
        st.text(alphabet="[]{}=\"'#.\\\n\r\t ,a1_-", max_size=80),
        st.lists(
            st.sampled_from(["[a]", "[a.b]", "[[c]]", 'x = "y"', "x.y = 1", "x = {", "}", '"""', "'''", "\n", "# é"])
        ).map("\n".join),
    )
)
@example("\0")
@example('a = """' + '"' * 7)
@settings(max_examples=300)
def test_no_text_raises_anything_but_a_config_error(text: str) -> None:
    find_lines(text)
    with contextlib.suppress(ConfigError):
        parse(text, "f.toml")
