from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.plots import describe, plot_timeline
from cijob_analysis.plots.raster import Raster
from cijob_analysis.snapshot import Snapshot
from tests.builders import batch_jobs, many_batch_jobs
from tests.plots.test_canvas import note_of
from tests.plots.test_states import legend_texts

FAILED = (0xD5, 0x5E, 0x00)


def at(clock: str) -> float:
    """Return the place of a time on the axis: days since 1970."""
    return float((np.datetime64(f"2026-03-01T{clock}") - np.datetime64("1970-01-01")) / np.timedelta64(1, "D"))


def job(
    state: str, created: str | None, started: str | None = None, ended: str | None = None, **more: Any
) -> dict[str, Any]:
    times = {"created_at": created, "started_at": started, "ended_at": ended}
    return {"state": state, **{name: clock and f"2026-03-01 {clock}" for name, clock in times.items()}, **more}


def bars_of(ax: Any) -> list[tuple[str, float, float, float, float]]:
    """Return colour, left, right, bottom and top of each bar, in the order of lanes and times."""
    found = []
    for collection in ax.collections:
        color = to_hex(collection.get_facecolor()[0]).upper()
        for path in collection.get_paths():
            (left, bottom), (right, top) = path.vertices.min(axis=0), path.vertices.max(axis=0)
            found.append((color, left, right, bottom, top))
    return sorted(found, key=lambda bar: (bar[3], bar[1]))


def pixels_of(ax: Axes) -> Any:
    """Return the picture inside the axes, rows from the top."""
    figure = ax.figure
    assert isinstance(figure, Figure)
    png = BytesIO()
    figure.savefig(png, format="rgba")
    width, height = (int(size) for size in figure.canvas.get_width_height())
    image = np.frombuffer(png.getvalue(), np.uint8).reshape(height, width, 4)
    box = ax.bbox
    return image[height - int(box.y1) : height - int(np.ceil(box.y0)), int(np.ceil(box.x0)) : int(box.x1), :3]


def is_failed(pixels: Any) -> Any:
    return (np.abs(pixels.astype(int) - FAILED) <= 2).all(axis=-1)


def test_wait_and_run_are_separate_and_the_wait_is_thin() -> None:
    ax: Any = plot_timeline(batch_jobs(job("Failed", "10:00", "10:10", "11:00")))
    run, wait = bars_of(ax)
    assert wait == pytest.approx(("#C9C9C9", at("10:00"), at("10:10"), 0.37, 0.63))
    assert run == pytest.approx(("#D55E00", at("10:10"), at("11:00"), 0.1, 0.9))
    assert legend_texts(ax) == ["Failed", "wait"]


def test_a_running_one_is_drawn_to_as_of_with_a_pointed_end_whatever_its_end_says() -> None:
    ax: Any = plot_timeline(batch_jobs(job("Running", "10:00", "10:00", "10:30")))
    (run,) = bars_of(ax)
    assert run == pytest.approx(("#56B4E9", at("10:00"), at("12:00"), 0.1, 0.9))
    (path,) = ax.collections[0].get_paths()
    assert (path.vertices[:, 0] == path.vertices[:, 0].max()).sum() == 1
    assert ax.lines[0].get_xdata()[0] == pytest.approx(at("12:00"))
    earlier: Any = plot_timeline(batch_jobs(job("Running", "10:00", "10:00")), as_of="2026-03-01T19:00+08:00")
    assert bars_of(earlier)[0][2] == pytest.approx(at("11:00"))


def test_what_has_not_started_waits_and_what_gave_up_waiting_has_its_colour() -> None:
    ax: Any = plot_timeline(batch_jobs(job("Submitted", "10:00"), job("Cancel", "10:00", None, "10:30")))
    cancelled, waiting = bars_of(ax)
    assert cancelled == pytest.approx(("#999999", at("10:00"), at("10:30"), 0.37, 0.63))
    assert waiting == pytest.approx(("#C9C9C9", at("10:00"), at("12:00"), 1.37, 1.63))


def test_if_nobody_knows_when_it_was_true_the_last_event_counts() -> None:
    rows = job("Running", "10:00", "10:00"), job("Success", "10:00", "10:00", "11:30")
    ax: Any = plot_timeline(batch_jobs(*rows, as_of=None))
    assert max(right for _, _, right, _, _ in bars_of(ax)) == pytest.approx(at("11:30"))
    assert "unfinished ones drawn up to the last event" in note_of(ax)


def test_what_cannot_be_drawn_is_counted() -> None:
    ax: Any = plot_timeline(
        batch_jobs(
            job("Success", None),
            job("Success", "10:00", "10:30", "10:20"),
            job("Success", "10:30", "10:00", "10:40"),
            job("Failed", "10:00", "10:10"),
            job("Success", None, "10:00", "10:30"),
        )
    )
    note = note_of(ax)
    assert "1 without a time of creation or start left out" in note
    assert "2 with times in the wrong order" in note
    assert "1 finished without an end, drawn up to the start" in note
    assert sum(color in ("#0072B2", "#D55E00") for color, *_ in bars_of(ax)) == 4


