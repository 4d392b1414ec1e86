from __future__ import annotations

from ptdevice_sim.flow import Flow


def test_nothing_has_ever_flown() -> None:
    flow = Flow()
    assert (flow.flows, flow.began_at, flow.fell_at, flow.highest, flow.rises) == (False, None, None, 0, 0)


def test_when_it_began_and_when_it_fell_to_zero_are_kept() -> None:
    flow = Flow()
    flow.at(1.0, 3)
    assert (flow.flows, flow.began_at, flow.fell_at) == (True, 1.0, None)
    flow.at(2.0, 5)
    assert (flow.began_at, flow.highest) == (1.0, 5)
    flow.at(4.0, 0)
    flow.at(5.0, 0)
    assert (flow.flows, flow.fell_at, flow.highest) == (False, 4.0, 5)


def test_it_flows_while_any_channel_does() -> None:
    flow = Flow((0, 0))
    flow.at(1.0, 2, 3)
    flow.at(2.0, 0, 3)
    assert flow.flows
    flow.at(3.0, 0, 0)
    assert flow.fell_at == 3.0


def test_after_another_beginning_it_has_not_fallen() -> None:
    flow = Flow()
    flow.at(1.0, 3)
    flow.at(2.0, 0)
    flow.at(3.0, 1)
    assert (flow.fell_at, flow.began_at, flow.rises) == (None, 3.0, 2)
