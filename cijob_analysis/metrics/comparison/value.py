"""A comparison as a value: what differs, what explains it, and both in sentences."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from cijob_analysis.ledger import counted
from cijob_analysis.metrics.comparison.wording import of_contrast, of_mix, of_whole

if TYPE_CHECKING:
    from cijob_analysis.ledger import Ledger

_CAUSES: Final = ("queue_wait_s", "run_time_s", "failure_rate")
_ABOUT_ALL: Final = 0.8
"""A group that explains so much of what a larger one does stands for it."""

_SHOWN: Final = [
    "level", "group", "measure", "statistic", "n_a", "n_b", "a", "b", "relative", "relative_low", "relative_high",
    "is_significant", "share_explained", "note",
]  # fmt: skip


@dataclass(frozen=True, eq=False, kw_only=True)
class Comparison:
    """What is different in `b`, the after, from `a`, the before.

    Attributes
    ----------
    frame : DataFrame
        A row for each group, measure and statistic:

        - `level` (``all``, ``workflow``, ``node``, ``type``, or the columns of `by`), the columns that were grouped
          by (missing where a level does not), `group` (what it is called);
        - `measure` (``queue_wait_s``, ``run_time_s``, ``turnaround_s`` [s], ``failure_rate``,
          ``throughput_per_h`` [1/h]) and `statistic` (``median``, the quantile such as ``p95``, ``rate``, or
          ``paired median`` of the run times of the same objects);
        - `n_a`, `n_b`: rows that count; `censored_a`, `censored_b`: unfinished rows of the group (int64);
        - `a`, `b`, `difference` (b − a) and its interval `low`, `high`; `relative` (difference ÷ a) and
          `relative_low`, `relative_high` (float64; NaN where unknown);
        - `p_value`, `p_adjusted` (by Holm, over the whole table; float64), `is_significant` (bool);
        - `share_of_wait`: which part of the difference of a turnaround is waiting; below 0 or above 1 where
          wait and run changed in different directions;
        - `share_explained`, `share_mix`: which part of the change of the mean over all rows (of the turnaround for
          all durations) is what changed within this group, and its larger or smaller part of all rows;
        - `note`: why there is no interval (``too few``, ``only in a``, ``only in b``, ``not tested``), or empty.
    attribution : DataFrame
        The change of the means: `level`, the columns of the groups, `group`, `measure`, `n_a`, `n_b`, `mean_a`,
        `mean_b`, `within`, `mix` [s, for the failure rate a share], `share_explained`, `share_mix`.
    noun : str
        What a row of `a` and `b` is.
    rows : tuple of int
        How many rows `a` and `b` have.
    level : float
        Of the intervals, and of what is significant.
    ledgers : tuple of Ledger
        How complete `a` and `b` are.
    remarks : tuple of str
        What a reader must know: unfinished and cancelled rows, what is missing.
    """

    frame: pd.DataFrame
    attribution: pd.DataFrame
    noun: str
    rows: tuple[int, int]
    level: float
    ledgers: tuple[Ledger, Ledger]
    remarks: tuple[str, ...]

    def top(self, n: int = 5) -> pd.DataFrame:
        """Return the significant differences that explain most, one row of `frame` for each group and measure.

        Ranked by what the change within the group adds to the whole: to the mean turnaround for waits and run
        times, to the failure rate for failures, each as a share of its mean over both sides. Of groups that say
        the same (a node that explains all that its workflow does) the smallest stands for all; where one is about
        all of the change, other levels are not asked.

        Parameters
        ----------
        n : int
            At most so many.

        Returns
        -------
        DataFrame
            Rows of `frame`, and `impact` (float64), by which they are ranked; none if nothing is significant.
        """
        impact = self._impact()
        left = self._candidates(impact)
        of_all = impact[self.frame["level"] == "all"].groupby(self.frame["measure"]).first()
        chosen: list[int] = []
        while len(left) and len(chosen) < n:
            head = left.iloc[0]
            same = (left["measure"] == head["measure"]) & (np.sign(left["impact"]) == np.sign(head["impact"]))
            alike = same & (left["impact"].abs() >= _ABOUT_ALL * abs(head["impact"]))
            pick = left.loc[(left["n_a"] + left["n_b"])[alike].idxmin()]
            chosen.append(int(pick.name))
            is_about_all = pick["impact"] / of_all.get(pick["measure"], np.nan) >= _ABOUT_ALL
            told = (same if is_about_all else alike) & (left["level"] != pick["level"])
            if pick["level"] == "workflow":
                told |= same & (left["level"] == "node") & (left["workflow_id"] == pick["workflow_id"]).fillna(False)
            told[pick.name] = True
            left = left[~told.to_numpy(np.bool_)]
        return self.frame.loc[chosen].assign(impact=impact.loc[chosen])

    def _candidates(self, impact: pd.Series) -> pd.DataFrame:
        """Return the significant differences of the causes, the surest statistic of each, the largest impact first."""
        frame = self.frame.assign(impact=impact)
        has_groups = (frame["level"] != "all").any()
        causes = (
            _CAUSES if (frame["measure"].isin(_CAUSES[:2]) & frame["a"].notna()).any() else ("turnaround_s", _CAUSES[2])
        )
        mine = frame["is_significant"] & frame["measure"].isin(causes) & frame["impact"].notna()
        mine &= (frame["level"] != "all") if has_groups else True
        surest = frame[mine].sort_values("p_adjusted", kind="stable")
        surest = surest.drop_duplicates(["level", "group", "measure"])
        return surest.sort_values("impact", key=np.abs, ascending=False, kind="stable")

    def _impact(self) -> pd.Series:
        """Return for each row of the frame what its group adds to the whole, relative to the whole."""
        means = self.attribution[self.attribution["level"] == "all"].set_index("measure")[["mean_a", "mean_b"]]
        whole = means.mean(axis="columns", skipna=False)
        turnaround = whole["turnaround_s"]
        scale = pd.Series({name: mean if name == "failure_rate" else turnaround for name, mean in whole.items()})
        keys = ["level", "group", "measure"]
        within = self.frame[keys].merge(self.attribution[[*keys, "within"]], how="left", on=keys)["within"]
        scales = self.frame["measure"].map(scale).to_numpy(np.float64)
        return (within / np.where(scales > 0, scales, np.nan)).rename("impact").set_axis(self.frame.index)

    def sentences(self, n: int = 5) -> list[str]:
        """Return what is different, in words: of the whole, then the `n` differences that explain most."""
        whole = self.frame[self.frame["level"] == "all"]
        changed = set(whole.loc[whole["is_significant"], "measure"])
        told = of_whole(whole, self.noun)
        told += [of_contrast(row, self.noun, changed) for row in self.top(n).to_dict("records")]
        told += of_mix(self.attribution, whole)
        if not self.frame["is_significant"].any():
            tests = int(self.frame["p_value"].notna().sum())
            told.append(f"Nothing differs at the {100 * self.level:g} % level, in {counted(tests, 'comparison')}.")
        return told

    @property
    def _title(self) -> str:
        return f"Comparison of {counted(self.rows[1], self.noun)} (b) with {counted(self.rows[0], self.noun)} (a)"

    def __repr__(self) -> str:
        remarks = [f"({text})" for text in self.remarks]
        return "\n".join([f"<{self._title}>", *self.sentences(), *remarks])

    def _repr_html_(self) -> str:
        whole = self.frame[self.frame["level"] == "all"]
        rows = pd.concat([whole, self.frame.loc[self.top(10).index]])
        rows = rows[~rows.index.duplicated()][_SHOWN]
        told = "".join(f"<li>{html.escape(text)}</li>" for text in self.sentences())
        remarks = "".join(f"<p><small>{html.escape(text)}</small></p>" for text in self.remarks)
        table = rows.to_html(index=False, na_rep="", float_format="{:.3g}".format, border=0)
        return f"<p><strong>{html.escape(self._title)}</strong></p><ul>{told}</ul>{table}{remarks}"
