"""All that happens to the executions and tasks of one batch job, the future included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from cijob_analysis.local.assignments import NEVER, Assignment
from cijob_analysis.local.draws import EXTENSIONS, FOLDERS, NO_ERROR, STEMS, TICKS, Draws, draw
from cijob_analysis.local.taskqueues import first_come_first_served

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_STRETCHED: Final = 3.0
"""A batch job that takes longer than that, compared with its work, waits for one straggler."""


@dataclass(frozen=True, eq=False)
class History:
    """What happens to each object of a batch job.

    Row ``node * n + object`` of the tasks is what a node does with an object, row ``flow * n + object`` of the
    executions what a workflow does.

    Attributes
    ----------
    assignment : Assignment
        What there was to do.
    draws : Draws
        What was drawn for it.
    found : numpy.ndarray
        When each object is found and its executions are created [Unix s].
    created, started, ended : numpy.ndarray
        Of each task [Unix s]; `NEVER` if that does not happen.
    """

    assignment: Assignment
    draws: Draws
    found: NDArray[np.int64]
    created: NDArray[np.int64]
    started: NDArray[np.int64]
    ended: NDArray[np.int64]

    @property
    def errors(self) -> NDArray[np.int8]:
        """How each task goes wrong."""
        return self.draws.errors.ravel()

    def object_key(self, number: int) -> str:
        """Return the key of an object."""
        if self.assignment.object_key is not None:
            return self.assignment.object_key
        draws = self.draws
        stem = STEMS[draws.stem[number]]
        name = stem.format(number) if "{" in stem else f"{stem}_{number:05}"
        return f"{self.assignment.prefix}{FOLDERS[draws.folder[number]]}{name}{EXTENSIONS[draws.extension[number]]}"


def history_of(assignment: Assignment) -> History:
    """Return what happens, drawn and simulated for all objects at once, and stretched to the time that there is."""
    draws = draw(assignment)
    predecessors: list[list[int]] = []
    for flow in assignment.flows:
        before = len(predecessors)
        predecessors += [[before + number for number in numbers] for numbers in flow.predecessors]
    at = [node.queue_id or "" for flow in assignment.flows for node in flow.nodes]
    queues = list(dict.fromkeys(at))
    created, started, ended = first_come_first_served(
        draws.arrivals,
        draws.durations,
        draws.errors != NO_ERROR,
        predecessors,
        [queues.index(queue) for queue in at],
        [assignment.places.get(queue, 1) for queue in queues],
    )
    last = int(np.where(ended == NEVER, -1, ended).argmax())
    factor = min(_MOST_STRETCHED / TICKS, (assignment.ends - assignment.begins) / int(ended[last]))

    def instants(ticks: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.where(ticks == NEVER, NEVER, assignment.begins + np.floor(ticks * factor).astype(np.int64))

    history = History(
        assignment, draws, instants(draws.arrivals), instants(created), instants(started), instants(ended)
    )
    if assignment.never_starts:
        is_root = np.repeat([not numbers for numbers in predecessors], assignment.objects)
        history.created[~is_root] = NEVER
        history.started[:] = history.ended[:] = NEVER
    else:
        history.ended[last] = assignment.ends
    return history
