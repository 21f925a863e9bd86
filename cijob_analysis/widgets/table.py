"""A table of a frame, paged, sorted and filtered by the kernel: the browser has no more rows than it shows."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict
from datetime import tzinfo
from html import escape
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

import anywidget
import numpy as np
import traitlets

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics.groups import state_codes
from cijob_analysis.plots.style import looks_of
from cijob_analysis.plots.zones import zone_of
from cijob_analysis.widgets.fallback import WithStaticCopy
from cijob_analysis.widgets.pages import Page, Pages
from cijob_analysis.words import plural

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

_log = logging.getLogger(__name__)
_HERE = Path(__file__).parent
_MOST_ROWS: Final = 100
_IN_A_COPY: Final = 20


class Table(WithStaticCopy, anywidget.AnyWidget):  # type: ignore[misc]
    """A table of a frame to page, sort and pick rows in.

    Cells go to the browser when it asks for a page, as messages, and are in no trait: a saved notebook has none of
    them. Callbacks of the browser run on changing threads, also beside a busy cell; what they change is kept by a
    lock, which is not held while functions of others are called.

    Parameters
    ----------
    frame : pandas.DataFrame
        Batch jobs, executions, tasks, queues or workflows; rows of it must not be changed while it is shown.
    tz : tzinfo or str
        Zone in which times are shown, such as ``Asia/Shanghai``.
    failed : callable, optional
        Called with the exception of a callback; the widget shows it if not given.

    Attributes
    ----------
    picked : list of str
        Ids of the rows that are picked, on whatever page they are; may be set.

    Raises
    ------
    ConfigurationError
        There is no such zone.
    SchemaError
        The frame has none of the ids by which rows are told apart, or its times have no zone.
    """

    _esm = _HERE / "table.js"
    _css = _HERE / "table.css"
    picked = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _can_open = traitlets.Bool(default_value=False).tag(sync=True)

    def __init__(
        self, frame: pd.DataFrame, *, tz: tzinfo | str = "UTC", failed: Callable[[Exception], object] | None = None
    ) -> None:
        self._zone, self._failed, self._lock = zone_of(tz), failed, RLock()
        self._pages = Pages(frame, self._zone)
        self._mask: NDArray[np.bool_] | None = None
        self._version = 0
        self._chosen: dict[str, tuple[str, ...]] = {}
        self._open: Callable[[int], object] | None = None
        super().__init__()
        self.on_msg(self._receive)

    def load(self, frame: pd.DataFrame) -> None:
        """Show all rows of another frame. If they are of another kind, none of them is picked.

        Raises
        ------
        SchemaError
            As when the table is made; nothing is changed.
        """
        pages = Pages(frame, self._zone)
        with self._lock:
            is_other_kind = pages.key != self._pages.key
            self._pages, self._mask = pages, None
            self._version += 1
            self.send(self._about())
        if is_other_kind:
            self.picked = []

    def show(self, mask: ArrayLike | None) -> None:
        """Show only some rows, beginning with the first of them.

        Parameters
        ----------
        mask : array of bool, or None
            Which rows of the frame are shown; None for all.

        Raises
        ------
        ConfigurationError
            It is no mask of so many rows.
        """
        with self._lock:
            rows = None if mask is None else np.array(mask)
            n = len(self._pages.frame)
            if rows is not None and (rows.dtype != bool or rows.shape != (n,)):
                found = f"{rows.dtype} of shape {rows.shape}"
                raise ConfigurationError(f"mask: {n} values of True or False are needed, one for each row, not {found}")
            self._mask = rows
            self.send({"kind": "changed"})

    def on_open(self, fn: Callable[[int], object] | None) -> None:
        """Let rows be opened, by double click, Enter or a button in each: `fn` is given the position in the frame.

        None takes it back.
        """
        self._open = fn
        self._can_open = fn is not None

    def close(self) -> None:
        """Remove the table from the page and its models from the kernel."""
        self.layout.close()
        super().close()

    def _receive(self, _: object, content: dict[str, Any], __: object) -> None:
        try:
            if content.get("kind") == "open":
                self._open_row(content)
            else:
                self._answer(content)
        except Exception as error:  # noqa: BLE001 - whatever it is, people must see it
            _log.error("a callback of the table failed", exc_info=error)
            if self._failed is None:
                self.send({"kind": "failed", "view": content.get("view"), "text": f"{type(error).__name__}: {error}"})
            else:
                self._failed(error)

    def _answer(self, content: dict[str, Any]) -> None:
        view = content.get("view")
        with self._lock:
            if content["kind"] == "ready":
                self.send({**self._about(), "view": view})
            elif content["kind"] == "page":
                page = asdict(self._page(content))
                self.send({"kind": "page", "view": view, "request": content["request"], "page": page})
            elif content["kind"] == "choose":
                self._choose(content["columns"])

    def _about(self) -> dict[str, Any]:
        """Return what there is to know about the frame before a page of it is shown."""
        frame, pages = self._pages.frame, self._pages
        states = state_codes(frame)[1] if "state" in pages.columns and pages.columns["state"].kind == "state" else []
        looks = dict(zip([state or "(no state)" for state in states], looks_of(states), strict=True))
        return {
            "kind": "frame",
            "version": self._version,
            "noun": schema.noun_of(frame),
            "n": len(frame),
            "columns": [asdict(column) for column in pages.columns.values()],
            "default": pages.default,
            "chosen": self._columns(),
            "colors": {state: look.color for state, look in looks.items()},
        }

    def _columns(self) -> tuple[str, ...]:
        """Return what is shown of this kind of frame."""
        chosen = self._chosen.get(self._pages.key, ())
        return tuple(name for name in self._pages.columns if name in chosen) or self._pages.default

    def _choose(self, names: list[str]) -> None:
        self._chosen[self._pages.key] = tuple(names)
        self.send({"kind": "chosen", "columns": self._columns()})

    def _page(self, wish: dict[str, Any]) -> Page:
        """Return the page that a view asks for; it may not yet know that the frame is another one."""
        sort = wish["sort"] if wish["sort"] in self._pages.columns else None
        return self._pages.page(
            self._mask, sort=sort, descending=bool(wish["descending"]), first=int(wish["first"]),
            n=min(int(wish["n"]), _MOST_ROWS), columns=self._columns(),
        )  # fmt: skip

    def _open_row(self, content: dict[str, Any]) -> None:
        with self._lock:
            fn, is_known = self._open, content["version"] == self._version
        if fn is not None and is_known:  # or it is a row of a frame that is gone
            fn(int(content["position"]))

    def __repr__(self) -> str:
        return f"<Table: {plural(len(self._pages.frame), schema.noun_of(self._pages.frame))}>"

    def _static_html(self) -> str:
        with self._lock:
            return page_html(self._pages.page(self._mask, n=_IN_A_COPY, columns=self._columns()))


def page_html(page: Page) -> str:
    """Return a page as a table in HTML, with a caption that says which rows of how many it has."""
    cell = "border-top:1px solid #ddd;padding:2px 8px;text-align:{}"
    sides = ["right" if column.kind in ("duration", "number") else "left" for column in page.columns]
    heads = "".join(
        f'<th scope="col" style="{cell.format(side)}">{escape(column.heading)}'
        f"{f' ({escape(column.unit)})' if column.unit else ''}</th>"
        for column, side in zip(page.columns, sides, strict=True)
    )
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td style="{cell.format(side)};max-width:20em;overflow:hidden;text-overflow:ellipsis" '
            f'title="{escape(full or shown)}">{escape(shown)}</td>'
            for (shown, full), side in zip(row, sides, strict=True)
        )
        + "</tr>"
        for row in page.cells
    )
    return (
        '<div style="overflow:auto;max-height:24em"><table style="border-collapse:collapse;white-space:nowrap">'
        f'<caption style="text-align:left;font-weight:bold">{escape(page.caption)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
