"""What identifies a device is hidden, wherever it stands; what looks like it and is not, stays."""

from __future__ import annotations

import pytest

from ptdevice.privacy import redacted


@pytest.mark.parametrize(
    "text", ["AA:BB:CC:DD:EE:FF", "dev_AA_BB_CC_DD_EE_FF", "aa-bb-cc-dd-ee-ff", "Polar H10 20346EAB", "Polar Sense 7A8B9C0D",
             "Movesense 174630000192", "IMU_1a2b3c"]
)  # fmt: skip
def test_addresses_and_serial_numbers_are_hidden(text: str) -> None:
    hidden = redacted(f"connecting to {text} failed")
    assert "[hidden]" in hidden
    assert text not in hidden


@pytest.mark.parametrize(
    "text", ["12:34:56", "0000180d-0000-1000-8000-00805f9b34fb", "Polar H10 at rest", "5a 05 07 00 00 66"]
)
def test_times_uuids_names_and_bytes_stay(text: str) -> None:
    assert redacted(text) == text
