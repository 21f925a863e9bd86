"""What is left to do as visits to queues: few enough to be simulated, however many tasks there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from cijob_analysis.metrics.forecast.remaining_work import NOTHING, RUNNING, TO_COME, Flow, RemainingWork

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_SINGLE: Final = 2_000
"""Up to so many visits are simulated one by one."""

_FEWEST_CHUNKS: Final = 100


@dataclass(frozen=True, slots=True, eq=False)
class Visits:
    """What is left to do, as visits to queues; a visit is one task, or many one after the other.

    Attributes
    ----------
    flow, node : array of int
        Which node of which flow each is of.
    batch_job : array of int
        Number of its batch job.
    row : array of int
        The task in the frame, the first if there are many; −1 for one that is to come.
    size : array of float
        How many tasks it is.
    is_running : array of bool
        Whether it runs.
    pending : array of int
        How many visits it waits for.
    followers : array of int, a row for each visit
        Those that wait for it, −1 where there are fewer.
    """

    flow: NDArray[np.intp]
    node: NDArray[np.intp]
    batch_job: NDArray[np.intp]
    row: NDArray[np.intp]
    size: NDArray[np.float64]
    is_running: NDArray[np.bool_]
    pending: NDArray[np.int8]
    followers: NDArray[np.intp]


def remaining_visits(
    work: RemainingWork, is_known: NDArray[np.bool_], created: NDArray[np.datetime64], places: int
) -> Visits:
    """Return the visits that are left.

    Where they are many, objects of which nothing runs, and of which the same is left, are put together in the order
    of their creation: half of those that are left into one chunk for each place, half of the rest into as many, and so
    on. So the chunks become smaller until the last objects are on their own, and no place gets a chunk that it could
    not end with the others (factoring: Hummel, Schonberg and Flynn 1992).

    Parameters
    ----------
    work : RemainingWork
        What is left.
    is_known : array of bool
        For each batch job, whether it is to be simulated.
    created : array of datetime64
        Of each task of the frame.
    places : int
        How many run at once, in all queues.
    """
    total = sum(int((flow.left[is_known[flow.batch_job]] != NOTHING).sum()) for flow in work.flows)
    chunks = 0 if total <= _MOST_SINGLE else max(_FEWEST_CHUNKS, places)
    parts: list[Visits] = []
    offset = 0
    for number, flow in enumerate(work.flows):
        open_ones = np.flatnonzero((flow.left != NOTHING).any(axis=1) & is_known[flow.batch_job])
        if len(open_ones):
            parts.append(_of_flow(flow, number, *_chunks(flow, open_ones, created, chunks), offset))
            offset += len(parts[-1].flow)
    return _joined(parts)


def _chunks(
    flow: Flow, objects: NDArray[np.intp], created: NDArray[np.datetime64], chunks: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the first object of each chunk, and how many objects it has."""
    if not chunks:
        return objects, np.ones(len(objects))
    left = flow.left[objects]
    runs = (left == RUNNING).any(axis=1)
    signature = left.astype(np.int64) @ (4 ** np.arange(left.shape[1], dtype=np.int64))
    rows = np.where(left != NOTHING, flow.rows[objects], -1).max(axis=1)
    when = np.where(rows >= 0, created[rows].astype(np.int64), np.iinfo(np.int64).max)
    firsts, sizes = [objects[runs]], [np.ones(int(runs.sum()))]
    _, group = np.unique(np.stack([signature, flow.batch_job[objects]]), axis=1, return_inverse=True)
    group = group.reshape(-1)
    for one in np.unique(group[~runs]):
        own = np.flatnonzero((group == one) & ~runs)
        own = own[np.argsort(when[own], kind="stable")]
        size = _factored(len(own), chunks)
        firsts.append(objects[own[np.cumsum(size) - size]])
        sizes.append(size.astype(np.float64))
    return np.concatenate(firsts), np.concatenate(sizes)


def _factored(n: int, places: int) -> NDArray[np.intp]:
    """Return the sizes of chunks of `n` objects."""
    sizes: list[int] = []
    while n >= 2 * places:
        size = n // (2 * places)
        sizes += [size] * places
        n -= size * places
    return np.array(sizes + [1] * n, np.intp)


def _of_flow(flow: Flow, number: int, objects: NDArray[np.intp], sizes: NDArray[np.float64], offset: int) -> Visits:
    left = flow.left[objects]
    unit, node = np.nonzero(left != NOTHING)
    visit = np.full(left.shape, -1, np.intp)
    visit[unit, node] = np.arange(len(unit))
    place = {name: at for at, name in enumerate(flow.topology.order)}
    most = max((len(names) for names in flow.topology.successors.values()), default=0)
    followers = np.full((len(unit), most), -1, np.intp)
    pending = np.zeros(len(unit), np.int8)
    for name, names in flow.topology.successors.items():
        for slot, follower in enumerate(names):
            before, after = visit[:, place[name]], visit[:, place[follower]]
            both = (before >= 0) & (after >= 0) & (left[:, place[follower]] == TO_COME)
            followers[before[both], slot] = after[both] + offset
            pending[after[both]] += 1
    return Visits(
        flow=np.full(len(unit), number, np.intp),
        node=node,
        batch_job=flow.batch_job[objects][unit],
        row=np.where(left[unit, node] == TO_COME, -1, flow.rows[objects][unit, node]),
        size=sizes[unit],
        is_running=left[unit, node] == RUNNING,
        pending=pending,
        followers=followers,
    )


def _joined(parts: list[Visits]) -> Visits:
    most = max((part.followers.shape[1] for part in parts), default=0)

    def column(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(part, name) for part in parts])

    wide = [np.pad(part.followers, ((0, 0), (0, most - part.followers.shape[1])), constant_values=-1) for part in parts]
    if not parts:
        none = np.zeros(0, np.intp)
        return Visits(none, none, none, none, np.zeros(0), np.zeros(0, bool), none.astype(np.int8), none[:, None])
    return Visits(
        flow=column("flow"),
        node=column("node"),
        batch_job=column("batch_job"),
        row=column("row"),
        size=column("size"),
        is_running=column("is_running"),
        pending=column("pending"),
        followers=np.concatenate(wide),
    )
