"""Doubtful pairs: users and customers of different sources that may be one, and were not joined.

Add here: another way in which two records look like one. Keep out: joining them (dbt,
`int_reps__identities` and `int_accounts__aliases`), names within one source (`naming.py`), orders
(`duplicate_orders.py`).

Everything here is a warning that asks somebody to look, and says where the answer is to be written:
`people.csv` for people, the credit code for customers. Mail addresses are compared, never quoted.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import duckdb

from pipelines.language import text as words
from pipelines.language.figures import figure
from quality.loaded import relation_of, table_exists
from quality.results import CheckResult, counted
from quality.similar_names import normalised

_WORDS = re.compile(r"[^\w&+]+|_+", re.UNICODE)
_FORMS_ZH = re.compile(r"(股份有限公司|有限责任公司|有限公司|股份公司|公司)$")
_FORMS_EN = re.compile(
    r"co|company|corp|corporation|inc|incorporated|limited|llc|llp|lp|ltd|plc|pte|pty"
    r"|ag|bv|gmbh|kg|nv|oy|sa|sarl|spa|srl"
)


@dataclass(frozen=True)
class _Record:
    """One user or customer of one source; `stands_for` is who dbt says it is."""

    source: str
    id: str
    name: str
    stands_for: str
    evidence: str  # users: the mailbox; customers: the credit code; empty if there is none

    @property
    def label(self) -> str:
        return f"{self.source}: {self.name or self.id} ({self.id})"


def check_identities(connection: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    """One result per kind of doubt, each passing if no pair is in doubt."""
    users = _users(connection)
    customers = _customers(connection)
    return [
        _mailboxes(users),
        _names_of_people(users),
        _ids_of_people(users),
        _listed_people(connection),
        _names_of_customers(customers),
        _company_forms(customers),
    ]


def without_form(name: str) -> str:
    """A company's name without its legal form, normalised; empty if nothing else is left."""
    text = unicodedata.normalize("NFKC", name).casefold()
    words = [word for word in _WORDS.split(text) if word]
    while words and _FORMS_EN.fullmatch(words[-1]):
        words.pop()
    return _FORMS_ZH.sub("", normalised("".join(words)))


def _users(connection: duckdb.DuckDBPyConnection) -> list[_Record]:
    known = table_exists(connection, "intermediate", "int_reps__identities")
    return _records(
        connection.execute(
            "select users.source, users.user_id, max(coalesce(trim(users.user_name), '')), "
            f"max({'identities.rep_id' if known else 'users.user_id'}), "
            "max(coalesce(lower(trim(users.email)), '')) "
            f"from ({relation_of(connection, 'users')}) as users "
            + (
                "left join intermediate.int_reps__identities as identities "
                "on users.source = identities.source and users.user_id = identities.user_id "
                if known
                else ""
            )
            + "where users.user_id is not null group by all order by 1, 2"
        ).fetchall()
    )


def _customers(connection: duckdb.DuckDBPyConnection) -> list[_Record]:
    """Customers of all sources; none if only one gives any, since there is nothing to join."""
    relation = relation_of(connection, "accounts")
    if connection.execute(f"select count(distinct source) from ({relation})").fetchall()[0][0] < 2:
        return []
    known = table_exists(connection, "intermediate", "int_accounts__aliases")
    return _records(
        connection.execute(
            "select accounts.source, accounts.account_id, "
            "max(coalesce(trim(accounts.account_name), '')), "
            f"max({'aliases.account_id' if known else 'accounts.account_id'}), "
            "max(coalesce(upper(trim(accounts.credit_code)), '')) "
            f"from ({relation}) as accounts "
            + (
                "left join intermediate.int_accounts__aliases as aliases "
                "on accounts.account_id = aliases.alias "
                if known
                else ""
            )
            + "where accounts.account_id is not null group by all order by 1, 2"
        ).fetchall()
    )


def _records(rows: list[tuple[str, str, str, str | None, str]]) -> list[_Record]:
    return [
        _Record(source, key, name, stands_for or key, evidence)
        for source, key, name, stands_for, evidence in rows
    ]


