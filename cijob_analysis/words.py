"""Numbers, durations and names as people read them."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def number(n: float) -> str:
    """Return an integer with narrow spaces between thousands: ``12 480``."""
    return f"{n:,.0f}".replace(",", "\u202f")


def percent(share: float) -> str:
    """Return a share as text; what is not quite all or nothing is not shown as if it were."""
    if 0 < share < 0.001:
        return "<0.1 %"
    if 0.999 < share < 1:
        return ">99.9 %"
    return f"{100 * share:.1f}".removesuffix(".0") + " %"


def plural(n: int, noun: str) -> str:
    """Return how many of `noun` there are: ``1 task``, ``12 480 tasks``."""
    return f"{number(n)} {noun}{'s' * (n != 1)}"


def seconds(value: float) -> str:
    """Return a duration in its one or two largest units: ``1 min 30 s``, ``2 h``, ``0.5 s``."""
    if value < 0:
        return f"−{seconds(-value)}"
    if value < 0.001:
        return f"{value * 1e6:.3g} µs" if value > 0 else "0 s"
    if value < 1:
        return f"{value * 1e3:.3g} ms" if value < 0.1 else f"{value:.3g} s"
    if value < 60:
        return f"{value:.3g} s"
    value = round(value)
    (unit, size), (smaller, part) = next(pair for pair in pairwise(_UNITS) if value >= pair[0][1])
    whole, rest = divmod(value, size)
    return f"{number(whole)} {unit}" + (f" {rest // part} {smaller}" if rest >= part else "")


def shortened(names: Sequence[str], width: int = 24) -> list[str]:
    """Return `names`, each of at most about `width` characters, cut in the middle; what was distinct stays so."""
    cut = [
        name if len(name) <= width else f"{name[: width - width // 3 - 1]}…{name[-(width // 3) :]}" for name in names
    ]
    same = Counter(dict(zip(names, cut, strict=True)).values())
    turn: Counter[str] = Counter()
    numbered: dict[str, str] = {}
    for name, short in zip(names, cut, strict=True):
        if name not in numbered:
            turn[short] += 1
            numbered[name] = f"{short} ({turn[short]})" if same[short] > 1 else short
    return [numbered[name] for name in names]


def letters(text: str) -> int:
    """Return how many Latin letters `text` is as wide as: Chinese ones count twice."""
    return len(text) + sum(east_asian_width(letter) in "WF" for letter in text)


def labels_of(keys: pd.DataFrame) -> list[str]:
    """Return a label for each row of group keys: its values, ``no tag`` where there is none."""
    if not len(keys.columns):  # pandas 2 has no rows there to iterate over
        return [""] * len(keys)
    rows = keys.itertuples(index=False, name=None)
    return [" · ".join(_cell(str(name), value) for name, value in zip(keys, row, strict=True)) for row in rows]


def _cell(name: str, value: Any) -> str:
    if pd.isna(value):
        return f"no {name.replace('_', ' ')}"
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, pd.Timestamp) else str(value)


def listed(parts: Sequence[str], last: str = "and") -> str:
    """Return `parts` as a list in a sentence: ``a, b and c``."""
    return f" {last} ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else list(parts))
