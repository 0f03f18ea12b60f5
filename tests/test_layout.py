"""The house: which part may know which, how long a file may be, and what no file may contain."""

import ast
import re
import shutil
import subprocess
import tomllib
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from pipelines.settings import PROJECT

LONGEST_MODULE = 300
LONGEST_MODEL = 120


@cache
def tracked() -> tuple[Path, ...]:
    """The files of the project: what git would commit; without git, everything not ignored here."""
    if shutil.which("git") and (PROJECT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split("\0")
        paths = [PROJECT / name for name in listed if name]
    else:
        ignored = {".venv", "data", "target", "__pycache__", "logs", "build"}
        paths = [
            path
            for path in PROJECT.rglob("*")
            if not any(
                part in ignored or part.endswith(("_cache", ".egg-info")) or part == ".hypothesis"
                for part in path.relative_to(PROJECT).parts
            )
        ]
    return tuple(sorted(path for path in paths if path.is_file()))


def python_files(*folders: str) -> list[Path]:
    return [
        path
        for path in tracked()
        if path.suffix == ".py" and path.relative_to(PROJECT).parts[0] in folders
    ]


def named(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(PROJECT)) for path in paths]


def test_imports_run_one_way():
    # The floors stand in pyproject.toml, as docs/design.md draws them.
    assert lint_imports(str(PROJECT / "pyproject.toml"), no_cache=True) == 0


def test_every_room_stands_on_a_floor():
    contracts = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    floors = contracts["tool"]["importlinter"]["contracts"][0]["layers"]
    standing = {
        room.strip().removeprefix("pipelines.") for floor in floors for room in floor.split("|")
    }
    rooms = {
        path.stem if path.suffix == ".py" else path.name
        for path in (PROJECT / "pipelines").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert rooms - {"__init__"} | {"quality"} == standing


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_no_module_is_too_long():
    long = [path for path in python_files("pipelines", "quality") if lines(path) > LONGEST_MODULE]
    assert named(long) == []


def test_no_model_is_too_long():
    models = [p for p in tracked() if p.suffix == ".sql" and "dbt_project/models" in p.as_posix()]
    assert len(models) > 50
    assert named([path for path in models if lines(path) > LONGEST_MODEL]) == []


def test_names_say_what_a_file_does():
    vague = re.compile(r"(^|_)(utils?|common|helpers?|misc)($|_)")
    hit = [
        path
        for path in tracked()
        if any(vague.search(Path(part).stem) for part in path.relative_to(PROJECT).parts)
    ]
    assert named(hit) == []


def docstring(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""


def test_every_module_says_what_it_is_for():
    modules = python_files("pipelines", "quality", "benchmarks")
    silent = [p for p in modules if p.read_text(encoding="utf-8").strip() and not docstring(p)]
    assert named(silent) == []


def test_every_module_says_what_to_add_and_what_to_keep_out():
    modules = [p for p in python_files("pipelines", "quality") if p.name != "__init__.py"]
    # Migrations are written once and never added to.
    modules = [p for p in modules if "migrations" not in p.parts]
    without = [p for p in modules if not re.search(r"Add here[^.]*?:", docstring(p))]
    without += [p for p in modules if not re.search(r"Keep out:", docstring(p))]
    assert named(without) == []


def test_every_package_says_what_belongs_in_it():
    packages = [p for p in python_files("pipelines", "quality") if p.name == "__init__.py"]
    packages = [p for p in packages if "migrations" not in p.parts]
    assert len(packages) > 25
    assert named([p for p in packages if not re.search(r"Add here[^.]*?:", docstring(p))]) == []
    assert named([p for p in packages if "Keep out:" not in docstring(p)]) == []


def test_a_room_of_the_spreadsheets_is_taken_in_at_a_glance():
    rooms = defaultdict(list)
    for path in python_files("pipelines"):
        if "spreadsheet" in path.parts and path.name != "__init__.py":
            rooms[path.parent].append(path)
    assert {room.name: len(files) for room, files in rooms.items() if len(files) > 10} == {}


def test_names_of_test_modules_differ():
    # Without packages under tests/, two modules of one name cannot be imported together.
    seen: dict[str, list[Path]] = defaultdict(list)
    for path in python_files("tests"):
        if path.name != "conftest.py":
            seen[path.name].append(path)
    assert [named(paths) for paths in seen.values() if len(paths) > 1] == []


REGISTRIES = re.compile(
    r"pypi\.org|pythonhosted|registry\.npmjs|proxy\.golang|repo1?\.maven|conda\.anaconda|mirrors?\.\w+"
)
# A folder of one machine: whatever stands under the usual roots, unless it is part of a longer path
# or a web address.
MACHINE = re.compile(r"(?<![\w.:/$}~*-])/(?:home|root|tmp|work|mnt|Users|private)/[\w.]")


def texts() -> list[tuple[Path, str]]:
    found = []
    for path in tracked():
        try:
            found.append((path, path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue  # pictures and workbooks
    return found


def test_no_file_names_a_package_registry():
    hit = [path for path, text in texts() if path != Path(__file__) and REGISTRIES.search(text)]
    assert named(hit) == []


def test_no_file_names_a_folder_of_one_machine():
    hit = [
        path
        for path, text in texts()
        if path.relative_to(PROJECT).parts[0] != "tests" and MACHINE.search(text)
    ]
    assert named(hit) == []


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("open('/tmp/x')", True),
        ("see /home/anna/data", True),
        ("data: /mnt/sales", True),
        ("https://example.com/home/index", False),
        ("${DATA}/tmp/x", False),
        ("versions/tmp/x", False),
        ("a/home/b", False),
    ],
)
def test_what_counts_as_a_folder_of_one_machine(text, hit):
    assert bool(MACHINE.search(text)) is hit
