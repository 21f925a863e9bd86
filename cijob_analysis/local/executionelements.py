"""Executions (pages 1045/51275, 51276), workflows and queues as elements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from cijob_analysis.local.markup import Node, given, time_text, times
from cijob_analysis.local.taskelements import node_task_nodes
from cijob_analysis.local.topology import START

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cijob_analysis.local.entities import Execution, Task
    from cijob_analysis.local.topology import Queue, Workflow
    from cijob_analysis.local.variants import Variants

_QUEUE_ELEMENTS: Final = {
    "Transcoding": "QueueId",
    "SpeedTranscoding": "QueueId",
    "PicProcessing": "PicProcessQueueId",
    "AIProcess": "AIProcessQueueId",
    "Speeching": "SpeechRecognitionQueueId",
}
"""Where a workflow names its queue of a category (in the node Start)."""


def listed_execution_nodes(execution: Execution, variants: Variants, *, url: str) -> list[Node]:
    """Return the children of ``WorkflowExecutionList``; `url` is the bucket's."""
    key = execution.object_key
    return [
        ("RunId", execution.run_id),
        ("WorkflowId", execution.workflow_id),
        ("Object", f"{url}/{quote(key)}" if variants.object_url else key),
        *_created(execution, variants),
        ("State", execution.state),
    ]


def execution_nodes(
    execution: Execution, tasks: Iterable[Task], workflow: Workflow | None, topology: list[Node], variants: Variants
) -> list[Node]:
    """Return the children of ``WorkflowExecution``."""
    start: list[Node] = [("Type", START), *_created(execution, variants), ("State", "Success"), ("JobId", "")]
    name = None if workflow is None else workflow.name
    return [
        ("WorkflowId", execution.workflow_id),
        *([] if name is None else [("WorkflowName" if variants.workflow_name else "Name", name)]),
        ("RunId", execution.run_id),
        *_created(execution, variants),
        ("Object", execution.object_key),
        ("State", execution.state),
        *([("Topology", topology)] if topology else []),
        *([("Tasks", [*start, ("Name", START)])] if variants.start_node else []),
        *(("Tasks", node_task_nodes(task, variants)) for task in tasks),
    ]


def topology_nodes(workflow: Workflow, categories: dict[str, str], *, bucket: str, region: str) -> list[Node]:
    """Return the children of ``Topology``; `categories` are those of the queues, by their ids."""
    queues: dict[str, str] = {}
    for node in workflow.nodes:
        if node.queue_id is not None:
            queues.setdefault(_QUEUE_ELEMENTS.get(categories.get(node.queue_id, ""), "QueueId"), node.queue_id)
    start: list[Node] = [*queues.items(), ("ObjectPrefix", workflow.object_prefix)]
    nodes: list[Node] = [(START, [("Type", START), ("Input", start)])]
    for node in workflow.nodes:
        operation = given(TemplateId=node.template_id)
        if node.output_object is not None:
            place: list[Node] = [("Region", region), ("Bucket", bucket), ("Object", node.output_object)]
            operation.append(("Output", place))
        nodes.append((node.name, [("Type", node.type), ("Operation", operation)]))
    dependencies: list[Node] = [(begin, ",".join(ends)) for begin, ends in workflow.followers.items()]
    return [("Dependencies", dependencies), ("Nodes", nodes)]


def workflow_nodes(workflow: Workflow, topology: list[Node], variants: Variants, *, bucket: str) -> list[Node]:
    """Return the children of ``MediaWorkflowList`` (page 460/76857)."""
    return [
        ("Name", workflow.name),
        ("WorkflowId", workflow.workflow_id),
        ("State", workflow.state),
        ("BucketId", bucket),
        *_since(workflow, variants),
        ("Topology", topology),
    ]


def queue_nodes(queue: Queue, variants: Variants) -> list[Node]:
    """Return the children of ``QueueList``."""
    return [
        ("QueueId", queue.queue_id),
        ("Name", queue.name),
        ("State", queue.state),
        ("NotifyConfig", [("State", "Off")]),
        ("MaxSize", str(queue.max_size)),
        ("MaxConcurrent", str(queue.max_concurrent)),
        *_since(queue, variants),
        ("Category", queue.category),
    ]


def _since(row: Queue | Workflow, variants: Variants) -> list[Node]:
    created, updated = (time_text(time, variants.time_format) for time in (row.created_at, row.updated_at))
    return given(CreateTime=created, UpdateTime=updated)


def _created(execution: Execution, variants: Variants) -> list[Node]:
    name = "CreationTime" if variants.creation_time_in_executions else "CreateTime"
    return times(name, time_text(execution.created_at, variants.execution_time_format), variants)
