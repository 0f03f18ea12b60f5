"""The board of a published installation, served as `forewarn board` serves it, and whom it holds.

Add here: how a test opens the board. Keep out: what must hold of its pages.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
from nightly_site import Installation

from pipelines.commands.serving import _commands
from pipelines.settings import PROJECT

HEADER = "X-Forwarded-User"
BEHIND_A_PROXY = "auth: {mode: proxy, header: X-Forwarded-User, proxies: [127.0.0.1]}\n"
# Every page that the navigation or a page leads to; those of single records are added by `pages_of`.
PAGES = (
    "/", "/targets", "/targets?period=month", "/pipeline", "/pipeline?list=large", "/customers",
    "/customers?list=key", "/warnings", "/records", "/signals", "/meeting", "/meeting?wall=1", "/data",
)  # fmt: skip


@dataclass(frozen=True)
class Cast:
    """People of the sample company that the tests act as."""

    director: str
    analyst: str
    manager: str
    team: str
    rep: str
    rep_name: str
    other_rep: str
    other_team: str
    deal: str  # an overdue deal of the rep
    other_deal: str  # a deal of the other team's rep


def cast_of(site: Installation) -> Cast:
    """A rep with an overdue deal, who leads their team, and somebody of another team."""
    rep, name, team, deal = site.query(
        "select d.owner_id, r.rep_name, r.team_id, min(d.opportunity_id) from marts.fct_opportunities d "
        "join marts.dim_rep r on r.rep_id = d.owner_id and r.is_current "
        "join marts.dim_scope s on s.scope_type = 'team' and s.scope_id = r.team_id "
        "where d.outcome = 'open' and d.expected_close_on < (select max(as_of) from marts.fct_metrics) "
        "and s.owner_id <> d.owner_id group by all order by 1 limit 1"
    )[0]
    (manager,) = site.query(
        f"select owner_id from marts.dim_scope where scope_type = 'team' and scope_id = '{team}'"
    )[0]
    other, other_team, other_deal = site.query(
        "select d.owner_id, r.team_id, min(d.opportunity_id) from marts.fct_opportunities d "
        "join marts.dim_rep r on r.rep_id = d.owner_id and r.is_current "
        f"where d.outcome = 'open' and r.team_id <> '{team}' and r.manager_id is not null "
        "group by all order by 1 limit 1"
    )[0]
    return Cast("sales_director", "data_owner", manager, team, rep, name, other, other_team, deal,
                other_deal)  # fmt: skip


@contextlib.contextmanager
def served(site: Installation) -> Iterator[str]:
    """The address of the board; its server ends with the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {k: v for k, v in site.environment.items() if k != "FOREWARN_LANG"}
    child = subprocess.Popen(_commands(1, port)["board"], env=environment, cwd=PROJECT)
    address = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 120
        while True:
            assert child.poll() is None, "the board ended by itself"
            assert time.monotonic() < until, "the board does not answer"
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"{address}/static/icon.svg", trust_env=False)
                break
            time.sleep(0.1)
        yield address
    finally:
        child.terminate()
        child.wait()
