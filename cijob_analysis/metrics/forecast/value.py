"""When it will be finished: an interval, or why nobody can tell."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from cijob_analysis.ledger import clock_text, counted

if TYPE_CHECKING:
    from datetime import tzinfo

_SHORT: Final = pd.Timedelta(minutes=10)
"""An interval below that is told to the second."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Eta:
    """When batch jobs will be finished.

    Attributes
    ----------
    low, middle, high : Timestamp or None
        The end is between `low` and `high` with the probability `level`, before `middle` as likely as after it [UTC];
        None if that is not known. Of what has finished all three are its end.
    level : float
        Probability of the interval.
    remaining : int
        How many tasks are left, those among them that have not been created yet.
    rate_per_h : float
        How many tasks finished per hour of late; NaN if none has.
    reason : str
        What the interval rests on, or why there is none.
    as_of : Timestamp or None
        When the data were true [UTC].
    frame : DataFrame
        The same for each batch job: `batch_job_id`, `remaining` (int64), `low`, `middle`, `high`
        (datetime64[us, UTC]), `reason`.
    """

    low: pd.Timestamp | None
    middle: pd.Timestamp | None
    high: pd.Timestamp | None
    level: float
    remaining: int
    rate_per_h: float
    reason: str
    as_of: pd.Timestamp | None
    frame: pd.DataFrame

    @property
    def is_known(self) -> bool:
        """Whether there is an interval."""
        return self.middle is not None

    def describe(self, tz: tzinfo | str | None = None) -> str:
        """Return it as a sentence: ``between 14:10 and 15:32 (80 %), most likely 14:40 UTC, 1 204 tasks left``.

        Parameters
        ----------
        tz : datetime.tzinfo or str, optional
            Zone in which times are shown; UTC if not given.
        """
        left = f", {counted(self.remaining, 'task')} left" if self.remaining else ""
        if self.low is None or self.middle is None or self.high is None:
            if self.reason.startswith("finished"):
                return self.reason
            return f"unknown when it will be finished{left}: {self.reason}"
        if not self.remaining:
            return f"finished at {clock_text(self.middle, tz)}"
        low, middle, high = self._clock_texts((self.low, self.middle, self.high), tz)
        return f"between {low} and {high} ({100 * self.level:.3g} %), most likely {middle}{left}"

    def _clock_texts(self, times: tuple[pd.Timestamp, ...], tz: tzinfo | str | None) -> list[str]:
        """Return `times` without what goes without saying: a day like that of `as_of`, and the zone but once.

        The middle one stands last in the sentence, and has the zone.
        """
        local = [time.tz_convert("UTC" if tz is None else tz) for time in times]
        same_day = self.as_of is not None and {time.date() for time in local} == {
            self.as_of.tz_convert(local[0].tz).date()
        }
        pattern = ("" if same_day else "%Y-%m-%d ") + ("%H:%M:%S" if times[-1] - times[0] < _SHORT else "%H:%M")
        zones = [clock_text(time, tz)[16:] for time in times]
        is_one = len(set(zones)) == 1
        return [
            f"{time:{pattern}}" + ("" if is_one and place != 1 else zone)
            for place, (time, zone) in enumerate(zip(local, zones, strict=True))
        ]

    def __repr__(self) -> str:
        return f"<Eta: {self.describe()}>"

    def _repr_html_(self) -> str:
        as_of = "" if self.as_of is None else f" As of {clock_text(self.as_of)}."
        rate = "" if np.isnan(self.rate_per_h) else f" {self.rate_per_h:,.0f} tasks finished per hour of late."
        reason = f" Rests on: {self.reason}." if self.is_known and self.remaining else ""
        sentence = self.describe()
        text = (
            f"<strong>{html.escape(sentence[0].upper() + sentence[1:])}.</strong>{html.escape(as_of + rate + reason)}"
        )
        return f"<p>{text}</p>" + (self.frame.to_html(index=False, notebook=True) if len(self.frame) > 1 else "")
