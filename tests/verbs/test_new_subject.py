"""Codes for people, made of nothing but chance."""

from __future__ import annotations

import re

import pytest

from ptdevice.cli import main
from ptdevice.requests.assignments import CODE


def codes(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert main(["new-subject", *arguments], environ={}) == 0
    return capsys.readouterr().out.splitlines()


def test_a_code_has_80_bits_and_is_one_that_can_be_assigned(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = codes(capsys)
    assert re.fullmatch(r"[a-z2-7]{16}", code)
    assert CODE.fullmatch(code)


def test_no_two_are_alike_and_every_letter_comes(capsys: pytest.CaptureFixture[str]) -> None:
    many = codes(capsys, "--count", "1000")
    assert len(set(many)) == 1000
    assert [len({code[place] for code in many}) for place in range(16)] == [32] * 16


@pytest.mark.parametrize("wrong", ["0", "-1", "1001", "many", "\u0663"])
def test_a_number_that_is_none_is_wrong_usage(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as error:
        main(["new-subject", f"--count={wrong}"], environ={})
    assert error.value.code == 2
    assert "from 1 to 1000" in capsys.readouterr().err
