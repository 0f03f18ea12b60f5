"""A night of the series of faults (`tests/faults/fault_nights.py`); `make test-faults` runs 30."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from nightly_site import Installation

sys.path.insert(0, str(Path(__file__).parents[1] / "faults"))

from fault_nights import a_night  # noqa: E402

pytestmark = pytest.mark.nightly


def test_after_faulty_nights_the_marts_equal_those_of_a_twin_without(
    published: Installation, tmp_path: Path
) -> None:
    site, twin = published.copy(tmp_path / "site"), published.copy(tmp_path / "twin")
    night = a_night(site, twin, 1, "raw_file_damaged", seed=3)
    assert night.healed, night
    assert night.readers_whole, night
    assert night.apart == [], night
