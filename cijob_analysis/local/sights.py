"""What is seen at one instant of the executions and tasks of a batch job."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from cijob_analysis.local.assignments import NEVER
from cijob_analysis.local.draws import ERRORS, NO_ERROR, OF_BATCH_JOB
from cijob_analysis.local.entities import Execution, Task
from cijob_analysis.local.ids import PREFIXES, node_of, place_of, row_id
from cijob_analysis.local.tables import STATE_CODES, Table
from cijob_analysis.local.zone import ZONE
from cijob_analysis.schema import STATES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cijob_analysis.local.histories import History

SUBMITTED, RUNNING, PAUSE = STATE_CODES["Submitted"], STATE_CODES["Running"], STATE_CODES["Pause"]
SUCCESS, FAILED, CANCEL = STATE_CODES["Success"], STATE_CODES["Failed"], STATE_CODES["Cancel"]

RUN: Final = "i"
"""First letter of an execution's id."""


class Part(NamedTuple):
    """What many rows have in common, by the names of `Execution` and `Task`."""

    batch_job_id: str
    workflow_id: str | None
    tag: str | None = None
    queue_id: str | None = None


class Sight:
    """The executions and tasks of one batch job, as seen at `now` [Unix s]."""

    def __init__(self, history: History, now: int, bucket: str) -> None:
        self._history, self._now, self._bucket = history, now, bucket
        self._own = history.assignment
        self._end = NEVER if self._own.cancelled_at is None else self._own.cancelled_at
        self._node = node_of(self._own.batch_job_id)
        self._nodes = [(flow, node) for flow in self._own.flows for node in flow.nodes]
        self._flows = [flow for flow in self._own.flows if flow.workflow is not None]
        self._states = self._task_states()
        self._is_there = self._until(history.created)
        self._execution_states = self._states_of_executions()
        self.executions = self._execution_table()
        self.tasks = self._task_table()

    def execution(self, run_id: str) -> Execution | None:
        """Return the execution of an id, None if it is not there."""
        row = self._row_of(run_id, len(self._execution_states))
        if row is None or not self._until(self._history.found)[row % self._own.objects]:
            return None
        found = self._execution(row)
        return found if found.run_id == run_id else None

    def task(self, task_id: str) -> Task | None:
        """Return the task of an id, None if it is not there."""
        row = self._row_of(task_id, len(self._states))
        if row is None or not self._is_there[row]:
            return None
        found = self._task(row)
        return found if found.task_id == task_id else None

    def tasks_of(self, run_id: str) -> list[Task]:
        """Return the tasks of an execution."""
        row = self._row_of(run_id, len(self._execution_states))
        if row is None:
            return []
        flow, number = divmod(row, self._own.objects)
        rows = [at * self._own.objects + number for at, (own, _) in enumerate(self._nodes) if own is self._flows[flow]]
        return [self._task(row) for row in rows if self._is_there[row]]

    def _until(self, instants: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which of `instants` have come, before somebody cancelled the batch job."""
        return (instants <= self._now) & (instants < self._end)

    def _task_states(self) -> NDArray[np.int8]:
        history, now = self._history, self._now
        waiting = PAUSE if self._own.never_starts else SUBMITTED
        unfinished = np.where(self._until(history.started), RUNNING, waiting)
        if self._end <= now:
            unfinished[:] = CANCEL
        is_over = history.ended <= min(now, self._end)
        finished = np.where(history.errors == NO_ERROR, SUCCESS, FAILED)
        return np.where(is_over, finished, unfinished).astype(np.int8)

    def _states_of_executions(self) -> NDArray[np.int8]:
        """Failed as soon as one task has failed, Success when all have succeeded."""
        n, before = self._own.objects, 0
        found = []
        for flow in self._flows:
            states = self._states.reshape(-1, n)[before : before + len(flow.nodes)]
            is_there = self._is_there.reshape(-1, n)[before : before + len(flow.nodes)]
            open_state = CANCEL if self._end <= self._now else RUNNING
            state = np.full(n, open_state, np.int8)
            state[((states == SUCCESS) & is_there).all(axis=0)] = SUCCESS
            state[((states == FAILED) & is_there).any(axis=0)] = FAILED
            found.append(state)
            before += len(flow.nodes)
        return np.concatenate([np.empty(0, np.int8), *found])

    def _execution_table(self) -> Table[Execution]:
        n = self._own.objects
        parts = [Part(self._own.batch_job_id, flow.workflow.workflow_id) for flow in self._flows if flow.workflow]
        rows = np.flatnonzero(np.tile(self._until(self._history.found), len(self._flows)))
        return Table(
            self._history.found[rows % n],
            self._execution_states[rows],
            (rows // n).astype(np.int32),
            parts,
            lambda index: self._execution(int(rows[index])),
            lambda: [self._history.object_key(int(row) % n) for row in rows],
        )

    def _task_table(self) -> Table[Task]:
        n, own = self._own.objects, self._own
        parts = [
            Part(own.batch_job_id, flow.workflow.workflow_id if flow.workflow else None, node.type, node.queue_id)
            for flow, node in self._nodes
        ]
        rows = np.flatnonzero(self._is_there)
        return Table(
            self._history.created[rows],
            self._states[rows],
            (rows // n).astype(np.int32),
            parts,
            lambda index: self._task(int(rows[index])),
            lambda: [self._history.object_key(int(row) % n) for row in rows],
        )

    def _execution(self, row: int) -> Execution:
        flow, number = divmod(row, self._own.objects)
        workflow = self._flows[flow].workflow
        found = int(self._history.found[number])
        return Execution(
            run_id=row_id(RUN, self._node, found, row),
            workflow_id="" if workflow is None else workflow.workflow_id,
            object_key=self._history.object_key(number),
            state=STATES[self._execution_states[row]],
            created_at=_instant(found),
            batch_job_id=self._own.batch_job_id,
        )

    def _task(self, row: int) -> Task:
        history, own = self._history, self._own
        at, number = divmod(row, own.objects)
        flow, node = self._nodes[at]
        created, started, ended = (int(times[row]) for times in (history.created, history.started, history.ended))
        state = STATES[self._states[row]]
        key = history.object_key(number)
        code, message = self._error(row, key) if state == "Failed" else ("Success", "")
        workflow = flow.workflow
        run = self._flows.index(flow) * own.objects + number if workflow else 0
        return Task(
            task_id=row_id(PREFIXES.get(node.type, "j"), self._node, created, row),
            tag=node.type,
            state=state,
            code=code,
            message=message,
            created_at=_instant(created),
            started_at=_instant(started) if started <= self._now and started < self._end else None,
            ended_at=_instant(min(ended, self._end)) if state in ("Success", "Failed", "Cancel") else None,
            batch_job_id=own.batch_job_id,
            run_id=row_id(RUN, self._node, int(history.found[number]), run) if workflow else None,
            workflow_id=workflow.workflow_id if workflow else None,
            node=node.name if workflow else None,
            object_key=key,
            queue_id=node.queue_id,
            template_id=node.template_id,
            template_name=node.template_name,
            output_object=node.output_object,
            user_data=own.user_data,
            job_level=own.job_level,
            media_duration_s=round(float(history.draws.media_s[number]), 2),
        )

    def _error(self, row: int, key: str) -> tuple[str, str]:
        error = int(self._history.errors[row])
        code, message = self._own.error if error == OF_BATCH_JOB and self._own.error else ERRORS[error]
        return code, message.format(key=key, bucket=self._bucket, n=row % 256)

    def _row_of(self, given: str, n: int) -> int | None:
        place = place_of(given)
        return None if place is None or place[0] != self._node or place[1] >= n else place[1]


def _instant(unix_s: int) -> datetime:
    return datetime.fromtimestamp(unix_s, ZONE)
