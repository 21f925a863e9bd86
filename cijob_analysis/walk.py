"""Walks: lists to their ends, window by window, side by side."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cijob_analysis.exceptions import AccessDenied, CIJobError, ResponseFormatError, TransportError
from cijob_analysis.gather import Gathered, concerns_all
from cijob_analysis.progress import bar
from cijob_analysis.service.transport import Run
from cijob_analysis.service.wire import Page
from cijob_analysis.windows import Listing, Window, first_windows

if TYPE_CHECKING:
    from cijob_analysis.service.client import Client
    from cijob_analysis.service.transport import Send

LIST_THRIFT: Final = 0.04
SNAPSHOT_THRIFT: Final = 0.005
"""Windows that are opened for each page that was read. A window costs about half a page, its last one."""

_LEAST_PAGES: Final = 4.0
_LEAST_PAGES_IN_HASTE: Final = 0.6
"""What a part of a window must seem to hold to be worth a worker, with and without thrift."""

_GRACE: Final = 0.35
"""Share of a round trip for which idle workers wait for the first pages before anything is shared out."""

RETENTION_S: Final = 31 * 86_400.0
"""How long the service remembers, about; only a guess of where a list may end."""


def walk(
    client: Client,
    listings: Sequence[Listing],
    *,
    windows: int | None = None,
    thrift: float = LIST_THRIFT,
    progress: bool = False,
    expected: int | None = None,
) -> None:
    """Read lists to their ends; what comes goes where each listing says.

    Parameters
    ----------
    client : Client
        Whose bucket.
    listings : sequence of Listing
        What is wanted. Those that share a `Gathered` have one account.
    windows : int, optional
        Windows that each listing begins with, and may go on with: more are faster and cost more requests. If not
        given there is one, and more as it gets long.
    thrift : float
        How many windows are opened for each page that was read, if `windows` is not given.
    progress : bool
        Show a progress bar.
    expected : int, optional
        Rows that will come, if that is known.
    """
    if not listings:
        return
    transport = client.transport
    if client.requests_per_second is not None or any(listing.limit is not None for listing in listings):
        windows = 1  # the rate is the limit, not the latency; and the newest rows are in the first pages
    run = Run()
    board = Board(
        [window for listing in listings for window in first_windows(listing, windows or 1)],
        thrift=thrift if windows is None else float(windows > 1),
        least_pages=_LEAST_PAGES if windows is None else _LEAST_PAGES_IN_HASTE,
        is_stopped=run.stop.is_set,
    )

    def work(send: Send[Page]) -> None:
        while (window := board.take()) is not None:
            goes_on = True
            while goes_on:
                try:
                    page = send(window.following, window.listing.read)
                except CIJobError as error:
                    board.failed(window, error, is_general=concerns_all(error, client))
                    break
                goes_on = board.came(window, page)

    accounts = list({id(listing.into): listing.into for listing in listings}.values())
    workers = transport.concurrency if windows is None else max(1, min(windows * len(listings), transport.concurrency))
    try:
        with bar(expected, accounts[0].level.replace("_", " "), progress) as show:

            def tick() -> None:
                for into in accounts:
                    into.columns.settle()  # while the workers wait for answers
                show(_rows(accounts))

            transport.side_by_side(work, workers, run=run, tick=tick)
            show(_rows(accounts))
    except KeyboardInterrupt as error:
        for into in accounts:
            into.interrupted(error)
    accounts[0].count(run)


def _rows(accounts: Iterable[Gathered]) -> int:
    return sum(len(into.columns) for into in accounts)


class Board:
    """Which windows wait for a worker, and which are being walked; shared by all workers.

    Parameters
    ----------
    windows : list of Window
        All that is to be walked, as far as that is known.
    thrift : float
        How many further windows may be opened for each page that was read; 1 or more for as many as there are workers.
    least_pages : float
        No window is split into parts that seem to hold less.
    is_stopped : callable
        Whether the work was called off.
    """

    def __init__(
        self, windows: list[Window], *, thrift: float, least_pages: float, is_stopped: Callable[[], bool]
    ) -> None:
        self._waiting = windows[::-1]
        self._first = set(windows)
        self._walked: set[Window] = set()
        self._allowed: set[str] = set()
        self._thrift = thrift
        self._least = least_pages
        self._is_stopped = is_stopped
        self._changed = threading.Condition()
        self._idle = 0
        self._opened = 0
        self._pages = 0
        self._round_trip_s = 0.0

    def take(self) -> Window | None:
        """Return a window to walk; None when all is done, or the work called off."""
        with self._changed:
            self._idle += 1
            try:
                while not self._waiting:
                    if not self._walked or self._is_stopped():
                        return None
                    if self._first:
                        self._share_out()
                    if not self._waiting:
                        self._changed.wait(0.02 if self._first else 0.2)
                window = self._waiting.pop()
            finally:
                self._idle -= 1
            self._walked.add(window)
            window.asked_at = time.monotonic()
            return window

    def came(self, window: Window, page: Page) -> bool:
        """Take in a page of `window`; return whether its walk goes on."""
        with self._changed:
            now = time.monotonic()
            self._round_trip_s, window.asked_at = now - window.asked_at, now
            self._pages += 1
            self._first.discard(window)
            self._allowed.add(window.listing.request.action)
            goes_on = _take_in(window, page)
            if not goes_on:
                self._walked.discard(window)
                if not self._walked:
                    self._changed.notify_all()
            if self._idle:
                self._share_out()
            return goes_on

    def failed(self, window: Window, error: CIJobError, *, is_general: bool) -> None:
        """Give up `window`; what lies behind a page that cannot be read is walked from the other end."""
        with self._changed:
            self._walked.discard(window)
            self._first.discard(window)
            into = window.listing.into
            is_about_page = isinstance(error, ResponseFormatError) or (
                self._pages > 0 and not is_general and not isinstance(error, AccessDenied | TransportError)
            )
            can_turn = window.because is None and window.listing.limit is None and not _lacks_times(window)
            if is_about_page and can_turn:
                self._waiting.append(window.from_below((_what(window), error)))
            else:
                into.ended = False
                into.errors.append(window.because or (_what(window), error))
                if is_general:
                    self._give_up(self._waiting)
                elif isinstance(error, AccessDenied) and window.listing.request.action not in self._allowed:
                    action = window.listing.request.action
                    self._give_up([other for other in self._waiting if other.listing.request.action == action])
            self._changed.notify_all()

    def _give_up(self, windows: list[Window]) -> None:
        for window in windows:
            window.listing.into.ended = False
        self._waiting = [window for window in self._waiting if window not in windows]

    def _share_out(self) -> None:
        """Split the windows that seem to hold most, for all idle workers at once."""
        now = time.monotonic()
        is_early = any(
            now - window.asked_at < self._round_trip_s * (1 + _GRACE) for window in self._first & self._walked
        )
        allowed = self._idle if self._thrift >= 1 else int(self._thrift * self._pages) - self._opened
        parts = dict.fromkeys((window for window in self._walked if window.pages_left >= 2 * self._least), 1)
        if is_early or not parts or allowed < 1:
            return
        for _ in range(min(self._idle, allowed)):
            fullest = max(parts, key=lambda window: window.pages_left / parts[window])
            if fullest.pages_left / (parts[fullest] + 1) < self._least:
                break
            parts[fullest] += 1
        for window, n in parts.items():
            if n > 1:
                opened = window.lower_parts(n)
                self._opened += len(opened)
                self._waiting += opened
        self._changed.notify(len(self._waiting))


def _take_in(window: Window, page: Page) -> bool:
    """Add a page to its listing; return whether the walk goes on."""
    listing, into = window.listing, window.listing.into
    rows = listing.fill(page.rows)
    into.add(rows)
    into.pages += 1
    listing.pages += 1
    listing.rows += len(rows)
    window.pages += 1
    is_over = window.moved(page.rows)
    token = page.next_token
    if listing.limit is not None and (listing.rows > listing.limit or (listing.rows == listing.limit and token)):
        into.ended = False
        into.note(f"cut off by limit={listing.limit}")
        return False
    if not token or is_over or (page.rows and listing.is_known is not None and listing.is_known(page.rows)):
        if window.because is not None:
            what, error = window.because
            into.note(f"{what}: could not be read ({error}); the rows came from the other end")
        return False
    if token in window.tokens:
        into.ended = False
        into.note(f"cut off: page token {token!r} came twice")
        return False
    window.tokens.add(token)
    window.following = window.following.following(token)
    return True


def _lacks_times(window: Window) -> bool:
    """Whether the rows that came do not say when they were created."""
    return window.pages > 0 and window.per_second is None


def _what(window: Window) -> str:
    """Return how the ledger names what of a list could not be read."""
    name = f"{window.listing.name}: " if window.listing.name else ""
    if window.newest is None or _lacks_times(window):
        return f"{name}page {window.pages + 1} and what follows"
    return f"{name}page {window.pages + 1}, before {datetime.fromtimestamp(window.newest, UTC):%Y-%m-%d %H:%M:%S}Z"
