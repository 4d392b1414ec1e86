"""Light and sound: what is written to the kernel, what is run, and that nothing of it can do harm."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import pytest

from ptdevice.signals import Light, Sound

if TYPE_CHECKING:
    from pathlib import Path


def led(folder: Path, triggers: str | None) -> Light:
    (folder / "brightness").write_text("0")
    if triggers is not None:
        (folder / "trigger").write_text(triggers)
    return Light(folder)


def said(folder: Path) -> tuple[str, str]:
    trigger = folder / "trigger"
    return trigger.read_text() if trigger.exists() else "", (folder / "brightness").read_text()


async def test_a_led_blinks_by_the_kernel_s_own_timer(tmp_path: Path) -> None:
    light = led(tmp_path, "[none] timer mmc0")
    await light.show(on=True)
    assert said(tmp_path) == ("timer", "0")


@pytest.mark.parametrize("triggers", ["[none] mmc0", None])
async def test_a_led_without_a_timer_is_on(tmp_path: Path, triggers: str | None) -> None:
    light = led(tmp_path, triggers)
    await light.show(on=True)
    assert said(tmp_path)[1] == "1"


@pytest.mark.parametrize("triggers", ["none [timer]", "[none] mmc0", None])
async def test_a_led_is_dark_again(tmp_path: Path, triggers: str | None) -> None:
    light = led(tmp_path, triggers)
    (tmp_path / "brightness").write_text("1")
    await light.show(on=False)
    assert said(tmp_path) == ("none" if triggers else "", "0")


async def test_a_led_that_is_not_there_is_told_and_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    light = Light(tmp_path / "nowhere")
    await light.show(on=True)
    assert light.failures == 1
    assert "nowhere cannot be set: No such file or directory" in caplog.text


async def test_a_sound_is_a_command(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    sound = Sound([sys.executable, "-c", f"open({str(heard)!r}, 'a').write('x')"])
    await sound.play()
    await sound.play()
    assert (heard.read_text(), sound.failures) == ("xx", 0)


@pytest.mark.parametrize(
    ("command", "why"),
    [(["/nowhere/aplay"], "No such file or directory"), ([sys.executable, "-c", "exit(3)"], "it ended with 3")],
)
async def test_a_sound_that_fails_is_told_and_counted(
    command: list[str], why: str, caplog: pytest.LogCaptureFixture
) -> None:
    sound = Sound(command)
    await sound.play()
    assert sound.failures == 1
    assert why in caplog.text


async def test_a_sound_without_an_end_is_ended(caplog: pytest.LogCaptureFixture) -> None:
    async with asyncio.timeout(10):
        await Sound([sys.executable, "-c", "import time; time.sleep(60)"], longest_s=0.2).play()
    assert "it took longer than 0.2 s" in caplog.text
