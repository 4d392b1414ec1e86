"""What is written about the topics agrees with the models."""

from __future__ import annotations

from pathlib import Path

from ptdevice.mqtt import contract
from ptdevice.mqtt.kinds import COMMANDS
from ptdevice.mqtt.reference import SECTIONS, tables
from ptdevice.pages import renewed

PAGE = Path(__file__).parents[2] / "docs/mqtt.md"


def test_the_page_is_current() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == renewed(page, tables()), "run: python -m ptdevice.mqtt.reference docs/mqtt.md"


def test_every_body_of_the_contract_is_on_the_page() -> None:
    shown = {model for models in SECTIONS.values() for model in models}
    bodies = {
        model
        for name in contract.__all__
        if isinstance(model := getattr(contract, name), type) and issubclass(model, contract.Body | contract.Request)
    }
    # The first is what all bodies share, the second what live values share, the third an envelope with its data, the last
    # two what all requests share, and those for more current.
    assert bodies - shown == {contract.Body, contract.Telemetry, contract.Event, contract.Request, contract.MoreRequest}


def test_every_kind_of_record_and_every_command_is_explained() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for kind in contract.EVENTS:
        assert f"| `evt/{kind.replace('.', '/')}` |" in page
    for command in COMMANDS:
        assert f"`{command.replace('unit/', '<unit>/').replace('pair/', '<pair>/')}`" in page


def test_types_and_units_are_told() -> None:
    assert "| `current_ma` | number or null | `mA` |" in tables()
    assert "| `output` | `on`, `off`, `unknown` or `other` |" in tables()
    assert "| `tempo_s` | array of 3 numbers | `s` |" in tables()
