"""What a report makes of a stimulator with channels: one lane, as strong as the strongest and as unknown as any."""

from __future__ import annotations

import pytest
from tests.simulators.story import NAMES, START_NS, Pen

from ptdevice.model import Contact, Output, StimulationStatus
from ptdevice.mqtt import contract, telemetry, topics
from ptdevice_sim.clinic.log import Happened, Run
from ptdevice_sim.report.reading import UnitPicture, read


def picture(*words: StimulationStatus, truth: tuple[Happened, ...] = ()) -> UnitPicture:
    """One unit with two channels, of which this was said a second apart."""
    pen = Pen()
    unit = contract.UnitInfo(alias="two", device="yokonex_ems", title="Two", kinds=["stimulator"], channels=["a", "b"])
    pen.say(0.1, topics.info(NAMES, [unit], version="1", stamp=pen.stamp(0.1)))
    pen.status(0.2, "online")
    pen.availability(0.5, "two", "online")
    for second, word in enumerate(words, 1):
        pen.say(float(second), telemetry.stimulation(NAMES, "two", word, stamp=pen.stamp(float(second))))
    return read(Run("Two", 7, START_NS, 10.0, tuple(pen.said), truth)).units["two"]


def word(channel: str, output: Output, level: int, contact: Contact = Contact.OK) -> StimulationStatus:
    return StimulationStatus(0.0, output, level, 276, contact=contact, channel=channel)


def last(steps: object) -> object:
    spans = steps.spans(10.0)  # type: ignore[attr-defined] # Steps
    return spans[-1].value


def test_the_lane_of_two_channels_is_as_high_as_the_stronger_whoever_spoke_last() -> None:
    unit = picture(word("a", Output.ON, 15), word("b", Output.OFF, 0))
    assert (last(unit.output), last(unit.level), last(unit.contact)) == ("on", 15, "ok")


@pytest.mark.parametrize(("output", "shown"), [(Output.UNKNOWN, None), (Output.OFF, "off")])
def test_without_one_that_is_on_the_lane_is_as_unknown_as_any(output: Output, shown: str | None) -> None:
    unit = picture(word("a", output, 5), word("b", Output.OFF, 0))
    assert last(unit.output) == shown


def test_a_pad_that_is_off_on_one_channel_is_shown() -> None:
    unit = picture(word("a", Output.UNKNOWN, 5, Contact.OPEN), word("b", Output.OFF, 0))
    assert last(unit.contact) == "open"


def test_the_truth_of_two_channels_is_one_lane_too() -> None:
    truth = (
        Happened(1.0, "two", "output_a", {"output": "on", "level": 15}),
        Happened(2.0, "two", "output_b", {"output": "off", "level": 0}),
    )
    unit = picture(truth=truth)
    assert (last(unit.true_output), last(unit.true_level)) == ("on", 15)
