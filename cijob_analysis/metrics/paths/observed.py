"""The topology of a workflow as its tasks show it, where nobody says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cijob_analysis.metrics.groups import is_terminal
from cijob_analysis.metrics.instants import NEVER, instants
from cijob_analysis.metrics.paths.topology import Node, Topology

if TYPE_CHECKING:
    from numpy.typing import NDArray


def column_of(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return a column of texts; one of missing ones if it is not there."""
    if name in frame.columns:
        return frame[name].astype(object)
    return pd.Series(None, frame.index, dtype=object)


def numbers_of(*columns: pd.Series) -> tuple[NDArray[np.intp], list[str | None]]:
    """Return the values of columns, one after the other, as numbers, and what these stand for; missing is the last."""
    codes, values = pd.factorize(np.concatenate([column.to_numpy(object) for column in columns]))
    names: list[str | None] = [str(value) for value in values]
    if (codes < 0).any():
        names.append(None)
    return np.where(codes < 0, len(values), codes).astype(np.intp), names


def nodes_of(tasks: pd.DataFrame) -> pd.Series:
    """Return the node of each task; where it is missing its type stands for it."""
    return column_of(tasks, "node").fillna(column_of(tasks, "task_type")).fillna("")


def observed_topology(tasks: pd.DataFrame, run: NDArray[np.intp]) -> Topology:
    """Return the nodes that tasks ran in, each after those that ended before it was created in all executions."""
    node, names = numbers_of(nodes_of(tasks))
    runs, run = np.unique(run, return_inverse=True)
    created, ended = (np.full((len(runs), len(names)), NEVER) for _ in range(2))
    created[run, node] = instants(tasks, "created_at")
    ended[run, node] = np.where(is_terminal(tasks), instants(tasks, "ended_at"), NEVER)
    before = np.zeros((len(names), len(names)), bool)
    for one in range(len(names)):
        both = ~np.isnat(ended[:, [one]]) & ~np.isnat(created)
        in_order = ended[:, [one]] <= created
        before[one] = both.any(axis=0) & (in_order | ~both).all(axis=0)
    before &= ~(before & before.T)
    order = np.argsort(before.sum(axis=0), kind="stable")
    types = tasks["task_type"].astype(object).to_numpy()
    first = np.zeros(len(names), np.intp)
    first[node[::-1]] = np.arange(len(node))[::-1]
    nodes = tuple(Node(str(names[one]), None if pd.isna(types[first[one]]) else types[first[one]]) for one in order)
    edges = [(a, b) for a in order for b in order if before[a, b]]
    return Topology(nodes, tuple((str(names[a]), str(names[b])) for a, b in edges))
