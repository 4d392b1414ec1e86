"""The rules of the house that no linter knows. Each check takes a root, so that it can be shown to find what it looks for."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ptdevice.devices import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ROOT = Path(__file__).parents[1]
LONGEST = 300  # lines; above that something is hiding

NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "base", "misc", "manager"}

# Ways to make a test pass without the code, or not to run it.
CRUTCHES = re.compile(
    r"(unittest\.)?mock(\.\w+)*|(mocker|monkeypatch)\.(patch|setattr|delattr|setitem|delitem)(\.\w+)*"
    r"|(pytest\.)?(mark\.)?(skip|skipif|xfail|importorskip)|(unittest\.)?skip\w*"
)

TREATMENT = r"(treatments?|stimulation|therap(y|ies)|tens|ems|exercises?|programmes?|sessions?|ptdevice)"
CLAIM = re.compile(
    rf"\b(heals?|healed|healing|cures?|cured|curative|reliev\w+|relief|sooth\w+|alleviat\w+|analges\w+|efficacy|efficacious"
    rf"|therapeutic\w*|beneficial|painkill\w+|pain[- ]free|clinically (proven|tested|effective)|proven to"
    rf"|{TREATMENT} (that )?(helps?|works|improves?|reduces?|lessens?|eases?|strengthens?|treats?)"
    rf"|{TREATMENT} (is|are) (effective|good for|helpful)"
    rf"|(reduc|eas|lessen|fight|treat|end)(e|s|es|ing|ed)? (the |your |their |back |chronic )*pain)\b",
    re.IGNORECASE,
)
RULE_ITSELF = "No text claims that a treatment helps"

HOSTS = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"))]
ELSEWHERE = re.compile(
    r"(?<![\w.])/(root|work|Users|home)/[\w.-]+|--(extra-)?index-url\b|" + "|".join(map(re.escape, HOSTS))
)
OF_THE_PROJECT = (
    *("src", "simulators", "tests", "benchmarks", "docs", "config", "scripts", "requirements", "packaging"),
    *(".ci", ".github"),
)


# --- the checks: what is wrong below a root, one line each ---


def python(root: Path, *folders: str) -> Iterator[tuple[Path, str]]:
    for folder in folders:
        for file in sorted((root / folder).rglob("*.py")):
            yield file.relative_to(root), file.read_text(encoding="utf-8")


def documents(root: Path) -> Iterator[tuple[Path, str]]:
    for file in sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md"), *(root / "config").rglob("*.toml")]):
        yield file.relative_to(root), file.read_text(encoding="utf-8")


def missing_places(root: Path, names: Iterable[str]) -> list[str]:
    """The four places of each device."""
    return [
        f"{name}: {place} is missing"
        for name in names
        for place in (
            f"docs/devices/{name.replace('_', '-')}.md",
            f"src/ptdevice/devices/{name}/wire.py",
            f"src/ptdevice/devices/{name}/codec.py",
            f"simulators/ptdevice_sim/units/{name}.py",
            f"tests/devices/{name}/vectors.toml",
        )
        if not (root / place).is_file() or not (root / place).read_text(encoding="utf-8").strip()
    ]


def strangers(root: Path, names: Iterable[str]) -> list[str]:
    """Devices in one of the four places that the catalogue does not know."""
    found = {
        *(path.parent.name for path in (root / "src/ptdevice/devices").glob("*/codec.py")),
        *(path.stem for path in (root / "simulators/ptdevice_sim/units").glob("*.py") if path.stem != "__init__"),
        *(path.stem.replace("-", "_") for path in (root / "docs/devices").glob("*.md")),
        *(path.parent.name for path in (root / "tests/devices").glob("*/vectors.toml")),
    }
    return sorted(found - {*names, "sig"})  # the services of the SIG are no device, but have vectors


def too_long(root: Path) -> list[str]:
    found = [(file, len(text.splitlines())) for file, text in python(root, "src", "simulators")]
    return [f"{file}: {lines} lines" for file, lines in found if lines > LONGEST]


def names_that_say_nothing(root: Path) -> list[str]:
    found = []
    for file, text in python(root, "src", "simulators", "tests", "benchmarks"):
        found += [f"{file}: {part}" for part in file.with_suffix("").parts if part in NAMES_THAT_SAY_NOTHING]
        classes = [node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef)]
        found += [f"{file}: class {name}" for name in classes if "Manager" in name]
    return found


def crutches(root: Path) -> list[str]:
    found = []
    for file, text in python(root, "tests"):
        for node in ast.walk(ast.parse(text)):
            said: list[str] = []
            if isinstance(node, ast.Attribute):
                said = [ast.unparse(node)]
            elif isinstance(node, ast.Import):
                said = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                said = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [f"{file}:{getattr(node, 'lineno', 0)}: {name}" for name in said if CRUTCHES.fullmatch(name)]
    return found


def claims(root: Path) -> list[str]:
    """Sentences that claim that a treatment helps: in documents, configurations, and every string of the source."""
    texts = list(documents(root))
    for file, text in python(root, "src", "simulators"):
        strings = [node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)]
        texts.append((file, "\n".join(value for value in strings if isinstance(value, str))))
    return [
        f"{file}: {match[0]}"
        for file, text in texts
        for match in CLAIM.finditer(re.sub(r"\s+", " ", text).replace(RULE_ITSELF, ""))
    ]


def places_elsewhere(root: Path) -> list[str]:
    """Paths of somebody's machine and hosts of package registries."""
    files = [file for file in root.iterdir() if file.is_file() and file.name != ".git"]
    for folder in OF_THE_PROJECT:
        files += [file for file in (root / folder).rglob("*") if file.is_file() and "__pycache__" not in file.parts]
    found = []
    for file in sorted(files):
        text = file.read_bytes().decode("utf-8", "replace")
        found += [f"{file.relative_to(root)}: {match[0]}" for match in ELSEWHERE.finditer(text)]
    return found


