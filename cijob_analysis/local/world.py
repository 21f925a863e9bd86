"""A workload by levels: tables for lists, rows by their ids; computed no earlier than somebody asks."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from cijob_analysis.local.ids import node_of, place_of
from cijob_analysis.local.sights import Sight
from cijob_analysis.local.tables import Table, merged, table_of

if TYPE_CHECKING:
    from cijob_analysis.local.entities import BatchJob, Execution, Task
    from cijob_analysis.local.workload import Workload


class World:
    """The rows of a workload, those written by hand and those that its story has."""

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self._now = int(workload.now.timestamp())
        self._sights: dict[str, Sight | None] = {}

    @cached_property
    def batch_jobs(self) -> Table[BatchJob]:
        """All batch jobs."""
        return table_of(sorted(self._workload.batch_jobs, key=lambda job: job.batch_job_id))

    def executions(self, batch_job_id: str | None = None) -> Table[Execution]:
        """Return the executions; if a batch job is given, those of generated others may be left out."""
        return merged([self._written_executions, *(sight.executions for sight in self._seen(batch_job_id))])

    def tasks(self, batch_job_id: str | None = None) -> Table[Task]:
        """Return the tasks; if a batch job is given, those of generated others may be left out."""
        return merged([self._written_tasks, *(sight.tasks for sight in self._seen(batch_job_id))])

    def batch_job(self, batch_job_id: str) -> BatchJob | None:
        """Return the batch job of an id, None if it is unknown."""
        return self._batch_jobs_by_id.get(batch_job_id)

    def execution(self, run_id: str) -> Execution | None:
        """Return the execution of an id, None if it is unknown."""
        sight = self._sight_of_row(run_id)
        return sight.execution(run_id) if sight else self._executions_by_id.get(run_id)

    def task(self, task_id: str) -> Task | None:
        """Return the task of an id, None if it is unknown."""
        sight = self._sight_of_row(task_id)
        return sight.task(task_id) if sight else self._tasks_by_id.get(task_id)

    def tasks_of(self, run_id: str) -> list[Task]:
        """Return the tasks of an execution."""
        sight = self._sight_of_row(run_id)
        return sight.tasks_of(run_id) if sight else self._tasks_by_run.get(run_id, [])

    def _seen(self, batch_job_id: str | None) -> list[Sight]:
        ids = [job.batch_job_id for job in self._workload.batch_jobs] if batch_job_id is None else [batch_job_id]
        return [sight for sight in map(self._sight, ids) if sight is not None]

    def _sight(self, batch_job_id: str) -> Sight | None:
        if batch_job_id not in self._sights:
            story = self._workload.story
            history = story.history(batch_job_id) if story else None
            bucket = self._workload.bucket
            self._sights[batch_job_id] = Sight(history, self._now, bucket) if history else None
        return self._sights[batch_job_id]

    def _sight_of_row(self, given: str) -> Sight | None:
        place = place_of(given)
        owner = None if place is None or self._workload.story is None else self._owners.get(place[0])
        return None if owner is None else self._sight(owner)

    @cached_property
    def _owners(self) -> dict[str, str]:
        return {node_of(job.batch_job_id): job.batch_job_id for job in self._workload.batch_jobs}

    @cached_property
    def _batch_jobs_by_id(self) -> dict[str, BatchJob]:
        return {job.batch_job_id: job for job in self._workload.batch_jobs}

    @cached_property
    def _executions_by_id(self) -> dict[str, Execution]:
        return {execution.run_id: execution for execution in self._workload.executions}

    @cached_property
    def _tasks_by_id(self) -> dict[str, Task]:
        return {task.task_id: task for task in self._workload.tasks}

    @cached_property
    def _tasks_by_run(self) -> dict[str, list[Task]]:
        found: dict[str, list[Task]] = {}
        for task in self._workload.tasks:
            if task.run_id is not None:
                found.setdefault(task.run_id, []).append(task)
        return found

    @cached_property
    def _written_executions(self) -> Table[Execution]:
        return table_of(sorted(self._workload.executions, key=lambda execution: execution.run_id))

    @cached_property
    def _written_tasks(self) -> Table[Task]:
        return table_of(sorted(self._workload.tasks, key=lambda task: task.task_id))
