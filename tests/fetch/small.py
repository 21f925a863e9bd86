"""Worlds of a few executions, written so that what is odd about them stands out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from cijob_analysis.local import Execution, Node, Task, Workflow, Workload
from cijob_analysis.local.zone import NOW
from tests.local.asking import batch_job

WORKFLOW_ID = f"w{9:032x}"
PREFIXES = {"PicProcess": "c", "DocProcess": "d", "SpeechRecognition": "s", "FileCompress": "f"}


def small_world(
    executions: int,
    nodes: Sequence[str] = ("Transcode", "Snapshot"),
    *,
    ran: Sequence[str] | None = None,
    old: int = 0,
    batch_jobs: int = 1,
    state: str = "Success",
) -> Workload:
    """Return a world with one workflow.

    Parameters
    ----------
    executions : int
        How many each batch job has, a second apart.
    nodes : sequence of str
        Types of the workflow's nodes, as it is now.
    ran : sequence of str, optional
        Types of the tasks of each execution that was created before the workflow was changed; `nodes` if not given.
    old : int
        How many of each batch job's executions were created before the workflow was changed.
    batch_jobs : int
        How many batch jobs ran it.
    state : str
        Of all executions; the last task of those that failed has failed.
    """
    workflow = Workflow(
        workflow_id=WORKFLOW_ID,
        name="small",
        nodes=tuple(Node(name=f"{kind}_{number}", type=kind) for number, kind in enumerate(nodes)),
        created_at=NOW,
        updated_at=NOW + timedelta(seconds=old),
    )
    jobs = [batch_job(number, workflow_ids=(WORKFLOW_ID,), started_at=NOW) for number in range(batch_jobs)]
    runs = [
        Execution(
            run_id=f"i{number * 100_000 + second:032x}",
            workflow_id=WORKFLOW_ID,
            batch_job_id=job.batch_job_id,
            created_at=NOW + timedelta(seconds=second),
            state=state,
            object_key=f"videos/{second}.mp4",
        )
        for number, job in enumerate(jobs)
        for second in range(executions)
    ]
    before = nodes if ran is None else ran
    tasks = [
        task
        for run in runs
        for task in _tasks_of(run, before if run.created_at < NOW + timedelta(seconds=old) else nodes)
    ]
    return Workload(batch_jobs=tuple(jobs), executions=tuple(runs), tasks=tuple(tasks), workflows=(workflow,))


def _tasks_of(run: Execution, kinds: Sequence[str]) -> list[Task]:
    """Return a task of each kind, of which the last one has failed if the execution has."""
    whole = Task(
        task_id="",
        tag="",
        state="Success",
        run_id=run.run_id,
        workflow_id=run.workflow_id,
        batch_job_id=run.batch_job_id,
        object_key=run.object_key,
        created_at=run.created_at,
        started_at=run.created_at + timedelta(seconds=1),
        ended_at=run.created_at + timedelta(seconds=2),
    )
    tasks = [
        replace(whole, task_id=f"{PREFIXES.get(kind, 'j')}{place}{run.run_id[2:]}", tag=kind, node=f"{kind}_{place}")
        for place, kind in enumerate(kinds)
    ]
    if run.state == "Failed":
        tasks[-1] = replace(tasks[-1], state="Failed", code="BadFile")
    return tasks
