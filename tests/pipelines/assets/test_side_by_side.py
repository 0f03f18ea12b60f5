"""Loads of one run go side by side, and each keeps its own end."""

import threading
from collections import Counter

import pytest

from pipelines.assets.side_by_side import SideBySide
from pipelines.configuration.sources import Source
from pipelines.failures import TransientFailure
from pipelines.raw_zone.rows import LoadReport

NAMES = ["crm", "mail", "sheets"]


def test_all_are_under_way_at_once_and_a_failure_is_that_of_its_source_alone():
    sources = [Source(name=name, system="spreadsheet", folder=name) for name in NAMES]
    together, loads = threading.Barrier(len(sources), timeout=20), Counter()

    def load(source: Source) -> LoadReport:
        loads[source.name] += 1
        if loads[source.name] == 1:
            together.wait()  # passes only while all others wait here too
            if source.name == "mail":
                raise TransientFailure("mail is away", cause="test", next_step="wait")
        return LoadReport(source.name)

    run = SideBySide(load, sources)
    assert run.report(sources[2]).source == "sheets"
    with pytest.raises(TransientFailure, match="mail is away"):
        run.report(sources[1])
    assert run.report(sources[0]).source == "crm"
    # The step is tried again: its source is loaded again, and no other.
    assert run.report(sources[1]).source == "mail"
    assert loads == {"crm": 1, "mail": 2, "sheets": 1}
