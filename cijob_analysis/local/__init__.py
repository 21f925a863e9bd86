"""A CI service on loopback, and workloads that look like life: for the demo, the notebooks and the tests."""

from __future__ import annotations

from cijob_analysis.local.entities import BatchJob, Execution, Task
from cijob_analysis.local.faults import Faults
from cijob_analysis.local.service import LocalService
from cijob_analysis.local.topology import Node, Queue, Workflow
from cijob_analysis.local.variants import Variants
from cijob_analysis.local.workload import Workload

__all__ = [
    "BatchJob",
    "Execution",
    "Faults",
    "LocalService",
    "Node",
    "Queue",
    "Task",
    "Variants",
    "Workflow",
    "Workload",
]
