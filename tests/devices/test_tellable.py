from __future__ import annotations

import pytest

from ptdevice.devices.tellable import insist, untellable
from ptdevice.errors import RefusedError
from ptdevice.model.command import Wish


@pytest.mark.parametrize("level", [0, 1, 15])
def test_a_level_of_the_unit_is_tellable(level: int) -> None:
    assert untellable(Wish(level), 15) is None


@pytest.mark.parametrize("level", [-1, 16])
def test_one_that_it_has_not_is_none(level: int) -> None:
    assert untellable(Wish(level), 15) == f"level {level} is outside 0-15"


@pytest.mark.parametrize(("channel", "channels"), [("a", ()), (None, ("a", "b")), ("c", ("a", "b")), ("", ("a",))])
def test_a_channel_is_one_of_those_that_there_are_and_none_where_there_is_one_only(
    channel: str | None, channels: tuple[str, ...]
) -> None:
    assert untellable(Wish(1, channel), 15, channels=channels)


@pytest.mark.parametrize("name", ["programme", "rate_hz", "pulse_us", "timer_s"])
def test_a_setting_that_the_unit_has_not_is_named_and_not_left_out(name: str) -> None:
    wish = Wish(1, **{name: "1" if name == "programme" else 1})  # type: ignore[arg-type] # a value of each field's kind
    assert untellable(wish, 15) == f"the unit cannot be told {name}"
    assert untellable(wish, 15, settings={name}) is None


def test_an_objection_is_a_refusal() -> None:
    with pytest.raises(RefusedError, match="because") as refused:
        insist(lambda _: "because", Wish(1))
    assert refused.value.rule == "not_commandable"
    insist(lambda _: None, Wish(1))
