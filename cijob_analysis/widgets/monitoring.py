"""The monitor: batch jobs while they run, read again and again beside whatever the notebook does."""

from __future__ import annotations

import logging
from datetime import tzinfo
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

import ipywidgets

from cijob_analysis.following import Following, check_pace
from cijob_analysis.plots.concurrency import plot_concurrency
from cijob_analysis.plots.zones import zone_of
from cijob_analysis.widgets import watch_markup
from cijob_analysis.widgets.fallback import WithStaticCopy
from cijob_analysis.widgets.header import html_part
from cijob_analysis.widgets.markup import alert_html, static_html
from cijob_analysis.widgets.models import models_below
from cijob_analysis.widgets.pictures import PicturePane
from cijob_analysis.widgets.toggles import Action
from cijob_analysis.widgets.watch import last_hour, watch
from cijob_analysis.widgets.watcher import State, Watcher

if TYPE_CHECKING:
    from cijob_analysis.fetch.common import Ids
    from cijob_analysis.service.client import Client
    from cijob_analysis.snapshot import Snapshot

_log = logging.getLogger(__name__)
_STYLE = Path(__file__).with_name("monitor.css")


def monitor(
    client: Client,
    batch_job_ids: Ids,
    *,
    every_s: float = 30.0,
    tz: tzinfo | str = "UTC",
    depth: str = "tasks",
) -> Monitor:
    """Return a live view of batch jobs, for a notebook to show: it reads them again and again until all is finished.

    Reading is done by a thread, as `follow` does it: the cell returns at once, and the notebook can be used meanwhile.
    When all is finished it is read once more as a whole, so that the last snapshot is as a fresh fetch.
    What goes wrong is shown, and it goes on. After a reading that failed, or during which the service asked for fewer
    requests, the pause doubles, up to 16 times its length; after a good one it halves.

    Parameters
    ----------
    client : Client
        Whose bucket; it must stay open.
    batch_job_ids : str, iterable of str or pandas.DataFrame
        One id, several, or a frame with the column ``batch_job_id``.
    every_s : float
        From the begin of one reading to that of the next [s]; one that takes longer is followed at once.
    tz : datetime.tzinfo or str
        Zone in which times are shown, such as ``Asia/Shanghai``.
    depth : {"tasks", "executions", "batch_jobs"}
        The lowest level that is wanted.

    Returns
    -------
    Monitor
        ``.snapshot`` is what was read last; ``.pause()``, ``.resume()``, ``.refresh()``, ``.stop()`` do as its buttons.

    Raises
    ------
    ConfigurationError
        An argument is malformed; nothing was sent.

    Examples
    --------
    >>> watching = monitor(client, ids, every_s=60, tz="Asia/Shanghai")  # doctest: +SKIP
    >>> watching.wait()  # doctest: +SKIP
    >>> explore(watching.snapshot)  # doctest: +SKIP
    """
    return Monitor(client, batch_job_ids, every_s=every_s, tz=tz, depth=depth)


