"""Rules made of rules: all or any of them on one scope."""

import numpy as np
import pandas as pd
from alerting_frames import last_day, no_completion, rule, scopes, weekly

from pipelines.alerting.evaluation import evaluate


def test_all_asks_for_both_and_any_for_one() -> None:
    rng = np.random.default_rng(1)
    frames = []
    for metric, falling in (("orders", {"T1", "T2"}), ("opportunities_created", {"T1"})):
        teams = {}
        for n in range(1, 5):
            mean = np.full(80, 30.0)
            mean[60:] *= 0.4 if f"T{n}" in falling else 1.0
            teams[f"T{n}"] = rng.poisson(mean)
        frames += [weekly(metric, counts, scope=("team", team)) for team, counts in teams.items()]
        frames.append(weekly(metric, sum(teams.values()), scope=("company", "company")))
    rows = pd.concat(frames)
    parts = [
        rule("orders", {"type": "count_filter"}, name="o", family="o", mode="watch"),
        rule("opportunities_created", {"type": "count_filter"}, name="p", family="p", mode="watch"),
    ]
    both = rule("orders", {"type": "all", "of": ["o", "p"]}, name="both", family="both",
                inherit=False)  # fmt: skip
    one = rule("orders", {"type": "any", "of": ["o", "p"]}, name="one", family="one")
    found = evaluate(rows, no_completion(), [both, *parts, one], scopes(4), as_of=last_day(rows))
    teams_of = found.episodes.groupby("rule")["scope_id"].agg(set)
    assert teams_of["both"] == {"T1"}
    assert teams_of["one"] == {"T1", "T2"}
    alone = found.episodes.query("rule == 'one' and scope_id == 'T2'").iloc[0]
    assert "（危险）" in alone["message_zh"]
    assert "（正常）" in alone["message_zh"]
    # A part that nobody can judge leaves "all" open instead of answering for it.
    lone = evaluate(rows[rows["metric"] == "orders"], no_completion(), [both, *parts], scopes(4),
                    as_of=last_day(rows))  # fmt: skip
    assert lone.episodes.empty
    status = lone.levels[(lone.levels["rule"] == "both") & (lone.levels["scope_id"] == "T1")]
    assert status["level"].iloc[-1] == "too_few"
