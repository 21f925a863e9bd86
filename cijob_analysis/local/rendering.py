"""Rows of a workload as text: each kind in its element, spelled as the variants have it."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Final

from cijob_analysis.local.answers import element
from cijob_analysis.local.batchelements import batch_job_nodes
from cijob_analysis.local.executionelements import execution_nodes, listed_execution_nodes, topology_nodes
from cijob_analysis.local.stencils import Stencil, holes
from cijob_analysis.local.taskelements import TaskTexts, task_nodes, texts_of

if TYPE_CHECKING:
    from cijob_analysis.local.entities import BatchJob, Execution, Task
    from cijob_analysis.local.markup import Node
    from cijob_analysis.local.variants import Variants
    from cijob_analysis.local.workload import Workload

_rest: Final = attrgetter(
    *("tag", "state", "code", "node", "queue_id", "workflow_id", "template_id", "template_name", "output_object"),
    *("user_data", "job_level", "progress"),
)
"""What a task shows besides its texts."""


class Rendering:
    """Writes rows of one workload."""

    def __init__(self, workload: Workload, variants: Variants) -> None:
        self._variants = variants
        self._bucket, self._region = workload.bucket, workload.region
        self._workflows = {workflow.workflow_id: workflow for workflow in workload.workflows}
        self._categories = {queue.queue_id: queue.category for queue in workload.queues}
        self._batch_jobs: dict[str, str] = {}
        self._stencils: dict[tuple[object, ...], Stencil] = {}

    def batch_job(self, job: BatchJob) -> str:
        """Return the ``JobsDetail`` of a batch job; each is written once."""
        found = self._batch_jobs.get(job.batch_job_id)
        if found is None:
            found = batch_job_element(job, self._variants)
            self._batch_jobs[job.batch_job_id] = found
        return found

    def listed_execution(self, execution: Execution) -> str:
        """Return the ``WorkflowExecutionList`` of an execution."""
        url = f"https://{self._bucket}.cos.{self._region}.myqcloud.com"
        content = listed_execution_nodes(execution, self._variants, url=url)
        return element("WorkflowExecutionList", content, self._variants, key=execution.run_id)

    def execution(self, execution: Execution, tasks: list[Task]) -> str:
        """Return the ``WorkflowExecution`` of an execution."""
        workflow = self._workflows.get(execution.workflow_id)
        topology = self.topology(execution.workflow_id)
        content = execution_nodes(execution, tasks, workflow, topology, self._variants)
        return element("WorkflowExecution", content, self._variants, key=execution.run_id)

    def task(self, task: Task, *, is_listed: bool) -> str:
        """Return the ``JobsDetail`` of a task; those that are alike but for their texts come from one stencil."""
        texts = texts_of(task, self._variants, self._variants.time_format)
        if self._variants.shuffled:
            return self._task(task, texts, is_listed)
        shape = (*_rest(task), *(text and True for text in texts), is_listed)
        stencil = self._stencils.get(shape)
        if stencil is None:
            stencil = Stencil(self._task(task, TaskTexts(*holes(texts)), is_listed))
            self._stencils[shape] = stencil
        return stencil.filled(texts)

    def _task(self, task: Task, texts: TaskTexts, is_listed: bool) -> str:
        workflow = self._workflows.get(task.workflow_id or "")
        content = task_nodes(
            task,
            texts,
            self._variants,
            bucket=self._bucket,
            region=self._region,
            workflow_name=None if workflow is None else workflow.name,
            is_listed=is_listed,
        )
        return element("JobsDetail", content, self._variants, key=task.task_id)

    def topology(self, workflow_id: str) -> list[Node]:
        """Return the children of a workflow's ``Topology``; none if the workload does not know it."""
        workflow = self._workflows.get(workflow_id)
        if workflow is None:
            return []
        return topology_nodes(workflow, self._categories, bucket=self._bucket, region=self._region)


def batch_job_element(job: BatchJob, variants: Variants) -> str:
    """Return the ``JobsDetail`` of a batch job (page 1045/47030)."""
    return element("JobsDetail", batch_job_nodes(job, variants), variants, key=job.batch_job_id)
