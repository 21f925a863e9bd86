"""Following batch jobs until they are finished: the same snapshot again and again, with the least that is read."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from threading import Event
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.fetch.again import Again
from cijob_analysis.fetch.batch_jobs import fetch_batch_jobs
from cijob_analysis.fetch.common import Ids, as_of, ids_of
from cijob_analysis.fetch.joining import merged
from cijob_analysis.fetch.snapshots import Reading, fetch_snapshot
from cijob_analysis.ledger import Ledger, LedgerEntry, ledger_of
from cijob_analysis.schema import KEYS, LEVELS, TERMINAL
from cijob_analysis.snapshot import Snapshot

if TYPE_CHECKING:
    from cijob_analysis.service.client import Client
    from cijob_analysis.service.transport import Run, Send, Transport

_PATIENCE_S: Final = 0.2


def follow(
    client: Client,
    batch_job_ids: Ids,
    *,
    every_s: float = 30.0,
    depth: str = "tasks",
    progress: bool = False,
) -> Iterator[Snapshot]:
    """Yield snapshots of batch jobs until all that is in them is in a final state.

    The first one is read as a whole. After that only what can have changed is read again: batch jobs, executions and
    tasks that were not in a final state, and what is new below them. What could not be read is tried again each time.

    Parameters
    ----------
    client : Client
        Whose bucket.
    batch_job_ids : str, iterable of str or pandas.DataFrame
        One id, several, or a frame with the column ``batch_job_id``.
    every_s : float
        From the begin of one reading to that of the next [s]; one that takes longer is followed at once.
    depth : {"tasks", "executions", "batch_jobs"}
        The lowest level that is wanted.
    progress : bool
        Show progress bars.

    Yields
    ------
    Snapshot
        All of the batch jobs, as they are by then; the last one ``is_finished``.

    Raises
    ------
    ConfigurationError
        An argument is malformed; nothing was sent.
    CIJobError
        No batch job could be read the first time.
    KeyboardInterrupt
        It was interrupted. What was known last is in its attribute `partial`.

    Examples
    --------
    >>> for snapshot in follow(client, ids, every_s=60):  # doctest: +SKIP
    ...     print(snapshot.summary())
    """
    check_pace(every_s)
    following = Following(client, batch_job_ids, depth=depth, progress=progress)
    while True:
        begun = time.monotonic()
        yield following.read()
        if following.is_over:
            return
        while (left_s := begun + every_s - time.monotonic()) > 0:
            time.sleep(min(left_s, _PATIENCE_S))


def check_pace(every_s: float) -> None:
    """Raise ConfigurationError unless it is a number of seconds above 0."""
    if not every_s > 0:
        raise ConfigurationError(f"every_s={every_s!r} is not above 0")


class Following:
    """Batch jobs that are read again and again: what is known of them, and how to bring it up to date.

    Parameters
    ----------
    client : Client
        Whose bucket.
    batch_job_ids : str, iterable of str or pandas.DataFrame
        One id, several, or a frame with the column ``batch_job_id``.
    depth : {"tasks", "executions", "batch_jobs"}
        The lowest level that is wanted.
    progress : bool
        Show progress bars.
    ends_whole : bool
        When all is finished, read all of it once more: of tasks that were read while they ran, less may be known than
        a list says when they have ended, such as their media information.

    Attributes
    ----------
    known : Snapshot or None
        What the last reading that succeeded found.
    requests, retries : int
        HTTP requests sent by the last reading, and those of them that were repetitions, be it that it failed.

    Raises
    ------
    ConfigurationError
        An argument is malformed.
    """

    def __init__(
        self,
        client: Client,
        batch_job_ids: Ids,
        *,
        depth: str = "tasks",
        progress: bool = False,
        ends_whole: bool = False,
    ) -> None:
        if depth not in LEVELS:
            raise ConfigurationError(f"depth={depth!r} is none of {', '.join(LEVELS)}")
        self.known: Snapshot | None = None
        self.requests = self.retries = 0
        self._client, self._depth, self._progress = client, depth, progress
        self._is_piecemeal, self._ends_whole = False, ends_whole
        self._ids: list[Any] = ids_of(batch_job_ids, "batch_job_id")

    @property
    def is_over(self) -> bool:
        """Whether all is known, and in a final state: nothing is left to be read."""
        if self.known is None or self._open(self.known):
            return False
        return not (self._ends_whole and self._is_piecemeal)

    def now(self) -> datetime:
        """Return the service's time, as far as it is known."""
        return as_of(self._client)

    def read(self, stop: Event | None = None) -> Snapshot:
        """Read what can have changed since the last time, the first time all, and return all that is known by then.

        Parameters
        ----------
        stop : threading.Event, optional
            Set by another thread, it ends the reading at once.

        Raises
        ------
        CalledOff
            `stop` was set; what was known stays as it was.
        CIJobError
            No batch job could be read; what was known stays as it was.
        KeyboardInterrupt
            It was interrupted. What was known last is in its attribute `partial`.
        """
        client = copy.copy(self._client)
        client.transport = meter = _Metered(self._client.transport, stop or Event())  # type: ignore[assignment]
        try:
            if self.known is None:
                self.known = self._read_whole(client)
            elif open_ids := self._open(self.known):
                self.known = self._read_again(client, self.known, open_ids)
                self._is_piecemeal = True
            elif not self.is_over:
                whole = self._read_whole(client)
                if not self._open(whole):  # else something could not be read, which is known from before
                    self.known, self._is_piecemeal = whole, False
            return self.known
        finally:
            self.requests, self.retries = meter.requests, meter.retries

    def _read_whole(self, client: Client) -> Snapshot:
        return fetch_snapshot(client, self._ids, depth=self._depth, progress=self._progress)

    def _open(self, known: Snapshot) -> list[str]:
        """Return the batch jobs of which something can still change, or could not be read."""
        jobs, executions, tasks = known.batch_jobs, known.executions, known.tasks
        active = [frame.loc[~frame["state"].isin(TERMINAL), "batch_job_id"] for frame in (jobs, executions, tasks)]
        is_open = jobs["batch_job_id"].isin(pd.concat(active)) | jobs["batch_job_id"].isin(_unfinished(known))
        settled = {*jobs.loc[~is_open, "batch_job_id"], *_refused(known)}
        return [key for key in dict.fromkeys(map(str, self._ids)) if key not in settled]

    def _read_again(self, client: Client, known: Snapshot, ids: list[str]) -> Snapshot:
        """Return `known` as it is now."""
        parts: list[Snapshot] = []
        try:
            rows = fetch_batch_jobs(client, ids, progress=self._progress)
            is_whole = rows["batch_job_id"].isin(_unfinished(known))
            is_whole |= ~rows["batch_job_id"].isin(known.batch_jobs["batch_job_id"])
            again = Again(client, known, None, self._progress)
            again.read(rows.loc[~is_whole], depth=self._depth)
            parts.append(again.snapshot(rows))
            if again.interruption is not None:
                raise again.interruption
            if is_whole.any():
                reading = Reading(client, None, "keep", self._progress)
                reading.frames["batch_jobs"] = rows.loc[is_whole].reset_index(drop=True)
                reading.go_below(self._depth)
                parts.append(reading.snapshot())
        except KeyboardInterrupt as error:
            error.partial = _joined(known, parts)  # type: ignore[attr-defined]
            raise
        return _joined(known, parts)


