"""Durations as people type them."""

from __future__ import annotations

import math
import re
from typing import Final

from cijob_analysis.exceptions import ConfigurationError

_UNITS: Final = {"": 1.0, "ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_PART: Final = re.compile(r"([-−]?\d+(?:[.,]\d*)?(?:e[-+]?\d+)?)\s*([a-z]*)\s*")


def seconds_of(text: str) -> float | None:
    """Return the seconds in ``90``, ``90 s``, ``1.5 h`` or ``1 min 30 s``; None for an empty text.

    Raises
    ------
    ConfigurationError
        It is no duration.
    """
    rest, total = text.strip().lower(), 0.0
    if not rest:
        return None
    while rest:
        part = _PART.match(rest)
        if part is None or part[2] not in _UNITS:
            raise ConfigurationError(f"{text!r} is no duration; write 90 (seconds), 5 min, 1.5 h or 1 h 30 min")
        total += float(part[1].replace(",", ".").replace("−", "-")) * _UNITS[part[2]]
        rest = rest[part.end() :]
    return total


def text_of(value: float | None) -> str:
    """Return `value` seconds as text that `seconds_of` reads back; empty for None."""
    if value is None:
        return ""
    whole = math.isclose(value, round(value)) and value >= 60
    for unit in ("d", "h", "min") if whole else ():
        if value % _UNITS[unit] == 0:
            return f"{value / _UNITS[unit]:.0f} {unit}"
    return f"{value:.15g} s"
