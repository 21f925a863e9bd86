"""The monitor without a browser: what its buttons do, what it shows, and how it ends."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from typing import Any, Protocol

import ipywidgets
import pandas as pd
import pytest

from cijob_analysis import Client, ConfigurationError, LocalService, Monitor, RetryPolicy, Workload, fetch_snapshot
from cijob_analysis import monitor as make_monitor
from cijob_analysis.local import Faults
from cijob_analysis.widgets import monitoring
from tests.widgets.consistency import models

WORLD = Workload.of_batch(executions=30, state="Running", with_failures=True)
IDS = [job.batch_job_id for job in WORLD.batch_jobs]
IMPATIENT = RetryPolicy(attempts=2, first_s=0.001, longest_s=0.002)
LONG_S = 3600.0
OUTAGE = Faults(unavailable=1)


class Watching(Protocol):
    def __call__(self, ids: Any = ..., **options: Any) -> Monitor: ...


@pytest.fixture
def service() -> Iterator[LocalService]:
    with LocalService(WORLD) as service:
        yield service


@pytest.fixture
def client(service: LocalService) -> Iterator[Client]:
    with service.client(retry=IMPATIENT, concurrency=4) as client:
        yield client


@pytest.fixture
def watching(client: Client) -> Iterator[Watching]:
    """Return a function that makes monitors, which are closed; none of their threads and models is left."""
    before, made = models(), []

    def watch(ids: Any = IDS, **options: Any) -> Monitor:
        made.append(make_monitor(client, ids, **{"every_s": LONG_S, "tz": "Asia/Shanghai", **options}))
        return made[-1]

    yield watch
    for one in made:
        one.close()
        assert one.wait(10)
    assert not models() - before
    assert not [thread for thread in threading.enumerate() if thread.name == "cijob-monitor"]


def when(happened: Callable[..., object], *arguments: object) -> None:
    """Wait until it has happened."""
    end = time.monotonic() + 30
    while not happened(*arguments):
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.002)


def settle(watched: Monitor) -> None:
    """Wait until it waits for its next turn, and all that was read is shown."""
    when(lambda: text_of(watched.status).startswith("Next reading"))


def text_of(part: ipywidgets.HTML) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", part.value)).strip()


def test_the_cell_returns_before_anything_is_read(service: LocalService, watching: Watching) -> None:
    service.faults = Faults(latency_s=0.3)
    watched = watching()
    assert (watched.state, watched.snapshot, watched.snapshots_read) == ("reading", None, 0)
    assert text_of(watched.summary) == "Nothing has been read yet."
    assert text_of(watched.status) == "Reading …."
    assert repr(watched) == "<Monitor, reading: nothing read yet>"


def test_it_shows_what_was_read(client: Client, watching: Watching) -> None:
    watched = watching()
    settle(watched)
    fresh = fetch_snapshot(client, IDS)
    assert watched.snapshot is not None
    pd.testing.assert_frame_equal(watched.snapshot.tasks, fresh.tasks)
    counts = fresh.tasks["state"].value_counts()
    for state in ("Success", "Running"):
        assert f"{counts[state]} {state}" in text_of(watched.batches)
    assert bytes(watched.picture.image.value).startswith(b"\x89PNG")
    assert "running at most" in watched.picture.sentence
    assert f"{counts['Failed']} failure" in text_of(watched.failures)
    assert re.fullmatch(r"Next reading at \d\d:\d\d:\d\d Asia/Shanghai, UTC\+8, every 1 h\.", text_of(watched.status))
    assert text_of(watched.alert) == ""


def test_it_ends_by_itself_when_all_is_finished(service: LocalService, client: Client, watching: Watching) -> None:
    watched = watching(every_s=0.01)
    when(lambda: watched.snapshots_read)
    service.workload = WORLD.at(WORLD.now + timedelta(days=1))
    assert watched.wait(30)
    assert watched.state == "finished"
    assert text_of(watched.status).startswith("All is in a final state")
    assert all(button.disabled for button in (watched.pause_button, watched.refresh_button, watched.stop_button))
    assert "100 % of" in text_of(watched.summary)
    asked = len(service.requests)
    watched.refresh()
    assert len(service.requests) == asked
    assert watched.snapshot is not None
    for kind, frame in fetch_snapshot(client, IDS).frames():
        pd.testing.assert_frame_equal(getattr(watched.snapshot, kind), frame)


def test_what_is_finished_at_once_is_read_once(service: LocalService, watching: Watching) -> None:
    service.workload = WORLD.at(WORLD.now + timedelta(days=1))
    watched = watching()
    assert watched.wait(30)
    assert (watched.state, watched.snapshots_read) == ("finished", 1)


def test_pause_refresh_and_resume(service: LocalService, watching: Watching) -> None:
    watched = watching(every_s=0.01)
    when(lambda: watched.snapshots_read >= 2)
    watched.pause_button.value = True
    assert watched.pause_button.description == "Resume"
    when(lambda: text_of(watched.status).startswith("Paused"))
    assert watched.state == "paused"
    read = watched.snapshots_read
    watched.refresh_button.click()
    when(lambda: watched.snapshots_read == read + 1 and watched.state == "paused")
    watched.resume()
    assert (watched.pause_button.value, watched.pause_button.description) == (False, "Pause")
    when(lambda: watched.snapshots_read > read + 1)
    watched.pause()
    assert watched.pause_button.value is True


def test_refresh_does_not_wait_for_the_next_turn(watching: Watching) -> None:
    watched = watching()
    for number in (1, 2):
        when(lambda n: watched.snapshots_read == n and watched.state == "waiting", number)
        watched.refresh()
    when(lambda: watched.snapshots_read == 3)


def test_stop_breaks_a_reading_off(service: LocalService, watching: Watching) -> None:
    service.faults = Faults(latency_s=60)
    watched = watching()
    when(lambda: len(service.requests))
    watched.stop_button.click()
    assert watched.wait(10)
    assert watched.state == "stopped"
    assert watched.snapshot is None
    assert text_of(watched.status) == "Stopped: nothing is read any more."


def test_stop_ends_a_pause(watching: Watching) -> None:
    watched = watching()
    when(lambda: watched.state == "waiting")
    watched.pause()
    when(lambda: watched.state == "paused")
    watched.stop()
    assert watched.wait(10)


def test_waiting_has_an_end(watching: Watching) -> None:
    watched = watching()
    assert not watched.wait(0.01)


def test_an_error_is_shown_and_it_goes_on_more_slowly_until_it_is_over(
    service: LocalService, watching: Watching
) -> None:
    watched = watching()
    settle(watched)
    known = watched.snapshot
    service.faults = OUTAGE
    for hours in (2, 4, 8, 16, 16):
        watched.refresh()
        when(lambda n: f"every {n} h for now, as the last reading failed" in text_of(watched.status), hours)
    assert watched.snapshot is known
    assert "ServiceBusy" in text_of(watched.alert)
    assert 'role="alert"' in watched.alert.value
    service.faults = Faults()
    for pause in ("8 h for now", "4 h for now", "2 h for now", "1 h."):
        watched.refresh()
        when(lambda text: f"every {text}" in text_of(watched.status), pause)
        assert text_of(watched.alert) == ""


def test_when_many_requests_are_repeated_it_asks_less_often(service: LocalService) -> None:
    patient = RetryPolicy(attempts=50, first_s=0.0001, longest_s=0.0002)
    service.faults = Faults(slow_down=0.5)
    with service.client(retry=patient) as client:
        watched = make_monitor(client, IDS, every_s=LONG_S)
        when(lambda: "every 2 h for now, as the service asked for fewer requests" in text_of(watched.status))
        assert not text_of(watched.alert)
        service.faults = Faults()
        watched.refresh()
        when(lambda: text_of(watched.status).endswith("every 1 h."))
        watched.close()
        assert watched.wait(10)


def test_what_cannot_be_drawn_is_shown_and_readings_go_on(watching: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no <paint> left")

    monkeypatch.setattr(monitoring, "plot_concurrency", broken)
    watched = watching(every_s=0.01)
    when(lambda: watched.snapshots_read > 2)
    when(lambda: "no <paint> left" in text_of(watched.alert))
    assert "<paint>" not in watched.alert.value
    assert "Success" in text_of(watched.batches)


def test_one_client_serves_a_monitor_and_a_cell_at_once(client: Client, watching: Watching) -> None:
    watched = watching(every_s=0.001)
    for _ in range(5):
        assert fetch_snapshot(client, IDS).is_complete
    when(lambda: watched.snapshots_read > 3)
    assert watched.error is None


def test_a_client_that_is_closed_is_said(service: LocalService) -> None:
    with service.client() as client:
        watched = make_monitor(client, IDS, every_s=0.01)
        when(lambda: watched.snapshots_read)
    when(lambda: "the client is closed" in text_of(watched.alert))
    watched.close()
    assert watched.wait(10)


@pytest.mark.parametrize("options", [{"every_s": 0}, {"tz": "Mars/Base"}, {"depth": "frames"}], ids=str)
def test_a_malformed_argument_starts_nothing(
    service: LocalService, watching: Watching, options: dict[str, Any]
) -> None:
    with pytest.raises(ConfigurationError):
        watching(**options)
    assert len(service.requests) == 0


@pytest.mark.parametrize(("depth", "noun"), [("batch_jobs", "batch job"), ("executions", "execution")])
def test_a_higher_level_is_enough(watching: Watching, depth: str, noun: str) -> None:
    watched = watching(depth=depth)
    settle(watched)
    assert watched.snapshot is not None
    assert not len(watched.snapshot.tasks)
    assert noun in text_of(watched.summary)
    assert not text_of(watched.alert)


def test_close_stops_it_and_keeps_what_was_read(watching: Watching) -> None:
    watched = watching(every_s=0.001)
    when(lambda: watched.snapshots_read > 1)
    watched.close()
    assert watched.wait(10)
    assert watched.state == "stopped"
    assert watched.snapshot is not None
    watched.close()


def test_the_copy_for_places_without_a_kernel_is_of_what_was_read_last(watching: Watching) -> None:
    watched = watching()
    settle(watched)
    copy = watched._repr_mimebundle_()["text/html"]
    assert copy.startswith('<p style="font-style:italic">No live widgets are shown here')
    assert "<script" not in copy
    assert copy.count('<img alt="Step lines of') == 1
    assert text_of(watched.summary).split("  ")[0] in unescape(copy)
    assert len(copy) < 200_000


def test_a_copy_that_was_shown_is_brought_up_to_date(watching: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[dict[str, str]] = []

    class Handle:
        def update(self, data: dict[str, str], *, raw: bool) -> None:
            assert raw
            shown.append(data)

    watched = watching(every_s=0.01)
    watched._copies.append(Handle())  # type: ignore[arg-type]
    when(lambda: watched.snapshots_read > 2)
    when(lambda: shown)
    assert f"cijob-copy-{watched._id}" in shown[-1]["text/html"]
    watched._copies.clear()
