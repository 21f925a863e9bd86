"""The rows of a list of failure clusters: a button that chooses one, and beside it what is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

import ipywidgets
import numpy as np
import pandas as pd

from cijob_analysis.metrics.failures.verdicts import span_text
from cijob_analysis.words import number, plural, seconds, shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import tzinfo

    from numpy.typing import NDArray

Key = tuple[str, str]
"""A cluster's code and pattern."""

BINS: Final = 60
"""Into so many equal parts the time is cut."""
_CODE, _MESSAGE, _VERDICT = 24, 160, 400
"""So many letters of these are shown; all of them are in the title."""


@dataclass(frozen=True, kw_only=True)
class ShownCluster:
    """A cluster of failures as a row shows it.

    Attributes
    ----------
    code, pattern : str
        What its rows failed with, the message masked; empty where there was none.
    n, objects : int
        How many rows, of how many different objects.
    share : float
        How large it is beside the largest cluster.
    first_at, last_at : Timestamp
        When the first and the last one ended; NaT if nobody knows.
    run_time_s : float
        How long they ran in all [s].
    over_time : array of int
        How many ended in each of `BINS` equal parts of the time in which any row failed.
    part_s : float
        How long such a part is [s].
    verdict : str
        What its rows have in common; empty as long as that is looked for.
    """

    code: str
    pattern: str
    n: int
    objects: int
    share: float
    first_at: pd.Timestamp
    last_at: pd.Timestamp
    run_time_s: float
    over_time: NDArray[np.int64]
    part_s: float
    verdict: str

    @property
    def key(self) -> Key:
        """What it is chosen by."""
        return self.code, self.pattern

    @property
    def name(self) -> str:
        """What it is called."""
        return self.code or "no code"


class FailureRow(ipywidgets.HBox):  # type: ignore[misc]
    """A cluster of failures, or nothing.

    Parameters
    ----------
    pressed : callable
        Called with the row and whether its button is pressed, when that was changed.

    Attributes
    ----------
    button : ipywidgets.ToggleButton
        With how many failed, and the code.
    details : ipywidgets.HTML
        What else is known.
    key : tuple of (str, str) or None
        The cluster's code and pattern.
    """

    def __init__(self, pressed: Callable[[FailureRow, bool], None]) -> None:
        self.key: Key | None = None
        self._name = ""
        self.button = ipywidgets.ToggleButton()
        self.details = ipywidgets.HTML()
        super().__init__((self.button, self.details))
        self.add_class("cijob-failure")
        self.button.observe(lambda change: pressed(self, change["new"]), names="value")

    def show(self, cluster: ShownCluster | None, zone: tzinfo) -> None:
        """Show `cluster`; the row disappears if there is none. Whether it is chosen, `mark` shows."""
        self.layout.display = None if cluster else "none"
        self.key = cluster.key if cluster else None
        self._name = f"{number(cluster.n)} {shortened([cluster.name], _CODE)[0]}" if cluster else ""
        self.button.tooltip = cluster.name if cluster else None
        self.details.value = details_html(cluster, zone) if cluster else ""

    def mark(self, chosen: Collection[Key]) -> None:
        """Press the button if the cluster is one of `chosen`; its mark says so, too, not the colour alone."""
        is_chosen = self.key in chosen
        self.button.description = "✓ " * is_chosen + self._name
        self.button.value = is_chosen


def details_html(cluster: ShownCluster, zone: tzinfo) -> str:
    """Return a bar, the message, the verdict, when it was and what was lost; what is the service's is escaped."""
    facts = [plural(cluster.objects, "object")] * bool(cluster.objects)
    facts += [] if pd.isna(cluster.first_at) else [span_text(cluster.first_at, cluster.last_at, zone)]
    facts += [f"{seconds(cluster.run_time_s)} of run time lost"] * (cluster.run_time_s > 0)
    verdict = cluster.verdict[:1].upper() + cluster.verdict[1:] or "Looking for what they have in common …"
    return (
        f'<div class="cijob-failure-bar" style="width:{max(100 * cluster.share, 0.5):.1f}%"></div>'
        f"{_line('message', cluster.pattern or 'no message', _MESSAGE)}{_line('verdict', verdict, _VERDICT)}"
        f'<div class="cijob-failure-facts">{escape(" · ".join(facts))}</div>'
        f"{_strip(cluster.over_time, cluster.part_s)}"
    )


def _line(kind: str, text: str, most: int) -> str:
    shown = shortened([text], most)[0]
    return f'<div class="cijob-failure-{kind}" title="{escape(text)}">{escape(shown)}</div>'


def _strip(n: NDArray[np.int64], part_s: float) -> str:
    """Return a small picture of when rows failed, on the axis that all clusters share."""
    if not n.any():
        return ""
    steps = "".join(f"V{20 - height:.3g}h1" for height in (20 * n / n.max()).tolist())
    said = f"Failures over time; at most {number(int(n.max()))} in {seconds(part_s)}"
    return (
        f'<svg class="cijob-failure-strip" role="img" aria-label="{said}" viewBox="0 0 {len(n)} 20" '
        f'preserveAspectRatio="none"><title>{said}</title><path d="M0,20{steps}V20z"/></svg>'
    )
