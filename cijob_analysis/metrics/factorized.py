"""The values of a column as numbers in their order; of Arrow texts they are remembered as long as the column lives."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

_KNOWN: dict[int, tuple[weakref.ref[Any], NDArray[np.intp], int]] = {}
"""By the id of Arrow data, which nobody can change: the data, lest an id is taken for another, and the result."""


def factorized(column: pd.Series) -> tuple[NDArray[np.intp], int]:
    """Return numbers that are ordered like the values of `column`, missing ones last, and behind the last number.

    Hashing a million texts takes longer than most of what is then done with the numbers, and the columns by which
    people group are few: so the numbers of Arrow-backed text are kept until its data are gone.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        return _after(column.cat.codes.to_numpy(np.intp), len(column.cat.categories))
    if not (isinstance(column.dtype, pd.StringDtype) and column.dtype.storage == "pyarrow"):
        return _factorized(column)
    array: Any = column.array
    data = array.__arrow_array__()
    known = _KNOWN.get(id(data))
    if known is not None and known[0]() is data:
        return known[1], known[2]
    numbers, n = _factorized(column)
    numbers.flags.writeable = False
    _KNOWN[id(data)] = (weakref.ref(data), numbers, n)
    weakref.finalize(data, _KNOWN.pop, id(data), None)
    return numbers, n


def _factorized(column: pd.Series) -> tuple[NDArray[np.intp], int]:
    numbers, values = pd.factorize(column, sort=True)
    return _after(numbers, len(values))


def _after(numbers: NDArray[Any], n_values: int) -> tuple[NDArray[np.intp], int]:
    return np.where(numbers < 0, n_values, numbers), n_values + 1
