"""Object keys in order, so that each prefix is a stretch of them, and the prefixes under which failures crowd."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from cijob_analysis.metrics.failures.counts import texts_of
from cijob_analysis.metrics.failures.lift import LEAST, LEAST_LIFT, MOST_OF, divergences

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_PREFIXES: Final = 3
"""Failures under more prefixes than this are called scattered."""

_BEHIND: Final = "\U0010ffff"
"""Comes after every letter of a key."""
_CLEARLY: Final = 1.1
"""A longer prefix must be so much better than its folder to be worth its letters."""
_LEAST_SHARE: Final = 0.1


@dataclass(frozen=True, eq=False, slots=True)
class Keys:
    """The different keys of some rows, and their folders.

    Attributes
    ----------
    codes : array of int
        For each row the number of its key, -1 where it has none.
    values : list of str
        The different keys, in order.
    folders : list of str
        Folders and all that are above them, in order, each with its ``/``; the first one is empty.
    folder : array of int
        For each of `values` the number of its folder.
    begins, ends : array of int
        For each folder the number of the first key below it, and the one behind the last.
    """

    codes: NDArray[np.intp]
    values: list[str]
    folders: list[str]
    folder: NDArray[np.intp]
    begins: NDArray[np.intp]
    ends: NDArray[np.intp]

    def span(self, prefix: str) -> tuple[int, int]:
        """Return the number of the first key that begins with `prefix`, and the one behind the last."""
        return bisect_left(self.values, prefix), bisect_left(self.values, prefix + _BEHIND)

    def folders_of(self, numbers: NDArray[np.intp]) -> int:
        """Return how many folders there are if only these keys are there, of which the numbers are in order."""
        return int((_between(numbers, self.begins, self.ends) > 0).sum())


def keys_of(column: pd.Series) -> Keys:
    """Return the keys in `column`, of which some may be missing."""
    return ordered_keys(*pd.factorize(column))


def ordered_keys(numbers: NDArray[np.intp], different: pd.Index) -> Keys:
    """Return the keys of rows from the numbers and the different values that ``pd.factorize`` gives."""
    found = texts_of(different)
    leaf, leaves = pd.factorize(np.array([key[: key.rfind("/") + 1] for key in found], dtype=object))
    order = np.array(sorted(range(len(found)), key=found.__getitem__), np.intp)
    place = np.empty(len(found) + 1, np.intp)  # the last one for rows without a key, whose number is -1
    place[order], place[-1] = np.arange(len(found)), -1
    values = [found[number] for number in order.tolist()]
    folders = {""}
    for above in leaves.tolist():
        while above not in folders:
            folders.add(above)
            above = above[: above.rfind("/", 0, -1) + 1]
    names = sorted(folders)
    begins = [bisect_left(values, name) for name in names]
    ends = [bisect_left(values, name + _BEHIND) for name in names]
    folder = np.array([bisect_left(names, name) for name in leaves.tolist()], np.intp)[leaf[order]]
    return Keys(place[numbers], values, names, folder, np.array(begins, np.intp), np.array(ends, np.intp))


def crowded_prefixes(keys: Keys, hits: NDArray[np.intp], rows: NDArray[np.intp]) -> tuple[str, ...]:
    """Return up to three prefixes under which failures lie far more often than rows do.

    The first one is the prefix that tells failures best from the rest, by relative entropy. As long as they hold
    less than most of the failures, the same is done without what they hold, if failures are about as frequent below
    the next one. Whether they really are more frequent than elsewhere, is for the caller to say.

    Parameters
    ----------
    keys : Keys
        The keys of all rows.
    hits, rows : array of int
        The numbers of the keys of the failures, and of all rows, in order. The failures are among the rows.
    """
    chosen: list[str] = []
    open_hits, open_rows, first_rate = hits, rows, 0.0
    least = max(LEAST, round(_LEAST_SHARE * len(hits)))
    while len(chosen) < MOST_PREFIXES and len(hits) - len(open_hits) < MOST_OF * len(hits):
        prefix = _best_prefix(keys, open_hits, open_rows, least)
        if prefix is None:
            break
        rest_hits, rest_rows = (_without(numbers, keys.span(prefix)) for numbers in (open_hits, open_rows))
        rate = (len(open_hits) - len(rest_hits)) / (len(open_rows) - len(rest_rows))
        first_rate = first_rate or rate
        if max(rate, first_rate) >= LEAST_LIFT * min(rate, first_rate):
            break
        chosen.append(prefix)
        open_hits, open_rows = rest_hits, rest_rows
    return tuple(chosen)


def _best_prefix(keys: Keys, hits: NDArray[np.intp], rows: NDArray[np.intp], least: int) -> str | None:
    """Return the prefix of at least so many failures that tells them best from the rest; None if none does."""
    n_hits = _between(hits, keys.begins, keys.ends)
    enough = np.flatnonzero(n_hits >= least)
    if not len(enough):
        return None
    n_rows = _between(rows, keys.begins[enough], keys.ends[enough])
    scores = divergences(n_hits[enough], n_rows, len(hits), len(rows))
    best = enough[np.flatnonzero(scores == scores.max())[-1]]  # the longest of those that hold the same
    deepest = np.flatnonzero(n_hits >= MOST_OF * len(hits))[-1]  # of two folders that hold most one is in the other
    scored = [_lengthened(keys, keys.folders[folder], hits, rows, least) for folder in {int(best), int(deepest)}]
    score, prefix = max(scored, key=lambda item: (item[0], -len(item[1])))
    return prefix if score > 0 else None


def _lengthened(
    keys: Keys, folder: str, hits: NDArray[np.intp], rows: NDArray[np.intp], least: int
) -> tuple[float, str]:
    """Return `folder` with the letters that most failing names in it begin with, if worth it, and how good it is."""
    begin, end = np.searchsorted(hits, keys.span(folder))
    stretch = hits[begin:end]
    failing = [keys.values[key] for key in stretch[np.diff(stretch, prepend=-1) > 0].tolist()]
    longest = (_prefix_of(failing, 1.0), _prefix_of(failing, MOST_OF))
    candidates = {*longest, *(prefix.rstrip("0123456789") for prefix in longest)}  # numbered files begin alike
    best, best_score = folder, _score(keys, folder, hits, rows)[1]
    for prefix in sorted((prefix for prefix in candidates if len(prefix) > len(folder)), key=len):
        n_hits, score = _score(keys, prefix, hits, rows)
        if n_hits >= least and score > _CLEARLY * best_score:
            best, best_score = prefix, score
    return best_score, best


def _score(keys: Keys, prefix: str, hits: NDArray[np.intp], rows: NDArray[np.intp]) -> tuple[int, float]:
    begin, end = (np.array([number]) for number in keys.span(prefix))
    n_hits, n_rows = _between(hits, begin, end), _between(rows, begin, end)
    return int(n_hits[0]), float(divergences(n_hits, n_rows, len(hits), len(rows))[0])


def _between(numbers: NDArray[np.intp], begins: NDArray[np.intp], ends: NDArray[np.intp]) -> NDArray[np.int64]:
    """Return how many of the sorted `numbers` lie in each stretch."""
    return np.asarray(np.searchsorted(numbers, ends) - np.searchsorted(numbers, begins), np.int64)


def _without(numbers: NDArray[np.intp], span: tuple[int, int]) -> NDArray[np.intp]:
    begin, end = np.searchsorted(numbers, span)
    return np.concatenate([numbers[:begin], numbers[end:]])


def _prefix_of(names: list[str], share: float) -> str:
    """Return the longest text that at least `share`, more than half, of the sorted `names` begin with.

    The middle one of them does in any case.
    """
    middle = names[len(names) // 2]
    shortest, longest = 0, len(middle)
    while shortest < longest:
        length = (shortest + longest + 1) // 2
        begin = middle[:length]
        if bisect_left(names, begin + _BEHIND) - bisect_left(names, begin) >= share * len(names):
            shortest = length
        else:
            longest = length - 1
    return middle[:shortest]
