"""Time inside the sample company: a running count of workdays, and calendar time from it.

Add here: how a moment of the simulation becomes a date and an hour, and the season of a quarter.
Keep out: what happens at a moment.

Everything is simulated in workday time: t = 12.25 is a quarter into the thirteenth workday. Nobody
then works on a Sunday or in the Spring Festival, and the slump around it comes by itself.
"""

from __future__ import annotations

import datetime as dt

import numpy as np

from pipelines.sample.worlds import STANDARD, World
from pipelines.working_calendar import working_days

OFFICE_OPENS, OFFICE_SECONDS = 9 * 3600, 9 * 3600  # 09:00 to 18:00 local time
MONTHS_OF_EARLIER_ORDERS = 6  # so that an old customer's next order is not taken for a first one
MONTHS_OF_WARM_UP = 6  # fills the pipeline before the first row is kept
DAYS_AFTER_END = 400  # promised and expected dates lie in the future

# Share of a quarter's closings done by the end of each of its thirds: the last month is hard.
DEAL_SEASON = (0.25, 0.55)
REPEAT_SEASON = (0.31, 0.64)


def month_start(day: dt.date, months: int = 0) -> dt.date:
    """First day of the month that lies `months` after the month of `day`."""
    index = day.year * 12 + day.month - 1 + months
    return dt.date(index // 12, index % 12 + 1, 1)


def _warp(share: np.ndarray, season: tuple[float, float]) -> np.ndarray:
    return np.interp(share, (0.0, season[0], season[1], 1.0), (0.0, 1 / 3, 2 / 3, 1.0))


class TimeAxis:
    """Workdays from the first simulated day to well after `end`.

    `start`: first day of the pipeline's history (CRM). `orders_from`: first day whose orders are
    kept; it is no later than the first day of the year of `start`, so that year's targets can be
    met by orders. `now`: workday time of the evening of `end`; nothing after it is known.
    """

    def __init__(self, end: dt.date, world: World = STANDARD) -> None:
        self.end, self.world = end, world
        self.start = month_start(end, 1 - world.months)
        earlier = month_start(self.start, -MONTHS_OF_EARLIER_ORDERS)
        self.orders_from = min(earlier, dt.date(self.start.year, 1, 1))
        if world.young:
            self.orders_from = self.start
        self.first = month_start(self.orders_from, -MONTHS_OF_WARM_UP)
        last = end + dt.timedelta(days=DAYS_AFTER_END)
        days = working_days("CN", last, first=self.first)
        works = np.array([day.is_workday for day in days])
        self.workdays = np.array([day.date_day for day in days if day.is_workday], "datetime64[D]")
        self.origin = np.datetime64(self.first, "D")
        # For each calendar day the index of that workday, or of the next one.
        self._next = np.concatenate([[0], np.cumsum(works)])[: len(days)]
        self._in_long_holiday = self._long_holidays(works)
        self.now = float(np.searchsorted(self.workdays, np.datetime64(end, "D"), side="right"))
        # Plans look to the end of the year, so business is simulated that far (and not shown).
        year_end = np.datetime64(dt.date(end.year, 12, 31), "D")
        self.plan_end = float(np.searchsorted(self.workdays, year_end, side="right"))
        self.months = self._month_index(self.workdays)
        self.month_count = int(self._month_index(np.datetime64(last, "D"))) + 1
        self._quarters()
        self.creation_season, near = self._creation_season(works)
        self.season = world.season(self.workdays, near)
        self.creation_season *= self.season

    def _month_index(self, days: np.ndarray | np.datetime64) -> np.ndarray:
        return days.astype("datetime64[M]").astype(int) - self.origin.astype(
            "datetime64[M]"
        ).astype(int)

    def _quarters(self) -> None:
        """First workday and number of workdays of the calendar quarter of every workday."""
        months = self.workdays.astype("datetime64[M]").astype(int)
        quarter = months // 3
        starts = np.searchsorted(quarter, quarter, side="left")
        ends = np.searchsorted(quarter, quarter, side="right")
        self._quarter_start, self._quarter_length = (
            starts.astype(float),
            (ends - starts).astype(float),
        )

    @staticmethod
    def _long_holidays(works: np.ndarray) -> np.ndarray:
        """Calendar days inside a closed stretch of five days or more."""
        result = np.zeros(len(works), bool)
        edges = np.flatnonzero(np.diff(np.concatenate([[True], works, [True]]).astype(int)))
        for begin, stop in zip(edges[::2], edges[1::2], strict=True):
            if stop - begin >= 5:
                result[begin:stop] = True
        return result

    def _creation_season(self, works: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Relative rate of new business per workday, half of it around the Spring Festival; and
        which workdays lie in the weeks round it.
        """
        season, near = np.ones(len(self.workdays)), np.zeros(len(self.workdays), bool)
        edges = np.flatnonzero(np.diff(np.concatenate([[True], works, [True]]).astype(int)))
        for begin, stop in zip(edges[::2], edges[1::2], strict=True):
            day = self.first + dt.timedelta(days=int(begin))
            if stop - begin >= 6 and day.month in (1, 2):
                index = self._next[begin]
                season[max(0, index - 7) : index + 5] = 0.5
                near[max(0, index - 12) : index + 12] = True
        return season, near

    def goes_on(self, moment: np.ndarray, luck: np.ndarray) -> np.ndarray:
        """Which of the events at those moments take place in this season; `luck` (0..1) is only
        looked at beyond its third digit, so that it may serve for something else as well.
        """
        share = self.season[np.clip(moment.astype(int), 0, len(self.season) - 1)]
        return np.asarray(luck, float) * 997 % 1 < share

    def warp_to_quarter_end(self, moment: np.ndarray) -> np.ndarray:
        """The same moments pulled towards the end of their quarter (never earlier)."""
        index = np.clip(moment.astype(int), 0, len(self.workdays) - 1)
        start, length = self._quarter_start[index], self._quarter_length[index]
        share = np.clip((moment - start) / length, 0.0, 1.0)
        return start + np.minimum(_warp(share, DEAL_SEASON), 1 - 1e-9) * length

    def from_calendar(self, offset: np.ndarray, within: np.ndarray) -> np.ndarray:
        """Workday time of calendar offsets (days since `first`); `within` in 0..1 gives the hour.

        Demand of a long holiday spreads over the six workdays after it.
        """
        day = np.clip(offset.astype(int), 0, len(self._next) - 1)
        spread = np.where(self._in_long_holiday[day], (within * 6).astype(int), 0)
        return self._next[day] + spread + np.clip(within * 6 % 1, 0.0, 0.999)

    def workday_of(self, day: dt.date) -> int:
        """Index of that workday, or of the next one if the day is free."""
        return int(np.searchsorted(self.workdays, np.datetime64(day, "D")))

    def offset_of(self, moment: np.ndarray) -> np.ndarray:
        """Calendar days since `first` of workday times."""
        return (self.days(moment) - self.origin).astype(float)

    def season_repeat(self, offset: np.ndarray) -> np.ndarray:
        """Calendar offsets pulled mildly towards the end of their quarter."""
        day = self.origin + np.maximum(offset, 0).astype(int).astype("timedelta64[D]")
        quarter = day.astype("datetime64[M]").astype(int) // 3
        begin = (quarter * 3).astype("datetime64[M]").astype("datetime64[D]")
        stop = (quarter * 3 + 3).astype("datetime64[M]").astype("datetime64[D]")
        length = (stop - begin).astype(float)
        into = (day - begin).astype(float) + offset % 1
        warped = _warp(into / length, REPEAT_SEASON) * length
        return (begin - self.origin).astype(float) + np.minimum(warped, length - 1e-6)

    def days(self, moment: np.ndarray) -> np.ndarray:
        """Dates of workday times."""
        return self.workdays[np.clip(moment.astype(int), 0, len(self.workdays) - 1)]

    def month_of(self, moment: np.ndarray) -> np.ndarray:
        """Month number (0 = month of `first`) of workday times."""
        return self.months[np.clip(moment.astype(int), 0, len(self.workdays) - 1)]

    def timestamps(self, moment: np.ndarray) -> np.ndarray:
        """Local timestamps (seconds) in office hours of workday times."""
        seconds = OFFICE_OPENS + (moment % 1 * OFFICE_SECONDS).astype(int)
        return self.days(moment).astype("datetime64[s]") + seconds.astype("timedelta64[s]")

    def month_number(self, day: dt.date) -> int:
        """Month number of a date."""
        return (day.year - self.first.year) * 12 + day.month - self.first.month

    def month_name(self, index: int) -> str:
        """`2026-05` for a month number."""
        day = month_start(self.first, index)
        return f"{day.year:04d}-{day.month:02d}"
