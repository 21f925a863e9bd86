"""The two frames of a comparison: its contrasts, and what explains the change."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from pandas.api.types import is_string_dtype

from cijob_analysis import schema
from cijob_analysis.metrics.comparison.attribution import decompose
from cijob_analysis.metrics.comparison.bootstrap import holm
from cijob_analysis.metrics.comparison.contrasts import PAIRED, Contrast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cijob_analysis.metrics.comparison.levels import Level
    from cijob_analysis.metrics.comparison.sides import Side

_ATTRIBUTED: Final = (*schema.DURATIONS, "failure_rate")
_FIGURES: Final = [item.name for item in fields(Contrast)][6:-1]


def comparison_tables(
    contrasts: Sequence[Contrast], sides: tuple[Side, Side], levels: Sequence[Level], *, alpha: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the contrasts and the attribution as frames; see `Comparison` for their columns."""
    first = np.cumsum([0, *(len(level.keys) for level in levels)])
    groups = _groups(levels)
    attribution = _attribution(sides, levels)
    ordered = sorted(contrasts, key=lambda row: (row.level, row.group))
    group = np.array([first[row.level] + row.group for row in ordered], np.intp)
    censored = [level.counts((sides[0].is_censored, sides[1].is_censored)) for level in levels]
    p_adjusted = holm(np.array([row.p_value for row in ordered]))
    explained = np.array([row.measure in _ATTRIBUTED and row.statistic != PAIRED for row in ordered], np.bool_)
    number = {measure: place for place, measure in enumerate(_ATTRIBUTED)}
    part = group * len(number) + [number.get(row.measure, 0) for row in ordered]
    columns: dict[str, Any] = {
        "measure": _text([row.measure for row in ordered]),
        "statistic": _text([row.statistic for row in ordered]),
        "n_a": np.array([row.n_a for row in ordered], np.int64),
        "n_b": np.array([row.n_b for row in ordered], np.int64),
        "censored_a": np.concatenate([a for a, _ in censored])[group].astype(np.int64),
        "censored_b": np.concatenate([b for _, b in censored])[group].astype(np.int64),
    }
    for name in _FIGURES:
        columns[name] = np.array([getattr(row, name) for row in ordered], np.float64)
        if name == "p_value":
            columns |= {"p_adjusted": p_adjusted, "is_significant": p_adjusted <= alpha}
    for name in ("share_explained", "share_mix"):
        columns[name] = np.where(explained, attribution[name][part], np.nan)
    columns["note"] = _text([row.note for row in ordered])
    every = np.arange(len(attribution["n_a"])) // len(number)
    measures = {"measure": _text(list(_ATTRIBUTED) * int(first[-1]))}
    return (
        pd.DataFrame({**_taken(groups, group), **columns}),
        pd.DataFrame({**_taken(groups, every), **measures, **attribution}),
    )


def _groups(levels: Sequence[Level]) -> dict[str, Any]:
    """Return what the groups of all levels are called, and their values in the columns that were grouped by."""
    columns: dict[str, Any] = {"level": _text([level.name for level in levels for _ in level.labels])}
    for name in dict.fromkeys(name for level in levels for name in level.keys):
        values = [
            value
            for level in levels
            for value in (level.keys[name] if name in level.keys else [None] * len(level.labels))
        ]
        is_text = all(is_string_dtype(level.keys[name]) for level in levels if name in level.keys)
        columns[str(name)] = _text(values) if is_text else pd.array(values)
    return columns | {"group": _text([label for level in levels for label in level.labels])}


def _taken(columns: dict[str, Any], rows: NDArray[np.intp]) -> dict[str, Any]:
    return {name: values[rows] for name, values in columns.items()}


def _attribution(sides: tuple[Side, Side], levels: Sequence[Level]) -> dict[str, NDArray[Any]]:
    """Return what each group adds to the change of each mean: group by group, the measures of `_ATTRIBUTED` in each.

    Where waits, run times and turnarounds are known, the means are over the rows that have all three, so that
    what waits and run times add is just what turnarounds change.
    """
    values = {measure: [_values(side, measure) for side in sides] for measure in _ATTRIBUTED}
    whole = [side.is_whole for side in sides]
    if all(rows.any() for rows in whole):
        for name in schema.DURATIONS:
            values[name] = [np.where(rows, mine, np.nan) for rows, mine in zip(whole, values[name], strict=True)]
    change = {measure: _mean(b) - _mean(a) for measure, (a, b) in values.items()}
    blocks: list[list[NDArray[Any]]] = []
    for measure, both in values.items():
        total = change["failure_rate" if measure == "failure_rate" else "turnaround_s"]
        scale = 1 / total if total else np.nan
        parts = []
        for level in levels:
            (n_a, sum_a), (n_b, sum_b) = (
                _sums(codes, mine, len(level.keys)) for codes, mine in zip(level.codes, both, strict=True)
            )
            found = decompose(n_a, sum_a, n_b, sum_b)
            shares = found.within * scale, found.mix * scale
            parts.append((n_a, n_b, found.mean_a, found.mean_b, found.within, found.mix, *shares))
        blocks.append([np.concatenate(columns) for columns in zip(*parts, strict=True)])
    names = ("n_a", "n_b", "mean_a", "mean_b", "within", "mix", "share_explained", "share_mix")
    of_names = zip(names, zip(*blocks, strict=True), strict=True)
    return {name: np.stack(columns, axis=1).ravel() for name, columns in of_names}


def _values(side: Side, measure: str) -> NDArray[np.float64]:
    if measure == "failure_rate":
        return np.where(side.is_judged, side.is_failed, np.nan).astype(np.float64)
    return side.durations[measure]


def _mean(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else np.nan


def _sums(
    codes: NDArray[np.intp], values: NDArray[np.float64], n_groups: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    known = ~np.isnan(values)
    mine = codes[known]
    n = np.bincount(mine, minlength=n_groups).astype(np.int64)
    return n, np.bincount(mine, values[known], n_groups).astype(np.float64)


def _text(values: Any) -> Any:
    return pd.array(list(values), dtype=schema.TEXT)
