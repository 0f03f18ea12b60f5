"""The sample company spread over several simulated systems, each customer in one of them.

Add here: how a part of the company is served by one system, and what its ids are called there.
Keep out: what a system does with its records (`<system>_company.py`).

Everything follows its customer. People and teams are whole in every system, each under ids of the
system's own, as in a company that grew by buying others.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from simulators import (
    fxiaoke_company,
    jiandaoyun_company,
    kingdee_company,
    neocrm_company,
    salesforce_company,
    zoho_company,
)
from simulators.company import Frames, by_accounts
from simulators.fxiaoke import FxiaokeSimulator
from simulators.jiandaoyun import JiandaoyunSimulator
from simulators.kingdee import KingdeeSimulator
from simulators.neocrm import NeocrmSimulator
from simulators.salesforce import SalesforceSimulator
from simulators.zoho import ZohoSimulator

KEYS = {
    "users": "user_id",
    "teams": "team_id",
    "accounts": "account_id",
    "contacts": "contact_id",
    "leads": "lead_id",
    "opportunities": "opportunity_id",
    "activities": "activity_id",
    "orders": "order_id",
}


@dataclass
class Part:
    """One system with its share of the company.

    `source`: its entry in sources.yml; `secrets`: the environment it needs; `ids`: entity -> the
    system's id -> the canonical one.
    """

    source: dict[str, Any]
    secrets: dict[str, str]
    ids: dict[str, dict[str, str]] = field(default_factory=dict)


def spread(frames: Frames, systems: Sequence[str]) -> dict[str, dict[str, pd.DataFrame]]:
    """System -> its part; customers are dealt out in turn.

    纷享销客 is asked a hundred times in twenty seconds at most, and answers with a hundred records: it
    gives a third of its customers to the first system, or a night would wait for the next twenty.
    """
    accounts = frames["accounts"]["account_id"].tolist()
    dealt = {system: accounts[position :: len(systems)] for position, system in enumerate(systems)}
    if "fxiaoke" in systems[1:]:
        # Those of the middle: the oldest order most, and the newest bring what was entered last.
        third = len(dealt["fxiaoke"]) // 3
        dealt[systems[0]] += dealt["fxiaoke"][third:-third]
        del dealt["fxiaoke"][third:-third]
    return {system: by_accounts(frames, set(own)) for system, own in dealt.items()}


@contextlib.contextmanager
def serve(frames: Frames, systems: Sequence[str]) -> Iterator[list[Part]]:
    """Every system running with its part."""
    with contextlib.ExitStack() as running:
        parts = []
        for system, part in spread(frames, systems).items():
            parts.append(_SERVE[system](running, part))
        yield parts


def _known(frames: Frames, name: Callable[[str, str], str | None]) -> dict[str, dict[str, str]]:
    """Ids by a function (entity, canonical) -> the system's."""
    return {
        entity: {str(name(entity, own)): own for own in frames[entity][key].unique()}
        for entity, key in KEYS.items()
    }


def _salesforce(running: contextlib.ExitStack, frames: Frames) -> Part:
    simulator = running.enter_context(SalesforceSimulator())
    salesforce_company.fill(simulator, frames)
    source = {
        "name": "sf",
        "system": "salesforce",
        "base_url": simulator.url,
        "auth": {"client_id": "${SIM_SF_ID}", "client_secret": "${SIM_SF_SECRET}"},
        "options": {"requests_per_second": 10_000, **salesforce_company.OPTIONS},
    }
    secrets = {"SIM_SF_ID": simulator.client_id, "SIM_SF_SECRET": simulator.client_secret}
    objects = {
        "users": "User",
        "teams": "UserRole",
        "accounts": "Account",
        "contacts": "Contact",
        "leads": "Lead",
        "opportunities": "Opportunity",
        "activities": "Task",
        "orders": "Order",
    }
    ids = _known(frames, lambda entity, own: salesforce_company.sf_id(objects[entity], own))
    # Visits are events, the other activities tasks.
    events = {salesforce_company.sf_id("Event", own): own for own in ids["activities"].values()}
    ids["activities"] |= {str(number): own for number, own in events.items()}
    return Part(source, secrets, ids)


def _zoho(running: contextlib.ExitStack, frames: Frames) -> Part:
    simulator = running.enter_context(ZohoSimulator())
    zoho_company.fill(simulator, frames)
    auth = simulator.auth()
    source = {
        "name": "zoho",
        "system": "zoho",
        "base_url": simulator.url,
        "auth": {key: f"${{SIM_ZOHO_{key.upper()}}}" for key in auth},
        "options": zoho_company.source_options(frames),
    }
    secrets = {f"SIM_ZOHO_{key.upper()}": value for key, value in auth.items()}
    return Part(source, secrets, _known(frames, lambda _, own: zoho_company.zoho_id(own)))


