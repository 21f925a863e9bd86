"""The one service, as a fixture, and its end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cijob_analysis import LocalService, Workload
from tests.fetch.serving import close, serving


@pytest.fixture
def service(workload: Workload) -> Iterator[LocalService]:
    """Return the service without faults, for one test."""
    with serving(workload) as service:
        yield service


@pytest.fixture(scope="package", autouse=True)
def _closed() -> Iterator[None]:
    yield
    close()
