"""What failures have in common, in words."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Final

import numpy as np

from cijob_analysis.ledger import clock_text, counted, grouped
from cijob_analysis.metrics.failures.lift import LEAST
from cijob_analysis.metrics.failures.systemic import WINDOW
from cijob_analysis.words import percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, tzinfo

    from cijob_analysis.metrics.failures.systemic import Finding

TOO_FEW = "too few to say"
SCATTERED = "scattered"
NO_SUCCESS = "nothing to compare with: none succeeded"

_RELATIONS: Final = {"all": "", "inside": "there ", "rest": "of the rest "}


def verdict(
    findings: Sequence[Finding], n: int, *, n_successes: int, noun: str, names: Mapping[str, str], zone: tzinfo
) -> str:
    """Return in one line what `n` failures have in common.

    Parameters
    ----------
    findings : sequence of Finding
        Where they crowd, as `Exposed.findings` returns it.
    n, n_successes : int
        How many failures there are, and how many successes to compare them with.
    noun : str
        What a row is.
    names : mapping
        Names of ids, as far as they are known.
    zone : tzinfo
        In which times are shown.
    """
    if n < LEAST:
        return TOO_FEW
    if not n_successes:
        return NO_SUCCESS
    if not findings:
        return SCATTERED
    return "; ".join(_RELATIONS[found.of] + _text(found, noun, names, zone) for found in findings)


def _text(found: Finding, noun: str, names: Mapping[str, str], zone: tzinfo) -> str:
    if found.kind == WINDOW:
        begin, end = (np.datetime64(text, "us").item().replace(tzinfo=UTC) for text in found.values)
        what = f"one window: {span_text(begin, end, zone)}"
    else:
        labels = [f"{names[value]} ({value[:8]}…)" if value in names else value for value in found.values]
        what = f"one {found.kind}: {labels[0]}" if len(labels) == 1 else f"{_plural(found.kind, labels)}"
    share = f"{grouped(found.hits)} of {grouped(found.of_hits)}"
    inside, outside = percent(found.rate_inside), percent(found.rate_outside)
    rates = f"{inside} of its {noun}s fail like this against {outside} elsewhere"
    return f"{'' if found.is_most else 'in part '}{what} ({share}, {rates})"


def _plural(kind: str, labels: Sequence[str]) -> str:
    return f"{counted(len(labels), kind).replace('prefixs', 'prefixes')}: {', '.join(labels)}"


def span_text(first: datetime, last: datetime, zone: tzinfo) -> str:
    """Return a window as people read it: the day, from when until when, and the offset."""
    clock = "%H:%M:%S" if (last - first).total_seconds() < 120 else "%H:%M"
    local = [time.astimezone(zone) for time in (first, last)]
    day = "" if local[0].date() == local[1].date() else "%Y-%m-%d "
    until = "" if first == last else f"–{local[1]:{day}{clock}}"
    return f"{local[0]:%Y-%m-%d {clock}}{until} {clock_text(last, zone).rpartition(' ')[2]}"
