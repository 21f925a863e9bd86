"""The picture of a workflow: its nodes, what each of them did, and where the time goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cijob_analysis.metrics.inputs import tasks_of, workflow_names
from cijob_analysis.plots.canvas import axes_for, finish, say_empty, width_of
from cijob_analysis.plots.fonts import text_style
from cijob_analysis.plots.layers import layers_of
from cijob_analysis.plots.one_workflow import figures_of, one_workflow
from cijob_analysis.plots.topology_boxes import draw_boxes
from cijob_analysis.plots.zones import zone_of
from cijob_analysis.snapshot import Snapshot
from cijob_analysis.words import number, percent, plural

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    import pandas as pd
    from matplotlib.axes import Axes

    from cijob_analysis.metrics.paths.topology import Topology
    from cijob_analysis.plots.one_workflow import NodeFigures

_WIDTH: Final = 9.0
_INCHES_PER_COLUMN, _INCHES_PER_ROW = 2.0, 0.95


def plot_topology(
    data: Snapshot | pd.DataFrame,
    *,
    workflow_id: str | None = None,
    ax: Axes | None = None,
    tz: tzinfo | str | None = None,
) -> Axes:
    """Draw the nodes of a workflow, from left to right in the order in which they run.

    Each box says how many tasks ran at the node, how long half of them ran at most, how many failed, and which share
    of the critical path is its own. A hatched bar in the box is as long as the share that failed. The wider a line,
    the more executions had it on their critical path. What does not fit side by side goes on below.

    Parameters
    ----------
    data : Snapshot or DataFrame
        A snapshot; of tasks alone no topology is known.
    workflow_id : str, optional
        Of which workflow; the one with most executions if not given.
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
        There is no such workflow, or no such zone.
    """
    zone = zone_of(tz)
    chosen = one_workflow(data, workflow_id) if isinstance(data, Snapshot) else None
    frame = tasks_of(data) if chosen is None else chosen.data.tasks
    title, style = text_style(
        "Topology"
        if chosen is None
        else f"Topology of {workflow_names(data).get(chosen.workflow_id, chosen.workflow_id)}"
    )
    if chosen is None or chosen.topology is None:
        ax = axes_for(ax, height=2.4)
        say_empty(ax, "no workflow" if chosen is None and isinstance(data, Snapshot) else "no topology is known")
        ax.spines[:].set_visible(False)
        return _finished(ax, frame, title, style, f"{title}, which is not known", zone)

    nodes, edges = figures_of(chosen, chosen.topology)
    columns = max(int((_WIDTH if ax is None else width_of(ax) / 72) / _INCHES_PER_COLUMN), 1)
    layers = layers_of(chosen.topology, columns)
    ax = axes_for(ax, width=_WIDTH, height=max(1.0 + _INCHES_PER_ROW * layers.height, 2.4))
    draw_boxes(ax, layers, nodes, edges)
    elsewhere = len(frame) - sum(node.n for node in nodes)
    remarks = [
        *chosen.topology.remarks,
        *([f"{plural(elsewhere, 'task')} at nodes that are not in it"] if elsewhere else []),
        *([f"{plural(chosen.n_others, 'execution')} with another topology left out"] if chosen.n_others else []),
    ]
    return _finished(ax, frame, title, style, _description(title, chosen.topology, nodes), zone, remarks)


def _description(title: str, topology: Topology, nodes: Sequence[NodeFigures]) -> str:
    said = [f"{title}: {plural(len(nodes), 'node')}, {plural(len(topology.edges), 'edge')}"]
    most = max(nodes, key=lambda node: node.share)
    if most.share > 0:
        said.append(f"{most.name} takes {percent(round(most.share, 2))} of the critical time")
    failing = sorted((node for node in nodes if node.failed), key=lambda node: -node.failed)
    said += [f"at {node.name} {number(node.failed)} of {number(node.n)} tasks failed" for node in failing[:3]]
    return "; ".join(said)


def _finished(
    ax: Axes,
    frame: pd.DataFrame,
    title: str,
    style: dict[str, Any],
    description: str,
    zone: tzinfo,
    remarks: Sequence[str] = (),
) -> Axes:
    if not ax.get_title():
        ax.set_title(title, fontsize=11, **style)
    return finish(ax, frame, title, description, zone=zone, left_out=remarks)
