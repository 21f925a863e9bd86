"""How many rows are in which state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics.dispatch import on_any_engine
from cijob_analysis.metrics.groups import By, groups_of, state_codes, states_of

if TYPE_CHECKING:
    import pandas as pd


@on_any_engine
def state_counts(frame: pd.DataFrame, *, by: By = None) -> pd.DataFrame:
    """Count the rows of `frame` in each state.

    Parameters
    ----------
    frame : DataFrame
        Batch jobs, executions or tasks; the column `state` is used.
    by : str or list of str, optional
        Columns whose equal values make a group. Rows that lack a value are a group of their own.

    Returns
    -------
    DataFrame
        The columns `by`; `state` (categorical: all known states in their order, also those that nothing is
        in, then the unknown ones that occur, then a missing one if a row has none); `n` (int64); `share`
        (float64) of the group, 0 where the group is empty.

    Raises
    ------
    SchemaError
        A column is missing.
    ConfigurationError
        `by` has `state`, which is counted already.
    """
    if by == "state" or (by and "state" in list(by)):
        raise ConfigurationError("by='state': the states of each group are counted; name other columns")
    codes, names = state_codes(frame)
    groups = groups_of(frame, by)
    cells = codes if len(groups) == 1 else groups.codes * len(names) + codes
    n = np.bincount(cells, minlength=len(groups) * len(names)).astype(np.int64)
    total = n.reshape(len(groups), len(names)).sum(axis=1).repeat(len(names))
    keys = groups.keys.loc[np.arange(len(groups)).repeat(len(names))].reset_index(drop=True)
    states = states_of(np.tile(np.arange(len(names)), len(groups)), names)
    return keys.assign(state=states, n=n, share=n / np.maximum(total, 1))
