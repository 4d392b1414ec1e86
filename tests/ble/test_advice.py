"""What is told of an adapter, and what to do about it."""

from __future__ import annotations

import pytest

from ptdevice.ble.advice import fix, text
from ptdevice.ble.doubts import Doubt
from ptdevice.ble.ladder import CODES, Rung, Trouble


@pytest.mark.parametrize("code", sorted(CODES.values()))
@pytest.mark.parametrize("on_usb", [True, False, None])
def test_every_code_says_what_is_the_matter_and_what_to_do(code: str, on_usb: bool | None) -> None:  # noqa: FBT001 - a parameter
    trouble = Trouble(code, 0.0, Doubt.MUTE)  # type: ignore[arg-type] # a code
    assert text(trouble)
    assert fix(trouble, on_usb=on_usb)


def test_what_was_tried_and_what_kept_it_from_more_is_told() -> None:
    trouble = Trouble("adapter_stuck", 0.0, Doubt.BUSY_SCANNING, (Rung.CYCLE, Rung.RESET), "for some reason")
    told = 'every scan is "in progress"; switching it off and on and resetting it did not help (for some reason)'
    assert text(trouble) == told


def test_silence_is_not_called_the_adapters_fault() -> None:
    trouble = Trouble("adapter_silent", 0.0, Doubt.SILENCE, (Rung.CYCLE,))
    assert text(trouble) == "it hears nobody; switching it off and on did not help. Perhaps nobody is near"
    assert fix(trouble, on_usb=True).startswith("If a unit is near and awake: ")


@pytest.mark.parametrize(("on_usb", "what"), [(True, "Unplug it"), (False, "Reboot"), (None, "If it is on USB")])
def test_what_is_built_in_is_not_to_be_unplugged(on_usb: bool | None, what: str) -> None:  # noqa: FBT001 - a parameter
    assert fix(Trouble("adapter_stuck", 0.0), on_usb=on_usb).startswith(what)


def test_blocked_by_software_is_told_with_the_command() -> None:
    assert fix(Trouble("rfkill_soft", 0.0), on_usb=None) == "sudo rfkill unblock bluetooth"
