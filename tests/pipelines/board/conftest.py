"""The small company's board, published once for all tests of a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from board_company import opened_board, publish_company
from starlette.testclient import TestClient

from pipelines.settings import Settings, load_settings

COMPANY = "name: 华信\ncurrency: CNY\nlanguage: zh\ntimezone: Asia/Shanghai\nclock: 2026-03-28\n"
SOURCES = "sources: [{name: crm, system: spreadsheet, folder: sheets}]\n"
STAGES = "source,source_stage,stage,stage_order,outcome\n*,报价,报价,1,open\n*,赢,赢,2,won\n*,输,输,3,lost\n"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("board")
    config = folder / "config"
    config.mkdir()
    (config / "company.yml").write_text(COMPANY, encoding="utf-8")
    (config / "sheets").mkdir()
    (config / "sources.yml").write_text(SOURCES, encoding="utf-8")
    (config / "stages.csv").write_text(STAGES, encoding="utf-8")
    settings = load_settings(config, folder / "data")
    publish_company(settings)
    return settings


@pytest.fixture(scope="module")
def board(installation: Settings) -> Iterator[TestClient]:
    with opened_board(installation) as client:
        yield client
