"""The timeline as a widget: a canvas on which a million bars can be panned, zoomed and selected."""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime, tzinfo
from functools import partial
from html import escape
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

import anywidget
import numpy as np
import pandas as pd
import traitlets

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.plots import plot_timeline
from cijob_analysis.plots.zones import zone_label, zone_of
from cijob_analysis.widgets.fallback import WithStaticCopy
from cijob_analysis.widgets.pictures import render
from cijob_analysis.widgets.timeline_data import (
    LANES,
    Bands,
    bands,
    facts,
    lanes_of,
    looks,
    offsets_of,
    timeline_data,
)
from cijob_analysis.widgets.timeline_words import label_of
from cijob_analysis.words import plural

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_log = logging.getLogger(__name__)
_HERE = Path(__file__).parent
_BEYOND_MS = 40 * 86_400_000
_LATEST_MS = 8_640_000_000_000_000  # what the clock of a page can show
_DRAWN = ("state", "created_at", "started_at", "ended_at")

OnRow = Callable[[int], object]
"""Called with the position of a row in the frame."""


class Timeline(WithStaticCopy, anywidget.AnyWidget):  # type: ignore[misc]
    """When each row of a frame waited and ran: a canvas to pan, zoom and select a window of time on.

    The arrays go to the page as bytes when it asks for them, and are in no trait, so that a saved notebook has none
    of them. Callbacks of the page run on changing threads, also beside a busy cell; what they change is kept by a
    lock, which is not held while functions of others are called.

    Parameters
    ----------
    frame : pandas.DataFrame
        Batch jobs, executions or tasks; `state`, `created_at`, `started_at`, `ended_at` are used, and `workflow_id`
        or `workflow_ids`, `queue_id` and `node` for lanes.
    as_of : datetime, Timestamp or ISO text with a zone, optional
        Up to when unfinished bars are drawn; what the ledger of the frame says if not given.
    tz : tzinfo or str
        Zone in which times are shown, such as ``Asia/Shanghai``.
    failed : callable, optional
        Called with the exception of a callback; the widget shows it if not given.

    Attributes
    ----------
    window : list of int
        The selected window: begin and end [ms since 1970-01-01 UTC], or nothing.
    lanes : str
        How bars are laid out: "packed", or in bands by "workflow", "queue", "node" or "state".
    label : str
        What is to be seen, in words: for screen readers, and the line below.

    Raises
    ------
    SchemaError
        A column is missing, or holds no times with a zone.
    ConfigurationError
        There is no such zone, `as_of` is no time or has no zone, or `frame` is no DataFrame. When set: `window` is
        no window, or the frame has no column for `lanes`.
    """

    _esm = _HERE / "timeline.js"
    _css = _HERE / "timeline.css"
    window: Any = traitlets.List().tag(sync=True)
    lanes = traitlets.Enum(list(LANES), "packed").tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        frame: pd.DataFrame,
        *,
        as_of: datetime | str | None = None,
        tz: tzinfo | str = "UTC",
        failed: Callable[[Exception], object] | None = None,
    ) -> None:
        self._zone = zone_of(tz)
        self._failed = failed or self._show_error
        self._lock = RLock()
        self._version = 0
        self._pick: list[OnRow] = []
        self._open: list[OnRow] = []
        self._mask: NDArray[np.bool_] | None = None  # of rows
        self._shown: NDArray[np.bool_] | None = None  # of bars
        self._hold(frame, as_of)
        super().__init__(label=self._words())
        self.on_msg(self._answer)

    def load(self, frame: pd.DataFrame, *, as_of: datetime | str | None = None) -> None:
        """Show all bars of another frame in place; lanes that it has no column for become packed ones.

        Parameters and errors are those of the class.
        """
        with self._lock:
            self._hold(frame, as_of)
            self._send_data()
            if self.lanes not in self._lanes:
                self.lanes = "packed"
            self.label = self._words()

    def show(self, mask: ArrayLike) -> None:
        """Show some of the bars only.

        Parameters
        ----------
        mask : array of bool
            Which rows of the frame, one for each.

        Raises
        ------
        ConfigurationError
            It is no such array.
        """
        rows = np.array(mask)
        with self._lock:
            if rows.dtype != bool or rows.shape != (len(self._frame),):
                raise ConfigurationError(
                    f"mask is {rows.dtype} of shape {rows.shape}, and one bool for each of the "
                    f"{len(self._frame)} rows is needed"
                )
            self._mask = None if rows.all() else rows
            self._shown = None if self._mask is None else rows[self._data.rows]
            self._send_mask()
            self.label = self._words()

    def on_pick(self, function: OnRow) -> None:
        """Call `function` with the position of a row when its bar is clicked, or chosen with Enter."""
        self._pick.append(function)

    def on_open(self, function: OnRow) -> None:
        """Call `function` with the position of a row at a double click on its bar, or Shift+Enter."""
        self._open.append(function)

    def close(self) -> None:
        """Remove the widget from the page and its model from the kernel."""
        self.on_msg(self._answer, remove=True)
        self.layout.close()
        super().close()

    @traitlets.validate("window")
    def _check_window(self, proposal: dict[str, Any]) -> list[int]:
        window = proposal["value"]
        is_window = len(window) in (0, 2) and all(
            isinstance(time, (int, float, np.integer)) and -_LATEST_MS <= time <= _LATEST_MS for time in window
        )
        times = [round(time) for time in window] if is_window else []
        if not is_window or (times and times[0] >= times[1]):
            raise ConfigurationError(
                f"window={window!r} is neither [] nor [begin, end] in milliseconds since 1970-01-01 UTC"
            )
        return times

    @traitlets.validate("lanes")
    def _check_lanes(self, proposal: dict[str, Any]) -> str:
        lanes: str = proposal["value"]
        if lanes not in self._lanes:
            raise ConfigurationError(f"lanes={lanes!r}: the frame has no column for it; there are {self._lanes}")
        return lanes

    @traitlets.observe("window")
    def _describe_window(self, _: object) -> None:
        with self._lock:
            self.label = self._words()

    def _hold(self, frame: pd.DataFrame, as_of: datetime | str | None) -> None:
        """Take over a frame; nothing is changed if that fails."""
        if not isinstance(frame, pd.DataFrame):
            raise ConfigurationError(f"a timeline takes a DataFrame, and no {type(frame).__name__}")
        data, noun = timeline_data(frame, as_of), schema.noun_of(frame)
        self._frame, self._as_of, self._noun, self._data = frame, as_of, noun, data
        self._lanes = lanes_of(frame)
        self._bands: dict[str, Bands] = {}
        self._mask = self._shown = None
        self._version += 1

    def _answer(self, _: object, content: dict[str, Any], __: object) -> None:
        """Answer the page, which may be late, or ask about what has been replaced meanwhile."""
        try:
            kind = content.get("kind")
            if kind == "ready":
                with self._lock:
                    self._send_data()
                    self._send_mask()
            elif kind == "bands":
                self._send_bands(content)
            elif kind == "row":
                self._send_row(content)
            elif kind in ("pick", "open"):
                self._call(self._pick if kind == "pick" else self._open, self._row(content))
        except Exception as error:  # noqa: BLE001 - whatever it is, people must see it
            _log.error("a callback of the timeline failed", exc_info=error)
            self._failed(error)

    def _call(self, functions: list[OnRow], row: int | None) -> None:
        if row is not None:
            for function in functions:
                function(row)

    def _row(self, content: dict[str, Any]) -> int | None:
        """Return which row of the frame the page means; None if the page does not have this frame yet."""
        with self._lock:
            is_known = content.get("version") == self._version
            return int(self._data.rows[content["bar"]]) if is_known else None

    def _send_data(self) -> None:
        data = self._data
        beyond_ms = _BEYOND_MS + (data.last_ms - data.origin_ms) // 10
        message = {
            "kind": "data",
            "version": self._version,
            "n": len(data.rows),
            "origin": data.origin_ms,
            "unit": data.unit_ms,
            "until": data.until_ms,
            "states": [
                {**look, "isOpen": is_open}
                for look, is_open in zip(looks(data.states), [*data.is_open, False], strict=True)
            ],
            "modes": self._lanes,
            "noun": self._noun,
            "zone": zone_label(self._zone),
            "offsets": offsets_of(self._zone, data.origin_ms - beyond_ms, data.last_ms + beyond_ms),
        }
        self.send(message, [data.begin.data, data.start.data, data.end.data, data.state.data])

    def _send_mask(self) -> None:
        message = {"kind": "mask", "version": self._version}
        if self._shown is None:
            self.send({**message, "all": True})
        else:
            self.send({**message, "all": False}, [np.packbits(self._shown, bitorder="little").data])

    def _send_bands(self, content: dict[str, Any]) -> None:
        with self._lock:
            lanes = content.get("lanes")
            if content.get("version") != self._version or lanes not in self._lanes:
                return
            if lanes not in self._bands:
                self._bands[lanes] = bands(self._frame, self._data.rows, lanes)
            found = self._bands[lanes]
            message = {"kind": "bands", "version": self._version, "lanes": lanes}
            self.send({**message, "labels": found.labels, "names": found.names}, [found.codes.data])

    def _send_row(self, content: dict[str, Any]) -> None:
        with self._lock:
            row = self._row(content)
            if row is not None:
                known = {"version": self._version, "bar": content["bar"], "facts": facts(self._frame, row)}
                self.send({"kind": "row", **known})

    def _show_error(self, error: Exception) -> None:
        self.send({"kind": "failed", "text": f"{type(error).__name__}: {error}"})

    def _words(self) -> str:
        return label_of(self._frame, self._data, self._shown, self.window, self._zone)

    def __repr__(self) -> str:
        return f"<Timeline: {plural(len(self._frame), schema.noun_of(self._frame))}>"

    def _static_html(self) -> str:
        with self._lock:
            part = self._frame[[schema.key_of(self._frame), *_DRAWN]]
            frame, as_of = part if self._mask is None else part[self._mask], self._as_of
        png, sentence = render(partial(plot_timeline, as_of=as_of), frame, self._zone)
        source = f"data:image/png;base64,{b64encode(png).decode()}"
        return f'<img alt="{escape(sentence)}" style="max-width:100%" src="{source}">'
