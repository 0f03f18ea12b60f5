"""The whole folder: every fault of every file in one error, and nothing needed from outside."""

import datetime as dt

import pytest
from faulty_company import write

from pipelines.configuration.problems import ConfigurationError
from pipelines.settings import PROJECT, config_dir_of, data_dir_of, load_settings


def test_a_good_folder(tmp_path):
    settings = load_settings(write(tmp_path), tmp_path / "data")
    assert settings.company.name == "远航科技"
    assert settings.today() == dt.date(2026, 10, 30)
    assert settings.systems == ("spreadsheet",)
    assert settings.raw_dir == tmp_path / "data" / "raw"
    assert not (tmp_path / "data").exists()


def test_no_secret_needs_to_be_set(tmp_path, monkeypatch):
    monkeypatch.delenv("CRM_TOKEN", raising=False)
    text = (
        "sources:\n  - {name: crm, system: neocrm, base_url: 'https://x.example', "
        "auth: {token: '${CRM_TOKEN}'}}\n"
    )
    settings = load_settings(write(tmp_path, sources__yml=text), tmp_path)
    assert settings.sources[0].auth == {"token": "${CRM_TOKEN}"}


def test_every_fault_of_every_file_in_one_error(tmp_path):
    folder = write(
        tmp_path,
        company__yml="name: A\nlanguage: fr\ntimezone: Mars\n",
        sources__yml="sources:\n  - {name: A B, system: spreadsheet, folder: x}\n",
        stages__csv="source,source_stage,stage,stage_order,outcome\n*,a,a,1,maybe\n",
        exchange_rates__csv="date,currency,rate\n2026-01-01,USD,-1\n",
        people__csv="person_id\n",
        calendar__csv="date,is_workday,note\nnever,true,\n",
    )
    with pytest.raises(ConfigurationError) as error:
        load_settings(folder, tmp_path)
    told = str(error.value).splitlines()
    assert told[0] == "The configuration has 7 problems:"
    assert len(told) == 8
    assert {line.split(":")[0] for line in told[1:]} == {
        "  - company.yml",
        "  - sources.yml",
        "  - stages.csv",
        "  - exchange_rates.csv",
        "  - people.csv",
        "  - calendar.csv",
    }


@pytest.mark.parametrize("name", ["company__yml", "sources__yml"])
@pytest.mark.parametrize("content", ["", "# later\n", "---\n"])
def test_an_empty_file_is_a_problem_and_not_an_error_without_one(tmp_path, name, content):
    with pytest.raises(ConfigurationError, match="1 problem:\n.*is empty"):
        load_settings(write(tmp_path, **{name: content}), tmp_path)


def test_a_folder_that_does_not_exist(tmp_path):
    with pytest.raises(ConfigurationError, match="no such folder. Accepted: a folder with company"):
        load_settings(tmp_path / "nowhere", tmp_path)


def test_the_missing_files_of_an_empty_folder_are_all_named(tmp_path):
    with pytest.raises(ConfigurationError) as error:
        load_settings(tmp_path, tmp_path)
    assert [problem.file for problem in error.value.problems] == [
        "company.yml",
        "sources.yml",
        "stages.csv",
    ]


def test_where_the_folders_come_from(tmp_path, monkeypatch):
    monkeypatch.delenv("FOREWARN_CONFIG", raising=False)
    monkeypatch.setenv("FOREWARN_DATA", str(tmp_path / "from_environment"))
    assert config_dir_of() == PROJECT / "config"
    assert config_dir_of(tmp_path) == tmp_path.resolve()
    assert data_dir_of() == (tmp_path / "from_environment").resolve()
    assert data_dir_of(tmp_path) == tmp_path.resolve()


def test_the_ledger_lies_in_the_data_folder_unless_told_otherwise(tmp_path, monkeypatch):
    settings = load_settings(write(tmp_path), tmp_path)
    monkeypatch.delenv("FOREWARN_LEDGER_URL", raising=False)
    assert settings.ledger_url == f"sqlite:///{settings.data_dir / 'ledger.db'}"
    monkeypatch.setenv("FOREWARN_LEDGER_URL", "postgresql+psycopg2://ledger")
    assert settings.ledger_url == "postgresql+psycopg2://ledger"


def test_today_is_the_companys_and_not_the_hosts(tmp_path):
    text = "name: A\ntimezone: Pacific/Kiritimati\n"
    settings = load_settings(write(tmp_path, company__yml=text), tmp_path)
    assert settings.today() == (dt.datetime.now(dt.UTC) + dt.timedelta(hours=14)).date()


def test_the_shipped_configuration_is_valid(monkeypatch):
    for name in ("FOREWARN_CONFIG", "FOREWARN_DATA"):
        monkeypatch.delenv(name, raising=False)
    settings = load_settings()
    assert settings.sources
    assert settings.company.clock is not None
