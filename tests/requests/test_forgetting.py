"""A person is forgotten while the gateway runs: rows, what is retained, the dose; refused where it would only begin again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.clinic import Clinic, in_virtual_time
from tests.journal.test_forgetting import octets
from tests.requests.test_assignments import ANNA, BERT, ask, assign, filed

if TYPE_CHECKING:
    from pathlib import Path


def test_rows_dose_and_assignment_of_the_person_are_gone_and_the_others_stay(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        await assign(clinic, "back", ANNA)
        await assign(clinic, "chest", BERT)
        await asyncio.sleep(6)
        clinic.press_up(2)
        await clinic.until(lambda: clinic.records("exercise/set"), within_s=180)
        await asyncio.sleep(31 * 60)
        assert ANNA in filed(clinic, "stimulation/session")
        assert await ask(clinic, "gateway", "forget", subject=ANNA, dry_run=True) == ("done", None)
        before = await clinic.journal.counts()
        assert await ask(clinic, "gateway", "forget", subject=ANNA) == ("done", None)
        await asyncio.sleep(2)
        rows = await clinic.journal.read(0, 10_000)
        assert ANNA not in {row.draft.subject for row in rows}
        assert {row.draft.subject for row in rows if "exercise" in row.draft.type} == {BERT}
        assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))
        assert len(rows) > before.newest
        assert clinic.said("/unit/back/state")[-1]["assigned"] is False
        assert clinic.said("/unit/back/dose")[-1]["today"] == []
        (told,) = clinic.records("forgotten")
        assert told["by"] == "desk"
        assert told["rows"] == sum(last - first + 1 for first, last in told["ranges"])
        assert ANNA.encode() not in octets(tmp_path)
        await assign(clinic, "back", ANNA)
        await asyncio.sleep(2)
        assert clinic.said("/unit/back/dose")[-1]["today"] == [], "the sums are gone as well"
        details = [each["detail"] for each in clinic.said("/res/desk") if "forget" in each["command"]]
        assert details[1].startswith(f"{told['rows']} records were deleted. Exports, copies of the journal")

    in_virtual_time(story, tmp_path)


def test_a_unit_of_somebody_forgotten_is_nobodys_after_a_restart_too(tmp_path: Path) -> None:
    async def first(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        await assign(clinic, "chest", ANNA)
        assert await ask(clinic, "gateway", "forget", subject=ANNA) == ("done", None)

    async def second(clinic: Clinic) -> None:
        await asyncio.sleep(3)
        assert clinic.said("/unit/chest/state")[-1]["assigned"] is False, "not the one of the configuration, either"

    in_virtual_time(first, tmp_path)
    in_virtual_time(second, tmp_path)


def test_whoever_the_configuration_names_is_not_forgotten_before_that_is_changed(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        assert await ask(clinic, "gateway", "forget", subject="k3f7q") == ("refused", "configured")
        assert await ask(clinic, "gateway", "forget", subject="k3f7q", dry_run=True) == ("done", None)

    in_virtual_time(story, tmp_path)


def test_whoever_is_in_the_middle_of_something_is_not_forgotten(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(8)
        await assign(clinic, "back", ANNA)
        clinic.press_up(2)
        await asyncio.sleep(10)
        assert await ask(clinic, "gateway", "forget", subject=ANNA) == ("refused", "open")

    in_virtual_time(story, tmp_path)


def test_with_the_disk_in_trouble_nothing_is_deleted(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        clinic.gateway.recorder.trouble = "no space left"
        assert await ask(clinic, "gateway", "forget", subject=ANNA) == ("refused", "journal")

    in_virtual_time(story, tmp_path)
