"""Windows of creation time, walked side by side: each row once, whatever the times, pages and windows."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from cijob_analysis import ConfigurationError, ResponseFormatError
from cijob_analysis.fetch import fetch_batch_jobs
from cijob_analysis.ledger import LedgerEntry, ledger_of
from tests.lists import ZERO, ListService, client_of

HOUR = 3600
PERIOD = {
    "created_after": datetime.fromtimestamp(ZERO, UTC),
    "created_before": datetime.fromtimestamp(ZERO + HOUR, UTC),
}

SPREAD = st.lists(st.integers(0, HOUR), max_size=60)
BUNCH = st.tuples(st.integers(0, HOUR - 3), st.lists(st.integers(0, 3), max_size=60)).map(
    lambda bunch: [bunch[0] + second for second in bunch[1]]
)
TIMES = st.lists(SPREAD | BUNCH, max_size=4).map(lambda parts: [second for part in parts for second in part])


def entry_of(frame: pd.DataFrame) -> LedgerEntry:
    (entry,) = ledger_of(frame).entries
    return entry


def fetched(service: ListService, **options: Any) -> pd.DataFrame:
    with client_of(service) as client:
        return fetch_batch_jobs(client, **options)


@settings(max_examples=60)
@given(TIMES, st.integers(1, 120), st.integers(1, 12), st.booleans(), st.booleans())
@example([0] * 50, 7, 8, False, False)
@example([HOUR] * 50, 7, 8, False, False)
@example([], 100, 8, False, True)
@example([1800], 1, 8, True, True)
def test_each_row_once_as_a_single_walk_has_it(
    times: list[int], size: int, windows: int, is_bounded: bool, is_exclusive: bool
) -> None:
    period = PERIOD if is_bounded and not is_exclusive else {}
    service = ListService(times, size, is_exclusive=is_exclusive)
    split = fetched(service, windows=windows, **period)
    single = fetched(ListService(times, size), windows=1, **period)
    assert_frame_equal(split, single)
    assert len(split) == len(times)
    entry = entry_of(split)
    assert entry.ended
    assert entry.requests == entry.pages == len(service.requests)
    assert entry.duplicates == service.sent.total() - len(times)


@settings(max_examples=30)
@given(TIMES, st.integers(1, 30), st.integers(0, HOUR), st.integers(0, HOUR))
def test_no_window_leaves_the_period_that_was_asked_for(times: list[int], windows: int, one: int, other: int) -> None:
    after, before = sorted((one, other))
    service = ListService(times, 5)
    frame = fetched(
        service,
        windows=windows,
        created_after=datetime.fromtimestamp(ZERO + after, UTC),
        created_before=datetime.fromtimestamp(ZERO + before, UTC),
    )
    expected = {f"b{number}" for number, second in enumerate(times) if after <= second <= before}
    assert set(frame["batch_job_id"]) == expected == set(service.sent)


@settings(max_examples=15)
@given(st.integers(0, 400), st.integers(0, 400))
def test_rows_older_than_the_service_is_thought_to_remember(old: int, new: int) -> None:
    times = [*(-90 * 86_400 + second for second in range(old)), *range(new)]
    frame = fetched(ListService(times), windows=8)
    assert len(frame) == len(times)


def page_without_times(request: httpx.Request) -> httpx.Response:
    """Answer with one of five pages of ten rows, which do not say when they were created."""
    page = int(request.url.params.get("nextToken") or 0)
    rows = "".join(f"<JobsDetail><JobId>b{page * 10 + n}</JobId><State>Running</State></JobsDetail>" for n in range(10))
    token = f"<NextToken>{page + 1}</NextToken>" if page < 4 else ""
    return httpx.Response(200, text=f"<Response>{rows}{token}</Response>")


@pytest.mark.parametrize("windows", [None, 1])
def test_rows_that_do_not_say_when_they_were_created_are_walked_to_the_end(windows: int | None) -> None:
    with client_of(httpx.MockTransport(page_without_times)) as client:
        frame = fetch_batch_jobs(client, windows=windows)
    assert sorted(frame["batch_job_id"]) == sorted(f"b{number}" for number in range(50))
    assert (entry_of(frame).pages, entry_of(frame).duplicates) == (5, 0)


# --- thrift -----------------------------------------------------------------------------------------------------------


def bunched(n: int) -> list[int]:
    """Return creation times of which nine in ten are in a twentieth of the period."""
    return [second % HOUR if second % 10 == 0 else 1000 + second % (HOUR // 20) for second in range(n)]


@pytest.mark.parametrize("times", [list(range(HOUR)), bunched(3600), [5] * 3600], ids=["even", "bunched", "one second"])
@pytest.mark.parametrize("windows", [None, 1, 4, 8])
def test_windows_cost_few_requests_more(times: Sequence[int], windows: int | None) -> None:
    def answer(request: httpx.Request) -> None:
        time.sleep(0.002)  # without any latency one worker reads all before the others have begun

    service = ListService(times, answer=answer)
    frame = fetched(service, windows=windows, **PERIOD)
    assert len(frame) == len(times)
    least = -(-len(times) // 100)
    most = {None: 1.05 * least + 2, 1: least}.get(windows, 2 * least + windows if windows else 0)
    assert len(service.requests) <= most


def test_windows_are_walked_side_by_side() -> None:
    meeting = threading.Barrier(8, timeout=10)
    together: list[str | None] = []

    def answer(request: httpx.Request) -> None:
        if "nextToken" not in request.url.params and not meeting.broken and len(together) < 8:
            meeting.wait()  # nobody gets an answer before all eight have asked
            together.append(request.url.params.get("endCreationTime"))

    frame = fetched(ListService(list(range(0, HOUR, 10)), 50, answer=answer), windows=8, **PERIOD)
    assert len(frame) == 360
    assert len(set(together)) == 8


def test_a_worker_that_is_done_takes_a_share_of_the_fullest_window() -> None:
    """All is in the last eighth: seven of eight workers are done with their first page."""

    def answer(request: httpx.Request) -> None:
        time.sleep(0.005)

    service = ListService([HOUR - second % 400 for second in range(4000)], answer=answer)
    frame = fetched(service, windows=8, **PERIOD)
    assert len(frame) == 4000
    walks = [params for params in service.requests if "nextToken" not in params]
    assert len(walks) > 8


def test_a_rate_limit_is_not_spent_on_windows() -> None:
    service = ListService(list(range(1000)))
    with client_of(service, requests_per_second=1000) as client:
        assert len(fetch_batch_jobs(client, windows=8)) == 1000
    assert len(service.requests) == 10


# --- limits -----------------------------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(TIMES, st.integers(1, 130), st.integers(1, 8))
def test_a_limit_gives_the_newest(times: list[int], limit: int, windows: int) -> None:
    service = ListService(times)
    everything = fetched(ListService(times))
    frame = fetched(service, limit=limit, windows=windows)
    ages = everything["created_at"].head(limit).tolist()
    assert frame["created_at"].tolist() == ages
    assert entry_of(frame).ended is (len(times) <= limit)
    assert len(service.requests) <= -(-limit // 100) + 1


@pytest.mark.parametrize("windows", [0, -1, 1.5, True, "8"])
def test_windows_are_a_number(windows: Any) -> None:
    service = ListService([])
    with pytest.raises(ConfigurationError, match="windows="):
        fetched(service, windows=windows)
    assert service.requests == []


# --- pages that cannot be read ----------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(TIMES.filter(len), st.integers(1, 30), st.integers(1, 6), st.data())
def test_around_a_row_that_cannot_be_read_all_others_are(
    times: list[int], size: int, windows: int, data: st.DataObject
) -> None:
    bad = f"b{data.draw(st.integers(0, len(times) - 1))}"
    service = ListService(times, size, refused=lambda ids: bad in ids)
    with pytest.raises(ResponseFormatError) as caught:
        fetched(service, windows=windows, on_error="raise")
    frame = caught.value.partial
    assert frame is not None
    order = [name for _, name in service.rows]
    lost = set(order) - set(frame["batch_job_id"])
    assert bad in lost
    assert all(abs(order.index(name) - order.index(bad)) < size for name in lost)
    entry = entry_of(frame)
    assert not entry.ended
    assert entry.failures
    assert all(failure.what.startswith("page ") for failure in entry.failures)


def test_what_is_lost_and_what_came_from_the_other_end_is_said() -> None:
    times = list(range(450))
    frame = fetched(ListService(times, refused=lambda ids: {"b249", "b150"} <= set(ids)))  # page 3 from above
    assert len(frame) == 450
    entry = entry_of(frame)
    assert entry.ended
    assert entry.failures == ()
    (note,) = entry.notes
    assert note.startswith("page 3, before 2026-03-01 04:04:10Z: could not be read (")
    assert note.endswith("; the rows came from the other end")
