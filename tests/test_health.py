"""One word for the gateway, and the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.connection import LinkReport
from ptdevice.health import Lag, verdict
from ptdevice.latest import AdapterHealth

if TYPE_CHECKING:
    from ptdevice.errors import Code


def report(code: Code) -> LinkReport:
    return LinkReport("chest", "offline", code, 1.0, "text")


def test_a_gateway_whose_stages_work_is_online_though_units_are_absent() -> None:
    assert verdict(trouble=None, refused=0, reports=[report("no_adverts"), report("data")]) == ("online", None)


def test_a_disk_in_trouble_degrades_the_gateway_and_is_named() -> None:
    state, reason = verdict(trouble="no space left", refused=0, reports=[])
    assert state == "degraded"
    assert reason == "journal: no space left"


def test_lost_records_are_never_forgotten() -> None:
    state, reason = verdict(trouble=None, refused=3, reports=[])
    assert state == "degraded"
    assert reason is not None
    assert "3 records were lost" in reason


def test_an_adapter_in_trouble_degrades_the_gateway_with_what_to_do_though_no_unit_suffers_yet() -> None:
    off = AdapterHealth("hci1", "trouble", 1.0, "adapter_off", "it is off", "Switch it on.")
    adapters = [AdapterHealth("hci0", "ok", 1.0), off]
    state, reason = verdict(trouble=None, refused=0, reports=[report("data")], adapters=adapters)
    assert (state, reason) == ("degraded", "radio: hci1: it is off. Switch it on.")


def test_an_adapter_that_is_told_is_not_told_a_second_time_for_its_units() -> None:
    off = AdapterHealth("hci0", "trouble", 1.0, "adapter_off", "it is off", "Switch it on.")
    _, reason = verdict(trouble=None, refused=0, reports=[report("adapter_off")], adapters=[off])
    assert reason == "radio: hci0: it is off. Switch it on."


def test_an_adapter_on_which_nobody_is_heard_or_that_is_being_looked_at_degrades_nothing() -> None:
    adapters = [AdapterHealth("hci0", "silent", 1.0, "adapter_silent"), AdapterHealth("hci1", "recovering", 1.0)]
    reports = [report("adapter_silent"), report("no_adverts")]
    assert verdict(trouble=None, refused=0, reports=reports, adapters=adapters) == ("online", None)


def test_no_bluetooth_degrades_the_gateway() -> None:
    codes: tuple[Code, ...] = ("radio_unavailable", "bluetoothd_restarted", "adapter_off", "adapter_stuck", "dbus_away")
    for code in codes:
        state, reason = verdict(trouble=None, refused=0, reports=[report("data"), report(code)])
        assert state == "degraded"
        assert reason is not None
        assert "Bluetooth" in reason


def test_the_longest_lag_is_told_once() -> None:
    lag = Lag()
    lag.woke(due=1.0, now=1.25)
    lag.woke(due=2.0, now=2.01)
    assert lag.take_ms() == 250.0
    assert lag.take_ms() == 0.0


def test_who_scrapes_takes_nothing_away_from_who_tells() -> None:
    lag = Lag()
    lag.woke(due=1.0, now=1.25)
    assert (lag.scrape_s(), lag.scrape_s()) == (0.25, 0.0)
    assert lag.take_ms() == 250.0
