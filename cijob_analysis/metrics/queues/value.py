"""What a replay gives: the tasks as they would have run, and what that comes to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from cijob_analysis.ledger import counted, grouped
from cijob_analysis.words import seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

WAITING: Final = "still waiting"
OPEN: Final = "running nobody knows until when"
_UNFINISHED: Final = frozenset({WAITING, OPEN})


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Replay:
    """Tasks as they would have run with other caps.

    Attributes
    ----------
    tasks : DataFrame
        Those that were replayed, in their order: `task_id`, the columns that make a queue; `created_at`,
        `started_at`, `ended_at` (datetime64[us, UTC]) of the replay; `wait_s` in it and `was_wait_s` as observed,
        `run_time_s` (float64 [s]); `is_censored` (bool): still running, so taken to end when it was observed.
    makespan_s, was_makespan_s : float
        From the first creation to the last end of these tasks, in the replay and as observed [s]; NaN if there are
        none.
    busy_share : float
        How much of the places in all queues was used during the makespan; NaN if a queue has no cap.
    left_out : mapping of str to int
        How many tasks were not replayed, by the reason.
    """

    tasks: pd.DataFrame
    makespan_s: float
    was_makespan_s: float
    busy_share: float
    left_out: Mapping[str, int]

    @property
    def is_censored(self) -> bool:
        """Whether something is unfinished, so that the makespan is a lower bound."""
        return not _UNFINISHED.isdisjoint(self.left_out) or bool(self.tasks["is_censored"].any())

    @property
    def summary(self) -> pd.DataFrame:
        """Two rows, as observed and as replayed: `scenario`, and the figures of `what_if`."""
        was_waits, waits = (self.tasks[name].to_numpy() for name in ("was_wait_s", "wait_s"))
        rows = [
            figures("observed", self.was_makespan_s, was_waits, math.nan),
            figures("replayed", self.makespan_s, waits, self.busy_share),
        ]
        return pd.DataFrame(rows)

    def __str__(self) -> str:
        if not len(self.tasks):
            text = "no task to replay"
        else:
            was, found = self.summary.to_dict("records")
            least = "at least " if self.is_censored else ""
            text = (
                f"{counted(len(self.tasks), 'task')}: makespan {least}{seconds(self.makespan_s)} "
                f"(observed {least}{seconds(self.was_makespan_s)}), "
                f"median wait {seconds(found['p50_wait_s'])} ({seconds(was['p50_wait_s'])}), "
                f"95 % within {seconds(found['p95_wait_s'])} ({seconds(was['p95_wait_s'])})"
            )
        return "; ".join([text, *(f"{grouped(n)} {reason} left out" for reason, n in self.left_out.items())])

    def __repr__(self) -> str:
        return f"<Replay: {self}>"


def figures(scenario: str, makespan_s: float, waits: NDArray[np.float64], busy_share: float) -> dict[str, Any]:
    """Return one row of `what_if`."""
    is_empty = not len(waits)
    middle, high = (math.nan, math.nan) if is_empty else np.quantile(waits, [0.5, 0.95])
    return {
        "scenario": scenario,
        "n": len(waits),
        "makespan_s": makespan_s,
        "mean_wait_s": math.nan if is_empty else waits.mean(),
        "p50_wait_s": middle,
        "p95_wait_s": high,
        "max_wait_s": waits.max(initial=math.nan if is_empty else 0),
        "busy_share": busy_share,
    }
