"""The bill of materials holds every pinned package, and accepted findings do not stay accepted for ever."""

from __future__ import annotations

import datetime as dt
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent


def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / ".ci" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


dependencies, install = _script("dependencies"), _script("install")


def test_packages_come_from_where_pip_is_told_to_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://packages.example/all")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://one.example/more file:///two")
    monkeypatch.setenv("PIP_CERT", "/etc/company.pem")
    told = install.pip_settings()
    arguments, environment = install.as_pip_is_told(told)
    assert arguments[arguments.index("--default-index") + 1] == "https://packages.example/all"
    assert [arguments[i + 1] for i, each in enumerate(arguments) if each == "--index"] == [
        "https://one.example/more", "file:///two"
    ]  # fmt: skip
    assert environment["SSL_CERT_FILE"] == "/etc/company.pem"


def test_the_installer_itself_is_pinned_with_hashes() -> None:
    lines = install.entry("uv", (ROOT / "requirements.lock").read_text(encoding="utf-8"))
    assert lines.startswith("uv==")
    assert lines.count("==") == 1
    assert "--hash=sha256:" in lines


def test_every_pinned_package_is_in_the_bill_with_its_hashes() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    bill = dependencies.sbom(lock, "1")
    found = {each["name"]: each for each in bill["components"]}
    names = {
        line.split("==")[0].split("[")[0].lower() for line in lock.splitlines() if "==" in line
    }
    assert names <= found.keys()
    assert all(each["properties"] for each in found.values())
    assert found["duckdb"]["purl"] == f"pkg:pypi/duckdb@{found['duckdb']['version']}"
    refs = [each["bom-ref"] for each in bill["components"]]
    assert len(refs) == len(set(refs))


def test_accepted_findings_have_a_reason_and_an_end() -> None:
    today = dt.date(2026, 12, 1)
    text = (
        "id,package,reason,look_again_on\n"
        "A-1,x,not called by us,2027-01-01\n"
        "A-2,y,no fix yet,2026-11-01\n"
        "A-3,z, ,2027-01-01\n"
    )
    ids, faults = dependencies.accepted(text, today)
    assert ids == ["A-1"]
    assert [fault.split()[0].rstrip(":") for fault in faults] == ["A-2", "A-3"]
    kept = (ROOT / ".ci" / "accepted_findings.csv").read_text(encoding="utf-8")
    assert dependencies.accepted(kept, dt.date(2026, 11, 30))[1] == []
