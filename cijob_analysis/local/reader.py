"""Path and query in, the body of an answer out: what may be read of a workload."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from cijob_analysis.local import kinds, permissions
from cijob_analysis.local.answers import Refusal, response
from cijob_analysis.local.definitions import Definitions, refuse_page
from cijob_analysis.local.listing import Kind, Listing
from cijob_analysis.local.rendering import Rendering
from cijob_analysis.local.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cijob_analysis.local.faults import Faults
    from cijob_analysis.local.variants import Variants
    from cijob_analysis.local.workload import Workload

MAX_IDS: Final = 10
"""Ids in one path, as page 1045/73113 says for jobs."""


def exists(path: str) -> bool:
    """Return whether there is anything at `path`."""
    name, ids = _split(path)
    return name in (permissions.OF_ONE if ids else permissions.OF_LISTS)


class Reader:
    """Reads one workload.

    Parameters
    ----------
    workload : Workload
        What there is.
    variants : Variants
        How it is spelled.
    """

    def __init__(self, workload: Workload, variants: Variants) -> None:
        self.workload, self._variants = workload, variants
        self._world = World(workload)
        self._definitions = Definitions(workload, variants)
        self._rendering = Rendering(workload, variants)
        self._listings: dict[tuple[str, str | None], Listing[Any]] = {}

    def read(self, path: str, params: Mapping[str, str], faults: Faults, *, request_id: str) -> bytes:
        """Return the body of the answer.

        Raises
        ------
        Refusal
            InvalidUrl, AccessDenied, InvalidArgument, or InternalError if a fault asks for it.
        """
        name, ids = _split(path)
        if not exists(path):
            raise Refusal("InvalidUrl", f"there is nothing at {path[:200]}")
        action = (permissions.OF_ONE if ids else permissions.OF_LISTS)[name]
        if action in faults.denied_actions:
            raise Refusal("AccessDenied", f"the key has no permission {action}")
        if not ids:
            if name not in ("inventorytriggerjob", "workflowexecution", *kinds.TASK_PATHS):
                return self._definitions.read(name, params, faults, request_id=request_id)
            return self._list(name, params, faults, request_id)
        wanted = ids.split(",")
        if len(wanted) > MAX_IDS:
            raise Refusal("InvalidArgument", f"jobId: {len(wanted)} ids in one request, more than {MAX_IDS}")
        denied = faults.denied_ids.intersection(wanted)
        if denied:
            raise Refusal("AccessDenied", f"no permission to read {', '.join(sorted(denied))}")
        known = [item for item in wanted if item not in faults.vanished_ids]
        if name == "workflowexecution":
            return self._one_execution(ids if known else "", request_id)
        return self._by_ids(name, wanted, set(known), request_id)

    def _list(self, name: str, params: Mapping[str, str], faults: Faults, request_id: str) -> bytes:
        if name == "inventorytriggerjob":
            listing = self._listing(name, None, kinds.BATCH_JOBS)
            render: Callable[[Any], str] = self._rendering.batch_job
        elif name == "workflowexecution":
            listing = self._listing(name, params.get("jobId"), kinds.EXECUTIONS)
            render = self._rendering.listed_execution
        else:
            if not params.get("tag"):
                raise Refusal("InvalidArgument", "tag: it is missing; ask for one kind of task")
            kind = kinds.tasks(name, self._variants.batch_job_finds)
            listing = self._listing(name, params.get("inventoryTriggerJobId"), kind)
            render = partial(self._rendering.task, is_listed=True)
        page = listing.page(params)
        refuse_page(page.number, faults)
        token = params["nextToken"] if faults.repeated_token and page.number == 2 and page.token else page.token
        return response(map(render, page.rows), self._variants, request_id=request_id, next_token=token)

    def _listing(self, name: str, batch_job_id: str | None, kind: Kind) -> Listing[Any]:
        if not batch_job_id or self._world.batch_job(batch_job_id) is None:
            batch_job_id = None
        place = (name, batch_job_id)
        if place not in self._listings:
            if name == "inventorytriggerjob":
                self._listings[place] = Listing(self._world.batch_jobs, kind)
            elif name == "workflowexecution":
                self._listings[place] = Listing(self._world.executions(batch_job_id), kind)
            else:
                self._listings[place] = Listing(self._world.tasks(batch_job_id), kind)
        return self._listings[place]

    def _one_execution(self, run_id: str, request_id: str) -> bytes:
        execution = self._world.execution(run_id)
        if execution is None and self._variants.unknown_execution == "404":
            raise Refusal("InvalidUrl", "there is no such execution")
        rows = [] if execution is None else [self._rendering.execution(execution, self._world.tasks_of(run_id))]
        return response(rows, self._variants, request_id=request_id)

    def _by_ids(self, name: str, wanted: Iterable[str], known: set[str], request_id: str) -> bytes:
        rows, unknown = [], []
        for item in wanted:
            found = self._row(name, item) if item in known else None
            if found is None:
                unknown.append(item)
            else:
                rows.append(found)
        return response(rows, self._variants, request_id=request_id, unknown_ids=unknown)

    def _row(self, name: str, item: str) -> str | None:
        if name == "inventorytriggerjob":
            job = self._world.batch_job(item)
            return None if job is None else self._rendering.batch_job(job)
        task = self._world.task(item)
        if task is None or not kinds.is_found(name, task.tag):
            return None
        return self._rendering.task(task, is_listed=False)


def _split(path: str) -> tuple[str, str]:
    """Return the name that a path begins with, and the ids behind it; no name if it is none of ours."""
    name, slash, ids = path.removeprefix("/").partition("/")
    return ("", "") if "/" in ids or bool(slash) != bool(ids) else (name, ids)
