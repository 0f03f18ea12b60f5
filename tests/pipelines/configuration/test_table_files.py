"""stages.csv, exchange_rates.csv, people.csv, calendar.csv: every fault with its row and column."""

import datetime as dt
from decimal import Decimal

import pytest
from faulty_company import GOOD

from pipelines.configuration.tables import (
    read_calendar,
    read_exchange_rates,
    read_people,
    read_stages,
)

STAGES = GOOD["stages.csv"]
RATES = "date,currency,rate\n2026-01-01,USD,7.1\n"
PEOPLE = "person_id,name,email,source,source_user_id\nP1,王芳,w@example.com,crm,005\n"
CALENDAR = "date,is_workday,note\n2026-10-08,false,国庆补休\n"
READERS = {
    "stages.csv": read_stages,
    "exchange_rates.csv": read_exchange_rates,
    "people.csv": read_people,
    "calendar.csv": read_calendar,
}


def read(tmp_path, name, content):
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        path.write_text(content, encoding="utf-8")
    problems = []
    rows = READERS[name](path, problems)
    return rows, [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("name", "content", "count"),
    [
        ("stages.csv", STAGES, 3),
        ("exchange_rates.csv", RATES, 1),
        ("people.csv", PEOPLE, 1),
        ("calendar.csv", CALENDAR, 1),
        # Optional files may be missing, and may hold nothing but headings.
        ("exchange_rates.csv", None, 0),
        ("people.csv", None, 0),
        ("calendar.csv", None, 0),
        ("calendar.csv", "date,is_workday,note\n", 0),
        # As Excel writes them: with a mark at the start and rows of nothing but commas.
        ("stages.csv", STAGES.encode("utf-8-sig"), 3),
        ("stages.csv", STAGES + ",,,,\n,,,,,,\n", 3),
        ("calendar.csv", CALENDAR.replace("\n", "\r\n"), 1),
    ],
)
def test_good_files(tmp_path, name, content, count):
    rows, problems = read(tmp_path, name, content)
    assert problems == []
    assert len(rows) == count


def test_values_are_typed(tmp_path):
    (rate,), _ = read(tmp_path, "exchange_rates.csv", "date,currency,rate\n2026-01-01, usd ,7.1\n")
    assert (rate.date, rate.currency, rate.rate) == (dt.date(2026, 1, 1), "USD", Decimal("7.1"))
    (day,), _ = read(
        tmp_path, "calendar.csv", 'date,is_workday,note\n2026-10-10,TRUE,"make-up, 国庆"\n'
    )
    assert (day.is_workday, day.note) == (True, "make-up, 国庆")
    stages, _ = read(tmp_path, "stages.csv", STAGES)
    assert (stages[1].stage_order, stages[1].outcome) == (5, "won")
    assert {stage.pipeline for stage in stages} == {""}


