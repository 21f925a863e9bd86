"""How often things failed, and with what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.metrics.dispatch import on_any_engine
from cijob_analysis.metrics.failures.masking import masked
from cijob_analysis.metrics.groups import state_codes
from cijob_analysis.metrics.instants import instants, utc_column

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Clustered:
    """The failed rows of a frame, those with the same code and pattern together, the largest cluster first.

    Attributes
    ----------
    rows : array of int
        The failed rows, cluster by cluster, in each in the order of the frame.
    offsets : array of int
        Where each cluster begins in `rows`, and the last one ends.
    codes, patterns : list of str
        Of each cluster; empty where there is none.
    """

    rows: NDArray[np.intp]
    offsets: NDArray[np.intp]
    codes: list[str]
    patterns: list[str]

    @property
    def numbers(self) -> NDArray[np.intp]:
        """For each of `rows` the number of its cluster."""
        return np.repeat(np.arange(len(self.codes)), np.diff(self.offsets))

    def __len__(self) -> int:
        return len(self.codes)

    def of(self, cluster: int) -> NDArray[np.intp]:
        """Return the rows of a cluster, in the order of the frame."""
        return self.rows[self.offsets[cluster] : self.offsets[cluster + 1]]

    def among(self, mask: NDArray[np.bool_]) -> Clustered:
        """Return those among the rows of the frame that `mask` has; clusters without any are left out."""
        is_among = mask[self.rows]
        return _in_order(self.rows[is_among], self.numbers[is_among], self.codes, self.patterns)


@on_any_engine
def failure_counts(frame: pd.DataFrame) -> pd.DataFrame:
    """Count what failed by its code and by its message without ids, keys and numbers.

    Parameters
    ----------
    frame : DataFrame, Snapshot, or a frame of another engine
        Tasks, executions or batch jobs; `state`, `started_at`, `ended_at` are used, and `code`, `message` and
        `object_key` where there are any.

    Returns
    -------
    DataFrame
        A row for each code and pattern of the rows in state Failed, the most frequent first, then in the order of
        the texts: `code` and `pattern`, the masked message (text, empty where there is none); `n`, how many rows,
        and `objects`, of how many different objects (int64); `first_at`, `last_at`, when the first and the last
        of them ended (datetime64[us, UTC]); `run_time_s`, how long they ran in all (float64 [s]).

    Raises
    ------
    SchemaError
        A column is missing, or holds no times with a zone.

    See Also
    --------
    cijob_analysis.metrics.failures.masking.MASKS : what is masked, and how.
    """
    return counts_of(frame, clustered(frame))


def counts_of(frame: pd.DataFrame, found: Clustered) -> pd.DataFrame:
    """Return the counts of `failure_counts` for the failed rows of `frame` that are `found`."""
    begins, numbers = found.offsets[:-1], found.numbers
    started, ended = (instants(frame, name)[found.rows] for name in ("started_at", "ended_at"))
    run_time_s = np.nan_to_num((ended - started) / np.timedelta64(1, "s"))
    nothing = ended[:0]
    return pd.DataFrame(
        {
            "code": pd.Series(found.codes, dtype=schema.TEXT),
            "pattern": pd.Series(found.patterns, dtype=schema.TEXT),
            "n": np.diff(found.offsets).astype(np.int64),
            "objects": _distinct(frame, found),
            "first_at": utc_column(np.fmin.reduceat(ended, begins) if len(begins) else nothing),
            "last_at": utc_column(np.fmax.reduceat(ended, begins) if len(begins) else nothing),
            "run_time_s": np.bincount(numbers, run_time_s, minlength=len(begins)).astype(np.float64),
        }
    )


def clustered(frame: pd.DataFrame) -> Clustered:
    """Return the failed rows of `frame` by code and masked message.

    Raises
    ------
    SchemaError
        `state` is missing.
    """
    states, names = state_codes(frame)
    rows = np.flatnonzero(states == names.index("Failed"))
    code, codes = _texts(frame, "code", rows, list)
    pattern, patterns = _texts(frame, "message", rows, masked)
    pairs, number = np.unique(code * len(patterns) + pattern, return_inverse=True)
    code_of, pattern_of = (part.tolist() for part in np.divmod(pairs, len(patterns)))
    return _in_order(rows, number, [codes[one] for one in code_of], [patterns[one] for one in pattern_of])


def _in_order(
    rows: NDArray[np.intp], numbers: NDArray[np.intp], codes: Sequence[str], patterns: Sequence[str]
) -> Clustered:
    """Put `rows`, which belong to the clusters `numbers`, in the order of these: the largest first, empty ones out."""
    n = np.bincount(numbers, minlength=len(codes)).tolist()
    there = [cluster for cluster in range(len(codes)) if n[cluster]]
    order = sorted(there, key=lambda cluster: (-n[cluster], codes[cluster], patterns[cluster]))
    place = np.empty(len(codes), np.intp)
    place[order] = np.arange(len(order))
    return Clustered(
        rows=rows[np.argsort(place[numbers], kind="stable")],
        offsets=np.cumsum([0, *(n[cluster] for cluster in order)]),
        codes=[codes[cluster] for cluster in order],
        patterns=[patterns[cluster] for cluster in order],
    )


def _texts(
    frame: pd.DataFrame, name: str, rows: NDArray[np.intp], change: Callable[[Sequence[str]], list[str]]
) -> tuple[NDArray[np.intp], list[str]]:
    """Return a number for each of `rows`, and the different texts in column `name`, changed, that these stand for."""
    if name not in frame.columns:
        return np.zeros(len(rows), np.intp), [""]
    cells, values = pd.factorize(frame[name].iloc[rows])
    texts = change([*texts_of(values), ""])  # the last one for missing cells, whose number is -1
    numbers, different = pd.factorize(np.array(texts, dtype=object))
    return numbers[cells], different.tolist()


def texts_of(values: Any) -> list[str]:
    """Return the different values that a column was factorized into as text; one by one some arrays are slow."""
    return [str(value) for value in np.asarray(values, dtype=object).tolist()]


def _distinct(frame: pd.DataFrame, found: Clustered) -> NDArray[np.int64]:
    """Return how many different objects the rows of each cluster have."""
    if "object_key" not in frame.columns:
        return np.zeros(len(found), np.int64)
    keys, values = pd.factorize(frame["object_key"].iloc[found.rows])
    pairs = pd.unique((found.numbers * len(values) + keys)[keys >= 0])
    return np.bincount(pairs // max(len(values), 1), minlength=len(found)).astype(np.int64)
