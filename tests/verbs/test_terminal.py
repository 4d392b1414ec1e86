"""Who can be asked, and what nobody agrees to."""

from __future__ import annotations

from ptdevice.verbs.terminal import Nobody


async def test_where_nobody_is_asked_no_number_is_confirmed_and_none_is_typed() -> None:
    nobody = Nobody()
    assert await nobody.agrees(None)
    assert not await nobody.agrees(123456)
    assert await nobody.passkey() is None
