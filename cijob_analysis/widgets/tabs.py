"""What a dashboard shows of the selected rows, tab by tab; only the one that is looked at is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import ipywidgets
import numpy as np

from cijob_analysis.plots import plot_timeline
from cijob_analysis.widgets.failures_pane import FailuresPane
from cijob_analysis.widgets.panes import StatesPane, WorkflowsPane
from cijob_analysis.widgets.pictures import render
from cijob_analysis.widgets.table import Table
from cijob_analysis.widgets.timeline import Timeline

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from numpy.typing import NDArray

    from cijob_analysis.widgets.exploration import Exploration
    from cijob_analysis.widgets.pictures import Plot
    from cijob_analysis.widgets.view import View


class Tabs(ipywidgets.Tab):  # type: ignore[misc]
    """Timeline, states and durations, workflows, failures and the table.

    Parameters
    ----------
    exploration : Exploration
        What there is to look at.
    zone : datetime.tzinfo
        Zone in which times are shown.
    pictures : mapping of str to callable
        Functions that draw the pictures ``states`` and ``durations`` in other ways.
    change : callable
        Called with filters as keywords.
    redraw : callable
        Called without arguments when something about a picture is chosen.
    failed : callable
        Called with the exceptions of callbacks.

    Attributes
    ----------
    timeline : Timeline
    states : StatesPane
    workflows : WorkflowsPane
    failures : FailuresPane
    table : Table
    """

    def __init__(
        self,
        exploration: Exploration,
        zone: tzinfo,
        pictures: Mapping[str, Plot],
        *,
        change: Callable[..., None],
        redraw: Callable[[], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._loaded = exploration.frame
        self._drawn: dict[ipywidgets.Widget, object] = {}
        self._masks: dict[ipywidgets.Widget, NDArray[np.bool_]] = {}
        self.timeline = Timeline(self._loaded, as_of=exploration.as_of, tz=zone, failed=failed)
        self.states = StatesPane(redraw, **pictures)
        self.workflows = WorkflowsPane(redraw)
        self.failures = FailuresPane(lambda chosen: change(failures=chosen), failed)
        self.table = Table(self._loaded, tz=zone, failed=failed)
        super().__init__(
            (self.timeline, self.states, self.workflows, self.failures, self.table),
            titles=("Timeline", "States and durations", "Workflows", "Failures", "Table"),
            selected_index=0,
        )

    @property
    def pane(self) -> ipywidgets.Widget:
        """The tab that is looked at."""
        return self.children[self.selected_index or 0]

    def load(self, view: View, as_of: datetime | None) -> None:
        """Show another level."""
        self.workflows.load(view)
        if self._loaded is not view.rows.frame:
            self._loaded = view.rows.frame
            self.timeline.load(self._loaded, as_of=as_of)
            self.table.load(self._loaded)
            self._masks.clear()

    def show(self, view: View) -> None:
        """Show the selected rows where that takes no time: bars and pages."""
        selection = view.selection
        self.timeline.window = [int(time.timestamp() * 1e3) for time in selection.window or ()]
        self.table.picked = list(selection.picked)
        self._show_rows(self.timeline, view.rows.mask(selection, without=("window",)))
        self._show_rows(self.table, view.mask)

    def draw(self, view: View, here: object) -> bool:
        """Draw the tab that is looked at, unless that was done; return whether anything had to be done.

        Parameters
        ----------
        view : View
            What is selected.
        here : object
            Equal if it is the same as the last time.
        """
        pane = self.pane
        wanted = here, getattr(pane, "settings", None)
        if self._drawn.get(pane) == wanted:
            return pane is self.failures and self.failures.explain()  # numbers first, then what they mean
        self._drawn[pane] = wanted  # also if it fails: it would fail again
        if pane is self.failures:
            # Failures are compared with what succeeded, so the states do not count here.
            mask = view.rows.mask(view.selection, without=("failures", "states"))
            chosen = view.selection.failures
            self.failures.draw(view.rows.frame, chosen, zone=view.zone, data=view.snapshot, mask=mask, explain=False)
        elif pane in (self.states, self.workflows):
            pane.draw(view)
        return True

    def still(self, view: View) -> list[tuple[bytes, str]]:
        """Return the pictures that are looked at, as PNG and in words; the timeline if there are none."""
        pictures = [(bytes(one.image.value), one.sentence) for one in getattr(self.pane, "pictures", ())]
        return pictures or [render(plot_timeline, view.selected, view.zone)]

    def _show_rows(self, part: Any, mask: NDArray[np.bool_]) -> None:
        """Show other rows; if they are the same, the page that is looked at stays."""
        if not np.array_equal(self._masks.get(part, ()), mask):
            self._masks[part] = mask
            part.show(mask)
