"""A company's folder: its configuration filled in, its nights loaded by the real connectors.

Add here: how files become a loaded raw zone. Keep out: building models and comparing figures.
"""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from direct_zone import DirectZone

from pipelines.raw_zone.zone import RawZone
from pipelines.settings import Settings, load_settings
from pipelines.sources.registry import connector_of

COMPANY = {
    "name": "Company",
    "language": "en",
    "currency": "CNY",
    "timezone": "Asia/Shanghai",
    "calendar": "CN",
}
SOURCES = {"sources": [{"name": "sheets", "system": "spreadsheet", "folder": "sheets"}]}
STAGES = """\
source,source_stage,stage,stage_order,outcome
*,Discovery,Discovery,1,open
*,Proposal,Proposal,2,open
*,Signed,Signed,3,won
*,Lost,Lost,4,lost
"""
EXPECTED = "expected.yml"
NIGHT = "night-"


@dataclass(frozen=True)
class LoadedCompany:
    """A company after all its nights."""

    settings: Settings
    zone: RawZone
    expected: dict[str, Any]


def company_folders() -> list[Path]:
    """Every folder below this one that has an `expected.yml`."""
    return sorted(path.parent for path in Path(__file__).parent.glob(f"*/*/{EXPECTED}"))


def load_company(folder: Path, root: Path) -> LoadedCompany:
    """Copy the company below `root`, fill in its configuration and load every night."""
    expected = yaml.safe_load((folder / EXPECTED).read_text(encoding="utf-8"))
    config = root / "config"
    shutil.copytree(
        folder, config, ignore=shutil.ignore_patterns(EXPECTED, f"{NIGHT}*", "__pycache__")
    )
    _fill_in(config)
    settings = load_settings(config, root / "data")
    zone = DirectZone(settings.raw_dir, settings.data_dir / "dlt")
    nights = sorted(path for path in folder.glob(f"{NIGHT}*") if path.is_dir())
    for night in nights or [None]:
        text = night.name.removeprefix(NIGHT) if night else f"{expected['as_of']}"
        if night:
            _lay_over(night, config)
        moment = dt.datetime.strptime(text, "%Y-%m-%dT%H%M" if "T" in text else "%Y-%m-%d")
        if "T" not in text:
            moment = moment.replace(hour=18)
        now = moment.replace(tzinfo=settings.timezone).astimezone(dt.UTC)
        for source in settings.sources:
            zone.load(source.name, source.system, connector_of(source, settings), now=now)
    return LoadedCompany(settings, zone, expected)


def _fill_in(config: Path) -> None:
    """What the company did not write itself."""
    given = _yaml(config / "company.yml")
    (config / "company.yml").write_text(yaml.safe_dump({**COMPANY, **given}), encoding="utf-8")
    sources = _yaml(config / "sources.yml") or SOURCES
    for source in sources["sources"]:
        if source["system"] == "spreadsheet":
            # Files were left alone long enough.
            source["options"] = {"settle_seconds": 0, **source.get("options", {})}
            (config / source["folder"]).mkdir(exist_ok=True)
    (config / "sources.yml").write_text(yaml.safe_dump(sources), encoding="utf-8")
    if not (config / "stages.csv").exists():
        (config / "stages.csv").write_text(STAGES, encoding="utf-8")


def _yaml(path: Path) -> dict[str, Any]:
    return (yaml.safe_load(path.read_text(encoding="utf-8")) or {}) if path.exists() else {}


def _lay_over(night: Path, config: Path) -> None:
    for path in sorted(night.rglob("*")):
        if not path.is_file():
            continue
        target = config / path.relative_to(night)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.stat().st_size:
            shutil.copyfile(path, target)
        else:
            target.unlink()
