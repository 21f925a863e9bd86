"""Lists of queues and of workflows, by page number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cijob_analysis.local.answers import Refusal, element, response
from cijob_analysis.local.executionelements import queue_nodes, workflow_nodes
from cijob_analysis.local.listing import DEFAULT_SIZE, invalid, number
from cijob_analysis.local.rendering import Rendering
from cijob_analysis.local.topology import CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cijob_analysis.local.faults import Faults
    from cijob_analysis.local.markup import Node
    from cijob_analysis.local.topology import Queue, Workflow
    from cijob_analysis.local.variants import Variants
    from cijob_analysis.local.workload import Workload

MOST: Final = 999_999
"""Of a page's number and size: no page states a limit."""


class Definitions:
    """Reads the queues and workflows of one workload."""

    def __init__(self, workload: Workload, variants: Variants) -> None:
        self._workload, self._variants = workload, variants
        self._rendering = Rendering(workload, variants)

    def read(self, name: str, params: Mapping[str, str], faults: Faults, *, request_id: str) -> bytes:
        """Return the list at ``/<name>``.

        Raises
        ------
        Refusal
            InvalidArgument: a filter or the number of a page; InternalError if a fault asks for it.
        """
        if name == "workflow":
            ids, unknown_name = params.get("ids", ""), "NonExistIDs"
            rows = {item.workflow_id: self._workflow(item) for item in self._workflows(params.get("name", ""))}
        else:
            ids, unknown_name = params.get("queueIds", ""), "NonExistPIDs"
            rows = {item.queue_id: self._queue(item) for item in self._queues(name, params)}
        wanted = ids.split(",") if ids else list(rows)
        found = [rows[item] for item in wanted if item in rows]
        page = number("pageNumber", params, 1, MOST)
        refuse_page(page, faults)
        size = number("pageSize", params, DEFAULT_SIZE, MOST)
        counts: list[Node] = []
        if not ids or params.get("pageNumber") or params.get("pageSize"):
            counts = [("TotalCount", str(len(found))), ("PageNumber", str(page)), ("PageSize", str(size))]
            found = found[(page - 1) * size : page * size]
        unknown = [item for item in wanted if item not in rows]
        return response(
            found, self._variants, request_id=request_id, counts=counts, unknown_ids=unknown, unknown_name=unknown_name
        )

    def _workflows(self, name: str) -> list[Workflow]:
        return [workflow for workflow in self._workload.workflows if workflow.name.startswith(name)]

    def _queues(self, path: str, params: Mapping[str, str]) -> list[Queue]:
        state, categories = params.get("state") or "All", CATEGORIES[path]
        if state not in ("All", "Active", "Paused"):
            raise invalid("state", state, "one of All, Active, Paused")
        if path == "queue":
            category = params.get("category") or categories[0]
            if category not in ("CateAll", *categories):
                raise invalid("category", category, f"one of CateAll, {', '.join(categories)}")
            categories = categories if category == "CateAll" else (category,)
        return [item for item in self._workload.queues if item.category in categories and state in ("All", item.state)]

    def _workflow(self, workflow: Workflow) -> str:
        topology = self._rendering.topology(workflow.workflow_id)
        content = workflow_nodes(workflow, topology, self._variants, bucket=self._workload.bucket)
        return element("MediaWorkflowList", content, self._variants, key=workflow.workflow_id)

    def _queue(self, queue: Queue) -> str:
        return element("QueueList", queue_nodes(queue, self._variants), self._variants, key=queue.queue_id)


def refuse_page(page: int, faults: Faults) -> None:
    """Refuse a page that a fault makes fail."""
    if page in faults.failing_pages:
        raise Refusal("InternalError", f"page {page} cannot be read")
