"""sources.yml: what it accepts, what it says otherwise, and that no secret is ever shown."""

from pathlib import Path

import pytest
import yaml
from faulty_company import write

from pipelines.configuration.problems import ConfigurationError, Problem, read_yaml, shown
from pipelines.configuration.sources import read_sources

SHEETS = {"name": "sheets", "system": "spreadsheet", "folder": "sheets"}
CRM = {
    "name": "crm",
    "system": "salesforce",
    "base_url": "https://acme.my.salesforce.com",
    "auth": {"client_id": "${SF_ID}", "client_secret": "${SF_SECRET}"},
}
MAPPING = {"match": "目标*.xlsx", "entity": "targets", "unit": "万元"}


def read(folder, content):
    text = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True)
    problems = []
    sources = read_sources(write(folder, sources__yml=text) / "sources.yml", problems)
    return sources, [str(problem) for problem in problems]


def one(place, **changes):
    base = CRM if changes.get("system", "spreadsheet") != "spreadsheet" else SHEETS
    entry = {key: value for key, value in {**base, **changes}.items() if value is not ...}
    return read(place, {"sources": [entry]})


def mapped(folder, **changes):
    return one(folder, files=[{**MAPPING, **changes}])


def test_good_sources_are_read(tmp_path):
    sources, problems = read(tmp_path, {"sources": [{**SHEETS, "files": [MAPPING]}, CRM]})
    assert problems == []
    assert [source.name for source in sources] == ["sheets", "crm"]
    assert sources[0].files[0].unit == "万元"
    assert (sources[0].files[0].shape, sources[0].files[0].versions) == ("rows", "all")
    assert sources[1].on_failure is None


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "sources.yml: is empty. Accepted: sources: followed by a list."),
        ("sources:", "sources.yml: sources: no list of sources. Accepted: at least one source."),
        ("sources: []", "sources.yml: sources: no list of sources"),
        ("sources: {name: x}", "sources.yml: sources: no list of sources"),
        ("[]", "sources.yml: sources: no list of sources"),
        (
            "sources: [oops]",
            "sources.yml: sources[0]: is not a mapping of keys. Accepted: a mapping with",
        ),
        ("sources: [", "sources.yml: line 2: not valid YAML"),
    ],
)
def test_a_file_without_sources(tmp_path, content, told):
    sources, problems = read(tmp_path, content if content != "sources: [" else content + "\n")
    assert sources == []
    assert len(problems) == 1
    assert problems[0].startswith(told)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"name": "Sales Sheets"},
            "sources[0](Sales Sheets).name: 'Sales Sheets'. Accepted: lower-case letters, digits "
            "and _, no more than 60 (it names the raw folder).",
        ),
        ({"name": ...}, "sources[0](?).name: is missing. Accepted: a value for this key."),
        (
            {"system": "hubspot", "base_url": "https://x.example"},
            "sources[0](crm).system: 'hubspot'. Accepted: 'spreadsheet', 'salesforce', 'zoho', "
            "'jiandaoyun', 'kingdee', 'neocrm' or 'fxiaoke'.",
        ),
        (
            {"folder": ...},
            "sources[0](sheets): this entry. Accepted: a spreadsheet source with a folder or a "
            "mailbox.",
        ),
        (
            {"system": "zoho", "base_url": ...},
            "sources[0](crm): this entry. Accepted: a base_url for system zoho.",
        ),
        ({"on_failure": "ignore"}, "sources[0](sheets).on_failure: 'ignore'. Accepted: 'hold' or"),
        (
            {"foldr": "x"},
            "sources[0](sheets).foldr: unknown key. Accepted: name, system, folder, files,",
        ),
        (
            {"system": "zoho", "base_url": "acme.example"},
            "sources[0](crm).base_url: a value that is not shown here. Accepted: an address such as https://",
        ),
        (
            {"system": "zoho", "base_url": "https://acme.example:99999"},
            "sources[0](crm).base_url: a value that is not shown here. Accepted: an address such as https://",
        ),
        (
            {"system": "zoho", "base_url": "https://acme .example"},
            "sources[0](crm).base_url: a value that is not shown here. Accepted: an address such as https://",
        ),
        ({"files": "all"}, "sources[0](sheets).files: 'all'. Accepted: a valid tuple."),
    ],
)
def test_a_bad_source_names_key_and_what_would_do(tmp_path, changes, told):
    sources, problems = one(tmp_path, **changes)
    assert sources == []
    assert any(problem.startswith(f"sources.yml: {told}") for problem in problems), problems


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"entity": "deals"}, "files.0.entity: 'deals'. Accepted: one of users, teams, accounts"),
        ({"unit": "两"}, "files.0.unit: '两'. Accepted: one of 元, 千,"),
        ({"match": ""}, "files.0.match: ''. Accepted: have at least 1 character."),
        (
            {"shape": "wide"},
            "files.0.shape: 'wide'. Accepted: 'rows', 'months_as_columns' or 'months_as_rows'.",
        ),
        ({"year": 26}, "files.0.year: 26. Accepted: greater than or equal to 1990."),
        ({"versions": "last"}, "files.0.versions: 'last'. Accepted: 'all' or 'newest'."),
        (
            {"columns": {"amount": "金额"}},
            "files.0: this entry. Accepted: columns of targets: effective_from, includes_team, metric,",
        ),
        (
            {"entity": "orders", "shape": "months_as_columns"},
            "files.0: this entry. Accepted: shape months_as_columns only for entity targets.",
        ),
        ({"colums": {}}, "files.0.colums: unknown key. Accepted: match, entity, sheet,"),
    ],
)
def test_a_bad_mapping_names_key_and_what_would_do(tmp_path, changes, told):
    sources, problems = mapped(tmp_path, **changes)
    assert sources == []
    start = f"sources.yml: sources[0](sheets).{told}"
    assert any(problem.startswith(start) for problem in problems), problems


