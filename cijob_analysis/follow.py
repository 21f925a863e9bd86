"""Following batch jobs until they are finished: the same snapshot again and again, with the least that is read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.fetch.again import Again
from cijob_analysis.fetch.batch_jobs import fetch_batch_jobs
from cijob_analysis.fetch.common import Ids
from cijob_analysis.fetch.joining import merged
from cijob_analysis.fetch.snapshots import Reading, fetch_snapshot
from cijob_analysis.ledger import Ledger, ledger_of
from cijob_analysis.schema import KEYS, TERMINAL
from cijob_analysis.snapshot import Snapshot

if TYPE_CHECKING:
    from cijob_analysis.service.client import Client

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
    if not every_s > 0:
        raise ConfigurationError(f"every_s={every_s!r} is not above 0")
    begun = time.monotonic()
    snapshot = fetch_snapshot(client, batch_job_ids, depth=depth, progress=progress)
    yield snapshot
    while len(open_ids := _open(snapshot)):
        while (left_s := begun + every_s - time.monotonic()) > 0:
            time.sleep(min(left_s, _PATIENCE_S))
        begun = time.monotonic()
        snapshot = _read_again(client, snapshot, open_ids, depth, progress)
        yield snapshot


def _open(snapshot: Snapshot) -> list[str]:
    """Return the batch jobs of which something can still change, or could not be read."""
    jobs, executions, tasks = snapshot.batch_jobs, snapshot.executions, snapshot.tasks
    keys = [frame.loc[~frame["state"].isin(TERMINAL), "batch_job_id"] for frame in (jobs, executions, tasks)]
    unfinished = {key for entry in snapshot.completeness.entries for key in entry.unfinished_ids}
    is_open = jobs["batch_job_id"].isin(pd.concat(keys)) | jobs["batch_job_id"].isin(unfinished)
    return jobs.loc[is_open, "batch_job_id"].to_list()


def _read_again(client: Client, known: Snapshot, ids: list[str], depth: str, progress: bool) -> Snapshot:
    """Return `known` as it is now."""
    unfinished = {key for entry in known.completeness.entries for key in entry.unfinished_ids}
    parts: list[Snapshot] = []
    try:
        rows = fetch_batch_jobs(client, ids, progress=progress)
        is_whole = rows["batch_job_id"].isin(unfinished)
        again = Again(client, known, None, progress)
        again.read(rows.loc[~is_whole], depth=depth)
        parts.append(again.snapshot(rows))
        if again.interruption is not None:
            raise again.interruption
        if is_whole.any():
            reading = Reading(client, None, "keep", progress)
            reading.frames["batch_jobs"] = rows.loc[is_whole].reset_index(drop=True)
            reading.go_below(depth)
            parts.append(reading.snapshot())
    except KeyboardInterrupt as error:
        error.partial = _joined(known, parts)  # type: ignore[attr-defined]
        raise
    return _joined(known, parts)


def _joined(known: Snapshot, parts: list[Snapshot]) -> Snapshot:
    """Return `known` with what was read since; its ledgers are those of the last reading, and unknown ids."""
    frames: dict[str, Any] = {}
    for kind, old in known.frames():
        entries = tuple(entry for entry in ledger_of(old).entries if entry.missing_ids)
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
