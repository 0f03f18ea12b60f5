"""What is said of a probability: as it came true, in steps, and never surer than anybody can be."""

from __future__ import annotations

import numpy as np

from pipelines.alerting.filtering.said import MOST, STEP, shown


def test_what_is_said_grows_with_what_is_believed_in_steps_and_ends_below_certainty() -> None:
    believed = np.linspace(0, 1, 2001)
    said = shown(believed)
    assert (np.diff(said) >= 0).all()
    assert said[-1] == MOST
    assert said[0] == 0
    assert np.allclose(said / STEP, np.round(said / STEP))


def test_what_came_true_more_often_than_believed_is_said_to() -> None:
    """Read off fourteen generated companies: .72 came true in .80 of the weeks, .22 in .17."""
    assert shown(np.array([0.72, 0.22])).round(2).tolist() == [0.8, 0.2]


def test_what_is_shipped_is_what_was_tried() -> None:
    """Limits on what is said (`seconded`) stand where they stood on what is believed."""
    assert (shown(np.array([0.865, 0.878])).round(2) >= 0.95).tolist() == [False, True]
    assert (shown(np.array([0.655, 0.675])).round(2) >= 0.75).tolist() == [False, True]
