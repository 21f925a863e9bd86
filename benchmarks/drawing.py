"""The timeline of 100 000 and of 1 000 000 tasks as a PNG, beside bars drawn by matplotlib and an empty figure.

``python -m benchmarks.drawing`` draws the larger one in a process of its own, and prints what memory that took.
"""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from benchmarks.manytasks import many_tasks
from benchmarks.table import Bar
from benchmarks.timing import Rounds, in_turn, memory_mb, processor_s
from cijob_analysis.plots import plot_timeline

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

SOME, MANY = 100_000, 1_000_000
ROUNDS = 7

BARH_LIMIT, EMPTY_LIMIT, GROWTH_LIMIT, MEMORY_LIMIT = 100.0, 8.0, 5.0, 250.0


def run() -> list[Bar]:
    """Draw, in turn, nothing, the timelines and, once, 100 000 bars of ``ax.barh``."""
    some, many = many_tasks(SOME), many_tasks(MANY)
    by = "workflow_id"
    rounds = in_turn(
        {
            "empty": partial(processor_s, lambda: _png(_nothing)),
            "some": partial(processor_s, lambda: _png(lambda ax: plot_timeline(some, ax=ax))),
            "many": partial(processor_s, lambda: _png(lambda ax: plot_timeline(many, ax=ax))),
            "grouped": partial(processor_s, lambda: _png(lambda ax: plot_timeline(many, by=by, ax=ax))),
        },
        rounds=ROUNDS,
    )
    barh = Rounds({"barh": [processor_s(lambda: _png(lambda ax: _barh(some, ax)))]})
    memory = _memory()
    times = {name: rounds.shown(name, "ms", scale=1e3) for name in rounds.figures}
    empty = f"empty figure {times['empty']}"
    return [
        Bar(
            what=f"timeline of {SOME:,} tasks to PNG",
            ours=times["some"],
            peer=barh.shown("barh", "s", label="ax.barh"),
            value=barh.median("barh") / rounds.median("some"),
            unit="× as fast as ax.barh",
            limit=BARH_LIMIT,
            at_least=True,
        ),
        Bar(
            what=f"timeline of {SOME:,} tasks to PNG",
            ours=times["some"],
            floor=empty,
            value=rounds.ratio("some", "empty"),
            unit="× an empty figure",
            limit=EMPTY_LIMIT,
            at_least=False,
        ),
        *(
            Bar(
                what=f"timeline of {MANY:,} tasks{extra} to PNG",
                ours=times[name],
                floor=empty,
                value=rounds.ratio(name, "some"),
                unit=f"× that of {SOME:,}",
                limit=GROWTH_LIMIT,
                at_least=False,
            )
            for name, extra in (("many", ""), ("grouped", " by workflow"))
        ),
        Bar(
            what=f"timeline of {MANY:,} tasks to PNG: memory",
            ours=f"{memory:.0f} MB at most",
            value=memory,
            unit="MB beyond the frame",
            limit=MEMORY_LIMIT,
            at_least=False,
        ),
    ]


def _png(draw: object) -> bytes:
    """Return a figure as a PNG on which `draw` has drawn."""
    figure = Figure(figsize=(12, 6), dpi=100, layout="constrained")
    assert callable(draw)
    draw(figure.subplots())
    png = BytesIO()
    figure.savefig(png, format="png")
    return png.getvalue()


def _nothing(ax: Axes) -> None:
    """Leave `ax` empty."""


def _barh(tasks: pd.DataFrame, ax: Axes) -> None:
    """Draw the runs of `tasks` in one call, a row each."""
    start, end = (tasks[name].dt.tz_localize(None).to_numpy() for name in ("started_at", "ended_at"))
    days = (start - np.datetime64("1970-01-01")) / np.timedelta64(1, "D")
    ax.barh(np.arange(len(tasks)), (end - start) / np.timedelta64(1, "D"), left=days, height=0.8)


def _memory() -> float:
    """Return how much memory the larger timeline takes in a process of its own, beyond the frame [MB]."""
    command = [sys.executable, "-m", "benchmarks.drawing"]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def main() -> None:
    """Draw, and print by how much the memory of this process has grown at most [MB]."""
    tasks = many_tasks(MANY)
    print(memory_mb(lambda: _png(lambda ax: plot_timeline(tasks, ax=ax))))


if __name__ == "__main__":
    main()
