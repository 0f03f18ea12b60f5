"""The software bill of materials, and the audit of pinned packages against known vulnerabilities.

    python .ci/dependencies.py sbom > sbom.json
    python .ci/dependencies.py audit

Both read `requirements.lock`. The audit calls pip-audit (not one of our own packages) and leaves out the
findings of `accepted_findings.csv` until the day on which each must be looked at again.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCK = HERE.parent / "requirements.lock"
ACCEPTED = HERE / "accepted_findings.csv"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def pinned(lock: str) -> list[tuple[str, str, list[str]]]:
    """Name, version and SHA-256 sums of every pinned package, in the order of the lock file."""
    found: list[tuple[str, str, list[str]]] = []
    for line in lock.splitlines():
        if match := _PINNED.match(line):
            found.append((match.group(1).lower(), match.group(2), []))
        if found:
            found[-1][2].extend(_HASH.findall(line))
    return found


def sbom(lock: str, version: str) -> dict[str, object]:
    """A CycloneDX document of the pinned packages (cyclonedx.org, JSON, 1.6)."""
    components = [
        {
            "type": "library",
            "name": name,
            "version": number,
            "purl": f"pkg:pypi/{name}@{number}",
            "bom-ref": f"{name}@{number}",
            # One of these is the file that is installed, by system and Python.
            "properties": [{"name": "sha256", "value": value} for value in hashes],
        }
        for name, number, hashes in pinned(lock)
    ]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "forewarn", "version": version}},
        "components": components,
    }


def accepted(text: str, today: dt.date) -> tuple[list[str], list[str]]:
    """Ids of findings that are accepted today, and what is wrong with the list."""
    ids, faults = [], []
    for row in csv.DictReader(text.splitlines()):
        day = dt.date.fromisoformat(row["look_again_on"])
        if not row["reason"].strip():
            faults.append(f"{row['id']}: no reason")
        elif day < today:
            faults.append(f"{row['id']} ({row['package']}): to be looked at again since {day}")
        else:
            ids.append(row["id"])
    return ids, faults


def audit() -> int:
    """Exit code of the audit: 0 where nothing is found that is not accepted."""
    ids, faults = accepted(ACCEPTED.read_text(encoding="utf-8"), dt.date.today())
    for fault in faults:
        sys.stderr.write(f"{ACCEPTED.name}: {fault}\n")
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--require-hashes",
        "--disable-pip",
        "-r",
        str(LOCK),
    ]
    for each in ids:
        command += ["--ignore-vuln", each]
    done = subprocess.run(command, check=False)
    return done.returncode or (1 if faults else 0)


def main() -> int:
    """Write what is asked for."""
    if sys.argv[1:] == ["audit"]:
        return audit()
    project = (HERE.parent / "pyproject.toml").read_text(encoding="utf-8")
    version = re.search(r'^version = "([^"]+)"', project, flags=re.M)
    assert version is not None
    sys.stdout.write(json.dumps(sbom(LOCK.read_text(encoding="utf-8"), version.group(1)), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
