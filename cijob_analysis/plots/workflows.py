"""The picture of what each workflow has done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cijob_analysis.metrics.groups import state_codes
from cijob_analysis.metrics.workflows import by_workflow
from cijob_analysis.plots.canvas import axes_for, finish
from cijob_analysis.plots.stacks import draw_stacks, stacks_description, stacks_height
from cijob_analysis.plots.top import MOST_BARS, pooled
from cijob_analysis.plots.words import plural
from cijob_analysis.plots.zones import zone_of
from cijob_analysis.schema import noun_of

if TYPE_CHECKING:
    from datetime import tzinfo

    import pandas as pd
    from matplotlib.axes import Axes


def plot_workflows(frame: pd.DataFrame, *, ax: Axes | None = None, tz: tzinfo | str | None = None) -> Axes:
    """Draw how many rows each workflow has in which state; what has no workflow goes by its tag.

    The 20 largest get a bar each, the others share one. A batch job of several workflows counts in each of
    them, and the line below says how many do.

    Parameters
    ----------
    frame : DataFrame
        Batch jobs (`workflow_ids`), executions or tasks (`workflow_id`); `state` and, where there is one, `tag`
        are used.
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
        A column is missing.
    ConfigurationError
        There is no such zone.
    """
    zone, noun = zone_of(tz), noun_of(frame)
    rows, workflow, keys = by_workflow(frame)
    codes, states = state_codes(frame)
    cells = np.bincount(workflow * len(states) + codes[rows], minlength=len(keys) * len(states))
    counts = cells.reshape(len(keys), len(states))
    order = np.argsort(-counts.sum(axis=1), kind="stable")
    order = order[counts.sum(axis=1)[order] > 0]
    top = order[:MOST_BARS]
    labels = [
        name if named else f"tag {tag}" if tagged else "no workflow"
        for name, named, tag, tagged in zip(
            keys["workflow_id"], keys["workflow_id"].notna(), keys["tag"], keys["tag"].notna(), strict=True
        )
    ]
    names = pooled([labels[number] for number in top], len(order))
    rest = counts[order[MOST_BARS:]].sum(axis=0, keepdims=True)
    table = np.concatenate([counts[top], rest])[: len(names)]
    ax = axes_for(ax, height=stacks_height(len(names)))
    draw_stacks(ax, table, states, names, noun)
    several = int((np.bincount(rows, minlength=1) > 1).sum())
    remarks = [f"{plural(several, noun)} of several workflows counted in each"] if several else []
    what = "workflow or tag" if keys["tag"].notna().any() else "workflow"
    description = stacks_description(table, states, names, noun, what)
    return finish(ax, frame, f"{noun.capitalize()}s by {what} and state", description, zone=zone, left_out=remarks)
