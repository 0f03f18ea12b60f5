"""One company spread over six CRMs at once gives the marts that it gives from its sheets.

Each customer, with all that follows him, stands in one system; people and teams stand in all, under
ids of each system's own. What not every CRM keeps comes from sheets, as it does in companies: targets,
in which team people were in the past, and of the stage history what passed before the first load
where no interface tells it: all of it in 纷享销客, closings that were taken back in 金蝶.
"""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import yaml
from nightly_site import REPS, SEED, SHIPPED, Installation
from simulators.company_parts import SYSTEMS, Part, serve

from pipelines.commands.analysing import workbench
from pipelines.sample import SampleCompany
from pipelines.sample.writing import as_text, write_sample
from pipelines.settings import DBT_PROJECT, load_settings
from pipelines.warehouse.dbt_command import dbt_environment, dbt_vars, kept_parse
from pipelines.warehouse.dbt_process import PARSED

pytestmark = pytest.mark.nightly

# Column -> entity whose ids it holds.
IDS = {
    "opportunity_id": "opportunities",
    "account_id": "accounts",
    "order_id": "orders",
    "activity_id": "activities",
}
# The only columns that differ: they say from where, how and when something came.
ORIGIN = {"source", "last_loaded_at", "closed_origin"}
# Marts about feeds and checks: six systems have more of both. They are looked at by themselves.
ABOUT_SOURCES = {"rpt_data_quality", "rpt_freshness"}


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Installation, list[Part]]]:
    site = Installation(tmp_path_factory.mktemp("six") / "site")
    shutil.copytree(SHIPPED, site.config)
    company = write_sample(site.sheets, reps=REPS, seed=SEED)
    with serve(company.frames, SYSTEMS) as parts, pytest.MonkeyPatch.context() as patch:
        for name, value in (pair for part in parts for pair in part.secrets.items()):
            patch.setenv(name, value)
        _leave_what_no_crm_knows(site.sheets, company, parts)
        _configure(site.config, company, parts)
        done = site.forewarn("run")
        assert done.returncode == 0, done.stdout + done.stderr
        (site.root / "printed.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
        yield site, parts


def _leave_what_no_crm_knows(sheets: Path, company: SampleCompany, parts: list[Part]) -> None:
    for path in sheets.glob("*.csv"):
        if path.stem not in ("users", "teams"):
            path.unlink()
    history = company.frames["stage_history"]
    theirs: dict[str, str] = {}
    for part in parts:
        deals = {own: number for number, own in part.ids["opportunities"].items()}
        if part.source["system"] == "fxiaoke":
            theirs |= deals
        if part.source["system"] == "kingdee":
            theirs |= {own: deals[own] for own in _reopened(history) if own in deals}
    history = history[history["opportunity_id"].isin(theirs)]
    text = as_text("stage_history", history)
    text["opportunity_id"] = text["opportunity_id"].map(theirs)
    text.to_csv(sheets / "stage_history.csv", index=False)


def _reopened(history: pd.DataFrame) -> set[str]:
    """Deals that were closed once before they ended."""
    last = history.groupby("opportunity_id")["changed_at"].transform("max")
    closings = history["to_stage"].isin(["赢单", "输单"]) & (history["changed_at"] < last)
    return set(history.loc[closings, "opportunity_id"])


def _configure(config: Path, company: SampleCompany, parts: list[Part]) -> None:
    path = config / "sources.yml"
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    entries["sources"] += [part.source for part in parts]
    path.write_text(yaml.safe_dump(entries, allow_unicode=True), encoding="utf-8")
    users = company.frames["users"]
    names = dict(zip(users["user_id"], users["user_name"], strict=True))
    with (config / "people.csv").open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(["person_id", "name", "email", "source", "source_user_id"])
        for part in parts:
            for number, own in part.ids.get("users", {}).items():
                writer.writerow([own, names[own], "", part.source["name"], number])


def rows(folder: Path, mart: str, back: dict[str, dict[str, str]]) -> pd.DataFrame:
    """A published mart in the sample's ids, in an order of its own rows."""
    path = folder / "parquet" / f"{mart}.parquet"
    with duckdb.connect() as connection:
        frame = connection.execute(f"select * from read_parquet('{path}')").df()
    frame = frame[[name for name in frame if name not in ORIGIN]]
    if mart == "rpt_rule_readiness":
        frame = frame[frame["rule"] != "feed_late"]  # six systems have more feeds
    for column, entity in IDS.items():
        if column in frame:
            known = back[entity]
            frame[column] = [known.get(value, value) for value in frame[column]]
    if mart == "fct_alerts":
        known = back["opportunities"]
        frame["deals"] = [
            json.dumps(
                [{**deal, "id": known.get(deal["id"], deal["id"])} for deal in json.loads(text)]
            )
            for text in frame["deals"].fillna("[]")
        ]
    exact = [name for name in frame if frame[name].dtype != float]
    return frame.sort_values(exact, ignore_index=True, key=lambda values: values.astype(str))


def test_what_the_systems_counted_has_arrived_and_no_check_failed(
    served: tuple[Installation, list[Part]],
) -> None:
    # The first, since it needs no other night: another worker may still be at that one.
    site, parts = served
    assert (
        site.query("select * from marts.rpt_data_quality where not passed and severity = 'error'")
        == []
    )
    feeds = site.query("select distinct source from marts.rpt_freshness")
    assert {source for (source,) in feeds} >= {part.source["name"] for part in parts}
    counted = site.query(
        """select distinct split_part(subject, '.', 1) from marts.rpt_data_quality
        where "check" in ('source_row_count', 'system_row_count') and passed"""
    )
    assert {source for (source,) in counted} >= {part.source["name"] for part in parts}


def test_every_mart_is_the_same_as_from_sheets(
    published: Installation, served: tuple[Installation, list[Part]]
) -> None:
    site, parts = served
    back = {entity: {k: v for part in parts for k, v in part.ids.get(entity, {}).items()}
            for entity in IDS.values()}  # fmt: skip
    marts = {path.stem for path in (published.current / "parquet").iterdir()}
    assert len(marts) >= 20
    found = []
    for mart in sorted(marts - ABOUT_SOURCES):
        try:
            pd.testing.assert_frame_equal(
                rows(site.current, mart, back),
                rows(published.current, mart, back),
                check_exact=False,
                rtol=1e-9,
                atol=1e-9,
                check_dtype=False,
            )
        except AssertionError as error:
            found.append(f"{mart}: {' '.join(str(error).split())[:400]}")
    assert found == []


def test_no_secret_is_in_anything_that_the_night_wrote(
    served: tuple[Installation, list[Part]],
) -> None:
    site, parts = served
    secrets = {
        value.encode()
        for part in parts
        for name, value in part.secrets.items()
        if name.endswith(("SECRET", "PASSWORD", "TOKEN", "KEY", "CODE"))
    }
    assert len(secrets) >= len(SYSTEMS)
    written = [path for path in site.root.rglob("*") if path.is_file()]
    assert len(written) > 100
    # Dagster's events, dlt's state, the raw zone, the quarantine, the marts and what was printed.
    telling = [
        str(path) for path in written if any(secret in path.read_bytes() for secret in secrets)
    ]
    assert telling == []


def test_every_unit_test_of_the_models_passes(
    served: tuple[Installation, list[Part]], tmp_path: Path
) -> None:
    """They are left out of the night itself, for they try the logic and not the data. Here stand the
    tables of all systems, so all of them run."""
    site, _ = served
    settings = load_settings(site.config, site.data)
    warehouse = workbench(settings)
    parsed = kept_parse(settings)
    assert parsed is not None
    done = subprocess.run(
        [
            sys.executable, "-m", "pipelines.warehouse.dbt_process", PARSED, str(parsed), "test", "--select", "test_type:unit",
            "--vars", json.dumps(dbt_vars(settings, settings.today())),
            "--target-path", str(tmp_path / "target"), "--log-path", str(tmp_path / "target"),
        ],
        cwd=DBT_PROJECT,
        env=dbt_environment(warehouse),
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-9000:]
    told = json.loads((tmp_path / "target" / "run_results.json").read_text())["results"]
    # Hooks of the run are told among them.
    results = [result for result in told if result["unique_id"].startswith("unit_test.")]
    assert len(results) > 60
    assert {result["status"] for result in results} == {"pass"}
