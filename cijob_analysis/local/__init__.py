"""A CI service on loopback, and workloads that look like life: for the demo, the notebooks and the tests."""

from __future__ import annotations

from cijob_analysis.local.faults import Faults
from cijob_analysis.local.service import LocalService
from cijob_analysis.local.variants import Variants
from cijob_analysis.local.workload import BatchJob, Workload

__all__ = ["BatchJob", "Faults", "LocalService", "Variants", "Workload"]
