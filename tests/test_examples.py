"""The examples of docs/ci.md: what is printed there is what runs here, in an empty folder, and it fails as it says."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
import yaml

from ptdevice_sim.kit import terms
from ptdevice_sim.kit.clinic import VirtualClinic
from ptdevice_sim.kit.normal import MASKED
from ptdevice_sim.kit.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.timeout(180)  # several processes in each, on machines that have other things to do

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "ci.md"
EXAMPLES = ROOT / "docs" / "examples"
INSTALL = "pip install 'ptdevice[sim]' pytest"


@dataclass(frozen=True, slots=True)
class Outcome:
    code: int
    out: str


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "clinic-app"
    shutil.copytree(EXAMPLES / "clinic-app", folder, ignore=shutil.ignore_patterns("__pycache__", "reports"))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")  # an end to looking for a configuration further up
    return folder


async def shell(command: str, folder: Path) -> Outcome:
    """As the CI's shell does it, with this environment's programs first."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", os.defpath)])
    process = await asyncio.create_subprocess_exec(
        "/bin/sh", "-ec", command,
        cwd=folder, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(60):
            out, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return Outcome(process.returncode, out.decode())


def commands(name: str) -> list[str]:
    """What a CI would run, from its file."""
    document: Any = yaml.safe_load((EXAMPLES / name).read_text())
    if name.startswith("github"):
        (job,) = document["jobs"].values()
        return [step["run"] for step in job["steps"] if "run" in step]
    (job,) = document.values()
    return list(job["script"])


def blocks(page: Path) -> Iterator[str]:
    """The commands on a page: what stands behind `$` in its console blocks."""
    for block in re.findall(r"```console\n(.*?)```", page.read_text(), flags=re.DOTALL):
        yield from re.findall(r"^\$ (.*)$", block, flags=re.MULTILINE)


@pytest.mark.parametrize("name", ["github-actions.yml", "gitlab-ci.yml"])
async def test_what_a_ci_would_run_runs_and_leaves_its_reports(project: Path, name: str) -> None:
    first, *others = commands(name)
    assert first == INSTALL
    assert len(others) == 2
    for command in others:
        ended = await shell(command, project)
        assert ended.code == 0, f"{command}\n{ended.out}"
    kinds = {json.loads(line)["topic"] for line in (project / "evening.jsonl").read_text().splitlines()[1:]}
    for report, tests in (("app.xml", 1), ("clinic.xml", len(kinds))):
        suite = ET.parse(project / "reports" / report).getroot().find("testsuite")  # noqa: S314 - we wrote it
        assert suite is not None
        assert (suite.get("tests"), suite.get("failures")) == (str(tests), "0")
    assert "Simulated" in (project / "reports" / "clinic.html").read_text()


def test_both_cis_run_the_same_and_keep_the_reports() -> None:
    assert commands("github-actions.yml") == commands("gitlab-ci.yml")
    github: Any = yaml.safe_load((EXAMPLES / "github-actions.yml").read_text())
    gitlab: Any = yaml.safe_load((EXAMPLES / "gitlab-ci.yml").read_text())
    assert github["jobs"]["clinic"]["steps"][-1]["with"]["path"] == "reports"
    assert set(gitlab["virtual clinic"]["artifacts"]["reports"]["junit"]) == {"reports/app.xml", "reports/clinic.xml"}


async def test_the_example_project_fails_readably_when_a_golden_value_is_changed(project: Path) -> None:
    golden = project / "evening.jsonl"
    text = golden.read_text()
    assert text.count('"repetitions": 10') == 1
    golden.write_text(text.replace('"repetitions": 10', '"repetitions": 12'))
    ended = await shell("pytest -q", project)
    assert ended.code == 1
    assert '>       clinic.golden("evening.jsonl")' in ended.out
    assert re.search(r"E +changed: 00:01:\d\d\.\d+  evt/exercise/set  \(message \d+\)", ended.out)
    assert re.search(r"E +data.repetitions  expected 12, got 10", ended.out)
    assert len(ended.out.splitlines()) < 40
    ended = await shell("ptdevice-sim run evening.toml --quiet --expect evening.jsonl --junit clinic.xml", project)
    assert ended.code == 1
    assert "data.repetitions  expected 12, got 10" in ended.out
    failed = ET.parse(project / "clinic.xml").getroot().findall(".//testcase[failure]")  # noqa: S314 - we wrote it
    assert [case.get("name") for case in failed] == ["evt/exercise/set"]


async def test_the_example_project_says_how_it_is_run(project: Path) -> None:
    install, *others = blocks(project / "README.md")
    assert install == INSTALL
    assert others
    for command in others:
        ended = await shell(command, project)
        assert ended.code == 0, f"{command}\n{ended.out}"


def test_the_test_of_the_example_is_ten_lines_long_and_the_one_that_the_page_shows_first() -> None:
    test = (EXAMPLES / "clinic-app" / "test_app.py").read_text()
    assert len(test.splitlines()) == 10
    assert re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)[0] == test


def test_no_example_names_a_place_to_download_from() -> None:
    for path in sorted(EXAMPLES.rglob("*")):
        if path.suffix in {".yml", ".md", ".py", ".toml"}:
            assert "index-url" not in path.read_text()
            assert not re.findall(r"https?://", path.read_text())


def test_the_page_names_what_the_clinic_has() -> None:
    named = set(re.findall(r"\bclinic\.([a-z_]+)", PAGE.read_text())) - {"xml", "html"}
    named |= set(re.findall(r"`([a-z_]+_async)`", PAGE.read_text()))
    assert len(named) > 12
    assert {name for name in named if not hasattr(VirtualClinic, name)} == set()
    public = {name for name in vars(VirtualClinic) if not name.startswith("_")} - {"close", "host", "port", "broker"}
    assert public - named == set()


def test_the_terms_on_the_page_are_terms() -> None:
    (block,) = re.findall(r"```json\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    assert terms.parse(block) == Terms(tolerance={"data.tempo_s": 0.2})


def test_the_page_names_every_field_that_is_masked() -> None:
    (sentence,) = re.findall(r"Masked, because.*?: (.*?)\. Ids", PAGE.read_text(), flags=re.DOTALL)
    assert set(re.findall(r"`(\w+)`", sentence)) == MASKED


def test_the_commands_on_the_page_are_those_that_run_here() -> None:
    assert list(blocks(PAGE)) == list(blocks(EXAMPLES / "clinic-app" / "README.md"))[::2]


def test_the_page_links_to_what_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)", PAGE.read_text())
    assert links
    assert [link for link in links if not (PAGE.parent / link).exists()] == []
