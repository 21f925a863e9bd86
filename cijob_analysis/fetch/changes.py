"""Changes: what is new, or can have changed, since something was read; the least that has to be read again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.fetch.again import OVERLAP, Again
from cijob_analysis.fetch.common import as_of, listing_of
from cijob_analysis.fetch.joining import merged
from cijob_analysis.fetch.snapshots import Reading
from cijob_analysis.gather import Gathered, by_id
from cijob_analysis.ledger import Ledger
from cijob_analysis.schema import LEVELS, STATES, TERMINAL
from cijob_analysis.service import requests
from cijob_analysis.service.arguments import time_of
from cijob_analysis.service.wire import read_batch_jobs
from cijob_analysis.snapshot import Snapshot
from cijob_analysis.walk import walk

if TYPE_CHECKING:
    from cijob_analysis.service.client import Client

BUNDLE: Final = 200
"""New batch jobs that are read together with all below them; an interruption loses no more than a bundle."""

_ACTIVE: Final = tuple(state for state in STATES if state not in TERMINAL)


def fetch_changes(
    client: Client,
    known: Snapshot,
    *,
    since: object = None,
    depth: str = "tasks",
    windows: int | None = None,
    progress: bool = False,
) -> Iterator[Snapshot]:
    """Read what is new or can have changed: first of what is known, then new batch jobs, oldest first.

    What is in a final state does not change any more. So these are read: batch jobs that were active, or are newer
    than the newest known one (less `OVERLAP`); of the active ones new executions, and those that were running, with
    their tasks; of new ones, and of those that were not read completely, everything.

    Parameters
    ----------
    client : Client
        Whose bucket.
    known : Snapshot
        What was read before; of each row the keys, the type, the state and the creation time will do. Its ledgers tell
        what had not been read completely.
    since : datetime.datetime, pandas.Timestamp or str, optional
        Batch jobs created earlier are left out, unless they are known; with a zone.
    depth : {"tasks", "executions", "batch_jobs"}
        The lowest level that is wanted.
    windows : int, optional
        Into how many windows the period of each list is split; see `fetch_snapshot`.
    progress : bool
        Show progress bars.

    Yields
    ------
    Snapshot
        Rows that are new or were read again; each part is complete in itself, or its ledger says what is missing. The
        last part of an interrupted reading is yielded, too, before the KeyboardInterrupt is raised.

    Raises
    ------
    ConfigurationError
        An argument is malformed; nothing was sent.
    CIJobError
        No batch job could be read.
    """
    if depth not in LEVELS:
        raise ConfigurationError(f"depth={depth!r} is none of {', '.join(LEVELS)}")
    earliest = time_of(since, "since")
    unfinished = {key for entry in known.completeness.entries for key in entry.unfinished_ids}
    account = Gathered("batch_jobs", "GET /inventorytriggerjob")
    rows = _batch_jobs(client, known, account, earliest, unfinished, progress)
    before = known.batch_jobs
    is_again = rows["batch_job_id"].isin(before["batch_job_id"]) & ~rows["batch_job_id"].isin(unfinished)
    was_active = rows["batch_job_id"].isin(_active(known))
    again = Again(client, known, windows, progress)
    if account.interruption is None:
        again.read(rows.loc[is_again & was_active], depth=depth)
    first = rows.loc[is_again].reset_index(drop=True)
    first.attrs["ledger"] = Ledger((account.entry(),), as_of(client))
    yield again.snapshot(first)
    interruption = account.interruption or again.interruption
    if interruption is not None:
        raise interruption
    new = rows.loc[~is_again].iloc[::-1]
    for start in range(0, len(new), BUNDLE):
        reading = Reading(client, windows, "keep", progress)
        bundle = new.iloc[start : start + BUNDLE].iloc[::-1].reset_index(drop=True)
        bundle.attrs["ledger"] = Ledger((), as_of(client))
        reading.frames["batch_jobs"] = bundle
        try:
            reading.go_below(depth)
        except KeyboardInterrupt as error:
            reading.leave_partial(error)
            yield reading.snapshot()
            raise
        yield reading.snapshot()


def _batch_jobs(
    client: Client,
    known: Snapshot,
    account: Gathered,
    earliest: datetime | None,
    unfinished: set[str],
    progress: bool,
) -> pd.DataFrame:
    """Return batch jobs that are new, were active, or were not read completely."""
    before = known.batch_jobs
    active = before.loc[~before["state"].isin(TERMINAL)]
    lists: list[dict[str, Any]] = [{"created_after": _watermark(known, earliest)}]
    if len(active):
        lists.append({"states": _ACTIVE, "created_after": active["created_at"].min()})
    listings = [
        listing_of(client, requests.batch_job_list(**filters), read_batch_jobs, account, name=name)
        for filters, name in zip(lists, ("new batch jobs", "active batch jobs"), strict=False)
    ]
    after = listings[0].request.params.get("startCreationTime")
    account.filters = () if after is None else (("startCreationTime", after),)
    walk(client, listings, progress=progress)
    rows = account.frame(newest_first=True)
    if account.is_nothing:
        raise account.errors[0][1]
    wanted = [*_active(known), *sorted(unfinished)]
    lacking = [key for key in dict.fromkeys(wanted) if key not in set(rows["batch_job_id"])]
    if lacking and account.interruption is None:
        by_id(
            client,
            details := Gathered("batch_jobs", "GET /inventorytriggerjob/<id>"),
            lacking,
            lambda ids: requests.batch_job(ids[0]),
            read_batch_jobs,
            progress=progress,
        )
        rows = merged("batch_job_id", rows, details.frame(newest_first=True))
        _add(account, details)
    return rows


def _active(known: Snapshot) -> list[str]:
    """Return the batch jobs that were not in a final state, with all below them."""
    levels = (known.batch_jobs, known.executions, known.tasks)
    keys = [frame.loc[~frame["state"].isin(TERMINAL), "batch_job_id"] for frame in levels]
    return [str(key) for key in pd.concat(keys).dropna().unique()]


def _watermark(known: Snapshot, earliest: datetime | None) -> datetime | pd.Timestamp | None:
    """Return the instant after which batch jobs may be new; None for all that there are."""
    newest = known.batch_jobs["created_at"].max()
    if pd.isna(newest):
        return earliest
    after: datetime = newest - OVERLAP
    for entry in known.completeness.entries:
        if entry.level == "batch_jobs" and not entry.is_complete:  # what that list lacked may be older
            begun = time_of(dict(entry.filters).get("startCreationTime"), "startCreationTime")
            if begun is None:
                return earliest
            after = min(after, begun)
    return after if earliest is None else max(after, earliest)


def _add(account: Gathered, other: Gathered) -> None:
    """Take `other` into `account`: what the ledger says is one entry."""
    for name in ("requests", "retries", "pages", "rows", "duplicates"):
        setattr(account, name, getattr(account, name) + getattr(other, name))
    for name in ("missing_ids", "invalid_ids", "errors", "notes"):
        getattr(account, name).extend(getattr(other, name))
    account.ended = account.ended and other.ended
    account.interruption = account.interruption or other.interruption
