"""Scripts: what is published with the vendor's firmware and app is known; the rest is read strictly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptdevice.devices.bluetens.script import LENGTH_MAX, ScriptError, parse
from ptdevice_sim import loki


@pytest.mark.parametrize(
    ("text", "seconds", "rate_hz", "pulse_us", "digest"),
    [
        # A programme of the vendor's app: 300 times (3 s at 100 Hz and 50 us, then 6 pulses at 2 Hz and 200 us).
        ("V1D16{R12c|F64P32C12c|R6Pc8F2C1}", 1800.0, 100.0, 200, "2c6da37f8c710620843d0f23e05e4f91"),
        # test_50hz.lok of lubinx/bluetens: 500 times 1000 pulses at 50 Hz and 100 us.
        ("V1D16{R1f4|R3e8P64F32}", 10_000.0, 50.0, 100, "ce5d72bab573f9b3f75458138750c4a7"),
        # A programme whose blocks take over what they do not say; widths from 50 to 300 us.
        ("V1D16{R5a|R5F32P32C7I1b0|P64|P96|P12c|P96|P64|P32}", 1801.8, 50.0, 300, None),
        # The example of the report: 100 Hz and 100 us, once.
        ("V1D16{|R1P64F64C1}", 0.01, 100.0, 100, None),
    ],
)
def test_a_published_script_is_as_long_as_fast_and_as_wide_as_its_blocks(
    text: str, seconds: float, rate_hz: float, pulse_us: int, digest: str | None
) -> None:
    script = parse(text)
    assert script.duration_s == pytest.approx(seconds)
    assert (script.rate_hz, script.pulse_us) == (rate_hz, pulse_us)
    assert digest is None or (script.digest, script.file) == (digest, digest[:8])


@pytest.mark.parametrize(
    ("text", "rate_hz", "pulse_us"),
    [
        ("V1D10{|R10}", 50.0, 100),  # the firmware's own
        ("V1D10{|T55P200}", 5.5, 200),
        ("V1D10{|P5F100}", 100.0, 20),  # the firmware makes it as wide
        ("V1D10{|F10}{|F120P60}<S1>", 120.0, 100),  # sections do not take over from each other
    ],
)
def test_the_fastest_and_the_widest_of_all_blocks_count(text: str, rate_hz: float, pulse_us: int) -> None:
    script = parse(text)
    assert (script.rate_hz, script.pulse_us) == (rate_hz, pulse_us)


def test_a_list_of_sections_is_played_after_all_of_them() -> None:
    assert parse("V1D10{|R50}{|R100}<S2S1>").duration_s == pytest.approx(6.0)  # at the firmware's 50 Hz


@pytest.mark.parametrize("text", ["V1D10{|R65535}", "V1D10{R65535|R1}"])
def test_what_repeats_for_ever_has_no_end(text: str) -> None:
    assert parse(text).duration_s == float("inf")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "test_50hz.lok",
        "V1D10",
        "V1D10{}",
        "V1D8{|R1}",
        "V1D10{|R1}x",
        "V1D10{|R1}\n",
        "V1D10{|Q1}",
        "V1D10{|R}",
        "V1D10{|R1R2}",
        "V1D10{|F50T500}",
        "V1D10{|F0}",
        "V1D10{|F1201}",
        "V1D10{|P401}",
        "V1D10{|F1100P350}",  # wider than 3/8 of its period
        "V1D10{|R1}<S2>",
        "V1D10{|R0}",
        "V1D10{|C0}",
        "V1D10{|Ra}",
        "V1D10{|R65536}",
        "V1D10{F50|R1}",
        "V1D16{|FC8}",  # hexadecimal digits are small
        "V1D10{|R\u0661}",
        "V1D10{" + "|R1" * LENGTH_MAX + "}",
        "V1D10" + "{|R1}" * 65,
    ],
)
def test_what_is_not_understood_is_no_script(text: str) -> None:
    with pytest.raises(ScriptError):
        parse(text)


blocks = st.lists(
    st.tuples(
        st.sampled_from("RIPFTC"),
        st.integers(1, 200),
    ),
    max_size=4,
    unique_by=lambda field: "F" if field[0] == "T" else field[0],
)
sections = st.lists(st.lists(blocks, min_size=1, max_size=3), min_size=1, max_size=3)


@given(st.sampled_from([10, 16]), sections)
def test_two_readers_that_were_written_apart_agree_how_long_it_runs(
    base: int, said: list[list[list[tuple[str, int]]]]
) -> None:
    def number(value: int) -> str:
        return str(value) if base == 10 else f"{value:x}"

    text = f"V1D{base}" + "".join(
        "{" + "".join("|" + "".join(name + number(value) for name, value in block) for block in section) + "}"
        for section in said
    )
    assert parse(text).duration_s == pytest.approx(loki.duration_s(text))


@given(st.text(alphabet="VD016{}|RIPFTCabc5<S>x ", max_size=40))
def test_no_text_raises_anything_but_a_script_error(text: str) -> None:
    try:
        script = parse(text)
    except ScriptError:
        return
    assert script.duration_s > 0
    assert 0 < script.rate_hz <= 1200
    assert 20 <= script.pulse_us <= 400
