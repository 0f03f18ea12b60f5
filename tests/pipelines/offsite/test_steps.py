"""The store as steps of a night: DuckDB does without it, Spark does not."""

from __future__ import annotations

import dataclasses

import dagster as dg
import pytest

from pipelines.assets.offsite import offsite_assets
from pipelines.assets.steps import WRITER
from pipelines.configuration.engine_file import EngineFile
from pipelines.settings import Settings
from pipelines.store.address import STORE, Store
from pipelines.store.pointer import read_pointer


def run(settings: Settings, step: int) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        [offsite_assets(settings, [])[step]], resources={WRITER: None}, raise_on_error=False
    )


def test_a_night_on_duckdb_goes_on_without_the_store_and_one_on_spark_ends(
    site: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(site, 0).success
    assert store.sizes("raw")
    assert read_pointer(store) is None
    assert run(site, 1).success
    assert read_pointer(store) is not None
    monkeypatch.setenv(STORE, "nosuch://bucket/prefix")
    assert run(site, 0).success
    assert not run(site, 1).success
    on_spark = dataclasses.replace(site, engine=EngineFile(engine="spark"))
    assert not run(on_spark, 0).success
    monkeypatch.delenv(STORE)
    assert offsite_assets(site, []) == []
