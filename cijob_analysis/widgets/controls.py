"""The controls of a dashboard: what they are set to is a selection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

import ipywidgets
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics import state_counts
from cijob_analysis.plots.zones import zone_label
from cijob_analysis.widgets.selection import Selection, workflows_of
from cijob_analysis.widgets.toggles import Toggles
from cijob_analysis.words import number


class Controls:
    """Controls for the filters of batch jobs, with what occurs in a frame to choose from.

    Parameters
    ----------
    frame : pandas.DataFrame
        Batch jobs.
    zone : datetime.tzinfo
        Zone in which times are entered.

    Attributes
    ----------
    states, types : Toggles
        Buttons; none pressed stands for all.
    workflows : ipywidgets.SelectMultiple
        Ids; None is "(no workflow)", nothing chosen stands for all.
    created_after, created_before : ipywidgets.NaiveDatetimePicker
        Both ends are included.
    text : ipywidgets.Text
        Looked for in id, name, code and message.
    """

    def __init__(self, frame: pd.DataFrame, zone: tzinfo) -> None:
        self._zone = zone
        states = [or_none(state) for state in state_counts(frame)["state"]]
        self.states = Toggles("State", {state: state or "(no state)" for state in states})
        types = dict.fromkeys((*schema.TYPES, *map(or_none, frame["type"].unique())))
        self.types = Toggles("Type", {kind: kind or "(no type)" for kind in types})
        wide, where = {"description_width": "7.5em"}, f"in {zone_label(zone)}"
        self.workflows = ipywidgets.SelectMultiple(
            options=_workflow_options(frame), rows=4, description="Workflow", style=wide, layout={"width": "auto"}
        )
        self.created_after = ipywidgets.NaiveDatetimePicker(description="Created from", tooltip=where, style=wide)
        self.created_before = ipywidgets.NaiveDatetimePicker(description="Created until", tooltip=where, style=wide)
        self.text = ipywidgets.Text(
            description="Text", placeholder="in id, name, code, message", continuous_update=False, style=wide,
            layout={"width": "27em"},
        )  # fmt: skip

    @property
    def selection(self) -> Selection:
        """What they are set to.

        Raises
        ------
        ConfigurationError
            When set: it names a state, a type or a workflow that there is no control for; nothing is changed.
        """
        return Selection(
            states=self.states.value,
            types=self.types.value,
            workflows=self.workflows.value,
            created_after=self._from_picker(self.created_after),
            created_before=self._from_picker(self.created_before),
            text=self.text.value,
        )

    @selection.setter
    def selection(self, selection: Selection) -> None:
        for label, wanted, known in (
            ("State", selection.states, self.states.buttons),
            ("Type", selection.types, self.types.buttons),
            ("Workflow", selection.workflows, {value for _, value in self.workflows.options}),
        ):
            unknown = [repr(value) for value in wanted if value not in known]
            if unknown:
                raise ConfigurationError(f"{label}: there is no {', '.join(unknown)} to choose")
        self.states.value = selection.states
        self.types.value = selection.types
        self.workflows.value = selection.workflows
        self.created_after.value = self._to_picker(selection.created_after)
        self.created_before.value = self._to_picker(selection.created_before)
        self.text.value = selection.text

    def observe(self, callback: Callable[[Any], None]) -> None:
        """Call `callback` whenever one of them is changed."""
        buttons = (*self.states.buttons.values(), *self.types.buttons.values())
        for control in (*buttons, self.workflows, self.created_after, self.created_before, self.text):
            control.observe(callback, names="value")

    def rows(self) -> tuple[ipywidgets.Widget, ...]:
        """Return them as rows of a page."""
        zone = ipywidgets.Label(f"times in {zone_label(self._zone)}")
        zone.add_class("cijob-zone")
        times = ipywidgets.VBox((self.created_after, self.created_before, zone))
        filters = ipywidgets.HBox((self.workflows, times, self.text))
        filters.add_class("cijob-filters")
        return self.states, self.types, filters

    def _from_picker(self, picker: ipywidgets.NaiveDatetimePicker) -> datetime | None:
        local: datetime | None = picker.value
        return None if local is None else local.replace(tzinfo=self._zone).astimezone(UTC)

    def _to_picker(self, time: datetime | None) -> datetime | None:
        return None if time is None else time.astimezone(self._zone).replace(tzinfo=None)


def counts_of(column: pd.Series) -> Mapping[str | None, int]:
    """Return how many cells have which value; None stands for a missing one."""
    return {or_none(value): int(n) for value, n in column.value_counts(dropna=False).items()}


def or_none(value: Any) -> str | None:
    """Return the text of a cell; None if it is missing."""
    return None if pd.isna(value) else str(value)


def _workflow_options(frame: pd.DataFrame) -> list[tuple[str, str | None]]:
    """Return the workflows with how many rows run them, the most used first, and what runs none last."""
    n: Counter[str | None] = Counter()
    for cell, rows in frame["workflow_ids"].fillna("").value_counts().items():
        n.update(dict.fromkeys(workflows_of(str(cell)), int(rows)))
    order = sorted(n, key=lambda name: (name is None, -n[name], name or ""))
    return [(f"{name or '(no workflow)'}: {number(n[name])}", name) for name in order]
