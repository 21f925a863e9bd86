"""The monitor against a service on which everything goes wrong that does in practice."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from cijob_analysis import Credentials, LocalService, Monitor, RetryPolicy, Workload, fetch_snapshot, monitor
from cijob_analysis.local import Faults
from cijob_analysis.schema import KEYS

WORLD = Workload.of_batch(executions=600, state="Running", with_failures=True)
IDS = [job.batch_job_id for job in WORLD.batch_jobs]
FIRST, REVOKED, SECOND = (Credentials(f"id-{name}", f"key-{name}") for name in ("first", "revoked", "second"))
SPEED = 120.0
IMPATIENT = RetryPolicy(attempts=3, first_s=0.005, longest_s=0.01)
"""So that an outage is seen by the monitor, and not only by the transport."""


class RollingKeys:
    """Keys that roll when they are told to."""

    def __init__(self) -> None:
        self.current = FIRST

    def __getattr__(self, name: str) -> Any:
        return getattr(self.current, name)


def when(happened: Callable[[], object], what: str) -> None:
    end = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < end, f"it never came to that: {what}"
        time.sleep(0.002)


def wait_until(service: LocalService, time_of_service: datetime) -> None:
    when(lambda: service.now > time_of_service, f"{time_of_service} by the clock of the service")


def text(monitored: Monitor) -> str:
    return re.sub(r"<[^>]+>", " ", monitored.alert.value)


def by_key(kind: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in the order of their ids; which other states a column could have does not matter."""
    ordered = frame.sort_values(KEYS[kind], ignore_index=True)
    return ordered.astype({"state": "string"}) if "state" in ordered else ordered


def read_once_more(monitored: Monitor) -> None:
    before = monitored.snapshots_read
    when(lambda: monitored.snapshots_read > before or monitored.state == "finished", "a good reading")


def test_it_survives_all_of_it_and_ends_with_what_a_fresh_fetch_finds() -> None:
    keys = RollingKeys()
    service = LocalService(WORLD, credentials=[FIRST, SECOND], speed=SPEED)
    with service, service.client(credentials=keys, retry=IMPATIENT, concurrency=8) as client:
        monitored = monitor(client, IDS, every_s=0.02)
        errors: list[str] = []
        monitored.alert.observe(lambda change: errors.append(text(monitored)), names="value")
        when(lambda: monitored.snapshots_read, "a first reading")

        for _ in range(3):  # bursts of 429
            service.faults = Faults(slow_down=1)
            wait_until(service, service.now + timedelta(seconds=5))
            service.faults = Faults()
            read_once_more(monitored)

        errors.clear()
        service.faults = Faults(unavailable=0.5, reset=0.5)
        wait_until(service, service.now + timedelta(seconds=30))
        when(lambda: errors, "an error that is shown")
        assert monitored.state in ("reading", "waiting")
        service.faults = Faults()
        read_once_more(monitored)
        when(lambda: not text(monitored), "an alert that is taken back")

        keys.current = REVOKED  # the old key is refused before the new one is there
        when(lambda: "AccessDenied" in text(monitored), "a key that is refused")
        keys.current = SECOND
        read_once_more(monitored)
        when(lambda: not text(monitored), "an alert that is taken back")

        assert monitored.wait(60)
        assert repr(monitored).startswith("<Monitor, finished: ")
        assert service.now - WORLD.now > timedelta(minutes=10)
        last, fresh = monitored.snapshot, fetch_snapshot(client, IDS)
        assert last is not None
        assert last.is_finished
        assert last.is_complete
        for kind, frame in fresh.frames():
            pd.testing.assert_frame_equal(by_key(kind, getattr(last, kind)), by_key(kind, frame))
        monitored.close()
