"""Caps of queues: how many tasks each runs at once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cijob_analysis.exceptions import ConfigurationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Cap = float | Mapping[Any, float]
"""One number for each queue, or a number by queue."""


def names_of(keys: pd.DataFrame) -> list[Any]:
    """Return what each row of group keys is called in a mapping: its value, None if missing; of several, a tuple."""
    columns = [[None if pd.isna(value) else value for value in keys[name]] for name in keys]
    return columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))


def caps_of(keys: pd.DataFrame, cap: Cap) -> NDArray[np.float64]:
    """Return the cap of each row of group keys, NaN where a mapping has none.

    Raises
    ------
    ConfigurationError
        A cap is no whole number above zero, nor infinite, or a mapping is given where all are one queue.
    """
    if isinstance(cap, Mapping):
        if not len(keys.columns):
            raise ConfigurationError(f"cap={cap!r}: without by all tasks are one queue; give one number")
        return np.array([math.nan if name not in cap else checked_cap(cap[name], name) for name in names_of(keys)])
    return np.full(len(keys), checked_cap(cap))


def checked_cap(cap: Any, name: Any = None) -> float:
    """Return `cap`, of the queue `name`, if it is a whole number above zero, or infinite; else raise."""
    of_queue = "" if name is None else f" of {name!r}"
    is_number = isinstance(cap, int | float | np.integer | np.floating) and not isinstance(cap, bool)
    if not is_number or not cap >= 1 or not (math.isinf(cap) or cap == int(cap)):
        raise ConfigurationError(
            f"cap={cap!r}{of_queue}: give how many tasks run at once, 1 or more, or a mapping of that by queue"
        )
    return float(cap)