def _groups(pairs: Iterable[tuple[str, _Record]]) -> Iterator[list[_Record]]:
    """Records with one key that stand for more than one person or customer."""
    by_key: dict[str, list[_Record]] = defaultdict(list)
    for key, record in pairs:
        if key:
            by_key[key].append(record)
    for records in by_key.values():
        if len({record.stands_for for record in records}) > 1:
            yield records


def _across(records: list[_Record]) -> bool:
    return len({record.source for record in records}) > 1


def _told(records: list[_Record]) -> str:
    return " ≈ ".join(record.label for record in records[:3])


def _mailboxes(users: list[_Record]) -> CheckResult:
    doubtful = list(_groups((user.evidence, user) for user in users))
    return counted(
        "users_mailbox_of_one_person",
        "users",
        "warning",
        len(doubtful),
        told=words("quality.mailboxes_shared", doubtful_count=figure(len(doubtful)))
        if doubtful
        else words("quality.mailboxes_own"),
        sample=(_told(records) for records in doubtful),
    )


def _names_of_people(users: list[_Record]) -> CheckResult:
    doubtful = [
        records
        for records in _groups((normalised(user.name), user) for user in users)
        if _across(records) and not all(user.evidence for user in records)
    ]
    return counted(
        "users_name_in_two_sources",
        "users",
        "warning",
        len(doubtful),
        told=words("quality.names_only", doubtful_count=figure(len(doubtful)))
        if doubtful
        else words("quality.names_with_more"),
        sample=(_told(records) for records in doubtful),
    )


def _ids_of_people(users: list[_Record]) -> CheckResult:
    """Users with one id are one person; other names and no common mailbox make that doubtful."""
    by_id: dict[str, list[_Record]] = defaultdict(list)
    for user in users:
        by_id[user.id].append(user)
    doubtful = [
        records
        for records in by_id.values()
        if len({normalised(user.name) for user in records}) > 1
        and len({user.evidence for user in records if user.evidence}) != 1
    ]
    return counted(
        "users_id_of_one_person",
        "users",
        "warning",
        len(doubtful),
        told=words("quality.ids_of_two_names", doubtful_count=figure(len(doubtful)))
        if doubtful
        else words("quality.ids_of_one_name"),
        sample=(_told(records) for records in doubtful),
    )


def _listed_people(connection: duckdb.DuckDBPyConnection) -> CheckResult:
    rows = []
    if table_exists(connection, "config", "people"):
        rows = connection.execute(
            "select people.source, people.source_user_id, people.person_id from config.people "
            f"anti join ({relation_of(connection, 'users')}) as users "
            "on people.source = users.source and people.source_user_id = users.user_id order by all"
        ).fetchall()
    return counted(
        "people_csv_users_known",
        "people.csv",
        "warning",
        len(rows),
        told=words("quality.people_unknown", rows_count=figure(len(rows)))
        if rows
        else words("quality.people_known"),
        sample=(f"{source}: {user} ({person})" for source, user, person in rows),
    )


def _names_of_customers(customers: list[_Record]) -> CheckResult:
    doubtful = [
        records
        for records in _groups((normalised(record.name), record) for record in customers)
        if _across(records)
    ]
    return counted(
        "accounts_name_in_two_sources",
        "accounts",
        "warning",
        len(doubtful),
        told=words("quality.customers_apart", doubtful_count=figure(len(doubtful)))
        if doubtful
        else words("quality.customers_joined"),
        sample=(_told(records) for records in doubtful),
    )


def _company_forms(customers: list[_Record]) -> CheckResult:
    doubtful = [
        records
        for records in _groups((without_form(record.name), record) for record in customers)
        if _across(records) and len({normalised(record.name) for record in records}) > 1
    ]
    return counted(
        "accounts_company_form_alike",
        "accounts",
        "warning",
        len(doubtful),
        told=words("quality.company_forms_differ", doubtful_count=figure(len(doubtful)))
        if doubtful
        else words("quality.company_forms_agree"),
        sample=(_told(records) for records in doubtful),
    )
