import pickle
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cijob_analysis.exceptions import ConfigurationError, SchemaError
from cijob_analysis.ledger import Ledger, LedgerEntry
from cijob_analysis.plots import (
    describe,
    plot_concurrency,
    plot_durations,
    plot_heatmap,
    plot_states,
    plot_states_over_time,
    plot_throughput,
    plot_timeline,
    plot_workflows,
)
from cijob_analysis.plots.canvas import Note, Picture
from tests.builders import AS_OF, batch_jobs, many_batch_jobs

GROUPING = [plot_states, plot_durations, plot_timeline, plot_concurrency]
PLOTS: list[Any] = [*GROUPING, plot_workflows, plot_states_over_time, plot_throughput, plot_heatmap]
DONE = {
    "state": "Success",
    "created_at": "2026-03-01 10:00",
    "started_at": "2026-03-01 10:01",
    "ended_at": "2026-03-01 10:05",
}
every_plot = pytest.mark.parametrize("plot", PLOTS)


def note_of(ax: Axes) -> str:
    (note,) = [text for text in ax.texts if isinstance(text, Note)]
    return note.get_text().replace("\n", " ").replace("\u202f", " ")


def drawn(ax: Axes) -> bytes:
    png = BytesIO()
    figure = ax.figure
    assert isinstance(figure, Figure)
    figure.savefig(png, format="png")
    return png.getvalue()


@every_plot
def test_it_draws_where_it_is_told_and_leaves_the_rest_alone(plot: Any) -> None:
    ax, other = Figure().subplots(1, 2)
    (line,) = ax.plot([20_513, 20_514], [1, 2])
    ax.set_title("mine")
    assert plot(batch_jobs(DONE), ax=ax) is ax
    assert line in ax.lines
    assert ax.get_title() == "mine"
    assert not other.has_data()


@every_plot
def test_without_axes_a_notebook_shows_the_picture(plot: Any) -> None:
    ax = plot(batch_jobs(DONE))
    assert isinstance(ax, Picture)
    data, metadata = ax._repr_mimebundle_()
    assert b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert data["text/plain"] == metadata["image/png"]["alt"] == describe(ax)


@every_plot
def test_nothing_global_is_touched(plot: Any) -> None:
    before = dict(mpl.rcParams)
    drawn(plot(batch_jobs(DONE)))
    assert dict(mpl.rcParams) == before
    from matplotlib import pyplot  # not before: whether it was needed is the question

    assert pyplot.get_fignums() == []


@every_plot
def test_the_line_below_says_how_complete_the_frame_is_and_in_which_zone(plot: Any) -> None:
    frame = batch_jobs(DONE, DONE)
    frame.attrs["ledger"] = Ledger((LedgerEntry(request="GET /", missing_ids=("b1",)),), AS_OF)
    ax = plot(frame, tz="Asia/Shanghai")
    line = "2 batch jobs as of 2026-03-01 20:00 UTC+8; 1 id unknown to the service"
    assert note_of(ax).startswith(line)
    assert f"({line}" in describe(ax).replace("\u202f", " ")


@every_plot
def test_the_line_lies_below_the_axes_and_on_the_figure(plot: Any) -> None:
    ax = plot(many_batch_jobs(30))
    drawn(ax)
    (note,) = [text for text in ax.texts if isinstance(text, Note)]
    box, label = note.get_window_extent(), ax.xaxis.label.get_window_extent()
    assert 0 <= box.y0 < box.y1 <= label.y0


@every_plot
def test_unknown_zones_and_missing_columns(plot: Any) -> None:
    with pytest.raises(ConfigurationError, match="tz='Mars/Base' is no time zone"):
        plot(batch_jobs(DONE), tz="Mars/Base")
    with pytest.raises(SchemaError, match="lacks state"):
        plot(batch_jobs(DONE).drop(columns="state"))


ODD = {
    "no rows": batch_jobs(),
    "one": batch_jobs(DONE),
    "no times": batch_jobs({"state": "Submitted"}, {"state": "Success"}),
    "one instant": batch_jobs(
        {"state": "Failed", **dict.fromkeys(("created_at", "started_at", "ended_at"), "2026-03-01")}
    ),
    "backwards": batch_jobs({**DONE, "ended_at": "2026-03-01 09:00"}),
    "no states": batch_jobs({**DONE, "state": None}),
    "unknown states": batch_jobs(*({**DONE, "state": state} for state in ("Archived", "$x_", "状态"))),
    "all failed": many_batch_jobs(30, states=("Failed",)),
    "ledger silent": batch_jobs({**DONE, "state": "Running"}, as_of=None),
    "many": many_batch_jobs(6_000),
    "long and odd names": batch_jobs(
        *(
            {**DONE, "name": name, "tag": name}
            for name in ("x" * 200, "x" * 199 + "y", "$a_b$ 100%\n{\\", "春节转码", "")
        )
    ),
}


@every_plot
@pytest.mark.parametrize("frame", ODD.values(), ids=ODD.keys())
def test_odd_frames_are_drawn_without_a_warning(plot: Any, frame: pd.DataFrame) -> None:
    before = frame.copy()
    options = {"by": "name"} if plot in GROUPING else {}
    assert drawn(plot(frame, tz="America/New_York", **options))
    pd.testing.assert_frame_equal(frame, before)


@every_plot
def test_no_rows_are_said_so(plot: Any) -> None:
    assert "no batch jobs" in [text.get_text() for text in plot(batch_jobs()).texts]


@every_plot
def test_tasks_are_called_tasks(plot: Any) -> None:
    tasks = batch_jobs(DONE).assign(task_id="j1").rename(columns={"workflow_ids": "workflow_id"})
    assert note_of(plot(tasks)).startswith("1 task ")


@every_plot
def test_other_formats_and_pickles(plot: Any) -> None:
    ax = plot(many_batch_jobs(5_100))
    for kind in ("svg", "pdf"):
        ax.figure.savefig(BytesIO(), format=kind)
    assert describe(pickle.loads(pickle.dumps(ax.figure)).axes[0]) == describe(ax)


def test_pictures_may_be_drawn_side_by_side_on_threads() -> None:
    frame = many_batch_jobs(200)
    with ThreadPoolExecutor(4) as pool:
        pictures = list(pool.map(lambda plot: drawn(plot(frame)), PLOTS * 2))
    assert pictures == [drawn(plot(frame)) for plot in PLOTS] * 2


def test_nothing_is_known_of_axes_of_others() -> None:
    with pytest.raises(ConfigurationError, match="nothing is known of these axes"):
        describe(Figure().subplots())
