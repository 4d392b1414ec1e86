"""Durations of scripts. Those of the vendor, whose texts are published with its firmware and its app, are known."""

from __future__ import annotations

import pytest

from ptdevice_sim.loki import ScriptError, duration_s


@pytest.mark.parametrize(
    ("script", "seconds"),
    [
        # A programme of the vendor's app: 300 times (3 s at 100 Hz, then 6 pulses at 2 Hz).
        ("V1D16{R12c|F64P32C12c|R6Pc8F2C1}", 1800.0),
        # test_50hz.lok of lubinx/bluetens: 500 times 1000 pulses at 50 Hz.
        ("V1D16{R1f4|R3e8P64F32}", 10_000.0),
        # A programme whose blocks take over what they do not say: 90 x 7 x 5 x (7 pulses at 50 Hz, and 432 ms).
        ("V1D16{R5a|R5F32P32C7I1b0|P64|P96|P12c|P96|P64|P32}", 1801.8),
    ],
)
def test_a_script_of_the_vendor_lasts_as_long_as_its_blocks(script: str, seconds: float) -> None:
    assert duration_s(script) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("script", "seconds"),
    [
        ("V1D10{|R10F50}", 0.2),  # in the base of ten
        ("V1D16{|R10F50}", 0.2),  # 16 pulses at 80 Hz: in that of sixteen
        ("V1D10{|R10T55}", 10 / 5.5),  # in tenths of a hertz
        ("V1D10{|C5}", 0.1),  # the firmware's 50 Hz
        ("V1D10{I500|R5}", 0.6),  # a pause after the section
        ("V2D10M2{|R50}", 1.0),
        ("V1D10{|R50}{|R100}<S2S1>", 6.0),  # played once through, then by the list
        ("V1D10{R2I100|R50}", 2.2),
    ],
)
def test_repeats_pauses_sections_and_lists_add_up(script: str, seconds: float) -> None:
    assert duration_s(script) == pytest.approx(seconds)


def test_a_block_that_repeats_for_ever_has_no_end() -> None:
    assert duration_s("V1D10{|R65535}") == float("inf")


@pytest.mark.parametrize(
    "script",
    ["", "V1", "V1D10", "V1D8{|R1}", "V1D10{|R1}x", "V1D10{|Q1}", "V1D10{|F0}", "V1D10{|R1}<S2>", "V1D10{|r1}"],
)
def test_what_is_no_script_is_refused(script: str) -> None:
    with pytest.raises(ScriptError):
        duration_s(script)
