"""When what is left will have ended, many times over: run times drawn, queues simulated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from cijob_analysis.metrics.forecast.queue_simulation import Network, group_ends
from cijob_analysis.metrics.forecast.remaining_visits import Visits, remaining_visits
from cijob_analysis.metrics.forecast.service_times import Replicates, ServiceTimes
from cijob_analysis.metrics.groups import state_codes
from cijob_analysis.metrics.instants import instants
from cijob_analysis.metrics.paths.observed import numbers_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from cijob_analysis.metrics.forecast.capacity import Capacity
    from cijob_analysis.metrics.forecast.remaining_work import Flow, RemainingWork

ENOUGH: Final = 5
"""So many tasks of a kind must have finished before anything is said of the next ones."""

_MOST_REPLICATES: Final = 400
_FEWEST_REPLICATES: Final = 100
_MOST_CELLS: Final = 1_000_000
_LAST: Final = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What tasks show of how long their like runs.

    Attributes
    ----------
    created, started : array of datetime64[us]
        Of each task.
    run_s : array of float
        How long it ran, or has run so far [s]; NaN if that is not known.
    has_run, failed, is_running : array of bool
        Whether it has run to its end, a success or a failure but not cancelled; whether it failed; whether it runs.
    task_type : array of int
        What kind it is, as a number.
    types : list of (str or None)
        What the numbers stand for.
    """

    created: NDArray[np.datetime64]
    started: NDArray[np.datetime64]
    run_s: NDArray[np.float64]
    has_run: NDArray[np.bool_]
    failed: NDArray[np.bool_]
    is_running: NDArray[np.bool_]
    task_type: NDArray[np.intp]
    types: list[str | None]

    @classmethod
    def of(cls, tasks: pd.DataFrame, as_of: np.datetime64) -> Evidence:
        """Return what `tasks` show."""
        created, started, ended = (instants(tasks, name) for name in ("created_at", "started_at", "ended_at"))
        codes, names = state_codes(tasks)
        succeeded, failed, cancelled = (codes == names.index(name) for name in ("Success", "Failed", "Cancel"))
        is_over = succeeded | failed | cancelled
        run_s = (np.where(is_over, ended, as_of) - started) / np.timedelta64(1, "s")
        is_known = run_s >= 0
        return cls(
            created,
            started,
            run_s,
            (succeeded | failed) & is_known,
            failed,
            ~is_over & is_known,
            *numbers_of(tasks["task_type"].astype(object)),
        )

    def of_type(self, name: str | None) -> NDArray[np.intp]:
        """Return the tasks of a type."""
        return np.flatnonzero(self.task_type == self.types.index(name)) if name in self.types else np.zeros(0, np.intp)

    def alike(self, flow: Flow, node: int) -> NDArray[np.intp] | None:
        """Return the tasks that tell how long those of a node run: its own, or all of its type; None if too few."""
        own = flow.rows[:, node]
        own = own[own >= 0]
        if np.count_nonzero(self.has_run[own]) >= ENOUGH:
            return own
        of_type = self.of_type(flow.topology.nodes[node].type)
        return of_type if np.count_nonzero(self.has_run[of_type]) >= ENOUGH else None


def forecast(
    work: RemainingWork,
    evidence: Evidence,
    is_known: NDArray[np.bool_],
    queue: NDArray[np.intp],
    capacity: list[Capacity],
    seed: int,
) -> NDArray[np.float64]:
    """Return when the last task of each batch job ends, in many replicates.

    Parameters
    ----------
    work : RemainingWork
        What is left.
    evidence : Evidence
        How long tasks run.
    is_known : array of bool
        For each batch job, whether enough is known of what it has left; the others are left out.
    queue : array of int
        For each task the number of its queue.
    capacity : list of Capacity
        Of each queue.
    seed : int
        Of all that is drawn.

    Returns
    -------
    array of float, a row for each replicate, a column for each batch job
        Seconds from now; 0 where nothing is left.
    """
    random = np.random.default_rng(seed)
    visits = remaining_visits(work, is_known, evidence.created, round(sum(one.places for one in capacity)))
    n = int(np.clip(_MOST_CELLS / max(len(visits.flow), 1), _FEWEST_REPLICATES, _MOST_REPLICATES))
    seconds, failed, own_queue = _drawn(work, evidence, visits, queue, n, random)
    running = np.bincount(own_queue[visits.is_running], minlength=len(capacity))
    places = np.array([one.places for one in capacity])
    servers = np.maximum(np.rint(places), np.maximum(running, 1)).astype(np.intp)
    seconds[:, ~visits.is_running] *= (servers / places)[own_queue[~visits.is_running]]
    network = Network(
        queue=own_queue,
        group=visits.batch_job,
        pending=visits.pending,
        followers=visits.followers,
        is_running=visits.is_running,
        order=np.where(visits.row >= 0, evidence.created[visits.row].astype(np.int64), _LAST),
        servers=np.minimum(servers, np.bincount(own_queue, minlength=len(capacity))),
    )
    ends = np.zeros((n, len(is_known)))
    found = group_ends(network, seconds, failed)
    ends[:, : found.shape[1]] = found
    return ends


def _drawn(
    work: RemainingWork,
    evidence: Evidence,
    visits: Visits,
    queue: NDArray[np.intp],
    n: int,
    random: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.intp]]:
    """Return how long each visit lasts and whether it fails, a row for each of `n` replicates, and its queue."""
    seconds, failed = np.zeros((n, len(visits.flow))), np.zeros((n, len(visits.flow)), bool)
    own_queue, size = np.zeros(len(visits.flow), np.intp), visits.size.copy()
    for flow, node in np.unique(np.stack([visits.flow, visits.node]), axis=1).T:  # in topological order
        own = np.flatnonzero((visits.flow == flow) & (visits.node == node))
        alike = evidence.alike(work.flows[flow], node)
        if alike is None:
            continue
        done = alike[evidence.has_run[alike]]
        under_way = alike[evidence.is_running[alike]]
        times = ServiceTimes.of(evidence.run_s[done], evidence.failed[done], evidence.run_s[under_way])
        replicates = Replicates(times, n, random)
        usual = int(np.bincount(queue[done]).argmax())
        own_queue[own] = np.where(visits.row[own] >= 0, queue[visits.row[own]], usual)
        fresh, runs = own[~visits.is_running[own]], own[visits.is_running[own]]
        seconds[:, fresh], failed[:, fresh] = replicates.fresh(size[fresh])
        seconds[:, runs], failed[:, runs] = replicates.left(np.nan_to_num(evidence.run_s[visits.row[runs]]))
        following = visits.followers[own[size[own] > 1]].ravel()
        np.multiply.at(size, following[following >= 0], 1 - times.failing)
    return seconds, failed, own_queue
