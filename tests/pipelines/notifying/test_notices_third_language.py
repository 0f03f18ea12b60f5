"""A third language is one more catalogue: a recipient is told in it, and failures are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from notifying_days import NOW

from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.language.text import kept
from pipelines.ledger.store import Ledger
from pipelines.notifying.data_problems import failed_run
from pipelines.notifying.notices import Office
from pipelines.notifying.notify import notify, notify_data_owners
from pipelines.notifying.recipients import Recipient


def test_a_recipient_is_told_in_it(
    third_language: str, ledger: Ledger, office: Office, night: Callable[..., Any],
    frame: Callable[..., pd.DataFrame], person: Callable[..., Recipient], tmp_path: Path,
) -> None:  # fmt: skip
    night(frame({"alert_id": "a1", "level": "danger", "amount_at_risk": 120000.0}))
    reader = person("D1", "director", "company", language=third_language)
    report = notify(ledger, [reader], office, now=NOW, outbox_dir=tmp_path)
    message = report.told[0].message
    assert message.title.startswith("⟦[⟦Danger⟧")
    assert "⟦Money at risk⟧: " in message.text
    assert "CNY 120k" in message.text


def test_data_owners_are_told_of_a_failure_in_it(
    third_language: str, ledger: Ledger, office: Office, person: Callable[..., Recipient],
    tmp_path: Path,
) -> None:  # fmt: skip
    failure = PermanentFailure(text("night.models_not_built"), cause="Catalog Error")
    problem = failed_run(
        "nightly", [failure.told], audit=False, day=NOW.date(), run_id="0123456789",
        still_published=None,
    )  # fmt: skip
    owner = person("O1", "data_owner", language=third_language)
    report = notify_data_owners(ledger, [owner], office, problem, now=NOW, outbox_dir=tmp_path)
    said = report.told[0].message.text
    assert "⟦Nothing has been published yet.⟧" in said
    assert "Catalog Error" in said
    assert kept(failure.told).keys() == {"zh", "en", "de"}
