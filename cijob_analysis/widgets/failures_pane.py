"""What failed, cluster by cluster, to choose what to look at and to take away what to run again."""

from __future__ import annotations

from datetime import UTC
from html import escape
from itertools import zip_longest
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Final

import ipywidgets

from cijob_analysis.metrics.failures.clusters import names_of
from cijob_analysis.metrics.failures.prepared import Failures
from cijob_analysis.widgets.buttons import CopyButton, FileButton
from cijob_analysis.widgets.failure_list import FailureList
from cijob_analysis.widgets.failure_rows import FailureRow, Key
from cijob_analysis.widgets.models import models_below
from cijob_analysis.widgets.toggles import Action

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from cijob_analysis.snapshot import Snapshot

POOL: Final = 12
"""So many clusters are shown at a time."""

_STYLE = Path(__file__).with_name("failures_pane.css")


class FailuresPane(ipywidgets.VBox):  # type: ignore[misc]
    """The clusters of failures of some rows, the largest first, each with a button that chooses it.

    The widgets are made once; what they show is replaced in place. Callbacks may run on any thread.

    Parameters
    ----------
    on_choose : callable
        Called with the codes and patterns of all clusters that are chosen, when that was changed by hand.
    failed : callable
        Called with the exception if `on_choose` raises, or if a list cannot be made.

    Attributes
    ----------
    sentence : ipywidgets.HTML
        How many failed, in how many clusters.
    rows : tuple of FailureRow
        One for each cluster that is shown, and some in reserve.
    previous_button, next_button, clear_button : Action
        Other clusters; no choice.
    save_button : FileButton
    copy_button : CopyButton
        The keys of the objects to run again: of the chosen clusters, or of all.
    """

    def __init__(self, on_choose: Callable[[tuple[Key, ...]], None], failed: Callable[[Exception], None]) -> None:
        self._on_choose, self._failed = on_choose, failed
        self._lock, self._choosing = RLock(), RLock()
        self._is_marking, self._is_explained = False, True
        self._list: FailureList | None = None
        self._chosen: tuple[Key, ...] = ()
        self._first = 0

        self.sentence, self.place = ipywidgets.HTML(), ipywidgets.HTML()
        self.sentence.add_class("cijob-failures-sentence")
        self.rows = tuple(FailureRow(self._pressed) for _ in range(POOL))
        self.save_button = FileButton(
            lambda: self._rerun_list().encode(), "rerun.txt", failed, description="Save rerun list", mime="text/plain"
        )
        self.copy_button = CopyButton(self._rerun_list, failed, description="Copy rerun list")
        self.clear_button = Action("Clear choice", lambda: self._choose(lambda _: ()))
        self.previous_button = Action(f"Previous {POOL}", lambda: self._go(-POOL))
        self.next_button = Action(f"Next {POOL}", lambda: self._go(POOL))
        self._actions = ipywidgets.HBox((self.save_button, self.copy_button, self.clear_button))
        self._pager = ipywidgets.HBox((self.previous_button, self.next_button, self.place))
        style = ipywidgets.HTML(f"<style>{_STYLE.read_text('utf-8')}</style>", layout={"display": "none"})
        super().__init__((style, self.sentence, self._actions, *self.rows, self._pager))
        self.add_class("cijob-failures")
        self._clear("")

    def draw(
        self,
        frame: pd.DataFrame,
        chosen: tuple[Key, ...],
        *,
        zone: tzinfo,
        data: Snapshot | None = None,
        mask: NDArray[np.bool_] | None = None,
        explain: bool = True,
    ) -> None:
        """Show the failures of `frame`; if that fails, show nothing rather than what was there before.

        What a frame needs is prepared once, so other rows of the same one are shown much sooner; when it is new, the
        numbers are shown first and the verdicts as soon as they are found.

        Parameters
        ----------
        frame : pandas.DataFrame
            Tasks, executions or batch jobs; what is to be run again is judged by all of its rows.
        chosen : tuple of (str, str)
            Codes and patterns of the clusters whose buttons are pressed.
        zone : datetime.tzinfo
            Zone in which times are shown.
        data : Snapshot, optional
            Knows names of workflows and batch jobs.
        mask : array of bool, optional
            Which rows of `frame` are shown; all if not given.
        explain : bool
            Find verdicts even if that takes time; otherwise `explain` does so later.

        Raises
        ------
        SchemaError
            A column is missing, or holds no times with a zone.
        """
        names = {} if data is None else names_of(data)
        with self._lock:
            self._chosen = chosen
            try:
                if self._list is None:
                    self._list = FailureList(Failures(frame), mask, names=names, zone=zone)
                else:
                    self._list = self._list.with_rows(frame, mask, names=names, zone=zone)
                self._show_all(explain=explain)
            except BaseException:
                self._clear("The failures could not be shown.")
                raise

    def explain(self) -> bool:
        """Show the verdicts of the clusters that are shown without; return whether there were any."""
        with self._lock:
            if self._list is None or self._is_explained:
                return False
            self._show(self._list, explain=True)
            self._mark()
            return True

    def close(self) -> None:
        """Remove it from the page and all its models from the kernel."""
        for model in models_below(self) if self.comm is not None else []:
            model.close()
        super().close()

    def _go(self, step: int) -> None:
        """Show the clusters that come `step` later."""
        try:
            with self._lock:
                self._first += step
                self._show_all(explain=True)
        except Exception as error:  # noqa: BLE001 - whatever it is, people must see it
            self._failed(error)

    def _show_all(self, *, explain: bool) -> None:
        """Show the clusters from where the list stands; the numbers first if verdicts take time."""
        if self._list is None:
            return
        last = max(len(self._list) - 1, 0) // POOL * POOL
        self._first = min(max(self._first, 0), last)
        self._show(self._list, explain=self._list.is_prepared)
        self._mark()
        if explain:
            self.explain()

    def _show(self, shown: FailureList, *, explain: bool) -> None:
        last = self._first + POOL
        clusters = shown.shown(self._first, last, with_verdicts=explain)
        self._is_explained = all(cluster.verdict for cluster in clusters)
        for row, cluster in zip_longest(self.rows, clusters):
            row.show(cluster, shown.zone)
        self._pager.layout.display = None if len(shown) > POOL else "none"
        self.previous_button.disabled, self.next_button.disabled = not self._first, last >= len(shown)
        self.place.value = escape(shown.place(self._first, last))

    def _mark(self) -> None:
        """Show what is chosen."""
        with self._lock:
            self._is_marking = True
            try:
                for row in self.rows:
                    row.mark(self._chosen)
            finally:
                self._is_marking = False
            if self._list is not None:
                self.sentence.value = escape(self._list.sentence(self._chosen))
                may_run_again = not self._is_explained or self._list.has_reruns(self._chosen)
                self.save_button.disabled = self.copy_button.disabled = not may_run_again
            self.clear_button.disabled = not self._chosen

    def _clear(self, sentence: str) -> None:
        """Show nothing but a sentence."""
        self._list, self._first = None, 0
        for row in self.rows:
            row.show(None, UTC)
        self._mark()
        self.save_button.disabled = self.copy_button.disabled = True
        self._pager.layout.display = "none"
        self.sentence.value = escape(sentence)

    def _pressed(self, row: FailureRow, is_pressed: bool) -> None:
        with self._lock:
            key = row.key
            if self._is_marking or key is None:
                return
        self._choose(lambda chosen: (*(one for one in chosen if one != key), *([key] if is_pressed else [])))

    def _choose(self, change: Callable[[tuple[Key, ...]], tuple[Key, ...]]) -> None:
        with self._choosing:  # in the order of the clicks
            with self._lock:
                chosen = self._chosen = change(self._chosen)
                self._mark()
            try:
                self._on_choose(chosen)  # without the other lock: it may wait for somebody who is about to draw
            except Exception as error:  # noqa: BLE001 - whatever it is, people must see it
                self._failed(error)

    def _rerun_list(self) -> str:
        with self._lock:
            return self._list.rerun_list(self._chosen) if self._list is not None else ""