def imports_of_the_simulators(root: Path) -> list[str]:
    found = []
    for file, text in python(root, "src"):
        for node in ast.walk(ast.parse(text)):
            said: list[str] = []
            if isinstance(node, ast.Import):
                said = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                said = [node.module or ""]
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                said = [node.value]  # importlib.import_module("...")
            found += [f"{file}: {name}" for name in said if re.fullmatch(r"ptdevice_sim(\.\w+)*", name)]
    return found


# --- they hold here ---


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_device_is_one_name_in_four_places(name: str) -> None:
    assert missing_places(ROOT, [name]) == []


def test_no_place_has_a_device_that_the_catalogue_does_not_know() -> None:
    assert strangers(ROOT, CATALOGUE) == []


RULES: list[Callable[[Path], list[str]]] = [
    too_long,
    names_that_say_nothing,
    crutches,
    claims,
    places_elsewhere,
    imports_of_the_simulators,
]


@pytest.mark.parametrize("rule", RULES, ids=[rule.__name__ for rule in RULES])
def test_the_rule_holds(rule: Callable[[Path], list[str]]) -> None:
    assert rule(ROOT) == []


# --- and they would be noticed if they did not ---


def plant(root: Path, file: str, text: str) -> None:
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text(text, encoding="utf-8")


def test_an_empty_house_breaks_no_rule(tmp_path: Path) -> None:
    assert [rule(tmp_path) for rule in RULES] == [[]] * len(RULES)


def test_each_missing_place_of_a_device_is_named(tmp_path: Path) -> None:
    assert len(missing_places(tmp_path, ["new_unit"])) == 5
    plant(tmp_path, "docs/devices/new-unit.md", "# New unit\n")
    plant(tmp_path, "src/ptdevice/devices/new_unit/wire.py", '"""Layout."""\n')
    plant(tmp_path, "src/ptdevice/devices/new_unit/codec.py", '"""Meaning."""\n')
    plant(tmp_path, "tests/devices/new_unit/vectors.toml", "\n")
    assert missing_places(tmp_path, ["new_unit"]) == [
        "new_unit: simulators/ptdevice_sim/units/new_unit.py is missing",
        "new_unit: tests/devices/new_unit/vectors.toml is missing",  # an empty file is none
    ]


@pytest.mark.parametrize(
    "file",
    [
        "src/ptdevice/devices/stray/codec.py",
        "simulators/ptdevice_sim/units/stray.py",
        "docs/devices/stray.md",
        "tests/devices/stray/vectors.toml",
    ],
)
def test_a_device_that_is_in_one_place_only_is_found(tmp_path: Path, file: str) -> None:
    plant(tmp_path, file, "")
    assert strangers(tmp_path, CATALOGUE) == ["stray"]


