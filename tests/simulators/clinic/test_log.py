"""A message as a line of a log, and back."""

from __future__ import annotations

import pytest

from ptdevice_sim.clinic.log import LogError, Said, digest, line, parse

SAID = Said(12.3456, "ptdevice-sim/v1/a/b/status", b'{"b": 1, "a": "\xc2\xb0"}', 1, retain=True)


def test_a_message_is_a_line_with_the_payload_as_it_was_said() -> None:
    assert line(SAID) == (
        '{"t": 12.346, "topic": "ptdevice-sim/v1/a/b/status", "qos": 1, "retain": true, "payload": {"b": 1, "a": "\u00b0"}}'
    )


def test_a_payload_of_several_lines_is_one_line() -> None:
    text = line(Said(0.0, "t", b'{"a":\n1,\r\n"b":2}', 0, retain=False))
    assert len(text.splitlines()) == 1
    assert parse(text).payload == b'{"a":1,"b":2}'


def test_a_payload_that_is_no_json_is_kept_byte_by_byte() -> None:
    odd = Said(1.0, "t", b"\xff\x00", 0, retain=False)
    assert line(odd).endswith('"payload_hex": "ff00"}')
    assert parse(line(odd)) == odd


def test_two_logs_have_one_digest_only_where_every_byte_is_the_same() -> None:
    assert digest([SAID]) == digest([SAID])
    assert digest([SAID]) != digest([SAID, SAID])
    assert digest([SAID]) != digest([Said(12.346, SAID.topic, b'{"b":1,"a":"\xc2\xb0"}', 1, retain=True)])


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"t": "x", "topic": "t", "qos": 0, "retain": false, "payload": 1}'])
def test_what_is_no_line_of_a_log_is_told_with_its_text(text: str) -> None:
    with pytest.raises(LogError, match="not a log line"):
        parse(text)
