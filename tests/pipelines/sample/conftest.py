"""Generated companies shared by the tests of the sample company, each made once."""

from __future__ import annotations

import pytest

from pipelines.sample import SampleCompany, generate


@pytest.fixture(scope="session")
def company() -> SampleCompany:
    """The shipped company."""
    return generate()


@pytest.fixture(scope="session")
def large() -> SampleCompany:
    """A company large enough for every kind of risk."""
    return generate(reps=96, seed=7)


@pytest.fixture(scope="session")
def large_without_risks() -> SampleCompany:
    """The same company in which nothing goes wrong."""
    return generate(reps=96, seed=7, risks=False)
