"""What all fetches share: their arguments, and how what was gathered becomes a frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from cijob_analysis.exceptions import ConfigurationError, JobNotFound
from cijob_analysis.gather import Gathered
from cijob_analysis.ledger import Ledger, LedgerEntry
from cijob_analysis.schema import require
from cijob_analysis.service.arguments import time_of
from cijob_analysis.service.requests import PAGE_SIZE, Request
from cijob_analysis.service.rows import Row
from cijob_analysis.service.wire import Reader
from cijob_analysis.walk import RETENTION_S
from cijob_analysis.windows import Listing

if TYPE_CHECKING:
    from cijob_analysis.service.client import Client

OnError = Literal["keep", "raise"]
Ids = str | Iterable[str] | pd.DataFrame


def check_on_error(on_error: str) -> None:
    """Raise ConfigurationError unless it is one of the two ways."""
    if on_error not in ("keep", "raise"):
        raise ConfigurationError(f"on_error={on_error!r} is neither 'keep' nor 'raise'")


def check_windows(windows: int | None) -> None:
    """Raise ConfigurationError unless it is a number of windows."""
    if windows is not None and (isinstance(windows, bool) or not isinstance(windows, int) or windows < 1):
        raise ConfigurationError(f"windows={windows!r} is no whole number above 0; leave it out to have it chosen")


def check_alone(what: str, **given: Any) -> None:
    """Raise ConfigurationError if filters were given beside ids, which the service does not filter."""
    filters = [name for name, value in given.items() if value is not None]
    if filters:
        raise ConfigurationError(f"{', '.join(filters)} and {what} do not go together: filter the frame instead")


def ids_of(ids: Ids, column: str) -> list[object]:
    """Return ids given as one, as several, or as a frame with `column`.

    Raises
    ------
    ConfigurationError
        It is none of these.
    SchemaError
        The frame lacks the column.
    """
    if isinstance(ids, str):
        return [ids]
    if isinstance(ids, pd.DataFrame):
        require(ids, column)
        return list(ids[column].dropna())
    try:
        return list(ids)
    except TypeError:
        raise ConfigurationError(f"{ids!r} is neither an id, nor a list of ids, nor a frame with {column}") from None


def page_size(limit: int | None) -> int:
    """Return how many rows a page shall have.

    Raises
    ------
    ConfigurationError
        The limit is no whole number above 0.
    """
    if limit is None:
        return PAGE_SIZE
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise ConfigurationError(f"limit={limit!r} is no whole number above 0; leave it out for all")
    return min(limit, PAGE_SIZE)


def listing_of(
    client: Client,
    request: Request,
    read: Reader,
    into: Gathered,
    *,
    name: str = "",
    fill: Callable[[list[Row]], list[Row]] = lambda rows: rows,
    limit: int | None = None,
) -> Listing:
    """Return the listing of a request; how far back it may reach follows from its filters, or is guessed."""
    now = client.transport.signer.now()
    after, before = (_unix(request.params.get(name)) for name in ("startCreationTime", "endCreationTime"))
    newest = now if before is None else before
    oldest = newest - RETENTION_S if after is None else after
    return Listing(request, read, into, name=name, oldest=oldest, newest=newest, fill=fill, limit=limit)


def _unix(text: str | None) -> float | None:
    time = time_of(text, "a creation time")
    return None if time is None else time.timestamp()


def filters_of(request: Request) -> tuple[tuple[str, str], ...]:
    """Return the filters of a list as the ledger names them."""
    return tuple((name, value) for name, value in request.params.items() if name not in ("size", "orderByTime"))


def as_of(client: Client) -> datetime:
    """Return the service's time."""
    return datetime.fromtimestamp(client.transport.signer.now(), UTC)


def interrupted(level: str, batch_job_ids: Iterable[str]) -> LedgerEntry:
    """Return what the ledger says of all that an interruption kept from being asked for."""
    return LedgerEntry(
        request="what was left to ask for",
        level=level,
        ended=False,
        unfinished_ids=tuple(batch_job_ids),
        notes=("cut off: interrupted",),
    )


def finished(
    client: Client,
    gathered: Gathered | Sequence[Gathered],
    frame: pd.DataFrame,
    *,
    on_error: OnError = "keep",
    noun: str,
) -> pd.DataFrame:
    """Return `frame` with its ledger; raise what has to be raised, with the frame in ``error.partial``.

    Parameters
    ----------
    client : Client
        Whose clock tells the time.
    gathered : Gathered or sequence of Gathered
        What it was made of.
    frame : pandas.DataFrame
        The rows.
    on_error : {"keep", "raise"}
        What to do about failures and ids that do not exist.
    noun : str
        What the rows are, in the plural.
    """
    parts = [gathered] if isinstance(gathered, Gathered) else list(gathered)
    entries = tuple(part.entry(len(frame) if len(parts) == 1 else None) for part in parts)
    frame.attrs["ledger"] = Ledger(entries, as_of(client))
    interruption = next((part.interruption for part in parts if part.interruption is not None), None)
    if interruption is not None:
        interruption.partial = frame  # type: ignore[attr-defined]
        interruption.add_note(f"{len(frame)} {noun} had been read: the exception's attribute partial")
        raise interruption
    errors = [error for part in parts for _, error in part.errors]
    if errors and (on_error == "raise" or all(part.is_nothing for part in parts if part.errors or part.pages)):
        errors[0].partial = frame
        raise errors[0]
    missing = tuple(key for part in parts for key in part.missing_ids)
    if missing and on_error == "raise":
        unknown = JobNotFound(missing)
        unknown.partial = frame
        raise unknown
    return frame
