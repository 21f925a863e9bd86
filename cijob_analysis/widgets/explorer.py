"""The dashboard for batch jobs: controls that filter a table and pictures in place."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import tzinfo
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import RLock
from typing import TYPE_CHECKING, Any

import ipywidgets
import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.files import write_csv
from cijob_analysis.metrics.instants import instants
from cijob_analysis.plots.zones import zone_of
from cijob_analysis.widgets import markup
from cijob_analysis.widgets.controls import Controls, counts_of
from cijob_analysis.widgets.csv_button import CsvButton
from cijob_analysis.widgets.pictures import PICTURES, PicturePane, Plot
from cijob_analysis.widgets.selection import Selection, together
from cijob_analysis.words import number

if TYPE_CHECKING:
    from os import PathLike

_log = logging.getLogger(__name__)
_STYLE = Path(__file__).with_name("explorer.css")


def explore(frame: pd.DataFrame, *, tz: tzinfo | str = "UTC") -> Explorer:
    """Return a dashboard that filters batch jobs by state, type, workflow, time and text, for a notebook to show.

    Parameters
    ----------
    frame : pandas.DataFrame
        Batch jobs as a fetch returns them; the dashboard works on a copy.
    tz : tzinfo or str
        Zone in which times are shown and entered, such as ``Asia/Shanghai``.

    Returns
    -------
    Explorer
        ``.selected`` is the frame of what is selected in it, ``.selection`` says by which filters.

    Raises
    ------
    ConfigurationError
        `frame` is no DataFrame, or there is no such zone.
    SchemaError
        A column is missing, or holds no times with a zone.
    """
    return Explorer(frame, tz=tz)


class Explorer(ipywidgets.VBox):  # type: ignore[misc]
    """A dashboard for batch jobs; `explore` makes one.

    Controls hold what is chosen, pure functions compute, and everything shown is replaced in place. In today's
    front ends callbacks run on other threads, beside a busy cell: one lock is held while anything is replaced,
    and a change whose values are shown already, by one that came after it, draws nothing.

    Parameters
    ----------
    frame, tz
        As for `explore`.
    pictures : mapping of str to callable
        Titles of the pictures, at least one, and the functions that draw them: ``plot_states(frame, tz=zone)``.

    Attributes
    ----------
    frame : pandas.DataFrame
        All batch jobs.
    controls : Controls
        The controls of the filters.
    """

    def __init__(
        self, frame: pd.DataFrame, *, tz: tzinfo | str = "UTC", pictures: Mapping[str, Plot] = PICTURES
    ) -> None:
        if not isinstance(frame, pd.DataFrame):
            kind = type(frame).__name__
            raise ConfigurationError(f"explore takes a DataFrame, as fetch_batch_jobs(client) returns, and no {kind}")
        schema.require(frame, *markup.NEEDED)
        for name in ("created_at", "started_at", "ended_at"):
            instants(frame, name)
        self._zone = zone_of(tz)
        self.frame = frame.copy()
        self._lock = RLock()
        self._is_held = False
        self._numbers_of: Selection | None = None
        self._picture_of: dict[PicturePane, Selection] = {}

        self.controls = Controls(self.frame, self._zone)
        self.reset_button = ipywidgets.Button(description="Reset")
        self.code_button = ipywidgets.ToggleButton(description="Copy as code")
        filename = f"{schema.noun_of(self.frame).replace(' ', '_')}s.csv"
        self.csv_button = CsvButton(self._csv, filename, self._failed)
        self.code = ipywidgets.Textarea(description="Code", rows=8, layout={"width": "100%", "display": "none"})
        self.summary, self.status, self.table = (_html(name) for name in ("summary", "status", "table"))
        self.panes = tuple(PicturePane(plot) for plot in pictures.values())
        self.tabs = ipywidgets.Tab(self.panes, titles=tuple(pictures), selected_index=0)
        actions = ipywidgets.HBox((self.reset_button, self.csv_button, self.code_button, self.status))
        actions.add_class("cijob-actions")
        style = ipywidgets.HTML(f"<style>{_STYLE.read_text('utf-8')}</style>", layout={"display": "none"})
        super().__init__((style, self.summary, *self.controls.rows(), actions, self.code, self.tabs, self.table))
        self.add_class("cijob-explorer")

        self._refresh()
        self.controls.observe(self._refresh)
        self.tabs.observe(self._refresh, names="selected_index")
        self.code_button.observe(self._show_code, names="value")
        self.reset_button.on_click(lambda _: self.reset())

    @property
    def selection(self) -> Selection:
        """The filters as they are set; setting it sets all controls.

        Raises
        ------
        ConfigurationError
            When set: it names a state, a type or a workflow that no row has; nothing is changed.
        """
        return self.controls.selection

    @selection.setter
    def selection(self, selection: Selection) -> None:
        with self._lock:
            self._is_held = True
            try:
                self.controls.selection = selection
            finally:
                self._is_held = False
                self._refresh()

    @property
    def selected(self) -> pd.DataFrame:
        """The selected rows, in the order of `frame` and with its attrs; a new frame each time."""
        return self.selection.apply(self.frame)

    def write_csv(self, path: str | PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the selected rows as CSV, and return where they are.

        Parameters and errors are those of `cijob_analysis.write_csv`.
        """
        return write_csv(self.selected, path, overwrite=overwrite)

    def reset(self) -> None:
        """Take back all filters."""
        self.selection = Selection()

    def close(self) -> None:
        """Remove the dashboard from the page and its models from the kernel; the selected rows can still be had."""
        for model in _models_below(self) if self.comm is not None else []:
            model.close()
        super().close()

    def _refresh(self, _: object = None) -> None:
        """Show what the controls say, unless it is shown."""
        with self._lock:
            if self._is_held:
                return
            try:
                while self._show(self.selection, self.panes[self.tabs.selected_index or 0]):
                    pass  # until nothing has changed meanwhile
            except Exception as error:  # noqa: BLE001 - whatever it is, people must see it
                self._failed(error)

    def _show(self, selection: Selection, pane: PicturePane) -> bool:
        """Bring the numbers, the table and one picture up to date; return whether anything had to be done."""
        is_stale = selection != self._numbers_of, selection != self._picture_of.get(pane)
        if not any(is_stale):
            return False
        masks = selection.masks(self.frame)
        selected = self.frame.take(np.flatnonzero(together(masks, len(self.frame))))
        if is_stale[0]:
            self._numbers_of = None
            self.status.value = ""
            for name, column in (("states", "state"), ("types", "type")):
                others = together(masks, len(self.frame), without=name)  # so a button says what it would bring
                getattr(self.controls, name).show_counts(counts_of(self.frame[column][others]))
            self.table.value = _region(markup.table_html(selected, self._zone), len(self.frame))
            self.code.value = selection.as_code()
            self.summary.value = markup.summary_html(self.frame, selected, self._zone)
            self._numbers_of = selection
        if is_stale[1]:
            self._picture_of[pane] = selection  # also if it fails: it would fail again
            pane.draw(selected, self._zone)
        return True

    def _failed(self, error: Exception) -> None:
        _log.error("a callback of the dashboard failed", exc_info=error)
        self.status.value = markup.alert_html(error)

    def _show_code(self, _: object) -> None:
        self.code.layout.display = None if self.code_button.value else "none"

    def _csv(self) -> bytes:
        self.status.value = ""
        with TemporaryDirectory() as folder:
            return self.write_csv(Path(folder, "selected.csv")).read_bytes()

    def __repr__(self) -> str:
        noun = schema.noun_of(self.frame)
        return f"<Explorer: {number(len(self.selected))} of {number(len(self.frame))} {noun}s selected>"

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """Return the dashboard, and a picture and a table for places without a kernel."""
        bundle: dict[str, Any] = super()._repr_mimebundle_(**options)
        selected, pane = self.selected, self.panes[self.tabs.selected_index or 0]
        html = markup.static_html(
            markup.summary_html(self.frame, selected, self._zone),
            pane.image.value, pane.sentence, markup.table_html(selected, self._zone, most=20),
        )  # fmt: skip
        return {**bundle, "text/html": html}


def _html(name: str) -> ipywidgets.HTML:
    part = ipywidgets.HTML()
    part.add_class(f"cijob-{name}")
    return part


def _region(table: str, n_rows: int) -> str:
    """Return a table in a box that the keyboard reaches and scrolls, high enough for so many rows if they are few."""
    height = min(80 + 24 * n_rows, 340)
    return f'<div role="region" aria-label="Table" tabindex="0" style="height:{height}px">{table}</div>'


def _models_below(widget: ipywidgets.Widget) -> list[ipywidgets.Widget]:
    """Return all widgets that `widget` is made of, layouts and styles included."""
    found: dict[int, ipywidgets.Widget] = {}
    waiting = [widget]
    while waiting:
        for name in (one := waiting.pop()).keys:
            value = getattr(one, name)
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, ipywidgets.Widget) and id(part) not in found:
                    found[id(part)] = part
                    waiting.append(part)
    return list(found.values())
