"""Gathering: many ids side by side, into columns, with an account of what came and what did not."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cijob_analysis.columns import Columns
from cijob_analysis.exceptions import AccessDenied, APIError, CIJobError, TransportError
from cijob_analysis.ledger import Failure, LedgerEntry
from cijob_analysis.progress import bar
from cijob_analysis.schema import TABLES
from cijob_analysis.service.arguments import is_id
from cijob_analysis.service.errors import SIGNATURE_CODES
from cijob_analysis.service.requests import Request
from cijob_analysis.service.rows import Row
from cijob_analysis.service.transport import Run
from cijob_analysis.service.wire import Page, Reader

if TYPE_CHECKING:
    import pandas as pd

    from cijob_analysis.service.client import Client
    from cijob_analysis.service.transport import Send

_REFUSALS = 3
"""Ids that are refused before the others are taken to be refused, too, if none is read."""

_UNKNOWN_BUCKET = ("NoSuchBucket", "InvalidBucketName")
"""Errors of status 404 that are about more than the id."""


@dataclass
class Gathered:
    """Columns in the making, and what the ledger will say of them.

    Attributes
    ----------
    level : str
        Which columns: a key of `cijob_analysis.schema.TABLES`.
    request : str
        Method and path, as the ledger names it.
    errors : list of (str, CIJobError)
        What could not be read, and why.
    interruption : KeyboardInterrupt or None
        What stopped it, to be raised again when what came is safe.
    foreign : int
        Rows that came and were not wanted, as a list holds those of others, too.
    batch_job_ids : tuple of str
        The batch jobs whose rows are wanted.
    planned : int or None
        How many requests the plan had, without repetitions.
    columns : Columns
        The rows; may be shared by several accounts of the same level.
    tasks : Columns
        Tasks that stand in the rows of executions.
    """

    level: str
    request: str
    filters: tuple[tuple[str, str], ...] = ()
    requests: int = 0
    retries: int = 0
    pages: int = 0
    ended: bool = True
    missing_ids: list[str] = field(default_factory=list)
    invalid_ids: list[str] = field(default_factory=list)
    duplicates: int = 0
    errors: list[tuple[str, CIJobError]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    interruption: KeyboardInterrupt | None = None

    foreign: int = 0
    batch_job_ids: tuple[str, ...] = ()
    planned: int | None = None
    columns: Columns = field(default=None)  # type: ignore[assignment]
    tasks: Columns = field(default_factory=lambda: Columns(TABLES["tasks"]))

    def __post_init__(self) -> None:
        if self.columns is None:
            self.columns = Columns(TABLES[self.level])
        self.rows = 0

    def add(self, rows: Sequence[Row], place: int = 0) -> None:
        """Take in rows; `place` says where they belong in a frame that is not ordered by time."""
        self.columns.add(rows, place)
        self.rows += len(rows)

    def interrupted(self, error: KeyboardInterrupt) -> None:
        """Note that not everything was asked for; the rows that came stay."""
        self.interruption = error
        self.ended = False
        self.note("cut off: interrupted")

    def note(self, text: str) -> None:
        """Remember what the reader of the ledger should know, once."""
        if text not in self.notes:
            self.notes.append(text)

    def count(self, run: Run) -> None:
        """Take over what was counted while it ran."""
        self.requests += run.requests
        self.retries += run.retries
        for note in run.notes:
            self.note(note)

    @property
    def is_nothing(self) -> bool:
        """Whether there were errors and no answer at all."""
        return bool(self.errors) and not self.pages

    def frame(self, *, newest_first: bool) -> pd.DataFrame:
        """Return the rows, each once; to be called once, before `entry`."""
        frame, dropped = self.columns.frame(newest_first=newest_first)
        self.duplicates += dropped
        return frame

    def entry(self, rows: int | None = None) -> LedgerEntry:
        """Return what the ledger says; `rows` is how many the frame has, where these are all of it."""
        return LedgerEntry(
            request=self.request,
            level=self.level,
            filters=self.filters,
            requests=self.requests,
            retries=self.retries,
            pages=self.pages,
            rows=self.rows if rows is None else rows,
            ended=self.ended,
            missing_ids=tuple(self.missing_ids),
            invalid_ids=tuple(self.invalid_ids),
            duplicates=self.duplicates,
            failures=tuple(failure(what, error) for what, error in self.errors),
            anomalies=self.columns.anomalies + self.tasks.anomalies,
            notes=(*self.notes, *([f"{self.foreign} rows of others left out"] if self.foreign else [])),
            unfinished_ids=() if self.ended and not self.errors else self.batch_job_ids,
            planned=self.planned,
        )


def failure(what: str, error: CIJobError) -> Failure:
    """Return what the ledger says of an error."""
    is_denied = isinstance(error, AccessDenied)
    return Failure(what=what, error=str(error), is_denied=is_denied, action=getattr(error, "action", ""))


def by_id(
    client: Client,
    gathered: Gathered,
    ids: Iterable[object],
    request_of: Callable[[Sequence[str]], Request],
    read: Reader,
    *,
    at_once: int = 1,
    group_of: Callable[[str], str] = lambda _id: "",
    stop_at_error: bool = False,
    progress: bool = False,
) -> None:
    """Ask for each id, side by side.

    Parameters
    ----------
    client : Client
        Whose bucket.
    gathered : Gathered
        Where what comes goes; rows are placed in the order of the ids.
    ids : iterable of str
        Ids given twice are asked for once; what is no id is not sent.
    request_of : callable
        Makes the request for some ids.
    read : callable
        Reads its answer; the first text of a row is its id.
    at_once : int
        How many ids go into one request.
    group_of : callable
        Ids of different groups do not go into the same request.
    stop_at_error : bool
        Ask for nothing more after the first error.
    progress : bool
        Show a progress bar.
    """
    wanted = _wanted(ids, gathered)
    places = {key: place for place, key in enumerate(wanted)}
    bundles = _bundles(wanted, at_once, group_of)
    work_left = deque(bundles)
    lock = threading.Lock()
    is_over = threading.Event()
    done: set[str] = set()
    allowed: set[str] = set()
    refusals: Counter[str] = Counter()
    last: CIJobError | None = None

    def take_in(keys: Sequence[str], page: Page) -> None:
        gathered.pages += 1
        done.update(keys)
        # The key of a single id is the request's: the service need not repeat it.
        rows = [(row[0] or keys[0], *row[1:]) for row in page.rows] if len(keys) == 1 else page.rows
        for row in rows:
            gathered.add([row], places.get(row[0] or "", len(places)))
        gathered.tasks.add(page.tasks, places[keys[0]])
        found = {row[0] for row in rows}
        gathered.missing_ids += [key for key in keys if key not in found]

    def failed(keys: Sequence[str], error: CIJobError, action: str) -> None:
        nonlocal last
        is_general = concerns_all(error, client)
        if len(keys) > 1 and not (error.retryable or is_general):
            work_left.extend([key] for key in keys)  # it may be about one of them
        elif isinstance(error, APIError) and error.status_code == 404 and not is_general:
            take_in(keys, Page([]))
        else:
            last = error
            done.update(keys)
            gathered.errors += [(key, error) for key in keys]
            refusals[action] += isinstance(error, AccessDenied)
            if stop_at_error or is_general:
                is_over.set()  # each further id would meet the same

    def work(send: Send[Page]) -> None:
        while not is_over.is_set():
            with lock:
                if not work_left:
                    return
                keys = work_left.popleft()
            request = request_of(keys)
            if refusals[request.action] >= _REFUSALS and request.action not in allowed:
                continue
            try:
                page = send(request, read)
            except CIJobError as error:
                with lock:
                    failed(keys, error, request.action)
                continue
            with lock:
                allowed.add(request.action)
                take_in(keys, page)

    if bundles:
        run = Run()
        try:
            with bar(len(wanted), gathered.level.replace("_", " "), progress) as show:

                def tick() -> None:
                    gathered.columns.settle()
                    show(len(done))

                client.transport.side_by_side(work, len(bundles), run=run, tick=tick)
                show(len(done))
        except KeyboardInterrupt as error:
            gathered.interrupted(error)
        gathered.count(run)
    if last is not None and gathered.interruption is None and len(done) < len(wanted):
        gathered.ended = False
        never = type(last)(f"not asked for, after: {last}")
        gathered.errors += [(key, never) for key in wanted if key not in done]
    gathered.errors.sort(key=lambda item: places.get(item[0], 0))
    gathered.missing_ids.sort(key=lambda key: places.get(key, 0))


def _wanted(ids: Iterable[object], gathered: Gathered) -> list[str]:
    """Return the ids that can be asked for, each once."""
    wanted: dict[str, None] = {}
    for value in ids:
        if not isinstance(value, str) or not is_id(value):
            gathered.invalid_ids.append(str(value))
        elif value in wanted:
            gathered.duplicates += 1
        else:
            wanted[value] = None
    return list(wanted)


def _bundles(ids: Sequence[str], at_once: int, group_of: Callable[[str], str]) -> list[list[str]]:
    """Return `ids` in bundles of up to `at_once` of one group each."""
    groups: dict[str, list[str]] = {}
    for key in ids:
        groups.setdefault(group_of(key), []).append(key)
    return [group[start : start + at_once] for group in groups.values() for start in range(0, len(group), at_once)]


def concerns_all(error: CIJobError, client: Client) -> bool:
    """Whether every further request would fail alike: a key that is not accepted, or no way to the service."""
    if isinstance(error, APIError):
        return error.code in SIGNATURE_CODES or error.code in _UNKNOWN_BUCKET
    return isinstance(error, TransportError) and not client.transport.has_answered
