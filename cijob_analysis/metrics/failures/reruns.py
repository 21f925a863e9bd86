"""Which failures have not been made good since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from cijob_analysis.metrics.groups import groups_of, state_codes
from cijob_analysis.metrics.instants import instants

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_SAME_WORK: Final = ("workflow_id", "node", "task_type")
_EARLIEST: Final = np.iinfo(np.int64).min


def is_open(frame: pd.DataFrame, failed: NDArray[np.intp], keys: NDArray[np.intp], n_keys: int) -> NDArray[np.bool_]:
    """Return for each of the rows `failed` whether the same work on the same object has not succeeded since.

    The same work is the same workflow and node, or without these the same kind of task. Since means: in a row that
    was created later. What has no object, or no time of creation, is open.

    Parameters
    ----------
    frame : DataFrame
        `state`, `created_at` are used, and `workflow_id`, `node`, `task_type` where there are any.
    failed : array of int
        Rows in state Failed.
    keys : array of int
        For each row of `frame` the number of its object, -1 where it has none.
    n_keys : int
        How many objects there are.
    """
    if not len(failed):
        return np.ones(0, bool)
    states, names = state_codes(frame)
    has_failed = np.zeros(n_keys + 1, bool)  # the last one for rows without a key, whose number is -1
    has_failed[keys[failed]] = True
    succeeded = np.flatnonzero(has_failed[keys] & (states == names.index("Success")))
    rows = np.concatenate([failed, succeeded])
    names_of_work = [name for name in _SAME_WORK if name in frame.columns]
    tried = frame[names_of_work].iloc[rows].assign(object_key=keys[rows])
    work = groups_of(tried, [*names_of_work, "object_key"])
    created = instants(frame, "created_at")[rows].view(np.int64)  # NaT is the lowest number
    last_success = np.full(len(work), _EARLIEST)
    np.maximum.at(last_success, work.codes[len(failed) :], created[len(failed) :])
    of_failed, group = created[: len(failed)], work.codes[: len(failed)]
    is_made_good: NDArray[np.bool_] = (keys[failed] >= 0) & (of_failed > _EARLIEST) & (last_success[group] > of_failed)
    return ~is_made_good
