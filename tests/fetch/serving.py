"""One local service for all tests of fetching: starting and closing one takes a fifth of a second."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cijob_analysis import LocalService, Workload
from cijob_analysis.local import Faults

_ONE = LocalService(Workload())


@contextmanager
def serving(workload: Workload, *, faults: Faults | None = None) -> Iterator[LocalService]:
    """Let the service have `workload` and `faults`; not to be nested."""
    _ONE.start()
    _ONE.workload, _ONE.faults = workload, faults or Faults()
    _ONE.requests.clear()
    yield _ONE
    _ONE.faults = Faults()


def close() -> None:
    """Stop the service, if it was started."""
    _ONE.close()