class Monitor(WithStaticCopy, ipywidgets.VBox):  # type: ignore[misc]
    """A live view of batch jobs; `monitor` makes one.

    Parameters
    ----------
    client, batch_job_ids, every_s, tz, depth
        As for `monitor`.

    Attributes
    ----------
    summary, status, alert, batches, failures : ipywidgets.HTML
        How far all is; what the monitor does; what went wrong; a bar for each batch job; the newest failures.
    picture : PicturePane
        How many ran and waited in the last hour.
    pause_button : ipywidgets.ToggleButton
        Pauses, and goes on.
    refresh_button, stop_button : Action
        Read now; read no more.
    """

    def __init__(
        self,
        client: Client,
        batch_job_ids: Ids,
        *,
        every_s: float = 30.0,
        tz: tzinfo | str = "UTC",
        depth: str = "tasks",
    ) -> None:
        check_pace(every_s)
        self._zone = zone_of(tz)
        following = Following(client, batch_job_ids, depth=depth, ends_whole=True)
        self._watcher = Watcher(following, every_s, self._show)
        self._lock = RLock()
        self._shown: Snapshot | None = None
        self._trouble: Exception | None = None
        self._is_closed = False
        self.summary, self.status, self.alert, self.batches, self.failures = (
            html_part(name) for name in ("summary", "pace", "alert", "bars", "failures")
        )
        self.pause_button = ipywidgets.ToggleButton(description="Pause", layout={"width": "auto"})
        self.refresh_button = Action("Refresh", self.refresh)
        self.stop_button = Action("Stop", self.stop)
        self.picture = PicturePane(plot_concurrency)
        self.pause_button.observe(self._pause_pressed, names="value")
        style = ipywidgets.HTML(f"<style>{_STYLE.read_text('utf-8')}</style>", layout={"display": "none"})
        actions = ipywidgets.HBox((self.pause_button, self.refresh_button, self.stop_button, self.status))
        actions.add_class("cijob-actions")
        below = ipywidgets.HBox((self.picture, self.failures))
        below.add_class("cijob-pictures")
        below.layout.display = "none"
        self._below = below
        super().__init__((style, self.summary, actions, self.alert, self.batches, below))
        self.add_class("cijob-monitor")
        self._show()
        self._watcher.start()

    @property
    def snapshot(self) -> Snapshot | None:
        """What was read last; None as long as nothing was."""
        return self._watcher.snapshot

    @property
    def snapshots_read(self) -> int:
        """How many readings succeeded."""
        return self._watcher.snapshots_read

    @property
    def state(self) -> State:
        """What it does: ``reading``, ``waiting``, ``paused``, ``finished`` or ``stopped``."""
        return self._watcher.state

    @property
    def error(self) -> Exception | None:
        """Why the last reading failed, if it did."""
        return self._watcher.error

    def pause(self) -> None:
        """Read no more until `resume`; a reading that is under way is finished."""
        self._watcher.pause()
        self._say_paused(True)

    def resume(self) -> None:
        """Go on after a pause, and read at once."""
        self._watcher.resume()
        self._say_paused(False)

    def refresh(self) -> None:
        """Read now, also in a pause, which goes on after that."""
        self._watcher.refresh()

    def stop(self) -> None:
        """Read no more at all; a reading that is under way is broken off."""
        self._watcher.stop()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until all is finished, or it was stopped.

        Parameters
        ----------
        timeout_s : float, optional
            How long to wait at the most [s]; without end if not given.

        Returns
        -------
        bool
            Whether that is so.
        """
        return self._watcher.wait(timeout_s)

    def close(self) -> None:
        """Stop, remove the view from the page and its models from the kernel; the last snapshot can still be had."""
        if watcher := getattr(self, "_watcher", None):  # there is none if it could not be made
            watcher.stop()
            with self._lock:
                self._is_closed = True
                for model in models_below(self) if self.comm is not None else []:
                    model.close()
        super().close()

    def _say_paused(self, is_paused: bool) -> None:
        self.pause_button.value = is_paused
        self.pause_button.description = "Resume" if is_paused else "Pause"

    def _pause_pressed(self, change: dict[str, Any]) -> None:
        if change["new"]:
            self.pause()
        else:
            self.resume()

    def _show(self) -> None:
        """Show what has changed; it comes on several threads, and what holds by then is shown."""
        with self._lock:
            if self._is_closed:
                return
            if self._shown is not self.snapshot:
                self._shown, self._trouble = self.snapshot, None
                try:
                    self._show_snapshot()
                except Exception as error:  # noqa: BLE001 - whatever it is, people must see it, and the readings go on
                    _log.exception("the monitor could not be drawn")
                    self._trouble = error
            self._show_state()

    def _show_state(self) -> None:
        watcher = self._watcher
        self.status.value = watch_markup.state_html(watcher, self._zone)
        error = watcher.error or self._trouble
        self.alert.value = "" if error is None else alert_html(error)
        for button in (self.pause_button, self.refresh_button, self.stop_button):
            button.disabled = watcher.is_over
        if self._shown is None:
            self.summary.value = watch_markup.summary_html(None, None, self._zone)

    def _show_snapshot(self) -> None:
        snapshot = self._shown
        if snapshot is None:
            return
        found = watch(snapshot, self._zone)
        self.summary.value = watch_markup.summary_html(snapshot, found, self._zone)
        self.batches.value = watch_markup.bars_html(found)
        self.failures.value = watch_markup.failures_html(found, self._zone)
        self._below.layout.display = None
        self.picture.draw(last_hour(snapshot), self._zone)
        self._update_copies()

    def __repr__(self) -> str:
        what = "nothing read yet" if self.snapshot is None else self.snapshot.summary(self._zone)
        return f"<Monitor, {self.state}: {what}>"

    def _static_html(self) -> str:
        with self._lock:
            looks = f"<style>{_STYLE.read_text('utf-8')}</style>"
            copy = static_html(
                self.summary.value + self.batches.value,
                [(self.picture.image.value, self.picture.sentence)],
                f'<div class="cijob-failures">{self.failures.value}</div>',
            )
            return f'{looks}<div class="cijob-monitor">{copy}</div>'