def test_bars_share_a_lane_if_they_do_not_overlap() -> None:
    rows = [job("Success", "08:00", "08:00", "09:00"), job("Success", "09:30", "09:30", "10:00")]
    ax: Any = plot_timeline(batch_jobs(*rows, job("Success", "08:30", "08:30", "09:45")))
    first, third, second = bars_of(ax)
    assert first[1:] == pytest.approx((at("08:00"), at("09:00"), 0.1, 0.9))
    assert third[1:] == pytest.approx((at("09:30"), at("10:00"), 0.1, 0.9))
    assert second[1:] == pytest.approx((at("08:30"), at("09:45"), 1.1, 1.9))
    assert "at most 2 at once" in describe(ax)


def test_groups_have_lanes_of_their_own_the_largest_at_the_top() -> None:
    rows = [
        job("Success", f"{hour}:00", f"{hour}:00", f"{hour}:30", tag=tag)
        for tag, hour in zip("BAA", (10, 10, 11), strict=True)
    ]
    ax: Any = plot_timeline(batch_jobs(*rows), by="tag")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["A", "B"]
    top, below = ax.get_yticks()
    assert top > below
    assert sorted(bottom for _, _, _, bottom, _ in bars_of(ax)) == pytest.approx([0.1, 2.1, 2.1])


def test_the_zone_is_named_and_its_clock_is_shown() -> None:
    frame = batch_jobs(job("Success", "10:00", "10:00", "14:00"))
    ax: Any = plot_timeline(frame, tz="Asia/Shanghai")
    ax.figure.canvas.draw()
    assert ax.get_xlabel() == "time (Asia/Shanghai, UTC+8)"
    assert "20:00" in [label.get_text() for label in ax.get_xticklabels()]
    assert plot_timeline(frame).get_xlabel() == "time (UTC)"


def test_a_change_of_the_clock_is_named() -> None:
    frame = batch_jobs(
        {
            "state": "Success",
            "created_at": "2026-03-07 12:00",
            "started_at": "2026-03-07 12:00",
            "ended_at": "2026-03-09 12:00",
        }
    )
    assert plot_timeline(frame, tz="America/New_York").get_xlabel() == "time (America/New_York, UTC−5 and UTC−4)"


def test_bars_are_collections_and_not_an_artist_each() -> None:
    ax: Any = plot_timeline(many_batch_jobs(2_000), max_lanes=10_000)
    assert len(bars_of(ax)) >= 2_000
    assert len(ax.get_children()) < 40


@pytest.mark.parametrize(
    ("n", "max_lanes", "is_raster"), [(5_000, 100_000, False), (5_001, 100_000, True), (1_000, 5, True)]
)
def test_so_many_bars_that_they_are_a_raster(n: int, max_lanes: int, is_raster: bool) -> None:
    ax: Any = plot_timeline(many_batch_jobs(n), max_lanes=max_lanes)
    assert [type(image) for image in ax.images] == [Raster] * is_raster


def with_failures(n: int, n_failed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return `n` batch jobs that succeeded but for `n_failed`, which ran one second each, and these alone."""
    frame = many_batch_jobs(n, states=("Success",))
    rows = np.random.default_rng(1).choice(n, n_failed, replace=False)
    frame["state"] = frame["state"].mask(frame.index.isin(rows), "Failed")
    frame["ended_at"] = frame["ended_at"].mask(frame.index.isin(rows), frame["started_at"] + pd.Timedelta(seconds=1))
    return frame, frame.iloc[rows]


@pytest.mark.parametrize("n", [3_000, 20_000, 100_000])
def test_no_single_failure_of_a_second_is_lost(n: int) -> None:
    frame, failed = with_failures(n, 25)
    ax: Any = plot_timeline(frame)
    pixels = is_failed(pixels_of(ax))
    days = (failed["ended_at"] - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)
    columns = ax.transData.transform(np.column_stack([days, np.zeros(25)]))[:, 0]
    columns = np.floor(columns - np.ceil(ax.bbox.x0)).astype(int)
    seen = [pixels[:, max(column - 1, 0) : column + 2].any() for column in columns]
    assert all(seen)


def test_a_raster_is_made_for_the_pixels_that_there_are() -> None:
    frame, _ = with_failures(20_000, 40)
    figure = Figure(figsize=(3, 2))
    ax = plot_timeline(frame, ax=figure.subplots())
    small = is_failed(pixels_of(ax)).any(axis=0).sum()
    figure.set_size_inches(12, 8)
    large = is_failed(pixels_of(ax)).any(axis=0).sum()
    assert 0 < small <= large <= 80


def test_names_of_small_groups_have_room() -> None:
    rows = [job("Success", "08:00", "08:00", "09:00", tag="A")] * 400
    rows += [job("Success", "08:00", "08:00", "09:00", tag=f"small {number}") for number in range(19)]
    places = np.array(plot_timeline(batch_jobs(*rows), by="tag").get_yticks())
    assert (places[0] > places[1:]).all()
    assert np.abs(np.diff(places[1:])) == pytest.approx(np.full(18, 1 + np.ceil(419 / 27)))


def test_of_a_snapshot_the_lowest_level_is_drawn() -> None:
    snapshot = Snapshot(batch_jobs=batch_jobs(job("Success", "10:00", "10:00", "11:00")))
    assert "Timeline of 1 batch job, at most 1 at once, over 1 h: 1 Success" in describe(plot_timeline(snapshot))


def test_what_is_wrong_with_the_time() -> None:
    with pytest.raises(ConfigurationError, match="which zone"):
        plot_timeline(batch_jobs(job("Running", "10:00")), as_of="2026-03-01 12:00")
