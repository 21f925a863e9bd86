"""The dashboard: one selection, and everything that shows it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.exceptions import CIJobError
from cijob_analysis.files import write_csv
from cijob_analysis.metrics.inputs import workflow_names
from cijob_analysis.plots.zones import zone_of
from cijob_analysis.widgets import markup
from cijob_analysis.widgets.buttons import CopyButton, FileButton
from cijob_analysis.widgets.exploration import Exploration
from cijob_analysis.widgets.exports import FILES, content_of
from cijob_analysis.widgets.fallback import WithStaticCopy
from cijob_analysis.widgets.header import Header, html_part
from cijob_analysis.widgets.keys import Keys
from cijob_analysis.widgets.models import models_below
from cijob_analysis.widgets.selection import Selection
from cijob_analysis.widgets.tabs import Tabs
from cijob_analysis.widgets.turns import Turns
from cijob_analysis.widgets.view import View
from cijob_analysis.words import number

if TYPE_CHECKING:
    from os import PathLike

    from cijob_analysis.snapshot import Snapshot
    from cijob_analysis.widgets.pictures import Plot

_log = logging.getLogger(__name__)
_STYLE = Path(__file__).with_name("explorer.css")


def explore(data: Snapshot | pd.DataFrame, *, tz: tzinfo | str = "UTC") -> Explorer:
    """Return a dashboard that shows, filters and hands on what a fetch returned, for a notebook to show.

    Parameters
    ----------
    data : Snapshot or pandas.DataFrame
        All levels, between which one goes down and back; or batch jobs, executions or tasks alone. The dashboard
        works on copies.
    tz : tzinfo or str
        Zone in which times are shown and entered, such as ``Asia/Shanghai``.

    Returns
    -------
    Explorer
        ``.selected`` is the frame of what is selected in it, ``.selection`` says by which filters.

    Raises
    ------
    ConfigurationError
        `data` is neither, or there is no such zone.
    SchemaError
        A column is missing, or holds no times with a zone.

    Examples
    --------
    >>> explorer = explore(snapshot, tz="Asia/Shanghai")  # doctest: +SKIP
    >>> explorer.selected.to_clipboard()  # doctest: +SKIP
    """
    return Explorer(data, tz=tz)


class Explorer(WithStaticCopy, ipywidgets.VBox):  # type: ignore[misc]
    """A dashboard; `explore` makes one.

    Everything shows one selection, which `exploration` keeps, and is replaced in place. Changes come on many threads,
    also beside a busy cell: see `Turns`.

    Parameters
    ----------
    data, tz
        As for `explore`.
    pictures : mapping of str to callable, optional
        Functions that draw the pictures ``states`` and ``durations`` in other ways.

    Attributes
    ----------
    exploration : Exploration
        The levels, the selection and the way down.
    header : Header
        The numbers, the controls of the filters, as `controls`, too, and the way back.
    tabs : Tabs
        Everything else; its `timeline` and `table` are here, too.
    """

    def __init__(
        self,
        data: Snapshot | pd.DataFrame,
        *,
        tz: tzinfo | str = "UTC",
        pictures: Mapping[str, Plot] | None = None,
    ) -> None:
        self._zone = zone_of(tz)
        self.exploration = Exploration(data)
        self._turns = Turns(self._show, self._failed)
        self._level: str | None = None
        self._numbers_of: object = None
        snapshot = self.exploration.snapshot
        self.csv_button, self.parquet_button = (self._save_button(ending) for ending in FILES)
        self.copy_button = CopyButton(lambda: self.selection.as_code(), self._failed, description="Copy as code")
        self.header = Header(
            self.exploration, self._zone, {} if snapshot is None else workflow_names(snapshot), do=self._do,
            change=self._change, reset=self.reset, buttons=(self.csv_button, self.parquet_button, self.copy_button),
        )  # fmt: skip
        self.tabs = Tabs(
            self.exploration, self._zone, pictures or {}, change=self._change, redraw=self._turns.show,
            failed=self._failed,
        )  # fmt: skip
        self.controls, self.timeline, self.table = self.header.controls, self.tabs.timeline, self.tabs.table
        self.details = html_part("details")
        style = ipywidgets.HTML(f"<style>{_STYLE.read_text('utf-8')}</style>", layout={"display": "none"})
        super().__init__((style, Keys(), self.header, self.tabs, self.details))
        self.add_class("cijob-explorer")

        self._turns.show()
        self.timeline.observe(self._brushed, names="window")
        self.timeline.on_pick(lambda row: self._do(self._pick, row))
        self.timeline.on_open(lambda row: self._do(self._open, row))
        self.table.observe(lambda change: self._change(picked=tuple(change["new"])), names="picked")
        self.table.on_open(lambda row: self._do(self._open, row))
        self.tabs.observe(lambda _: self._turns.show(), names="selected_index")

    @property
    def frame(self) -> pd.DataFrame:
        """All rows of the level that is looked at."""
        return self.exploration.frame

    @property
    def selection(self) -> Selection:
        """The filters as they are set; setting it sets all controls.

        Raises
        ------
        SchemaError
            When set: a filter needs a column that the level has not; nothing is changed.
        """
        return self.exploration.selection

    @selection.setter
    def selection(self, selection: Selection) -> None:
        with self._turns.lock:
            self.exploration.set(selection)
            self._turns.show()

    @property
    def selected(self) -> pd.DataFrame:
        """The selected rows, in the order of `frame` and with its attrs; a new frame each time."""
        with self._turns.lock:
            return self.exploration.selected

    @property
    def picked(self) -> pd.DataFrame:
        """The rows that are picked, selected or not; a new frame each time."""
        with self._turns.lock:
            return self.frame.take(self.exploration.rows.positions(self.selection.picked))

    def look_at(self, level: str) -> None:
        """Look at ``batch_jobs``, ``executions`` or ``tasks``; raises ConfigurationError if there are none."""
        with self._turns.lock:
            self.exploration.look_at(level)
            self._turns.show()

    def look_into(self, ident: str) -> None:
        """Go down into the row with this id, or show all of it if there is nothing below."""
        with self._turns.lock:
            for row in self.exploration.rows.positions([ident]):
                self._do(self._open, int(row))

    def back(self) -> None:
        """Go back to where one came from."""
        with self._turns.lock:
            self.exploration.back()
            self._turns.show()

    def reset(self) -> None:
        """Take back all filters; what one went down into stays."""
        self._do(self.exploration.reset)

    def write_csv(self, path: str | PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the selected rows as CSV, and return where they are.

        Parameters and errors are those of `cijob_analysis.write_csv`.
        """
        return write_csv(self.selected, path, overwrite=overwrite)

    def close(self) -> None:
        """Remove the dashboard from the page and its models from the kernel; the selected rows can still be had."""
        for model in models_below(self) if self.comm is not None else []:
            model.close()
        super().close()

    def _change(self, **filters: Any) -> None:
        """Set filters; one given as a function is called with what it is when it is its turn."""

        def change() -> None:
            now = self.selection
            self.exploration.change(
                **{name: it(getattr(now, name)) if callable(it) else it for name, it in filters.items()}
            )

        self._do(change)

    def _do(self, act: Callable[..., object], *arguments: Any) -> None:
        """Make a change when it is its turn; if it can be made, what went wrong before is over."""

        def do() -> None:
            act(*arguments)
            self.header.status.value = ""

        self._turns.do(do)

    def _brushed(self, change: dict[str, Any]) -> None:
        window = change["new"]
        self._change(window=tuple(datetime.fromtimestamp(ms / 1e3, UTC) for ms in window) if window else None)

    def _pick(self, row: int) -> None:
        """Pick a row or let it go, and show all of it."""
        ident = str(self.frame[self.exploration.rows.key].iloc[row])
        picked = self.selection.picked
        others = tuple(one for one in picked if one != ident)
        self.exploration.change(picked=others if ident in picked else (*picked, ident))
        self._show_row(row)

    def _open(self, row: int) -> None:
        if not self.exploration.open(row):
            self._show_row(row)

    def _show_row(self, row: int) -> None:
        self.details.value = markup.row_html(self.frame.iloc[row], schema.noun_of(self.frame), self._zone)

    def _view(self) -> View:
        return View(self.exploration.rows, self.selection, self._zone, self.exploration.snapshot)

    def _show(self) -> bool:
        """Bring the numbers, or the tab that is looked at, up to date; return whether anything had to be done."""
        here, view = self.exploration.steps, self._view()
        if self._numbers_of != here:
            self._numbers_of = here  # also if it fails: it would fail again
            with self._turns.mirroring():
                self._show_numbers(view)
            return True
        return self.tabs.draw(view, here)

    def _show_numbers(self, view: View) -> None:
        if self._level != self.exploration.level:
            self._level = self.exploration.level
            self.header.load(view)
            self.tabs.load(view, self.exploration.as_of)
            self.details.value = ""
        self.header.show(view, self.exploration)
        self.tabs.show(view)

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, CIJobError):  # these say themselves what was wrong with what was asked for
            _log.error("a callback of the dashboard failed", exc_info=error)
        self.header.status.value = markup.alert_html(error)
        self._numbers_of = None  # a control that was not followed goes back to what holds

    def _save_button(self, ending: str) -> FileButton:
        words, mime = FILES[ending]
        return FileButton(
            partial(self._file, ending),
            lambda: f"{schema.noun_of(self.frame).replace(' ', '_')}s.{ending}",
            self._failed,
            description=f"Save {words}",
            mime=mime,
        )

    def _file(self, ending: str) -> bytes:
        self.header.status.value = ""
        return content_of(self.selected, ending)

    def __repr__(self) -> str:
        noun = schema.noun_of(self.frame)
        return f"<Explorer: {number(len(self.selected))} of {number(len(self.frame))} {noun}s selected>"

    def _static_html(self) -> str:
        """Return the summary, the picture that is looked at and the beginning of the table."""
        with self._turns.lock:
            view = self._view()
            return markup.static_html(markup.summary_html(view), self.tabs.still(view), self.table._static_html())
