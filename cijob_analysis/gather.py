"""Gathering: many ids side by side, or a list to its end, with an account of what came and what did not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cijob_analysis.exceptions import AccessDenied, APIError, CIJobError, TransportError
from cijob_analysis.ledger import Anomaly, Failure, LedgerEntry
from cijob_analysis.service.errors import SIGNATURE_CODES
from cijob_analysis.service.requests import Request, is_id
from cijob_analysis.service.transport import Run
from cijob_analysis.service.wire import Page, Reader, Row

if TYPE_CHECKING:
    from cijob_analysis.service.client import Client
    from cijob_analysis.service.transport import Send

_UNKNOWN_BUCKET = ("NoSuchBucket", "InvalidUrl", "InvalidBucketName")
"""Errors of status 404 that are about more than the id."""


@dataclass
class Gathered:
    """Rows as texts, and what the ledger will say of them.

    Attributes
    ----------
    request : str
        Method and path, as the ledger names it.
    rows : list of tuple of (str or None)
        A text per declared column.
    errors : list of (str, CIJobError)
        What could not be read, and why.
    interruption : KeyboardInterrupt or None
        What stopped it, to be raised again when what came is safe.
    """

    request: str
    filters: tuple[tuple[str, str], ...] = ()
    rows: list[Row] = field(default_factory=list)
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

    def interrupted(self, error: KeyboardInterrupt) -> None:
        """Note that not everything was asked for; the rows that came stay."""
        self.interruption = error
        self.ended = False
        self.notes.append("cut off: interrupted")

    @property
    def is_nothing(self) -> bool:
        """Whether there were errors and no answer at all."""
        return bool(self.errors) and not self.pages

    def entry(self, anomalies: Iterable[Anomaly]) -> LedgerEntry:
        """Return what the ledger says."""
        return LedgerEntry(
            request=self.request,
            filters=self.filters,
            requests=self.requests,
            retries=self.retries,
            pages=self.pages,
            rows=len(self.rows),
            ended=self.ended,
            missing_ids=tuple(self.missing_ids),
            invalid_ids=tuple(self.invalid_ids),
            duplicates=self.duplicates,
            failures=tuple(
                Failure(what=what, error=str(error), is_denied=isinstance(error, AccessDenied))
                for what, error in self.errors
            ),
            anomalies=tuple(anomalies),
            notes=tuple(self.notes),
        )


def by_id(
    client: Client,
    ids: Iterable[object],
    request_of: Callable[[str], Request],
    read: Reader,
    *,
    path: str,
    stop_at_error: bool = False,
    progress: bool = False,
) -> Gathered:
    """Ask for each id, side by side.

    Parameters
    ----------
    client : Client
        Whose bucket.
    ids : iterable of str
        Ids given twice are asked for once; what is no id is not sent.
    request_of : callable
        Makes the request for an id.
    read : callable
        Reads its answer.
    path : str
        How the ledger names the request.
    stop_at_error : bool
        Ask for nothing more after the first error.
    progress : bool
        Show a progress bar.
    """
    gathered = Gathered(f"GET {path}")
    wanted: list[str] = []
    seen: set[str] = set()
    for value in ids:
        if not isinstance(value, str) or not is_id(value):
            gathered.invalid_ids.append(str(value))
        elif value in seen:
            gathered.duplicates += 1
        else:
            seen.add(value)
            wanted.append(value)
    pages: list[Page | CIJobError | None] = [None] * len(wanted)
    numbers = iter(range(len(wanted)))
    lock = threading.Lock()
    is_over = threading.Event()
    done = 0

    def work(send: Send[Page]) -> None:
        nonlocal done
        while not is_over.is_set():
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            try:
                pages[number] = send(request_of(wanted[number]), read)
            except CIJobError as error:
                pages[number] = error
                if stop_at_error or _concerns_all(error, client):
                    is_over.set()
            done += 1  # a race costs a step of the progress bar

    if wanted:
        run = Run()
        try:
            with _bar(len(wanted), "ids", progress) as show:
                client.transport.side_by_side(work, len(wanted), run=run, tick=lambda: show(done))
                show(done)
        except KeyboardInterrupt as error:
            gathered.interrupted(error)
        gathered.requests, gathered.retries = run.requests, run.retries
        gathered.notes += run.notes
    _take_in(gathered, wanted, pages)
    return gathered


def walk(
    client: Client,
    request: Request,
    read: Reader,
    *,
    limit: int | None = None,
    progress: bool = False,
) -> Gathered:
    """Follow a list, page by page, to its end.

    Parameters
    ----------
    client : Client
        Whose bucket.
    request : Request
        The first page.
    read : callable
        Reads an answer; the first column of a row is its id.
    limit : int, optional
        At most so many rows.
    progress : bool
        Show a progress bar.
    """
    filters = tuple((name, value) for name, value in request.params.items() if name not in ("size", "orderByTime"))
    gathered = Gathered(f"GET {request.path}", filters=filters)
    rows: dict[str | None, Row] = {}

    def work(send: Send[Page]) -> None:
        following = request
        tokens: set[str] = set()
        while True:
            try:
                page = send(following, read)
            except CIJobError as error:
                gathered.errors.append((f"page {gathered.pages + 1} and what follows", error))
                gathered.ended = False
                return
            gathered.pages += 1
            for row in page.rows:
                gathered.duplicates += row[0] in rows
                rows[row[0]] = row  # a job that moved to the next page meanwhile: its later answer counts
            token = page.next_token
            if limit is not None and (len(rows) > limit or (len(rows) == limit and token)):
                gathered.ended = False
                gathered.notes.append(f"cut off by limit={limit}")
                return
            if not token:
                return
            if token in tokens:
                gathered.ended = False
                gathered.notes.append(f"cut off: page token {token!r} came twice")
                return
            tokens.add(token)
            following = request.following(token)

    run = Run()
    try:
        with _bar(limit, "rows", progress) as show:
            client.transport.side_by_side(work, 1, run=run, tick=lambda: show(len(rows)))
            show(len(rows))
    except KeyboardInterrupt as error:
        gathered.interrupted(error)
    gathered.requests, gathered.retries = run.requests, run.retries
    gathered.notes += run.notes
    gathered.rows = list(rows.values())[:limit]
    return gathered


def _take_in(gathered: Gathered, wanted: Sequence[str], pages: Sequence[Page | CIJobError | None]) -> None:
    """Sort the answers into rows, missing ids and errors, in the order of the ids."""
    last: CIJobError | None = None
    for key, page in zip(wanted, pages, strict=True):
        if isinstance(page, Page):
            gathered.pages += 1
            if not page.rows:
                gathered.missing_ids.append(key)
            # The key is the request's: the service need not repeat it.
            gathered.rows += [(row[0] or key, *row[1:]) for row in page.rows]
        elif isinstance(page, APIError) and page.status_code == 404 and page.code not in _UNKNOWN_BUCKET:
            gathered.pages += 1
            gathered.missing_ids.append(key)
        elif page is not None:
            gathered.errors.append((key, page))
            last = page
    if last is not None and gathered.interruption is None:
        for key, page in zip(wanted, pages, strict=True):
            if page is None:
                gathered.ended = False
                gathered.errors.append((key, type(last)(f"not asked for, after: {last}")))


def _concerns_all(error: CIJobError, client: Client) -> bool:
    """Whether every further request would fail alike: a key that is not accepted, or no way to the service."""
    if isinstance(error, APIError):
        return error.code in SIGNATURE_CODES or error.code in _UNKNOWN_BUCKET
    return isinstance(error, TransportError) and not client.transport.has_answered


@contextmanager
def _bar(total: int | None, unit: str, is_shown: bool) -> Iterator[Callable[[int], None]]:
    """Yield a function that shows how many are done."""
    if not is_shown:
        yield lambda _done: None
        return
    from tqdm.auto import tqdm

    with tqdm(total=total, unit=f" {unit}") as bar:

        def show(done: int) -> None:
            bar.update(done - bar.n)

        yield show
