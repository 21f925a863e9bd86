"""What stands above the tabs of a dashboard: what is looked at, the filters, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets

from cijob_analysis.widgets import markup
from cijob_analysis.widgets.controls import Controls
from cijob_analysis.widgets.toggles import Action
from cijob_analysis.widgets.way import Way
from cijob_analysis.words import number

if TYPE_CHECKING:
    from datetime import tzinfo

    from cijob_analysis.widgets.exploration import Exploration
    from cijob_analysis.widgets.view import View


class Header(ipywidgets.VBox):  # type: ignore[misc]
    """Numbers, filters and buttons.

    Parameters
    ----------
    exploration : Exploration
        What there is to look at.
    zone : datetime.tzinfo
        Zone of the times that are shown and entered.
    names : mapping of str to str
        Names of workflows by their ids.
    do : callable
        Called with a function, and perhaps its argument, that changes the exploration.
    change : callable
        Called with filters as keywords.
    reset : callable
        Called without arguments.
    buttons : tuple of widgets
        What hands on the selected rows.

    Attributes
    ----------
    summary, filters, status : ipywidgets.HTML
        How many rows are selected; by which filters; what went wrong.
    way : Way
        The buttons for levels and the way back.
    controls : Controls
        The controls of the filters.
    more_button, picked_button : ipywidgets.ToggleButton
        Shows more controls; leaves picked rows only.
    reset_button : Action
        Takes back all filters.
    """

    def __init__(
        self,
        exploration: Exploration,
        zone: tzinfo,
        names: Mapping[str, str],
        *,
        do: Callable[..., None],
        change: Callable[..., None],
        reset: Callable[[], None],
        buttons: tuple[ipywidgets.Widget, ...],
    ) -> None:
        self._zone = zone
        levels = {level: exploration.rows_of(level) for level in exploration.levels}
        self.controls = Controls(levels.values(), zone, change, names)
        self.way = Way(
            {level: len(rows.frame) for level, rows in levels.items()},
            partial(do, exploration.look_at),
            partial(do, exploration.back),
        )
        self.summary, self.filters, self.status = (html_part(name) for name in ("summary", "said", "status"))
        self.more_button = ipywidgets.ToggleButton(description="More filters", layout={"width": "auto"})
        self.picked_button = ipywidgets.ToggleButton(description="Only picked", layout={"width": "auto"})
        self.reset_button = Action("Reset", reset)
        self._more = self.controls.more()
        self._more.layout.display = "none"
        self.more_button.observe(self._show_more, names="value")
        self.picked_button.observe(lambda it: change(only_picked=it["new"]), names="value")
        first = ipywidgets.HBox((self.controls.text, self.more_button, self.picked_button, self.reset_button))
        first.add_class("cijob-filters")
        actions = ipywidgets.HBox((*buttons, self.status))
        actions.add_class("cijob-actions")
        super().__init__((self.summary, self.filters, self.way, self.controls.states, first, self._more, actions))
        self.add_class("cijob-header")

    def load(self, view: View) -> None:
        """Choose from the values of another level."""
        self.controls.load(view.rows)

    def show(self, view: View, exploration: Exploration) -> None:
        """Show what is selected, and set the controls to the filters by which it is."""
        selection = view.selection
        self.controls.show(selection, partial(_counts, view))
        self.picked_button.value = selection.only_picked
        mark = "✓ " if selection.only_picked else ""
        self.picked_button.description = f"{mark}Only picked {number(len(selection.picked))}"
        self.filters.value = markup.filters_html(selection, self._zone)
        self.way.show(exploration.steps)
        self.summary.value = markup.summary_html(view)

    def _show_more(self, change: dict[str, Any]) -> None:
        self._more.layout.display = None if change["new"] else "none"
        self.more_button.description = "Fewer filters" if change["new"] else "More filters"


def html_part(name: str) -> ipywidgets.HTML:
    """Return a part of the page that says something."""
    part = ipywidgets.HTML()
    part.add_class(f"cijob-{name}")
    return part


def _counts(view: View, name: str) -> dict[str | None, int]:
    """Return how many rows each value of a filter would bring beside the other filters."""
    return view.rows.counts(name, view.rows.mask(view.selection, without=(name,)))
