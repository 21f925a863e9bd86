"""Which task of an execution is created when which others have ended: by topology, or else by time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.metrics.paths.topology import Topology, topologies_of
from cijob_analysis.snapshot import Snapshot

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOTHING: Final = -1


class Releases(NamedTuple):
    """Pairs of tasks of one execution: that `after` was created once `before`, among others, had ended."""

    before: NDArray[np.intp]
    after: NDArray[np.intp]


def releases(
    data: pd.DataFrame | Snapshot, tasks: pd.DataFrame, created: NDArray[np.int64], ended: NDArray[np.int64]
) -> Releases:
    """Return what `tasks` waited for before they were created, each pair once.

    Where a snapshot knows the topology of an execution, and all nodes of its tasks are in it, those are the tasks at
    the nodes before; of several at one node the one that ended last. Otherwise it is the one that ended last before
    the task was created. What had not ended by then was not waited for.

    Parameters
    ----------
    data : DataFrame or Snapshot
        What the tasks are from.
    tasks : DataFrame
        `run_id`, and if `data` is a snapshot `workflow_id` and `node`.
    created, ended : array of int64
        When each was created and ended, created ≤ ended.

    Raises
    ------
    SchemaError
        A column is missing.
    """
    schema.require(tasks, "run_id", *(("workflow_id", "node") if isinstance(data, Snapshot) else ()))
    run, run_ids = pd.factorize(tasks["run_id"])  # -1 if missing
    has_topology = np.zeros(len(run_ids) + 1, bool)
    pairs: list[Releases] = []
    if isinstance(data, Snapshot):
        topologies, topology = topologies_of(data, _executions(data, tasks, run_ids))
        topology = np.append(topology, len(topologies) - 1)  # what has no execution has none
        for number, each in enumerate(topologies[:-1]):
            if each is not None:
                mine = np.flatnonzero(topology[run] == number)
                place = pd.Index(each.order).get_indexer(pd.Index(tasks["node"].iloc[mine]))
                fits = topology == number
                fits[run[mine[place < 0]]] = False
                has_topology |= fits
                is_fit = fits[run[mine]]
                pairs.append(_along(each, mine[is_fit], place[is_fit], run, ended))
    found = latest_before(np.where(has_topology[run], NOTHING, run), created, ended)
    released = np.flatnonzero(found != NOTHING)
    pairs.append(Releases(found[released], released))
    before, after = (np.concatenate(ends) for ends in zip(*pairs, strict=True))
    waited = ended[before] <= created[after]
    return Releases(before[waited], after[waited])


def latest_before(run: NDArray[np.intp], created: NDArray[np.int64], ended: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return for each task the one of its execution that ended last before it was created; `NOTHING` if none did.

    Of those that last no time at one instant, the earlier row releases the later one.

    Parameters
    ----------
    run : array of int
        The number of each task's execution, negative if it belongs to none.
    created, ended : array of int64
        When each was created and ended, created ≤ ended.
    """
    n = len(run)
    ranks = np.unique(np.concatenate([created, ended]), return_inverse=True)[1].reshape(-1)
    begin, end = (run * (2 * n + 1) + rank for rank in (ranks[:n], ranks[n:]))  # execution and time in one integer
    order = np.lexsort((begin, end))
    position = np.searchsorted(end[order], begin, side="right") - 1
    instantaneous = np.flatnonzero((begin == end)[order])
    position[order[instantaneous]] = instantaneous - 1
    found = order[np.maximum(position, 0)]
    return np.where((position >= 0) & (run >= 0) & (run[found] == run), found, NOTHING)


def _executions(snapshot: Snapshot, tasks: pd.DataFrame, run_ids: pd.Index) -> pd.DataFrame:
    """Return `workflow_id` and `topology` of the executions `run_ids`."""
    of_tasks = tasks.drop_duplicates("run_id").set_index("run_id")["workflow_id"]
    said = snapshot.executions.reindex(columns=["run_id", "topology"]).dropna().drop_duplicates("run_id")
    topology = said.set_index("run_id")["topology"].reindex(run_ids)
    return pd.DataFrame({"workflow_id": of_tasks.reindex(run_ids).to_numpy(), "topology": topology.to_numpy()})


def _along(
    topology: Topology,
    tasks: NDArray[np.intp],
    place: NDArray[np.intp],
    run: NDArray[np.intp],
    ended: NDArray[np.int64],
) -> Releases:
    """Return the pairs of `tasks`, whose nodes have the numbers `place` in the order of `topology`."""
    runs, column = np.unique(run[tasks], return_inverse=True)
    column = column.reshape(-1)
    last = np.full((len(topology.order), len(runs)), NOTHING, np.intp)
    by_end = np.argsort(ended[tasks], kind="stable")
    last[place[by_end], column[by_end]] = tasks[by_end]  # of equal indices the last one is written
    number = {name: at for at, name in enumerate(topology.order)}
    before, after = [np.zeros(0, np.intp)], [np.zeros(0, np.intp)]
    for begin, end in topology.edges:
        at_end = place == number[end]
        found = last[number[begin], column[at_end]]
        before.append(found[found != NOTHING])
        after.append(tasks[at_end][found != NOTHING])
    return Releases(np.concatenate(before), np.concatenate(after))
