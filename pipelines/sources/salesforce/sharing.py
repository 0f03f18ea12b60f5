"""Objects of which the integration user sees only a part: counts look right and are too small.

Add here: another way in which an org hides whole records. Keep out: hidden fields (`selection.py`).

An org shares an object with everybody, or keeps records to their owners. In the latter case only who
may View All sees all. Both stand in tables that any API user may ask: EntityDefinition, and the
permission sets assigned to the user (a profile is one of them).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipelines.failures import Failure
from pipelines.language import text
from pipelines.sources.protocol import Finding
from pipelines.sources.records import PageGuard
from pipelines.sources.salesforce.objects import SalesforceObject
from pipelines.sources.salesforce.queries import Org

_OPEN = {"Read", "ReadWrite", "ReadWriteTransfer", "FullAccess", "ControlledByParent", "Edit"}


def hidden_records(org: Org, objects: Sequence[SalesforceObject]) -> list[Finding]:
    """One finding per object that is private and of which the user may not View All.

    None if the org does not say: then nothing is known, which is no finding.
    """
    names = [item.name for item in objects if item.entity]
    try:
        user = org.user()
        if not user or _sees_all_data(org, user):
            return []
        sharing = _sharing(org, names)
        seen = _sees_all_of(org, user)
    except Failure:
        return []
    return [
        Finding(
            f"{org.name}: {name}",
            False,
            text("sources.salesforce.private", object=name, sharing=model),
            text("sources.salesforce.private.step", object=name),
        )
        for name, model in sorted(sharing.items())
        if model not in _OPEN and name not in seen
    ]


def _rows(org: Org, soql: str, what: str) -> list[dict[str, Any]]:
    guard: PageGuard[str] = PageGuard(what)
    return [record for page in org.pages(soql, what, guard) for record in page]


def _sees_all_data(org: Org, user: str) -> bool:
    soql = (
        "SELECT Id FROM PermissionSetAssignment WHERE "
        f"AssigneeId = '{user}' AND PermissionSet.PermissionsViewAllData = true"
    )
    return bool(_rows(org, soql, "PermissionSetAssignment"))


def _sharing(org: Org, names: Sequence[str]) -> dict[str, str]:
    listed = ", ".join(f"'{name}'" for name in sorted(set(names)))
    soql = (
        "SELECT QualifiedApiName, InternalSharingModel FROM EntityDefinition "
        f"WHERE QualifiedApiName IN ({listed})"
    )
    return {
        str(row["QualifiedApiName"]): str(row["InternalSharingModel"])
        for row in _rows(org, soql, "EntityDefinition")
        if row.get("InternalSharingModel")
    }


def _sees_all_of(org: Org, user: str) -> set[str]:
    soql = (
        "SELECT SobjectType FROM ObjectPermissions WHERE PermissionsViewAllRecords = true AND "
        "ParentId IN (SELECT PermissionSetId FROM PermissionSetAssignment "
        f"WHERE AssigneeId = '{user}')"
    )
    return {str(row["SobjectType"]) for row in _rows(org, soql, "ObjectPermissions")}
