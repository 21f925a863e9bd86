"""Whether failures have something in common that sets them apart, or are scattered."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from cijob_analysis.metrics.failures.facets import OBJECT
from cijob_analysis.metrics.failures.lift import LEAST, MOST_OF, PART_OF, Region, divergences
from cijob_analysis.metrics.failures.prefixes import crowded_prefixes

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from numpy.typing import NDArray

    from cijob_analysis.metrics.failures.facets import Facet, Ground

WINDOW: Final = "window"
PREFIX: Final = "prefix"

_DEEPEST: Final = 3
_MOST_FINDINGS: Final = 4
_SHARES: Final = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0)
_SHORT: Final = 0.25
"""A window is no longer than this part of the whole time."""
_WORTH_OF_MOST: Final = 1.2
"""One thing that explains most is better than several that explain a little more together."""
_PREFIXES_TRIED: Final = 5
"""For each folder: itself, and what the names in it begin with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Where failures are far more frequent than elsewhere.

    Attributes
    ----------
    of : {"all", "inside", "rest"}
        What it was looked for in: in all rows; in those of the finding before; or in those of none of the findings
        before that are of all or of the rest.
    kind : str
        What its rows have in common: object, prefix, folder name, file type, node, workflow, window …
    values : tuple of str
        Which one; up to three prefixes, or the begin and the end of a window, in UTC.
    hits, of_hits : int
        How many of the failures it holds, of how many that it was looked for among.
    rate_inside, rate_outside : float
        Which part of its rows, and of the other rows, fail so.
    p_value : float
        An upper bound of the probability that this is chance.
    """

    of: str
    kind: str
    values: tuple[str, ...]
    hits: int
    of_hits: int
    rate_inside: float
    rate_outside: float
    p_value: float

    @property
    def is_most(self) -> bool:
        """Whether it holds most of the failures."""
        return self.hits >= MOST_OF * self.of_hits


class Scope(NamedTuple):
    """Some of the rows, and the failures among them.

    Attributes
    ----------
    rows, hits : array of int
        Their numbers; `hits` are among `rows`.
    objects : int
        Of how many different objects the failures are.
    keys : array of int
        The numbers of the keys of `rows`, where they have one, in order.
    ends : array of datetime64[us]
        When `rows` ended, where that is known, in order.
    """

    rows: NDArray[np.intp]
    hits: NDArray[np.intp]
    objects: int
    keys: NDArray[np.intp]
    ends: NDArray[np.datetime64]


class Exposed:
    """The rows that could have failed: those that did, and those that succeeded.

    Parameters
    ----------
    ground : Ground
        What the rows of a frame may have in common.
    rows : array of int
        Which of them could have failed, in order.
    """

    def __init__(self, ground: Ground, rows: NDArray[np.intp]) -> None:
        self._keys, self._ended = ground.keys, ground.ended
        self._everything = self._scope(rows, rows[:0])
        counted = [(facet, facet.counts(rows)) for facet in ground.facets]
        self._facets = [(facet, n, int((n > 0).sum())) for facet, n in counted if (n > 0).sum() > 1]
        self._n_folders = ground.keys.folders_of(self._everything.keys)

    def findings(self, hits: NDArray[np.intp]) -> list[Finding]:
        """Return where the failures `hits`, which are among the rows, are far more frequent than elsewhere.

        The most telling region comes first. If it holds most of them, its rows are searched for what tells its
        failures from the rest; in any case, what lies outside of it is searched, too.

        Parameters
        ----------
        hits : array of int
            The numbers of those that failed in one way.
        """
        whole = self._everything._replace(hits=hits, objects=self._objects(hits))
        first = self._best(whole, PART_OF)
        if first is None:
            return []
        found, chain = [_finding("all", first)], [first]
        scope = whole
        while chain[-1].share >= MOST_OF and len(chain) < _DEEPEST:
            scope = self._part(scope, chain[-1], inside=True)
            region = self._best(scope, MOST_OF, {region.kind for region in chain})
            if region is None:
                break
            found.append(_finding("inside", region))
            chain.append(region)
        scope, region = whole, first
        while region is not None and len(found) < _MOST_FINDINGS:
            scope = self._part(scope, region, inside=False)
            region = self._best(scope, PART_OF, {WINDOW} & {finding.kind for finding in found})  # not its edges
            found += [_finding("rest", region)] if region is not None else []
        return found

    def _best(self, scope: Scope, share: float, known: Container[str] = ()) -> Region | None:
        """Return the most telling region of `scope` with at least this share of its failures; None if there is none."""
        if len(scope.hits) < LEAST:
            return None
        candidates = [
            region
            for region in self._candidates(scope)
            if region.share >= share and region.stands_out and region.kind not in known
        ]
        return max(candidates, key=_merit, default=None)

    def _part(self, scope: Scope, region: Region, *, inside: bool) -> Scope:
        return self._scope(*(rows[region.holds(rows) == inside] for rows in (scope.rows, scope.hits)))

    def prefixes(self, hits: NDArray[np.intp]) -> tuple[tuple[str, float], ...]:
        """Return up to three prefixes that hold most of the failures `hits`, with the share that each holds.

        Empty if failures are not far more frequent there than elsewhere.
        """
        if len(hits) < LEAST:
            return ()
        region = self._prefixes(self._everything._replace(hits=hits, objects=self._objects(hits)))
        if region is None or region.share < MOST_OF or not region.stands_out:
            return ()
        keys = self._keys.codes[hits]
        spans = [self._keys.span(prefix) for prefix in region.values]
        shares = [float(((keys >= begin) & (keys < end)).mean()) for begin, end in spans]
        return tuple(zip(region.values, shares, strict=True))

    def _scope(self, rows: NDArray[np.intp], hits: NDArray[np.intp]) -> Scope:
        keys, ended = self._keys.codes[rows], self._ended[rows]
        return Scope(rows, hits, self._objects(hits), np.sort(keys[keys >= 0]), np.sort(ended[~np.isnat(ended)]))

    def _objects(self, hits: NDArray[np.intp]) -> int:
        """Return how many different objects failed; what has none counts as one."""
        keys = self._keys.codes[hits]
        return len(pd.unique(keys[keys >= 0])) + int((keys < 0).sum())

    def _candidates(self, scope: Scope) -> list[Region]:
        """Return the most telling region of each kind; of regions that tell the same the first one counts."""
        found = [self._prefixes(scope), *(self._value(*facet, scope) for facet in self._facets), self._window(scope)]
        return [region for region in found if region is not None]

    def _prefixes(self, scope: Scope) -> Region | None:
        keys = self._keys.codes
        hits = np.sort(keys[scope.hits])
        prefixes = crowded_prefixes(self._keys, hits[hits >= 0], scope.keys)
        if not prefixes:
            return None
        is_below = np.zeros(len(self._keys.values) + 1, bool)  # the last one for rows without a key
        for prefix in prefixes:
            is_below[slice(*self._keys.span(prefix))] = True
        choices = float(_PREFIXES_TRIED * self._n_folders) ** len(prefixes)
        n_rows = int(is_below[scope.keys].sum())
        return self._region(scope, PREFIX, prefixes, n_rows, choices, lambda rows: is_below[keys[rows]])

    def _value(self, facet: Facet, n: NDArray[np.int64], n_values: int, scope: Scope) -> Region | None:
        """Return the most telling value of a facet that has `n_values` here, of which there are `n`."""
        codes = facet.codes[scope.hits]
        values, n_hits = np.unique(codes, return_counts=True)
        values, n_hits = values[values >= 0], n_hits[values >= 0]
        if not len(values):
            return None
        n_rows = n if len(scope.rows) == len(self._everything.rows) else facet.counts(scope.rows)
        scores = divergences(n_hits, n_rows[values], len(scope.hits), len(scope.rows))
        best = values[scores == scores.max()]
        value = int(codes[np.isin(codes, best).argmax()])  # of equal ones the first, whatever their numbers are
        return self._region(
            scope, facet.kind, (facet.values[value],), int(n_rows[value]), float(n_values),
            lambda rows: facet.codes[rows] == value,
        )  # fmt: skip

    def _window(self, scope: Scope) -> Region | None:
        """Return the shortest window that holds a share of the failures, of the shares the most telling one."""
        ended, everything = np.sort(self._ended[scope.hits]), scope.ends
        ended = ended[~np.isnat(ended)]
        if len(ended) < LEAST:
            return None
        sizes = sorted({max(LEAST, ceil(share * len(ended))) for share in _SHARES})
        firsts = np.array([np.argmin(ended[size - 1 :] - ended[: len(ended) - size + 1]) for size in sizes])
        begins, ends = ended[firsts], ended[firsts + np.array(sizes) - 1]
        is_short = ends - begins <= _SHORT * (everything[-1] - everything[0])
        if not is_short.any():
            return None
        begins, ends = begins[is_short], ends[is_short]
        n_hits, n_rows = (
            np.searchsorted(times, ends, "right") - np.searchsorted(times, begins) for times in (ended, everything)
        )
        best = int(np.argmax(divergences(n_hits, n_rows, len(scope.hits), len(scope.rows))))
        begin, end = begins[best], ends[best]
        return self._region(
            scope, WINDOW, (str(begin), str(end)), int(n_rows[best]), len(ended) * (len(ended) + 1) / 2,
            lambda rows: (self._ended[rows] >= begin) & (self._ended[rows] <= end),
        )  # fmt: skip

    def _region(
        self,
        scope: Scope,
        kind: str,
        values: tuple[str, ...],
        n_rows: int,
        choices: float,
        holds: Callable[[NDArray[np.intp]], NDArray[np.bool_]],
    ) -> Region:
        """Return a region of `scope`. Several failures of one object are evidence of one, but for the object itself."""
        n_hits = len(scope.hits)
        return Region(
            kind=kind, values=values, hits=int(holds(scope.hits).sum()), rows=n_rows, of_hits=n_hits,
            of_rows=len(scope.rows), sample=n_hits if kind == OBJECT else scope.objects, choices=choices, holds=holds,
        )  # fmt: skip


def _merit(region: Region) -> float:
    return region.evidence * (_WORTH_OF_MOST if region.share >= MOST_OF else 1)


def _finding(of: str, region: Region) -> Finding:
    return Finding(
        of=of, kind=region.kind, values=region.values, hits=region.hits, of_hits=region.of_hits,
        rate_inside=region.rate_inside, rate_outside=region.rate_outside, p_value=region.p_value,
    )  # fmt: skip
