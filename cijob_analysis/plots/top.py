"""The groups that a picture has room for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cijob_analysis.metrics.groups import By, groups_of
from cijob_analysis.words import labels_of, plural, shortened

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

MOST_BARS = 20
"""How many groups get a bar of their own."""


@dataclass(frozen=True, slots=True)
class Top:
    """The largest groups, largest first (states in their own order), and the others pooled in a last one.

    Attributes
    ----------
    codes : array of int
        For each row of the frame the number of its group.
    labels : list of str
        What the groups are called, short enough and distinct.
    """

    codes: NDArray[np.intp]
    labels: list[str]


def top_groups(frame: pd.DataFrame, by: By, most: int = MOST_BARS) -> Top:
    """Return the groups of `frame` by the columns `by`; if there are more than `most`, the small ones pooled."""
    groups = groups_of(frame, by)
    n = np.bincount(groups.codes, minlength=len(groups))
    order = np.arange(len(groups)) if list(groups.keys) == ["state"] else np.argsort(-n, kind="stable")
    place = np.empty(len(groups), np.intp)
    place[order] = np.arange(len(groups))
    labels = labels_of(groups.keys.iloc[order[:most]])
    return Top(np.minimum(place, most)[groups.codes], pooled(labels, len(groups)))


def pooled(labels: list[str], n_groups: int) -> list[str]:
    """Return `labels` shortened, followed by one for the groups that have none, if there are any."""
    others = n_groups - len(labels)
    return [*shortened(labels), *([plural(others, "other")] if others else [])]