class CalledOff(Exception):
    """A reading was ended by another thread."""


class _Metered:
    """A client's transport for one reading, which can be called off, and whose requests are counted."""

    def __init__(self, transport: Transport, stop: Event) -> None:
        self.requests = self.retries = 0
        self._transport, self._stop = transport, stop

    def side_by_side(
        self, work: Callable[[Send[Any]], None], workers: int, *, run: Run, tick: Callable[[], None] = lambda: None
    ) -> None:
        """Do as the transport does, unless it is called off."""

        def checked_tick() -> None:
            if self._stop.is_set():
                raise CalledOff
            tick()

        if self._stop.is_set():
            raise CalledOff
        try:
            self._transport.side_by_side(work, workers, run=run, tick=checked_tick)
        finally:
            self.requests, self.retries = self.requests + run.requests, self.retries + run.retries

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def _unfinished(known: Snapshot) -> set[str]:
    """Return the batch jobs of which rows may be missing."""
    return {key for entry in known.completeness.entries for key in entry.unfinished_ids}


def _refused(known: Snapshot) -> set[str]:
    """Return the ids that the service does not know, and what is no id."""
    return {key for entry in known.completeness.entries for key in (*entry.missing_ids, *entry.invalid_ids)}


def _joined(known: Snapshot, parts: list[Snapshot]) -> Snapshot:
    """Return `known` with what was read since; its ledgers are those of the last reading, and unknown ids."""
    frames: dict[str, Any] = {}
    for kind, old in known.frames():
        entries = tuple(
            LedgerEntry(
                request=entry.request, level=entry.level, missing_ids=entry.missing_ids, invalid_ids=entry.invalid_ids
            )
            for entry in ledger_of(old).entries
            if entry.missing_ids or entry.invalid_ids
        )
        ledger = Ledger(entries, ledger_of(old).as_of)
        frame = old
        for part in parts:
            new = getattr(part, kind)
            frame = merged(KEYS[kind], frame, new)
            ledger += ledger_of(new)
        frame = frame.copy(deep=False)
        frame.attrs["ledger"] = ledger
        frames[kind] = frame
    return Snapshot(**frames, as_of=parts[-1].as_of if parts else known.as_of)
