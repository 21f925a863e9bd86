"""What all tests stand on: one workload, one local service, a client of it."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from cijob_analysis import Client, LocalService, RetryPolicy, Workload

# A busy machine is no failure; in continuous integration the same cases come each time.
settings.register_profile(
    "cijob",
    deadline=None,
    derandomize="CI" in os.environ,
    max_examples=int(os.environ.get("CIJOB_EXAMPLES", "100")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("cijob")

# A shell that runs the tests in the background has them ignore Ctrl-C, which some of them are about.
signal.signal(signal.SIGINT, signal.default_int_handler)

FAST = RetryPolicy(attempts=20, first_s=0.01, longest_s=0.05)
"""Waits that a test can afford."""


class ByFrontEnd(LoadScopeScheduling):  # type: ignore[misc]
    """Browser tests of one front end share a worker, so that each is started once; any other test goes anywhere."""

    def _split_scope(self, nodeid: str) -> str:
        if not nodeid.startswith("tests/browser/"):
            return nodeid
        front_end = re.search(r"\[(lab|notebook)\b", nodeid)
        return front_end[1] if front_end else "no notebook"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return ByFrontEnd(config, log)


@pytest.fixture(scope="session")
def workload() -> Workload:
    """240 batch jobs of both types, in all states."""
    return Workload.generate(batch_jobs=240, seed=7)


@pytest.fixture
def service(workload: Workload) -> Iterator[LocalService]:
    """Return a service without faults, for one test."""
    with LocalService(workload) as service:
        yield service


@pytest.fixture
def client(service: LocalService) -> Iterator[Client]:
    """Return a client of `service`."""
    with service.client(concurrency=8, retry=FAST) as client:
        yield client


@pytest.fixture(autouse=True)
def _leaves_no_thread() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        if thread.name == "cijob-worker":
            thread.join(3)
            assert not thread.is_alive(), "a worker thread was left behind"
