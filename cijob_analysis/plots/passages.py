"""How executions pass from node to node: when each one entered and left each band of a performance spectrum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.ledger import counted
from cijob_analysis.metrics.groups import is_terminal
from cijob_analysis.metrics.instants import NEVER, instant, instants
from cijob_analysis.metrics.paths.critical import critical_path
from cijob_analysis.metrics.paths.execution_tasks import ExecutionTasks, execution_tasks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cijob_analysis.snapshot import Snapshot

UNDER_WAY = 4
"""The class of what has not ended; the others are quarters by duration, the slowest last."""


@dataclass(frozen=True, slots=True)
class Passages:
    """Lines of a performance spectrum; arrays in the order of the bands.

    Attributes
    ----------
    band : array of int
        Twice the number of the node for the wait before it, and one more for the run.
    begin, end : array of datetime64[us]
        From when to when; what is under way ends when it was last heard of.
    kind : array of int
        The quarter of its band, 0 to 3 by duration, or `UNDER_WAY`.
    executions : int
        How many executions have a line.
    remarks : tuple of str
        What was left out.
    """

    band: NDArray[np.intp]
    begin: NDArray[np.datetime64]
    end: NDArray[np.datetime64]
    kind: NDArray[np.intp]
    executions: int
    remarks: tuple[str, ...]


def nodes_of(data: Snapshot, nodes: Sequence[str] | None) -> list[str]:
    """Return the nodes to be shown: `nodes`, or those of the critical path on which most time was spent.

    Raises
    ------
    ConfigurationError
        There are tasks, and none at one of `nodes`; or a node stands twice in it, or is a text by itself.
    """
    if nodes is None:
        found = critical_path(data)
        lengths = found.executions.groupby("critical_nodes")["length_s"].sum()
        if lengths.empty:
            return []
        longest = found.executions["critical_nodes"].eq(str(lengths.idxmax())).fillna(False).to_numpy(bool)
        run_id = found.executions["run_id"].iloc[int(np.argmax(longest))]
        rows = found.tasks[(found.tasks["run_id"].eq(run_id) & found.tasks["is_critical"]).to_numpy(bool)]
        return list(dict.fromkeys(rows["node"].dropna()))
    names = [nodes] if isinstance(nodes, str) else list(nodes)
    there = list(data.tasks["node"].dropna().unique())
    unknown = [name for name in names if name not in there]
    if there and unknown:
        raise ConfigurationError(
            f"nodes: there is no task at {unknown[0]!r}; there are {', '.join(map(str, there[:8]))}"
        )
    if len(set(names)) < len(names) or not names:
        raise ConfigurationError(f"nodes={names!r}: give each node once, from top to bottom")
    return names


def passages_of(data: Snapshot, nodes: Sequence[str]) -> Passages:
    """Return when executions waited for, and ran at, each of `nodes`, of several tasks at one the last to end.

    The wait before the first node begins with the execution, that before another one with the end of the node
    above. Where nothing ran at that one, there is no such line.
    """
    seen = execution_tasks(data, None)
    begin, started, ended, is_open = _times_of(seen, nodes)
    now = NEVER if seen.as_of is None else instant(seen.as_of)
    bands, begins, ends, kinds = [], [], [], []
    has_line = np.zeros(len(begin), bool)
    n_endless = 0
    for node in range(len(nodes)):
        waits = is_open[node] & np.isnat(started[node])
        before = ended[node - 1] if node else begin
        for number, come, gone, stays in (
            (2 * node, before, started[node], waits),
            (2 * node + 1, started[node], ended[node], is_open[node] & ~waits),
        ):
            until = np.where(stays, np.fmax(now, come) if not np.isnat(now) else now, gone)
            lines = np.flatnonzero(~np.isnat(come) & ~np.isnat(until))
            n_endless += int((stays & ~np.isnat(come) & np.isnat(until)).sum())
            has_line[lines] = True
            bands.append(np.full(len(lines), number, np.intp))
            begins.append(come[lines])
            ends.append(until[lines])
            kinds.append(_kinds(until[lines] - come[lines], stays[lines]))
    remarks = [
        *seen.remarks,
        *([f"{counted(n_endless, 'task')} under way nobody knows until when"] if n_endless else []),
    ]
    if not nodes:
        return Passages(
            np.zeros(0, np.intp), np.full(0, NEVER), np.full(0, NEVER), np.zeros(0, np.intp), 0, tuple(remarks)
        )
    return Passages(
        np.concatenate(bands),
        np.concatenate(begins),
        np.concatenate(ends),
        np.concatenate(kinds),
        int(has_line.sum()),
        tuple(remarks),
    )


def _times_of(
    seen: ExecutionTasks, nodes: Sequence[str]
) -> tuple[NDArray[np.datetime64], NDArray[np.datetime64], NDArray[np.datetime64], NDArray[np.bool_]]:
    """Return when executions began, and for nodes × executions: when they started, ended, and if they are under way."""
    n = len(seen.executions)
    place = pd.Index(list(nodes), dtype=object).get_indexer(pd.Index([*seen.node_names, None], dtype=object))[seen.node]
    tasks = np.flatnonzero(place >= 0)
    tasks = tasks[np.argsort(seen.end[tasks], kind="stable")]
    cell = place[tasks], seen.execution[tasks]
    last = np.full((len(nodes), n), -1, np.intp)
    last[cell] = tasks  # of equal indices the last one is written
    is_there = last >= 0
    started, ended = np.full(last.shape, NEVER), np.full(last.shape, NEVER)
    finished, is_open = is_terminal(seen.tasks), np.zeros(last.shape, bool)
    started[is_there] = instants(seen.tasks, "started_at")[last[is_there]]
    ended[is_there] = np.where(finished, instants(seen.tasks, "ended_at"), NEVER)[last[is_there]]
    is_open[is_there] = ~finished[last[is_there]]
    known = np.bincount(seen.execution, minlength=n) > 0
    return np.where(known, seen.begin.astype("datetime64[us]"), NEVER), started, ended, is_open


def _kinds(durations: NDArray[np.timedelta64], stays: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the quarter of each duration among those that have ended, `UNDER_WAY` for the others."""
    values = durations.astype(np.int64)
    if stays.all():
        return np.full(len(values), UNDER_WAY, np.intp)
    bounds = np.quantile(values[~stays], [0.25, 0.5, 0.75])
    return np.where(stays, UNDER_WAY, np.searchsorted(bounds, values)).astype(np.intp)
