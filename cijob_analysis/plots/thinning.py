"""Fewer steps than there are, for more than a picture has pixels; peaks stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_STEPS = 2_000
"""So many steps are as good as all: there are not more pixels."""


def visible_steps(at: NDArray[np.int64], height: NDArray[np.int64], most: int = MOST_STEPS) -> NDArray[np.intp]:
    """Return which steps to draw: all, or of those that share a pixel the last one that is highest.

    Parameters
    ----------
    at : array of int64
        Where each step begins, rising.
    height : array of int64
        How high it is.
    most : int
        How many pixels there are. Besides a step for each, the first and the last of all are drawn.
    """
    if len(at) <= most:
        return np.arange(len(at))
    pixel = (at - at[0]) // -((at[0] - at[-1]) // most)
    first = np.flatnonzero(np.diff(pixel, prepend=-1))
    peak = np.maximum.reduceat(height, first)
    peaks = np.flatnonzero(height == np.repeat(peak, np.diff(first, append=len(at))))
    last_peak = peaks[np.append(np.diff(pixel[peaks]) > 0, True)]
    return np.unique(np.concatenate([[0], last_peak, [len(at) - 1]]))
