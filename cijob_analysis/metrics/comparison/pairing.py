"""The same work on both sides: which rows are about the same object."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cijob_analysis.metrics.comparison.levels import stacked
from cijob_analysis.metrics.groups import groups_of
from cijob_analysis.metrics.instants import instants

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SAME = ("object_key", "workflow_id", "node", "task_type")
"""What the rows of a pair have in common, as far as there are such columns; a row without an object has no pair."""


def pairs_of(
    a: pd.DataFrame, b: pd.DataFrame, rows: tuple[NDArray[np.bool_], NDArray[np.bool_]]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return which of `rows` of `a` and `b` are pairs: the same object in the same node of the same workflow.

    Where one side has it several times, the one that ended last counts: it has replaced the others.
    """
    names = [name for name in _SAME if name in a.columns and name in b.columns]
    nothing = np.zeros(0, np.intp)
    if "object_key" not in names:
        return nothing, nothing
    codes = groups_of(pd.concat([stacked(a, b, name) for name in names], axis="columns"), names).codes
    size = int(codes.max(initial=-1)) + 1
    last = []
    for frame, mine, numbers in zip((a, b), rows, (codes[: len(a)], codes[len(a) :]), strict=True):
        chosen = np.flatnonzero(mine & frame["object_key"].notna().to_numpy(np.bool_))
        last.append(_last(chosen, numbers, instants(frame, "ended_at"), size))
    last_a, last_b = last
    both = (last_a >= 0) & (last_b >= 0)
    return last_a[both], last_b[both]


def _last(
    rows: NDArray[np.intp], codes: NDArray[np.intp], ended: NDArray[np.datetime64], size: int
) -> NDArray[np.intp]:
    """Return for each code the one of `rows` that ended last, -1 if there is none."""
    order = np.argsort(ended[rows], kind="stable")
    last = np.full(size, -1, np.intp)
    last[codes[rows[order]]] = rows[order]  # of equal codes the last one is written
    return last
