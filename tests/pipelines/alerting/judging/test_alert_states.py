import numpy as np
import pytest

from pipelines.alerting.judging.states import Ending, Laws, States

# One character per evaluation: raw level by the limits, `h` not bad but still within the
# hysteresis of 警戒, `H` warning by the limit but held at 危险, `?` not known.
RAW = {"0": 0, "1": 1, "2": 2, "h": 0, "H": 1, "?": 0}
HELD = {"0": 0, "1": 1, "2": 2, "h": 1, "H": 2, "?": 0}
PLAIN = Laws(confirm_warning=1, confirm_danger=1, clear=1, cool_down=0)


def play(course: str, laws: Laws) -> tuple[str, list[int], list[int]]:
    states = States(1, laws)
    levels, endings, episodes = "", [], []
    for t, mark in enumerate(course):
        day = np.datetime64("2026-01-04") + 7 * t
        known = np.array([mark != "?"])
        raw, held = np.array([RAW[mark]], np.int8), np.array([HELD[mark]], np.int8)
        endings.append(int(states.step(t, day, raw, held, known)[0]))
        levels += str(int(states.level[0]))
        episodes.append(int(states.episode[0]))
    return levels, endings, episodes


@pytest.mark.parametrize(
    ("course", "expected", "laws"),
    [
        ("0110", "0110", PLAIN),
        # Two confirmations to open, one is a passing thing.
        ("0100110", "0000011", Laws(2, 1, 2, 0)),
        # Straight to danger needs only its own confirmation.
        ("0020", "0022", Laws(2, 1, 2, 0)),
        ("0220", "0022", Laws(2, 2, 2, 0)),
        ("1220", "0122", Laws(2, 2, 2, 0)),
        # Danger days count towards the warning's confirmation.
        ("0120", "0022", Laws(2, 1, 2, 0)),
        # A level falls one step at a time, each after `clear` evaluations.
        ("2200000", "2221100", Laws(1, 1, 2, 0)),
        ("2000", "2100", PLAIN),
        # Hysteresis: within the slack the level is held.
        ("1hhh0", "11110", PLAIN),
        ("2HHH1", "22221", PLAIN),
        # Within the slack nothing opens.
        ("hhh", "000", PLAIN),
        # Not known moves nothing and does not reset a confirmation.
        ("1?1", "001", Laws(2, 1, 2, 0)),
        ("11?0?0", "011110", Laws(2, 1, 2, 0)),
        # Recovery must be successive.
        ("110101", "011111", Laws(2, 1, 2, 0)),
    ],
)
def test_course_of_levels(course: str, expected: str, laws: Laws) -> None:
    assert play(course, laws)[0] == expected


def test_cool_down_lets_only_danger_through() -> None:
    # Closed at evaluation 2 (day 14); 21 days of quiet let nothing but danger open until day 35.
    levels, _, episodes = play("10111110", Laws(1, 1, 1, 21))
    assert levels == "10001110"
    assert episodes == [1, 0, 0, 0, 2, 2, 2, 0]
    assert play("10121", Laws(1, 1, 1, 21))[0] == "10021"


def test_endings_say_why() -> None:
    assert play("10", PLAIN)[1] == [0, Ending.RECOVERED]
    stale = Laws(1, 1, 1, 0, stale_after=3)
    assert play("1???", stale)[1] == [0, 0, 0, Ending.STALE]
    learned = Laws(1, 1, 1, 30, relearn_after=4)
    levels, endings, _ = play("1111100", learned)
    assert endings[4] == Ending.RELEARNED
    assert levels == "1111000"


def test_since_is_the_first_bad_evaluation_not_the_confirmation() -> None:
    states = States(1, Laws(2, 1, 1, 0))
    for t, level in enumerate((0, 1, 1)):
        raw = np.array([level], np.int8)
        states.step(t, np.datetime64("2026-01-04") + 7 * t, raw, raw, np.array([True]))
    assert states.level[0] == 1
    assert states.since[0] == 1


def test_new_period_closes_and_forgets_the_cool_down() -> None:
    states = States(2, Laws(1, 1, 1, 90))
    bad, fine = np.array([1, 0], np.int8), np.array([True, True])
    states.step(0, np.datetime64("2026-01-04"), bad, bad, fine)
    ending = states.end_all(np.datetime64("2026-01-04"), Ending.PERIOD_OVER)
    assert ending.tolist() == [Ending.PERIOD_OVER, 0]
    states.step(1, np.datetime64("2026-01-11"), bad, bad, fine)
    assert states.episode.tolist() == [2, 0]


def test_hysteresis_and_confirmation_calm_a_figure_at_its_limit() -> None:
    """The sheet's simulation (2.5): AR 0.6, sigma 5 points, mean at the limit; both devices
    together change state several times less often than a plain limit."""
    rng = np.random.default_rng(11)
    weeks, series = 520, 200
    value = np.zeros((weeks, series))
    for t in range(1, weeks):
        value[t] = 0.6 * value[t - 1] + rng.normal(0, 4, series)
    changes = {}
    for name, laws, slack in (("plain", PLAIN, 0.0), ("both", Laws(2, 2, 2, 0), 5.0)):
        states = States(series, laws)
        flips = 0
        for t in range(weeks):
            raw = (value[t] < 0).astype(np.int8)
            held = (value[t] < slack).astype(np.int8)
            before = states.level.copy()
            states.step(t, np.datetime64("2020-01-05") + 7 * t, raw, held, np.ones(series, bool))
            flips += int((before != states.level).sum())
        changes[name] = flips / series / weeks * 52
    # The sheet: 12.2 and 3.1 state changes a year.
    assert 11 < changes["plain"] < 18
    assert changes["both"] < changes["plain"] / 3
