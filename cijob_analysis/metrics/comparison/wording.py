"""What a comparison found, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from cijob_analysis.ledger import grouped
from cijob_analysis.metrics.comparison.contrasts import PAIRED

if TYPE_CHECKING:
    import pandas as pd

NAMES: Final = {
    "queue_wait_s": "queue wait",
    "run_time_s": "run time",
    "turnaround_s": "turnaround",
    "failure_rate": "failure rate",
    "throughput_per_h": "throughput",
}
"""What the measures are called."""

_WHOLE: Final = {"turnaround_s": "mean turnaround", "failure_rate": "failure rate"}
"""What the changes of groups sum up to."""

_WORTH_SAYING: Final = 0.1
"""The share of a change from which on it is told that it comes from another mix."""


def of_whole(whole: pd.DataFrame, noun: str) -> list[str]:
    """Return how turnaround, failure rate and throughput of all rows have changed."""
    known = whole[whole["difference"].notna()]
    told: list[str] = []
    for measure in ("turnaround_s", "run_time_s", "failure_rate"):
        rows = known[(known["measure"] == measure) & (known["statistic"] != PAIRED)]
        parts = [change_text(row) for row in rows.to_dict("records")]
        if parts and not (measure == "run_time_s" and told):
            told.append(f"{NAMES[measure].capitalize()} of all {noun}s: {'; '.join(parts)}.")
    told += [
        f"Run time on the same {grouped(int(row['n_a']))} objects: {change_text(row)}."
        for row in known[known["statistic"] == PAIRED].to_dict("records")
    ]
    told += [
        f"Throughput: {_figure('throughput_per_h', row['a'])} → {_figure('throughput_per_h', row['b'])}."
        for row in known[known["measure"] == "throughput_per_h"].to_dict("records")
    ]
    return told


def of_contrast(row: Mapping[Any, Any], noun: str, changed: Set[str]) -> str:
    """Return one difference of a group in words; with what it explains if the measure has `changed` for all rows."""
    place = f"all {noun}s" if row["level"] == "all" else group_text(row)
    text = f"{place[0].upper()}{place[1:]}: {NAMES[row['measure']]} {change_text(row)}"
    share = row["share_explained"]
    measure = "failure_rate" if row["measure"] == "failure_rate" else "turnaround_s"
    if measure in changed and not np.isnan(share):
        text += f"; {_explains(share)} of" if share > 0 else "; works against"
        text += f" the change of the {_WHOLE[measure]}"
    return f"{text}."


def of_mix(attribution: pd.DataFrame, whole: pd.DataFrame) -> list[str]:
    """Return how much of a significant change comes from another mix of the groups of the first level."""
    levels = [level for level in attribution["level"].unique() if level != "all"]
    told = []
    for measure, name in _WHOLE.items():
        is_changed = bool(whole.loc[whole["measure"] == measure, "is_significant"].any())
        if not is_changed or not levels:
            continue
        mine = attribution[(attribution["measure"] == measure) & (attribution["level"] == levels[0])]
        share = float(mine["share_mix"].sum())
        if abs(share) >= _WORTH_SAYING:
            does = f"{_explains(share)} of" if share > 0 else "works against"
            told.append(f"The mix of {levels[0]}s is another one, which {does} the change of the {name}.")
    return told


def group_text(row: Mapping[Any, Any]) -> str:
    """Return what the group of a row is called, with its level: ``node Transcode_1``."""
    label = str(row["group"])
    return label if label.startswith("no ") else f"{row['level']} {label}"


def change_text(row: Mapping[Any, Any]) -> str:
    """Return statistic, before, after and difference: ``p95 250 s → 295 s, +18 % [+9, +27], 92 % of it queue wait``."""
    measure, statistic = row["measure"], row["statistic"]
    text = f"{_figure(measure, row['a'])} → {_figure(measure, row['b'])}"
    text = text if statistic == "rate" else f"{statistic} {text}"
    if measure == "failure_rate":
        text += f", {_sign(100 * row['difference'])} points"
        low, high = 100 * row["low"], 100 * row["high"]
    elif not np.isnan(row["relative"]):
        text += f", {_sign(100 * row['relative'])} %"
        low, high = 100 * row["relative_low"], 100 * row["relative_high"]
    else:
        text += f", {_sign(row['difference'])} s"
        low, high = row["low"], row["high"]
    text += f" [{_sign(low)}, {_sign(high)}]" if not np.isnan(low) else f" ({row['note']})"
    if not np.isnan(low) and row["difference"] != 0 and not row["is_significant"]:
        text += ", which may be chance"
    elif measure == "turnaround_s" and row["is_significant"]:
        text += _of_it(row["share_of_wait"])
    return text


def _of_it(share: float) -> str:
    if np.isnan(share):
        return ""
    if share > 0.995:
        return ", all of it queue wait"
    if share < 0.005:
        return ", all of it run time"
    return f", {_percent(share)} of it queue wait" if share >= 0.5 else f", {_percent(1 - share)} of it run time"


def _explains(share: float) -> str:
    return "explains more than all" if share > 1.005 else f"explains {_percent(share)}"


def _figure(measure: str, value: float) -> str:
    if measure == "failure_rate":
        return f"{_round(100 * value)} %"
    return f"{_round(value)} {'per hour' if measure == 'throughput_per_h' else 's'}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _sign(value: float) -> str:
    return _round(value) if value == 0 or _round(value) == "0" else f"{'+' if value > 0 else '−'}{_round(abs(value))}"


def _round(value: float) -> str:
    """Return a number with three digits, thousands apart."""
    if not np.isfinite(value):
        return "∞"
    if abs(value) >= 100:
        return grouped(round(value))
    return f"{value:.1f}".removesuffix(".0") if abs(value) >= 10 else f"{value:.2g}"
