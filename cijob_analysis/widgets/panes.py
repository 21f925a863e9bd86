"""The tabs of a dashboard that hold pictures, each drawn when it is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import ipywidgets

from cijob_analysis.plots import plot_durations, plot_states, plot_topology, plot_workflows
from cijob_analysis.plots.durations import KINDS
from cijob_analysis.plots.workflows import DURATIONS
from cijob_analysis.widgets.pictures import PicturePane

if TYPE_CHECKING:
    from datetime import tzinfo

    import pandas as pd
    from matplotlib.axes import Axes

    from cijob_analysis.snapshot import Snapshot
    from cijob_analysis.widgets.pictures import Plot
    from cijob_analysis.widgets.view import View

_KIND_NAMES: Final = {"hist": "histogram", "ecdf": "share up to", "box": "boxes", "violin": "violins"}
_STYLE: Final = {"description_width": "7.5em"}


class StatesPane(ipywidgets.VBox):  # type: ignore[misc]
    """How many rows are in which state, and how long they took.

    Parameters
    ----------
    changed : callable
        Called without arguments when something about a picture is chosen.
    states, durations : callable
        Draw the two pictures.

    Attributes
    ----------
    states, durations : PicturePane
        The two pictures.
    """

    def __init__(
        self, changed: Callable[[], None], states: Plot = plot_states, durations: Plot = plot_durations
    ) -> None:
        self.states = PicturePane(states)
        self.durations = PicturePane(
            durations,
            {
                "duration": _dropdown(
                    "Duration",
                    {"run_time_s": "run time", "queue_wait_s": "queue wait", "turnaround_s": "turnaround"},
                    changed,
                ),
                "kind": _dropdown("Drawn as", {kind: _KIND_NAMES[kind] for kind in KINDS}, changed),
            },
        )
        super().__init__(_laid_out(self.durations.options.values(), self.pictures))

    @property
    def settings(self) -> tuple[Any, ...]:
        """What is chosen about the pictures."""
        return tuple(self.durations.settings.values())

    @property
    def pictures(self) -> tuple[PicturePane, ...]:
        """The pictures that are shown."""
        return self.states, self.durations

    def draw(self, view: View) -> None:
        """Show what is selected."""
        for picture in self.pictures:
            picture.draw(view.selected, view.zone)


class WorkflowsPane(ipywidgets.VBox):  # type: ignore[misc]
    """What the workflows, their nodes or types do, and the nodes of one workflow.

    Parameters
    ----------
    changed : callable
        Called without arguments when something about a picture is chosen.

    Attributes
    ----------
    distribution, topology : PicturePane
        The two pictures; the second one is there for tasks of a snapshot that knows workflows.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._by = _dropdown("A bar for each", {"workflow": "workflow", "node": "node", "type": "type"}, changed)
        lengths = {value: words or "number" for value, words in DURATIONS.items()}
        self.distribution = PicturePane(
            plot_workflows, {"by": self._by, "value": _dropdown("Its length", lengths, changed)}
        )
        self._workflow = _dropdown("Nodes of", {"": "the largest workflow"}, changed)
        self.topology = PicturePane(_plot_nodes, {"workflow_id": self._workflow}, width_in=None)
        self.topology.add_class("cijob-wide")
        controls = (*self.distribution.options.values(), self._workflow)
        super().__init__(_laid_out(controls, (self.distribution, self.topology)))

    @property
    def settings(self) -> tuple[Any, ...]:
        """What is chosen about the pictures."""
        return tuple(value for pane in (self.distribution, self.topology) for value in pane.settings.values())

    @property
    def pictures(self) -> tuple[PicturePane, ...]:
        """The pictures that are shown."""
        is_there = self.topology.layout.display != "none"
        return (self.distribution, self.topology) if is_there else (self.distribution,)

    def load(self, view: View) -> None:
        """Choose from the workflows of another level."""
        kinds = ["workflow", *(kind for kind, name in (("node", "nodes"), ("type", "types")) if view.rows.has(name))]
        self._by.options = [(kind, kind) for kind in kinds]
        has_topology = view.snapshot is not None and view.noun == "task" and bool(len(view.snapshot.workflows))
        self.topology.layout.display = self._workflow.layout.display = None if has_topology else "none"
        if has_topology and view.snapshot is not None:
            table = view.snapshot.workflows.dropna(subset=["workflow_id"])
            occurring = set(view.rows.values("workflows"))
            names = [
                (f"{name} ({ident})" if isinstance(name, str) and name else ident, ident)
                for name, ident in zip(table["name"].astype(object), table["workflow_id"], strict=True)
                if ident in occurring
            ]
            self._workflow.options = [("the largest workflow", ""), *names]

    def draw(self, view: View) -> None:
        """Show what is selected."""
        data = view.selected_with_names()
        for picture in self.pictures:
            picture.draw(data, view.zone)


def _plot_nodes(data: pd.DataFrame | Snapshot, *, workflow_id: str, tz: tzinfo) -> Axes:
    """Draw one workflow; without an id, which a Dropdown takes for no choice, the largest."""
    return plot_topology(data, workflow_id=workflow_id or None, tz=tz)


def _laid_out(
    controls: Iterable[ipywidgets.Widget], pictures: Iterable[PicturePane]
) -> tuple[ipywidgets.HBox, ipywidgets.HBox]:
    """Return a row of controls, and one of pictures."""
    rows = ipywidgets.HBox(tuple(controls)), ipywidgets.HBox(tuple(pictures))
    rows[0].add_class("cijob-filters")
    rows[1].add_class("cijob-pictures")
    return rows


def _dropdown(description: str, options: dict[Any, str], changed: Callable[[], None]) -> ipywidgets.Dropdown:
    control = ipywidgets.Dropdown(
        options=[(words, value) for value, words in options.items()], description=description, style=_STYLE
    )
    control.observe(partial(_ignoring, changed), names="value")
    return control


def _ignoring(changed: Callable[[], None], _: object) -> None:
    changed()
