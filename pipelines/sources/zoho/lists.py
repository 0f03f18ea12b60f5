"""Short lists that are read whole every night: organisation, roles, users, stages.

Add here: another list without a time of change. Keep out: records of modules (`loading.py`).

Zoho has no departments: roles form the tree of teams. Deleted users are asked for too, since their
deals keep their names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.sources.http import Refusal
from pipelines.sources.records import PageGuard
from pipelines.sources.zoho.answers import NOT_ALLOWED, NOT_THERE
from pipelines.sources.zoho.options import Options
from pipelines.sources.zoho.session import Session

Records = list[dict[str, Any]]
# Where a user's territories and groups are listed.
_LISTED = {"territory": "territories", "group": "user_groups"}


def organisation(session: Session) -> dict[str, Any]:
    """The organisation. Raises `PermanentFailure` if there is none."""
    content = session.get(
        "org", expect={"org": list}, tried=text("sources.zoho.could_not_see_organisation_zoho")
    )
    if not content or not content["org"]:
        raise PermanentFailure(
            text("sources.zoho.could_not_see_organisation_zoho"),
            where=session.client.base_url,
            cause=text("sources.zoho.answer_empty"),
            next_step=text("sources.zoho.give_token_scope_zohocrm_org"),
        )
    found: dict[str, Any] = content["org"][0]
    return found


def users(session: Session) -> Records:
    """All users, the deleted ones included, each once."""
    found: dict[str, dict[str, Any]] = {}
    for kind in ("DeletedUsers", "AllUsers"):
        guard: PageGuard[str] = PageGuard(
            text("sources.pages.of", object=kind, source="Zoho CRM"), session.client.base_url
        )
        page, more = 0, True
        while more:
            page += 1
            content = session.get(
                "users",
                {"type": kind, "page": page, "per_page": session.options.page_size},
                expect={"users": list, "info": dict},
                tried=text("sources.could_not_read_users_zoho_crm"),
            )
            if content is None:
                break
            guard.new([str(user.get("id")) for user in content["users"]])
            for user in content["users"]:
                found[str(user.get("id"))] = user
            more = bool(content["info"].get("more_records"))
    if session.options.team_by == "group":
        for key, user in found.items():
            if user.get("status") == "active":
                found[key] = {**user, _LISTED["group"]: _groups(session, key)}
    return list(found.values())


def _groups(session: Session, user: str) -> Records:
    """The groups of a user in the order of their ids; Zoho tells them user by user only."""
    content = session.get(
        f"users/{user}/actions/associated_groups",
        expect={_LISTED["group"]: list},
        tried=text("sources.could_not_read_users_zoho_crm"),
    )
    listed: Records = content[_LISTED["group"]] if content else []
    return sorted(listed, key=lambda group: str(group.get("id")))


def teams(session: Session, people: Records) -> Records:
    """What stands for teams: roles, or what `team_by` in the options says; as rows of roles.

    Raises as `roles`.
    """
    options = session.options
    if options.team_by == "role":
        return roles(session, options.regions)
    named = {
        key: name
        for person in people
        if (key := _team(person, options)[0])
        if (name := _team(person, options)[1])
    }
    _stop_at_unknown(session, options.regions, set(named.values()))
    return [
        {"id": key, "name": name, "region": options.regions.get(name)}
        for key, name in sorted(named.items())
    ]


def in_teams(people: Records, options: Options) -> Records:
    """The users, each with the role that stands for the team, see `teams`."""
    if options.team_by == "role":
        return people
    return [{**person, "role": {"id": _team(person, options)[0]}} for person in people]


def _team(person: dict[str, Any], options: Options) -> tuple[str | None, str | None]:
    """Id and name of a user's team: the first territory or group, or what a field of his holds."""
    if options.team_by in ("territory", "group"):
        listed = person.get(_LISTED[options.team_by]) or []
        value = listed[0] if listed else None
    else:
        value = person.get(options.team_field or "")
    if isinstance(value, dict):
        key = value.get("id") or value.get("name")
        return (str(key), str(value.get("name") or key)) if key else (None, None)
    return (str(value), str(value)) if value not in (None, "") else (None, None)


def _stop_at_unknown(session: Session, regions: Mapping[str, str], names: set[str]) -> None:
    if lost := sorted(set(regions) - names):
        raise PermanentFailure(
            text("sources.zoho.no_role", source="Zoho CRM"),
            where=session.client.base_url,
            cause=text("sources.zoho.no_role.why", names=lost),
            next_step=text("sources.zoho.no_role.step"),
        )


def roles(session: Session, regions: Mapping[str, str]) -> Records:
    """All roles, each with the region of the nearest role at or above it that has one.

    Raises `PermanentFailure` if a role that the options name does not exist.
    """
    content = session.get(
        "settings/roles",
        expect={"roles": list},
        tried=text("sources.could_not_read_roles_zoho_crm"),
    )
    found: Records = content["roles"] if content else []
    _stop_at_unknown(session, regions, {str(role.get("name")) for role in found})
    by_id = {str(role.get("id")): role for role in found}
    return [{**role, "region": _region(role, by_id, regions)} for role in found]


def _region(
    role: dict[str, Any], by_id: Mapping[str, dict[str, Any]], regions: Mapping[str, str]
) -> str | None:
    place: dict[str, Any] | None = role
    for _ in range(len(by_id)):  # a circle in the tree must not hold the run
        if place is None:
            return None
        if place.get("name") in regions:
            return regions[place["name"]]
        place = by_id.get(str((place.get("reporting_to") or {}).get("id")))
    return None


def stages(session: Session) -> Records:
    """Stages of all pipelines; what is won or lost stands in `forecast_type`, not in the name.

    Empty if the token may not see settings of layouts: the company's stages.csv then decides alone.
    """
    try:
        return list(_stages(session))
    except Refusal as refusal:
        if refusal.code in NOT_ALLOWED | NOT_THERE:
            return []
        raise


def _stages(session: Session) -> Iterator[dict[str, Any]]:
    layouts = session.get("settings/layouts", {"module": "Deals"}, expect={"layouts": list})
    done: set[str] = set()
    for layout in layouts["layouts"] if layouts else []:
        content = session.get(
            "settings/pipeline", {"layout_id": layout["id"]}, expect={"pipeline": list}
        )
        for pipeline in content["pipeline"] if content else []:
            for stage in pipeline.get("maps") or []:
                key = f"{pipeline.get('id')}/{stage.get('id') or stage.get('actual_value')}"
                if key not in done:
                    done.add(key)
                    yield {
                        "id": key,
                        "pipeline": pipeline.get("display_value"),
                        "stage": stage.get("actual_value"),
                        "display_value": stage.get("display_value"),
                        "forecast_type": stage.get("forecast_type"),
                        "sequence_number": stage.get("sequence_number"),
                    }