@pytest.mark.parametrize(
    ("rule", "file", "text", "found"),
    [
        (too_long, "src/ptdevice/long.py", "x = 1\n" * 301, "301 lines"),
        (too_long, "simulators/ptdevice_sim/long.py", "x = 1\n" * 400, "400 lines"),
        (names_that_say_nothing, "src/ptdevice/utils.py", "", "utils"),
        (names_that_say_nothing, "simulators/ptdevice_sim/common/air.py", "", "common"),
        (names_that_say_nothing, "tests/helpers.py", "", "helpers"),
        (names_that_say_nothing, "src/ptdevice/x.py", "class LinkManager:\n    pass\n", "class LinkManager"),
        (crutches, "tests/test_x.py", "from unittest import mock\n", "unittest.mock"),
        (crutches, "tests/test_x.py", "import unittest.mock\n", "unittest.mock"),
        (crutches, "tests/test_x.py", "from unittest.mock import patch\n", "unittest.mock.patch"),
        (crutches, "tests/test_x.py", "@pytest.mark.skip\ndef test(): pass\n", "pytest.mark.skip"),
        (crutches, "tests/test_x.py", "@pytest.mark.skipif(True)\ndef test(): pass\n", "pytest.mark.skipif"),
        (crutches, "tests/test_x.py", "@pytest.mark.xfail\ndef test(): pass\n", "pytest.mark.xfail"),
        (crutches, "tests/test_x.py", "def test(): pytest.skip('not here')\n", "pytest.skip"),
        (crutches, "tests/test_x.py", "x = pytest.importorskip('dbus')\n", "pytest.importorskip"),
        (crutches, "tests/test_x.py", "def test(monkeypatch): monkeypatch.setattr(x, 'y', 1)\n", "monkeypatch.setattr"),
        (claims, "README.md", "Stimulation helps against back pain.\n", "Stimulation helps"),
        (claims, "docs/x.md", "It brings\nrelief.\n", "relief"),
        (claims, "docs/x.md", "Sit-ups that ease\nyour back pain.\n", "ease your back pain"),
        (claims, "config/exercises.toml", 'text = "This exercise strengthens you."\n', "exercise strengthens"),
        (claims, "src/ptdevice/x.py", 'TEXT = "TENS treats pain"\n', "TENS treats"),
        (claims, "src/ptdevice/x.py", 'def f():\n    """A therapeutic level."""\n', "therapeutic"),
        (claims, "simulators/ptdevice_sim/x.py", 'print(f"{name} is clinically proven")\n', "clinically proven"),
        (places_elsewhere, "docs/x.md", f"see /{'home'}/ada/notes\n", f"/{'home'}/ada"),
        (places_elsewhere, "scripts/x", f"cd /{'work'}/main\n", f"/{'work'}/main"),
        (places_elsewhere, "requirements/x.txt", f"--{'index-url'} x\n", f"--{'index-url'}"),
        (places_elsewhere, "Makefile", f"curl https://{HOSTS[0]}/simple\n", HOSTS[0]),
        (imports_of_the_simulators, "src/ptdevice/x.py", "import ptdevice_sim.body\n", "ptdevice_sim.body"),
        (
            imports_of_the_simulators,
            "src/ptdevice/x.py",
            "def f():\n    from ptdevice_sim import unit\n",
            "ptdevice_sim",
        ),
        (imports_of_the_simulators, "src/ptdevice/x.py", 'x = import_module("ptdevice_sim.cli")\n', "ptdevice_sim.cli"),
    ],
)
def test_a_planted_violation_is_found(
    tmp_path: Path, rule: Callable[[Path], list[str]], file: str, text: str, found: str
) -> None:
    plant(tmp_path, file, text)
    (line,) = rule(tmp_path)
    assert line.startswith(file)
    assert line.endswith(found)


@pytest.mark.parametrize(
    ("rule", "file", "text"),
    [
        (too_long, "src/ptdevice/long.py", "x = 1\n" * 300),
        (
            claims,
            "README.md",
            "The treatment ended. Health counts. Improve the reach. It is secure. The pain was rated 3.\n",
        ),
        (claims, "CONTRIBUTING.md", "No text claims that a treatment helps.\n"),
        (crutches, "tests/test_x.py", "def test(monkeypatch): monkeypatch.setenv('A', 'b')\n"),
        (imports_of_the_simulators, "src/ptdevice/x.py", '"""Other than ptdevice_sim, this is real."""\n'),
        (places_elsewhere, "docs/x.md", "see docs/home/x and https://example.org/home/x\n"),
    ],
)
def test_what_is_right_is_left_alone(tmp_path: Path, rule: Callable[[Path], list[str]], file: str, text: str) -> None:
    plant(tmp_path, file, text)
    assert rule(tmp_path) == []
