"""Windows: a list's period in parts that are walked side by side.

A list gives 100 rows and a token for the next page, so one walk takes a round trip a page. Where the period of
creation is known it can be split: each window is a walk of its own. Jobs come in bunches, so nobody knows where to
split; a worker that is done takes a share of the window that seems to hold most. What it seems to hold follows from
how close to each other the last rows were.

Bounds are whole seconds and both included (page 1045/47031), or both left out, as the words for tasks may mean ("later
than", page 1045/73114). So neighbours share a second and the next one; a row that comes twice is kept once. A window is
wider than what it shares, or a second with many rows would be read by all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from cijob_analysis.exceptions import CIJobError
from cijob_analysis.gather import Gathered
from cijob_analysis.schema import TABLES
from cijob_analysis.service.arguments import wire_time
from cijob_analysis.service.requests import PAGE_SIZE, Request
from cijob_analysis.service.rows import Row
from cijob_analysis.service.wire import Reader

NARROWEST_S: Final = 3.0
"""What a window is at least wide [s]."""


@dataclass(eq=False)
class Listing:
    """A list that is wanted, to its end.

    Attributes
    ----------
    request : Request
        Its first page, newest first.
    read : callable
        Reads a page.
    into : Gathered
        Where the rows and the account of the walk go; several listings may share one.
    name : str
        What the ledger calls it if it cannot be read.
    oldest, newest : float or None
        The period in which its rows were probably created [Unix s]; None if not known. It is no filter.
    fill : callable
        Completes the rows of a page, for instance by the keys of their parents.
    limit : int or None
        At most so many rows.
    is_known : callable, optional
        Whether a page holds nothing new, so that what is older need not be read; such a list is not split.
    rows, pages : int
        What came so far.
    """

    request: Request
    read: Reader
    into: Gathered
    name: str = ""
    oldest: float | None = None
    newest: float | None = None
    fill: Callable[[list[Row]], list[Row]] = lambda rows: rows
    limit: int | None = None
    is_known: Callable[[Sequence[Row]], bool] | None = None
    rows: int = 0
    pages: int = 0

    def __post_init__(self) -> None:
        names = [column.name for column in TABLES[self.into.level]]
        self.created_at = names.index("created_at")

    def between(self, oldest: float | None, newest: float | None, *, ascending: bool = False) -> Request:
        """Return the first page of what the list has between two instants [Unix s], both included."""
        params = dict(self.request.params)
        if oldest is not None:
            params["startCreationTime"] = max(_text(oldest), params.get("startCreationTime", ""))
        if newest is not None:
            params["endCreationTime"] = min(_text(newest), params.get("endCreationTime", "~"))
        if ascending:
            params["orderByTime"] = "Asc"
        return replace(self.request, params=params)


@dataclass(eq=False)
class Window:
    """A part of a listing that one worker walks, newest first.

    Attributes
    ----------
    oldest, newest : float or None
        What is left of it [Unix s], as far as that is known.
    following : Request
        The next page.
    is_lowest : bool
        Nothing of the listing is older, so `oldest` is a guess and no bound.
    stop_at : float or None
        The walk is over when it has passed this instant [Unix s].
    because : tuple of (str, CIJobError), optional
        What could not be read from the other end; the walk is from the oldest row up.
    per_second : float or None
        How many rows a second it seems to hold; None before the first page.
    """

    listing: Listing
    oldest: float | None
    newest: float | None
    following: Request
    is_lowest: bool = False
    stop_at: float | None = None
    because: tuple[str, CIJobError] | None = None
    per_second: float | None = None
    tokens: set[str] = field(default_factory=set)
    pages: int = 0
    asked_at: float = 0.0

    @property
    def pages_left(self) -> float:
        """How many more pages it seems to have; 0 if that is not known."""
        if self.per_second is None or self.oldest is None or self.newest is None or self.because is not None:
            return 0.0
        if self.listing.is_known is not None:
            return 0.0
        width = self.newest - self.oldest
        return width * self.per_second / PAGE_SIZE if width >= 2 * NARROWEST_S else 0.0

    def lower_parts(self, n: int) -> list[Window]:
        """Give away all but the newest of `n` equal parts; fewer if it is too short."""
        assert self.oldest is not None  # noqa: S101 - otherwise it has no pages left
        assert self.newest is not None  # noqa: S101
        n = min(n, int((self.newest - self.oldest) / NARROWEST_S))
        width = (self.newest - self.oldest) / n
        seams = [float(int(self.oldest + width * part)) for part in range(n)]
        parts = []
        for number, (lower, upper) in enumerate(pairwise(seams)):
            is_lowest = self.is_lowest and number == 0
            request = self.listing.between(None if is_lowest else lower, upper + 1)
            parts.append(Window(self.listing, lower, upper + 1, request, is_lowest))
        self.oldest = self.stop_at = seams[-1]
        self.is_lowest = False
        return parts

    def from_below(self, because: tuple[str, CIJobError]) -> Window:
        """Return a walk of what is left of it, from its oldest row up."""
        oldest = None if self.is_lowest else self.oldest
        request = self.listing.between(oldest, None, ascending=True)
        return Window(self.listing, self.oldest, self.newest, request, stop_at=self.newest, because=because)

    def moved(self, rows: Sequence[Row]) -> bool:
        """Note how far it was walked, and how close to each other the last rows are; return whether it is over."""
        times = _times(rows, self.listing.created_at)
        if times is None:
            return False
        middle, last = times
        self.per_second = len(rows) / 2 / max(abs(middle - last), 0.5)
        if self.because is not None:
            self.oldest = last
            return self.stop_at is not None and last > self.stop_at
        self.newest = last
        return self.stop_at is not None and last < self.stop_at


def first_windows(listing: Listing, n: int) -> list[Window]:
    """Return `n` equal windows of `listing`; one if its period is not known, or it is not to be split."""
    oldest, newest = listing.oldest, listing.newest
    if listing.is_known is not None or oldest is None or newest is None or newest - oldest < n * NARROWEST_S or n < 2:
        return [Window(listing, oldest, newest, listing.request, is_lowest=True)]
    seams = [float(int(oldest + (newest - oldest) * part / n)) for part in range(1, n)]
    windows = []
    for lower, upper in pairwise([None, *seams, None]):
        upper = None if upper is None else upper + 1
        request = listing.between(lower, upper)
        known = (oldest if lower is None else lower, newest if upper is None else upper)
        windows.append(Window(listing, *known, request, is_lowest=lower is None))
    return windows


def _times(rows: Sequence[Row], column: int) -> tuple[float, float] | None:
    """Return when the middle and the last row were created [Unix s]; None if they do not say."""
    if not rows:
        return None
    try:
        middle, last = (datetime.fromisoformat(rows[at][column] or "") for at in (len(rows) // 2, -1))
    except ValueError:
        return None
    if middle.tzinfo is None or last.tzinfo is None:
        return None
    return middle.timestamp(), last.timestamp()


def _text(at: float) -> str:
    return wire_time(datetime.fromtimestamp(at, UTC))
