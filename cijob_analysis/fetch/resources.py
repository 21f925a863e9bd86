"""Queues and workflows: lists whose pages have numbers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from cijob_analysis.exceptions import CIJobError
from cijob_analysis.fetch.common import Ids, OnError, check_alone, check_on_error, finished, ids_of
from cijob_analysis.gather import Gathered, concerns_all
from cijob_analysis.progress import bar
from cijob_analysis.service import requests
from cijob_analysis.service.arguments import is_id
from cijob_analysis.service.requests import NUMBERED_PAGE_SIZE, Request
from cijob_analysis.service.transport import Run
from cijob_analysis.service.wire import Page, Reader, read_queues, read_workflows

if TYPE_CHECKING:
    from cijob_analysis.service.client import Client
    from cijob_analysis.service.transport import Send


def fetch_queues(
    client: Client, kind: str | None = None, *, on_error: OnError = "keep", progress: bool = False
) -> pd.DataFrame:
    """Fetch the queues of the bucket, with how many tasks run in each at once.

    Parameters
    ----------
    client : Client
        Whose bucket.
    kind : {"media", "picture", "document", "speech", "ai", "file"}, optional
        Only queues of this kind; each kind is a request of its own. All if not given.
    on_error : {"keep", "raise"}
        What to do about a kind that cannot be read: keep the others and enter it into the ledger, or raise.
    progress : bool
        Show a progress bar.

    Returns
    -------
    pandas.DataFrame
        One row per queue; the columns are declared in ``cijob_analysis.schema.QUEUES``. ``frame.attrs["ledger"]``
        says how complete it is.

    Raises
    ------
    ConfigurationError
        An unknown kind; nothing was sent.
    CIJobError
        Nothing at all could be read, or something and ``on_error="raise"``.
    """
    check_on_error(on_error)
    gathered = Gathered("queues", "GET /queue and its like")
    kinds = requests.QUEUE_KINDS if kind is None else (kind,)
    books = [partial(requests.queue_list, kind) for kind in kinds]
    _read(client, gathered, books, [f"{kind} queues" for kind in kinds], read_queues, progress=progress)
    return finished(client, gathered, gathered.frame(newest_first=False), on_error=on_error, noun="queues")


def fetch_workflows(
    client: Client,
    workflow_ids: Ids | None = None,
    *,
    name: str | None = None,
    on_error: OnError = "keep",
    progress: bool = False,
) -> pd.DataFrame:
    """Fetch workflows with their topology: all of the bucket, or some by their ids.

    Parameters
    ----------
    client : Client
        Whose bucket.
    workflow_ids : str, iterable of str or pandas.DataFrame, optional
        One id, several, or a frame with the column ``workflow_id``; ten go into one request.
    name : str, optional
        Only those of this name; not together with ids.
    on_error : {"keep", "raise"}
        What to do about what cannot be read: keep the others and enter it into the ledger, or raise.
    progress : bool
        Show a progress bar.

    Returns
    -------
    pandas.DataFrame
        One row per workflow; the columns are declared in ``cijob_analysis.schema.WORKFLOWS``.
        ``frame.attrs["ledger"]`` says how complete it is.

    Raises
    ------
    ConfigurationError
        An argument is malformed; nothing was sent.
    JobNotFound
        Ids do not exist, and ``on_error="raise"``; it names all of them.
    CIJobError
        Nothing at all could be read, or something and ``on_error="raise"``.
    """
    check_on_error(on_error)
    if workflow_ids is None:
        gathered = Gathered("workflows", "GET /workflow", () if name is None else (("name", name),))
        books = [partial(requests.workflow_list, name=name)]
        _read(client, gathered, books, [""], read_workflows, progress=progress)
    else:
        check_alone("ids", name=name)
        gathered = workflows_by_ids(client, ids_of(workflow_ids, "workflow_id"), progress=progress)
    return finished(client, gathered, gathered.frame(newest_first=False), on_error=on_error, noun="workflows")


def workflows_by_ids(client: Client, ids: Sequence[object], *, progress: bool = False) -> Gathered:
    """Read workflows by their ids, ten in a request."""
    gathered = Gathered("workflows", "GET /workflow?ids=<ids>")
    wanted = list(dict.fromkeys(key for key in ids if isinstance(key, str) and is_id(key)))
    gathered.invalid_ids += [str(key) for key in ids if key not in wanted]
    bundles = [wanted[at : at + NUMBERED_PAGE_SIZE] for at in range(0, len(wanted), NUMBERED_PAGE_SIZE)]
    books = [partial(requests.workflow_list, ids=bundle) for bundle in bundles]
    _read(client, gathered, books, [", ".join(bundle) for bundle in bundles], read_workflows, progress=progress)
    return gathered


Book = Callable[..., Request]
"""Makes the request for the page of a list, by its number ``page``."""


def _read(
    client: Client, gathered: Gathered, books: Sequence[Book], names: Sequence[str], read: Reader, *, progress: bool
) -> None:
    """Read lists whose pages have numbers, side by side, each to its end."""
    left = list(zip(books, names, strict=True))[::-1]
    lock = threading.Lock()

    def work(send: Send[Page]) -> None:
        while left:
            try:
                book, name = left.pop()
            except IndexError:
                return
            number = 0
            seen: set[str | None] = set()
            while True:
                number += 1
                try:
                    page = send(book(page=number), read)
                except CIJobError as error:
                    gathered.ended = False
                    gathered.errors.append((f"{name}: page {number}" if name else f"page {number}", error))
                    if concerns_all(error, client):
                        left.clear()
                    break
                with lock:
                    gathered.pages += 1
                    gathered.add(page.rows, books.index(book))
                    gathered.missing_ids += page.missing_ids
                keys = {row[0] for row in page.rows}
                is_last = len(page.rows) < NUMBERED_PAGE_SIZE if page.total is None else len(seen | keys) >= page.total
                if is_last:
                    break
                if keys <= seen:  # a list that ignores the number comes again and again
                    if page.total is not None:
                        gathered.ended = False
                        gathered.note(f"cut off: {page.total} were announced, page {number} brought none of them")
                    break
                seen |= keys

    if not left:
        return
    run = Run()
    try:
        with bar(None, "pages", progress) as show:
            client.transport.side_by_side(work, len(books), run=run, tick=lambda: show(gathered.pages))
            show(gathered.pages)
    except KeyboardInterrupt as error:
        gathered.interrupted(error)
    gathered.count(run)
