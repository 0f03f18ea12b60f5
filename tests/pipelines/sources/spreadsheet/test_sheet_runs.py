"""Night after night: unchanged, changed, gone, superseded, copied and contradicting files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from pipelines.configuration.problems import ConfigurationError
from pipelines.configuration.tables import StageRow
from pipelines.failures import PermanentFailure
from pipelines.sources.protocol import Previous
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.places.folder import FolderSource

TEAMS = "team_id,team_name\nT1,A\n"
TARGETS = "姓名,1月,2月\n张三,{},2\n"
MAPPING = {
    "match": "目标*.csv",
    "entity": "targets",
    "shape": "months_as_columns",
    "unit": "元",
    "year": 2026,
}


def aged(path: Path, seconds: int) -> None:
    stat = path.stat()
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns - seconds * 10**9))


def test_unchanged_files_yield_nothing_and_changed_ones_all_rows(sheets: Any) -> None:
    sheets.write("teams.csv", TEAMS)
    first = sheets.run()
    again = sheets.run(previous=first.after())
    assert (again.batches, again.extracts) == ([], [])
    sheets.write("teams.csv", TEAMS + "T2,B\n")
    changed = sheets.run(previous=first.after())
    assert len(changed.rows("teams")) == 2
    assert changed.extract("teams").full


def test_another_mapping_or_company_reads_the_same_bytes_again(sheets: Any) -> None:
    sheets.write("团队.csv", "团队,区域\nA,x\n")
    mapping = {"match": "团队.csv", "entity": "teams", "columns": {"team_id": "团队"}}
    first = sheets.run({**mapping, "values": {"team_name": "A"}})
    assert first.rows("teams")[0]["team_name"] == "A"
    second = sheets.run({**mapping, "values": {"team_name": "B"}}, previous=first.after())
    assert second.rows("teams")[0]["team_name"] == "B"
    third = sheets.run(
        {**mapping, "values": {"team_name": "B"}}, previous=second.after(), timezone="UTC"
    )
    assert len(third.batches) == 1


def test_a_broken_version_leaves_the_last_good_one_in_force(sheets: Any) -> None:
    sheets.write("teams.csv", TEAMS)
    sheets.write("users.csv", "user_id,user_name\nU1,A\n")
    first = sheets.run()
    sheets.write("teams.csv", "team_id,wrong\nT1,A\n")
    second = sheets.run(previous=first.after())
    assert [(e.entity, e.state) for e in second.extracts] == [("teams", "rejected")]
    third = sheets.run(previous=second.after(first.after()))
    assert third.extracts == []
    sheets.write("teams.csv", TEAMS)
    assert sheets.run(previous=second.after()).extract("teams").state == "loaded"


def test_files_that_vanish_are_withdrawn_and_may_return(sheets: Any) -> None:
    path = sheets.write("teams.csv", TEAMS)
    sheets.write("users.csv", "user_id,user_name\nU1,A\n")
    first = sheets.run()
    path.unlink()
    second = sheets.run(previous=first.after())
    extract = second.extract("teams")
    assert extract.state == "gone"
    assert extract.message == "teams.csv is no longer in the folder"
    assert sheets.run(previous=second.after(first.after())).extracts == []
    sheets.write("teams.csv", TEAMS)
    assert sheets.run(previous=second.after(first.after())).extract("teams").state == "loaded"


def test_an_empty_or_missing_folder_withdraws_nothing(sheets: Any) -> None:
    path = sheets.write("teams.csv", TEAMS)
    first = sheets.run()
    path.unlink()
    with pytest.raises(PermanentFailure, match="holds no file.*is mounted"):
        sheets.run(previous=first.after())
    sheets.folder.rmdir()
    with pytest.raises(PermanentFailure, match="No such file or directory.*sources.yml"):
        sheets.run(previous=first.after())
    assert sheets.check()[0].ok is False


def test_files_nobody_asked_for_are_remarked_once(sheets: Any) -> None:
    sheets.write("teams.csv", TEAMS)
    sheets.write("prices.xlsx", b"x")
    first = sheets.run()
    extract = first.extract("", "prices.xlsx")
    assert extract.state == "rejected"
    assert "prices.xlsx was not read: no mapping matches it" in extract.message
    assert sheets.run(previous=first.after()).extracts == []


def test_only_the_newest_version_is_in_force(sheets: Any) -> None:
    newest = {**MAPPING, "versions": "newest"}
    aged(sheets.write("目标_v1.csv", TARGETS.format(1)), 100)
    first = sheets.run(newest)
    sheets.write("目标_v2.csv", TARGETS.format(5))
    second = sheets.run(newest, previous=first.after())
    assert second.extract("targets", "目标_v2.csv").state == "loaded"
    old = second.extract("targets", "目标_v1.csv")
    assert old.state == "gone"
    assert old.message == "目标_v1.csv was replaced by 目标_v2.csv, which is newer"
    known = second.after(first.after())
    assert sheets.run(newest, previous=known).extracts == []
    (sheets.folder / "目标_v2.csv").unlink()
    third = sheets.run(newest, previous=known)
    assert third.extract("targets", "目标_v1.csv").state == "loaded"
    assert third.extract("targets", "目标_v2.csv").state == "gone"


def test_a_broken_newest_version_does_not_withdraw_the_old_one(sheets: Any) -> None:
    newest = {**MAPPING, "versions": "newest"}
    aged(sheets.write("目标_v1.csv", TARGETS.format(1)), 100)
    first = sheets.run(newest)
    sheets.write("目标_v2.csv", TARGETS.format("x"))
    second = sheets.run(newest, previous=first.after())
    assert [(e.file, e.state) for e in second.extracts] == [("目标_v2.csv", "rejected")]


def test_a_copy_under_another_name_is_not_loaded_twice(sheets: Any) -> None:
    sheets.write("目标.csv", TARGETS.format(1))
    first = sheets.run(MAPPING)
    sheets.write("目标(1).csv", TARGETS.format(1))
    second = sheets.run(MAPPING, previous=first.after())
    (extract,) = second.extracts
    assert (extract.file, extract.state) == ("目标(1).csv", "gone")
    assert "has the same content as 目标.csv" in extract.message
    known = second.after(first.after())
    assert sheets.run(MAPPING, previous=known).extracts == []
    (sheets.folder / "目标.csv").unlink()  # renamed, in effect
    third = sheets.run(MAPPING, previous=known)
    assert {(e.file, e.state) for e in third.extracts} == {
        ("目标(1).csv", "loaded"),
        ("目标.csv", "gone"),
    }


def test_one_owner_per_person_and_year(sheets: Any) -> None:
    sheets.write("目标A.csv", TARGETS.format(1))
    first = sheets.run(MAPPING)
    assert first.extract("targets").state == "loaded"
    sheets.write("目标B.csv", TARGETS.format(9))
    second = sheets.run(MAPPING, previous=first.after())
    assert {(e.file, e.state) for e in second.extracts} == {
        ("目标A.csv", "rejected"),
        ("目标B.csv", "rejected"),
    }
    assert second.batches == []
    message = second.extract("targets", "目标A.csv").message
    assert (
        "2 of its targets also stand in 目标B.csv, e.g. revenue of rep 张三 for 2026-01" in message
    )
    known = second.after(first.after())
    assert len(sheets.run(MAPPING, previous=known).extracts) == 2  # until someone resolves it
    (sheets.folder / "目标B.csv").unlink()
    third = sheets.run(MAPPING, previous=known)
    assert third.extract("targets", "目标A.csv").state == "loaded"
    assert len(third.rows("targets")) == 2


def test_keys_in_two_files_are_remarked_and_kept(sheets: Any) -> None:
    head = "opportunity_id,owner_id,stage,created_at\n"
    sheets.write("east.csv", head + "O1,A,x,2026-01-05\n")
    sheets.write("west.csv", head + "O1,B,x,2026-01-05\nO2,B,x,2026-01-05\n")
    run = sheets.run({"match": "*st.csv", "entity": "opportunities"})
    assert len(run.rows("opportunities")) == 3
    messages = [e.message or "" for e in run.extracts]
    assert any("1 keys also stand in east.csv (e.g. O1)" in message for message in messages)


def test_a_file_that_changes_while_it_is_copied_waits_for_the_next_run(sheets: Any) -> None:
    path = sheets.write("teams.csv", TEAMS)
    source = FolderSource(sheets.folder, settle_seconds=0)
    (ref,) = source.list()
    assert source.fetch(ref) == TEAMS.encode()
    with path.open("a") as stream:
        stream.write("T2,")
    with pytest.raises(FileRejected, match="still being written") as rejected:
        source.fetch(ref)
    assert rejected.value.transient
    path.unlink()
    with pytest.raises(FileRejected, match="cannot be opened: No such file"):
        source.fetch(ref)


def test_a_growing_file_is_listed_as_it_is_after_settling(sheets: Any) -> None:
    sheets.write("teams.csv", TEAMS)
    (ref,) = FolderSource(sheets.folder, settle_seconds=0.05).list()
    assert ref.size == len(TEAMS)


def test_names_in_gbk_bytes_are_shown_as_text(sheets: Any) -> None:
    sheets.write("teams.csv", TEAMS)
    (sheets.folder / os.fsdecode("目标.csv".encode("gbk"))).write_text(TARGETS.format(1))
    assert len(sheets.run(MAPPING).rows("targets")) == 2


def test_check_says_per_file_what_would_be_read(sheets: Any) -> None:
    sheets.write("teams.csv", TEAMS)
    sheets.write("users.csv", "user_id,name\nU1,A\n")
    sheets.write("other.csv", "x")
    findings = {str(finding.subject): finding for finding in sheets.check()}
    assert findings["teams.csv → teams"].ok
    assert findings["teams.csv → teams"].remark
    assert "no figures by region" in str(findings["teams.csv → teams"].text)
    assert not findings["users.csv → users"].ok
    assert "unknown heading 'name'" in str(findings["users.csv → users"].text)
    assert "correct the heading" in str(findings["users.csv → users"].next_step)
    assert "no mapping matches it" in str(findings["other.csv"].text)
    assert findings["other.csv"].remark


def test_check_names_stages_and_people_that_nobody_knows(sheets: Any) -> None:
    sheets.write("users.csv", "user_id,user_name,email\nU1,王芳,w@a.cn\n")
    deals = "opportunity_id,opportunity_name,stage,owner_id,created_at\n"
    deals += "".join(
        f"D{n},x,初步接洽,{owner},2026-01-05\n"
        for n, owner in enumerate(["U1", "王芳", "W@A.CN", "U1", "U9", "U1", "U1"])
    )
    sheets.write("opportunities.csv", deals + "D8,x,试用中,U1,2026-01-05\n")
    known = (StageRow("*", "初步接洽", "初步接洽", 1, "open"),)
    findings = {str(finding.subject): finding for finding in sheets.check(stages=known)}
    assert (findings["stages"].ok, findings["stages"].remark) == (True, True)
    assert str(findings["stages"].text) == "stages.csv does not know '试用中' (1 row)"
    assert findings["users"].remark
    assert "know 'U9' (1 row)" in str(findings["users"].text)
    # Where most rows have such a stage no night would be published.
    assert not {str(f.subject): f for f in sheets.check(stages=())}["stages"].ok


@pytest.mark.parametrize("options", [{"colour": 1}, {"date_order": "ymd"}])
def test_options_are_checked(sheets: Any, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="sheets.options"):
        sheets.connector(options=options)


def test_nothing_is_written_into_the_folder(sheets: Any) -> None:
    sheets.write("teams.csv", TEAMS)
    before = sorted((p.name, p.stat().st_mtime_ns) for p in sheets.folder.iterdir())
    sheets.run(previous=Previous())
    assert sorted((p.name, p.stat().st_mtime_ns) for p in sheets.folder.iterdir()) == before