def test_two_sources_of_one_name(tmp_path):
    _, problems = read(tmp_path, {"sources": [SHEETS, {**CRM, "name": "sheets"}]})
    assert problems == [
        "sources.yml: sources[1].name: 'sheets' twice. Accepted: a name of its own."
    ]


def test_all_faults_of_all_sources_at_once(tmp_path):
    _, problems = read(
        tmp_path,
        {"sources": [{"system": "abacus"}, {**SHEETS, "files": [{"match": "x"}]}, "x", CRM]},
    )
    keys = [problem.split(": ")[1] for problem in problems]
    assert keys == [
        "sources[0](?).name",
        "sources[0](?).system",
        "sources[1](sheets).files.0.entity",
        "sources[2]",
    ]


# Secrets ------------------------------------------------------------------------------------------


def test_a_reference_stays_one_until_it_is_used(tmp_path, monkeypatch):
    monkeypatch.delenv("SF_SECRET", raising=False)
    (source,), problems = read(tmp_path, {"sources": [CRM]})
    assert problems == []
    assert source.auth["client_secret"] == "${SF_SECRET}"
    monkeypatch.setenv("SF_SECRET", "s3cr3t")
    assert source.secret("client_secret") == "s3cr3t"
    assert source.auth["client_secret"] == "${SF_SECRET}"


@pytest.mark.parametrize("value", [None, ""])
def test_a_reference_that_is_not_set_names_source_key_and_variable(tmp_path, monkeypatch, value):
    monkeypatch.delenv("SF_SECRET", raising=False)
    if value is not None:
        monkeypatch.setenv("SF_SECRET", value)
    (source,), _ = read(tmp_path, {"sources": [CRM]})
    with pytest.raises(ConfigurationError) as error:
        source.secret("client_secret")
    assert "sources.yml: crm.auth.client_secret: the environment has no SF_SECRET." in str(
        error.value
    )
    with pytest.raises(ConfigurationError, match=r"crm.auth.token: is missing"):
        source.secret("token")


@pytest.mark.parametrize(
    "changes",
    [
        {"auth": {"client_secret": {"value": "s3cr3t-planted"}}},
        {"auth": ["s3cr3t-planted"]},
        {"auth": "s3cr3t-planted"},
        {"auth": {"client_secret": ["s3cr3t-planted"]}},
        {"auth": {"client_secret": "s3cr3t-planted${SF_SECRET}"}},
        {"mailbox": "imap://u:s3cr3t-planted@mail.example"},
        {"base_url": "https://u:s3cr3t-planted@acme.example"},
        {"base_url": "https://acme.example/?token=s3cr3t-planted"},
        {"base_url": ["s3cr3t-planted"]},
        {"files": [{**MAPPING, "password": ["s3cr3t-planted"]}]},
        {"auth": {"client_secret": "s3cr3t-planted"}, "on_failure": "never"},
    ],
)
def test_a_secret_typed_in_the_wrong_place_is_not_shown(tmp_path, changes):
    sources, problems = read(tmp_path, {"sources": [{**CRM, **changes}]})
    assert sources == []
    assert problems
    assert "s3cr3t-planted" not in "".join(problems)


def test_a_text_instead_of_a_source_is_not_shown(tmp_path):
    _, problems = read(tmp_path, {"sources": ["https://u:s3cr3t-planted@acme.example"]})
    assert "s3cr3t-planted" not in "".join(problems)


def test_a_source_that_is_printed_shows_no_secret(tmp_path):
    (source,), _ = read(
        tmp_path,
        {
            "sources": [
                {
                    **SHEETS,
                    "auth": {"user": "s3cr3t-planted", "password": "s3cr3t-planted"},
                    "mailbox": {"host": "mail.example", "senders": "s3cr3t-planted@acme.cn"},
                    "files": [{**MAPPING, "password": "s3cr3t-planted"}],
                }
            ]
        },
    )
    assert "sheets" in repr(source)
    assert "s3cr3t-planted" not in repr(source) + str(source)
    assert source.secret("password") == "s3cr3t-planted"


def test_a_reference_with_text_around_it_is_refused(tmp_path):
    _, problems = read(tmp_path, {"sources": [{**CRM, "auth": {"token": "Bearer ${TOKEN}"}}]})
    assert problems == [
        "sources.yml: sources[0](crm).auth: a value that is not shown here. Accepted: for token one ${NAME} reference "
        "and nothing around it."
    ]


@pytest.mark.parametrize(
    "content",
    ["[" * 5000 + "]" * 5000, "a: " + "{a: " * 300 + "1" + "}" * 300, "&a [*a]", "x: &x {y: *x}"],
)
def test_a_file_without_bottom_is_a_problem_and_no_crash(tmp_path: Path, content: str) -> None:
    path = tmp_path / "sources.yml"
    path.write_text(content, encoding="utf-8")
    problems: list[Problem] = []
    assert read_yaml(path, problems, accepted="a list") is None
    assert len(problems) == 1
    assert "sources.yml" in str(problems[0])


def test_aliases_that_multiply_are_walked_once(tmp_path: Path) -> None:
    path = tmp_path / "sources.yml"
    lines = ["a0: &a0 [x, x]"] + [
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    problems: list[Problem] = []
    assert isinstance(read_yaml(path, problems, accepted="a mapping"), dict)
    assert problems == []


def test_a_value_that_aliases_make_huge_is_shown_short() -> None:
    value: list = ["x"]
    for _ in range(12):
        value = [value] * 9
    assert len(shown(value)) < 400