def test_stages_may_name_their_pipeline(tmp_path):
    text = "source,source_stage,stage,stage_order,outcome,pipeline\n" + "".join(
        f"{line}\n"
        for line in ("*,a,a,1,open,", "*,b,b,1,open,续约", "*,w,w,5,won,", "*,l,l,6,lost,")
    )
    stages, problems = read(tmp_path, "stages.csv", text)
    assert problems == []
    assert [stage.pipeline for stage in stages] == ["", "续约", "", ""]
    _, problems = read(tmp_path, "stages.csv", text + "crm,B,b,1,open,新签\n")
    assert problems == [
        "stages.csv: b: is in two pipelines. Accepted: pipeline 续约, or a stage of its own for each."
    ]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("stages.csv", None, "stages.csv: no such file in "),
        ("stages.csv", "", "stages.csv: headings: no source, source_stage, stage, stage_order, "),
        (
            "stages.csv",
            STAGES.splitlines()[0],
            "stages.csv: has no rows. Accepted: source, source_stage, stage, stage_order, outcome.",
        ),
        (
            "stages.csv",
            STAGES.replace("stage_order", "order"),
            "stages.csv: headings: no stage_order. Accepted: source, source_stage, stage, ",
        ),
        (
            "stages.csv",
            STAGES.encode("gb18030"),
            "stages.csv: is not UTF-8 text (invalid",
        ),
        (
            "stages.csv",
            STAGES.replace("初步接洽,1,open", "初步接洽,one,open"),
            "stages.csv: row 2, stage_order: 'one'. Accepted: a whole number.",
        ),
        (
            "stages.csv",
            STAGES.replace("5,won", "5,Won"),
            "stages.csv: row 3, outcome: 'Won'. Accepted: one of open, won, lost, excluded.",
        ),
        (
            "stages.csv",
            STAGES.replace("*,赢单", ",赢单"),
            "stages.csv: row 3, source: ''. Accepted: a value.",
        ),
        (
            "stages.csv",
            STAGES + "*,赢单,赢单,5,won\n",
            "stages.csv: *, 赢单: is there 2 times. Accepted: each source stage once.",
        ),
        (
            "stages.csv",
            STAGES + "crm,Won,赢单,4,won\n",
            "stages.csv: 赢单: has two orders or outcomes. Accepted: order 5 and outcome won.",
        ),
        (
            "stages.csv",
            STAGES.replace("*,输单,输单,6,lost\n", ""),
            "stages.csv: outcome: not all of open, won, lost occur. Accepted: a stage for each.",
        ),
        (
            "stages.csv",
            STAGES.replace("*,输单,输单,6,lost", "*,丢单,输了,输单,6,lost"),
            "stages.csv: row 4: more cells than the 5 headings (lost). Accepted: a text with "
            'commas in quotes: "a, b".',
        ),
        (
            "exchange_rates.csv",
            RATES + "01/02/2026,USD,7\n",
            "exchange_rates.csv: row 3, date: '01/02/2026'. Accepted: a date such as 2026-05-31.",
        ),
        (
            "exchange_rates.csv",
            RATES + "2026-02-30,USD,7\n",
            "exchange_rates.csv: row 3, date: '2026-02-30'. Accepted: a date",
        ),
        (
            "exchange_rates.csv",
            RATES + "2026-02-01,美元,7\n",
            "exchange_rates.csv: row 3, currency: '美元'. Accepted: a code of three letters",
        ),
        (
            "exchange_rates.csv",
            RATES + "2026-02-01,,7\n",
            "exchange_rates.csv: row 3, currency: ''. Accepted: a value.",
        ),
        *[
            (
                "exchange_rates.csv",
                RATES + f"2026-02-01,USD,{rate}\n",
                f"exchange_rates.csv: row 3, rate: '{rate}'. Accepted: a positive number below",
            )
            for rate in ("seven", "0", "-7", "NaN", "Infinity", "1e309", "0.000000001", "7x")
        ],
        (
            "exchange_rates.csv",
            RATES + "2026-01-01,usd,7.2\n",
            "exchange_rates.csv: 2026-01-01, USD: is there 2 times. Accepted: one rate per day.",
        ),
        (
            "people.csv",
            PEOPLE + ",李明,,crm,006\n",
            "people.csv: row 3, person_id: ''. Accepted: a value.",
        ),
        (
            "people.csv",
            PEOPLE + "P2,李明,,,006\n",
            "people.csv: row 3, source: ''. Accepted: a value.",
        ),
        (
            "people.csv",
            PEOPLE + "P2,李明,,crm,\n",
            "people.csv: row 3, source_user_id: ''. Accepted: a value.",
        ),
        (
            "people.csv",
            PEOPLE + "P2,李明,,crm,005\n",
            "people.csv: crm, 005: is there 2 times. Accepted: each account of a source with one",
        ),
        (
            "people.csv",
            "person_id,name\nP1,王芳\n",
            "people.csv: headings: no email, source, source_user_id. Accepted: person_id, name, ",
        ),
        (
            "calendar.csv",
            CALENDAR + "2026-10-09,休,\n",
            "calendar.csv: row 3, is_workday: '休'. Accepted: true or false.",
        ),
        (
            "calendar.csv",
            CALENDAR + "10月9日,false,\n",
            "calendar.csv: row 3, date: '10月9日'. Accepted: a date such as 2026-05-31.",
        ),
        (
            "calendar.csv",
            CALENDAR + "2026-10-08,true,\n",
            "calendar.csv: 2026-10-08: is there 2 times. Accepted: each day once.",
        ),
    ],
)
def test_a_fault_names_row_column_value_and_what_would_do(tmp_path, name, content, told):
    _, problems = read(tmp_path, name, content)
    assert len(problems) == 1, problems
    assert problems[0].startswith(told)


def test_a_row_after_a_text_of_two_lines_is_counted_as_in_an_editor(tmp_path):
    content = 'date,is_workday,note\n2026-10-08,false,"two\nlines"\n2026-10-09,perhaps,\n'
    _, problems = read(tmp_path, "calendar.csv", content)
    assert problems == ["calendar.csv: row 4, is_workday: 'perhaps'. Accepted: true or false."]


def test_all_faults_of_a_file_at_once(tmp_path):
    content = "date,currency,rate\nx,USD,7\n2026-01-01,USD,x\n2026-01-02,,7\n"
    rows, problems = read(tmp_path, "exchange_rates.csv", content)
    assert rows == []
    assert [problem.split(": ")[1] for problem in problems] == [
        "row 2, date",
        "row 3, rate",
        "row 4, currency",
    ]


def test_gbk_from_excel_is_told_how_to_be_saved(tmp_path):
    _, problems = read(tmp_path, "stages.csv", STAGES.encode("gb18030"))
    assert "save it as “CSV UTF-8”" in problems[0]
