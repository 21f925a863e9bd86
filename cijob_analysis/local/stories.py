"""What happens to a generated workload, of which each batch job is computed when somebody asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cijob_analysis.local.histories import History, history_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from cijob_analysis.local.assignments import Assignment
    from cijob_analysis.local.workload import Workload


class Story:
    """The course of a generated workload.

    Parameters
    ----------
    assignments : iterable of Assignment
        What batch jobs have to do; those without one have no executions and no tasks.
    at : callable
        Returns the workload as it is seen at another instant.
    histories : dict
        What has been computed, shared by all views of the same course.
    """

    def __init__(
        self,
        assignments: Iterable[Assignment],
        at: Callable[[datetime], Workload],
        histories: dict[str, History],
    ) -> None:
        self._assignments = {assignment.batch_job_id: assignment for assignment in assignments}
        self.at, self._histories = at, histories

    def history(self, batch_job_id: str) -> History | None:
        """Return all that happens in a batch job; None if nothing does."""
        assignment = self._assignments.get(batch_job_id)
        if assignment is None:
            return None
        if batch_job_id not in self._histories:
            self._histories[batch_job_id] = history_of(assignment)
        return self._histories[batch_job_id]
