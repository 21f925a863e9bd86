"""The picture of what each workflow, node or kind of task has done, and of the time it took."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics.durations import add_durations
from cijob_analysis.metrics.groups import groups_of, state_codes
from cijob_analysis.metrics.inputs import frame_of, workflow_names
from cijob_analysis.metrics.workflows import by_workflow
from cijob_analysis.plots.canvas import axes_for, finish
from cijob_analysis.plots.stacks import draw_stacks, stacks_description, stacks_height
from cijob_analysis.plots.top import MOST_BARS, pooled
from cijob_analysis.plots.zones import zone_of
from cijob_analysis.schema import noun_of
from cijob_analysis.words import labels_of, number, plural

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from cijob_analysis.snapshot import Snapshot

KINDS: Final = ("workflow", "node", "type")
DURATIONS: Final = {"count": "", "run_time": "run time", "queue_wait": "queue wait"}
"""What the length of a bar can be."""


def plot_workflows(
    data: pd.DataFrame | Snapshot,
    *,
    by: str = "workflow",
    value: str = "count",
    ax: Axes | None = None,
    tz: tzinfo | str | None = None,
) -> Axes:
    """Draw how many rows each workflow, node or type has in which state, or how much time they took together.

    What has no workflow goes by its tag, and a task by its type. The 20 largest get a bar each, the others share
    one. A batch job of several workflows counts in each of them, and the line below says how many do.

    Parameters
    ----------
    data : DataFrame or Snapshot
        Batch jobs (`workflow_ids`), executions or tasks (`workflow_id`); `state` and, where there is one, `tag` or
        `task_type` are used. Of a snapshot the lowest level that has rows, its workflows by name.
    by : {"workflow", "node", "type"}
        What has a bar; ``node`` needs tasks, ``type`` is `task_type` of tasks and `type` of batch jobs.
    value : {"count", "run_time", "queue_wait"}
        What the bars add up; times by `created_at`, `started_at`, `ended_at`, as `add_durations` has them: what is
        unfinished has no run time, what has not started has no queue wait, and the line below says how many there are.
    ax : Axes, optional
        Where to draw; a new figure, which a notebook shows, if not given.
    tz : tzinfo or str, optional
        Zone of the time in the line below; UTC if not given.

    Returns
    -------
    Axes
        `ax`, or the new ones.

    Raises
    ------
    SchemaError
        A column is missing, or holds no times with a zone.
    ConfigurationError
        There is no such `by`, `value` or zone.
    """
    for name, given, known in (("by", by, KINDS), ("value", value, tuple(DURATIONS))):
        if given not in known:
            raise ConfigurationError(f"{name}={given!r} is none of {', '.join(known)}")
    zone, frame = zone_of(tz), frame_of(data)
    noun, duration = noun_of(frame), DURATIONS[value]
    rows, group, labels, what = _groups(frame, by, workflow_names(data))
    codes, states = state_codes(frame)
    several = int((np.bincount(rows, minlength=1) > 1).sum())
    remarks = [f"{plural(several, noun)} of several workflows counted in each"] if several else []
    amounts: NDArray[Any] | None = None
    if duration:
        amounts, said = _seconds(frame, value)
        amounts = amounts[rows]
        remarks += said

    cells = group * len(states) + codes[rows]
    n = np.bincount(group, minlength=len(labels))
    table: NDArray[Any] = np.bincount(cells, amounts, len(labels) * len(states)).reshape(len(labels), len(states))
    order = np.lexsort((-n, -table.sum(axis=1)))
    order = order[n[order] > 0]
    top = order[:MOST_BARS]
    names = pooled([labels[k] for k in top], len(order))
    rest = table[order[MOST_BARS:]].sum(axis=0, keepdims=True)
    table = np.concatenate([table[top], rest])[: len(names)]
    ax = axes_for(ax, height=stacks_height(len(names)))
    draw_stacks(ax, table, states, names, noun, duration)
    title = f"{duration} of {noun}s" if duration else f"{noun}s"
    description = stacks_description(table, states, names, noun, what, duration)
    return finish(ax, frame, f"{title.capitalize()} by {what} and state", description, zone=zone, left_out=remarks)


def _groups(
    frame: pd.DataFrame, by: str, names: Mapping[str, str]
) -> tuple[NDArray[np.intp], NDArray[np.intp], list[str], str]:
    """Return rows of `frame`, the group of each, what the groups are called, and what they are."""
    if by != "workflow":
        column = "node" if by == "node" else "task_type" if "task_type" in frame.columns else "type"
        groups = groups_of(frame, column)
        return np.arange(len(frame)), groups.codes, labels_of(groups.keys), column.replace("_", " ")
    kind = "type" if "task_type" in frame.columns and "tag" not in frame.columns else "tag"
    used = [name for name in ("workflow_id", "workflow_ids", "tag") if name in frame.columns]
    cells = frame[used].assign(tag=frame["task_type"]) if kind == "type" else frame[used]
    rows, group, keys = by_workflow(cells)
    ids = keys["workflow_id"].dropna().tolist()
    tags = keys["tag"].dropna().tolist()
    labels = [*_named(ids, names), *(f"{kind} {tag}" for tag in tags), "no workflow"]
    return rows, group, labels, f"workflow or {kind}" if tags else "workflow"


def _named(ids: list[str], names: Mapping[str, str]) -> list[str]:
    """Return the names of workflows: with their ids where several have the same, the ids alone where nobody knows."""
    found = [names.get(workflow_id, workflow_id) for workflow_id in ids]
    same = Counter(found)
    pairs = zip(ids, found, strict=True)
    return [name if same[name] == 1 else f"{name} ({workflow_id})" for workflow_id, name in pairs]


def _seconds(frame: pd.DataFrame, duration: str) -> tuple[NDArray[np.float64], list[str]]:
    """Return how long each row took [s], 0 where that is not known, and what must be said of it."""
    seconds = add_durations(frame)[f"{duration}_s"].to_numpy()
    counts = {
        f"without {DURATIONS[duration]} left out": int(np.isnan(seconds).sum()),
        "of negative length left out": int((seconds < 0).sum()),
    }
    return np.where(seconds > 0, seconds, 0), [f"{number(n)} {text}" for text, n in counts.items() if n]