def _jiandaoyun(running: contextlib.ExitStack, frames: Frames) -> Part:
    simulator = running.enter_context(JiandaoyunSimulator())
    given = jiandaoyun_company.fill(simulator, frames)
    source = {
        "name": "jdy",
        "system": "jiandaoyun",
        "base_url": f"{simulator.url}/api/",
        "auth": {"api_key": "${SIM_JDY_KEY}"},
        "options": {
            "app_id": jiandaoyun_company.APP,
            "requests_per_second": 50,
            "forms": {"targets": False},
        },
    }
    return Part(source, {"SIM_JDY_KEY": simulator.key}, _turned(given))


def _kingdee(running: contextlib.ExitStack, frames: Frames) -> Part:
    simulator = running.enter_context(KingdeeSimulator())
    given = kingdee_company.fill(simulator, frames)
    auth = kingdee_company.auth(simulator)
    forms = {**kingdee_company.OPTIONS["forms"]}
    del forms["target"]
    source = {
        "name": "erp",
        "system": "kingdee",
        "base_url": simulator.base_url,
        "auth": {key: f"${{SIM_KD_{key.upper()}}}" for key in auth},
        "options": {**kingdee_company.OPTIONS, "forms": forms},
    }
    secrets = {f"SIM_KD_{key.upper()}": value for key, value in auth.items()}
    # Base data is known by its numbers, which are the canonical ids.
    ids = {entity: given[entity] for entity in ("opportunities", "activities", "orders", "leads")}
    return Part(source, secrets, _turned(ids))


def _neocrm(running: contextlib.ExitStack, frames: Frames) -> Part:
    simulator = running.enter_context(NeocrmSimulator())
    given = neocrm_company.fill(simulator, frames)
    secrets = {
        "SIM_NEO_CLIENT_ID": simulator.client_id,
        "SIM_NEO_CLIENT_SECRET": simulator.client_secret,
        "SIM_NEO_USERNAME": simulator.username,
        "SIM_NEO_PASSWORD": simulator.password,
        "SIM_NEO_SECURITY_TOKEN": simulator.security_token,
    }
    source = {
        "name": "neo",
        "system": "neocrm",
        "base_url": simulator.url,
        "auth": {name.removeprefix("SIM_NEO_").lower(): f"${{{name}}}" for name in secrets},
        "options": {
            "requests_per_second": 10_000,
            "history_days": 1_500,
            "history_window_days": 100,
            **neocrm_company.OPTIONS,
        },
    }
    objects = {
        "user": "users",
        "department": "teams",
        "account": "accounts",
        "contact": "contacts",
        "lead": "leads",
        "opportunity": "opportunities",
        "activityRecord": "activities",
        "order": "orders",
    }
    return Part(source, secrets, _by_entity(given, objects))


def _fxiaoke(running: contextlib.ExitStack, frames: Frames) -> Part:
    simulator = running.enter_context(FxiaokeSimulator())
    # Its clock stands still during a load, so the allowance of 20 seconds would never come back.
    simulator.per_20_seconds = 1_000_000
    given = fxiaoke_company.fill(simulator, frames)
    secrets = {
        "SIM_FX_APP_ID": simulator.secrets["appId"],
        "SIM_FX_APP_SECRET": simulator.secrets["appSecret"],
        "SIM_FX_PERMANENT_CODE": simulator.secrets["permanentCode"],
    }
    options = {
        **{key: value for key, value in fxiaoke_company.OPTIONS.items() if key != "goal_rules"},
        "user_id": "1000",
        "calls_per_20_seconds": 100,
    }
    source = {
        "name": "fx",
        "system": "fxiaoke",
        "base_url": simulator.url,
        "auth": {name.removeprefix("SIM_FX_").lower(): f"${{{name}}}" for name in secrets},
        "options": options,
    }
    objects = {
        "user": "users",
        "DepartmentObj": "teams",
        "AccountObj": "accounts",
        "ContactObj": "contacts",
        "LeadsObj": "leads",
        "NewOpportunityObj": "opportunities",
        "ActiveRecordObj": "activities",
        "SalesOrderObj": "orders",
    }
    return Part(source, secrets, _by_entity(given, objects))


def _by_entity(
    given: Mapping[tuple[str, str], str], objects: Mapping[str, str]
) -> dict[str, dict[str, str]]:
    ids: dict[str, dict[str, str]] = {}
    for (name, own), number in given.items():
        if name in objects:
            ids.setdefault(objects[name], {})[number] = own
    return ids


def _turned(given: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    return {entity: {str(v): k for k, v in pairs.items()} for entity, pairs in given.items()}


_SERVE: dict[str, Callable[[contextlib.ExitStack, Frames], Part]] = {
    "salesforce": _salesforce,
    "zoho": _zoho,
    "jiandaoyun": _jiandaoyun,
    "kingdee": _kingdee,
    "neocrm": _neocrm,
    "fxiaoke": _fxiaoke,
}
SYSTEMS = tuple(_SERVE)
