"""requirements.lock: the whole set, every package with hashes, nothing that names an address.

It is installed with --no-deps --require-hashes, so what it lacks is missing and what it has is
what runs.
"""

import re
import tomllib
from importlib import metadata

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from pipelines.settings import PROJECT

LOCK = (PROJECT / "requirements.lock").read_text(encoding="utf-8")
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
_PIN = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[\w,-]+\])?==(?P<version>[^\s;]+)(?P<marker> ; .+?)?"
    r"(?P<hashes>(?: --hash=sha256:[0-9a-f]{64})+)$"
)


SPARK = (PROJECT / "requirements-spark.lock").read_text(encoding="utf-8")
STORE = (PROJECT / "requirements-store.lock").read_text(encoding="utf-8")


def entries(lock: str = LOCK) -> list[str]:
    """One entry per package: continued lines joined, comments and blanks left out."""
    joined = lock.replace("\\\n", " ")
    lines = (line.split(" #")[0].strip() for line in joined.splitlines())
    return [" ".join(line.split()) for line in lines if line and not line.startswith("#")]


def pins(lock: str = LOCK) -> dict[str, Version]:
    """Package -> version, as far as this Python version and platform are meant."""
    found = {}
    for entry in entries(lock):
        match = _PIN.match(entry)
        assert match, f"not a pinned package with hashes: {entry[:120]}"
        if match["marker"] and not Marker(match["marker"].removeprefix(" ; ")).evaluate():
            continue
        name = canonicalize_name(match["name"])
        assert name not in found, f"{name} is pinned twice"
        found[name] = Version(match["version"])
    return found


def test_every_entry_is_one_version_with_hashes():
    assert len(pins()) > 100


@pytest.mark.parametrize("sign", ["://", " @ ", "--index", "--extra-index", "--find-links", "-e "])
def test_no_address_and_no_option(sign):
    assert sign not in LOCK
    assert sign not in SPARK
    assert sign not in STORE


@pytest.mark.parametrize(
    ("extra", "lock", "adds"),
    [
        ("spark", SPARK, {"dbt-spark", "py4j", "pyspark", "sqlparams"}),
        (
            "store",
            STORE,
            {"aiobotocore", "aiohappyeyeballs", "aiohttp", "aioitertools", "aiosignal", "botocore"}
            | {"frozenlist", "jmespath", "s3fs", "wrapt"},
        ),
    ],
    ids=["spark", "store"],
)
def test_an_extra_adds_to_the_set_and_changes_nothing_in_it(extra, lock, adds):
    """The lock of an extra is installed over requirements.lock, into the same environment."""
    own, beside = pins(), pins(lock)
    assert {name for name, version in beside.items() if own.get(name, version) != version} == set()
    for requirement in map(Requirement, PYPROJECT["project"]["optional-dependencies"][extra]):
        assert requirement.specifier.contains(beside[canonicalize_name(requirement.name)])
    assert beside.keys() - own.keys() == adds


def declared() -> list[Requirement]:
    groups = PYPROJECT["dependency-groups"]
    assert {member["include-group"] for member in groups["dev"] if isinstance(member, dict)} == {
        *groups
    } - {"dev"}
    own = [text for members in groups.values() for text in members if isinstance(text, str)]
    build = PYPROJECT["build-system"]["requires"]
    return [Requirement(text) for text in [*PYPROJECT["project"]["dependencies"], *own, *build]]


@pytest.mark.parametrize("requirement", declared(), ids=lambda r: r.name)
def test_what_the_project_declares_is_locked_in_a_version_that_fits(requirement):
    version = pins().get(canonicalize_name(requirement.name))
    assert version is not None, f"{requirement.name} is not in requirements.lock"
    assert requirement.specifier.contains(version, prereleases=True)


# Read as a file, for the htmx that it carries; what it would import is never imported.
LEFT_OUT = {("django-htmx", "django"), ("django-htmx", "asgiref")}


def test_the_set_is_whole_and_agrees_with_itself():
    """What each locked package requires is locked too, in a version that it accepts."""
    locked = pins()
    extras = {canonicalize_name(r.name): r.extras for r in declared()}
    missing = []
    for name, version in locked.items():
        try:
            found = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # for another platform or Python version
        if Version(found.version) != version:
            continue  # an environment on purpose unlike the lock, such as the lane on DuckDB 2
        for text in found.requires or []:
            needed = Requirement(text)
            environments = [{"extra": extra} for extra in ("", *extras.get(name, ()))]
            if needed.marker and not any(needed.marker.evaluate(env) for env in environments):
                continue
            if (name, canonicalize_name(needed.name)) in LEFT_OUT:
                continue
            has = locked.get(canonicalize_name(needed.name))
            if has is None or not needed.specifier.contains(has, prereleases=True):
                missing.append(f"{name} {version} needs {needed.name}{needed.specifier}: {has}")
    assert missing == []


def test_what_the_design_holds_back_stays_back():
    """dbt-core 1.12 depends on a package that downloads a binary while it is built."""
    assert pins()["dbt-core"] < Version("1.12")
    assert pins()["duckdb"] < Version("2")
