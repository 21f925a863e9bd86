from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cijob_analysis.plots.pixels import Scale
from cijob_analysis.plots.raster import paint
from cijob_analysis.plots.segments import Segments

COLORS = np.array([[0.0, 0, 1], [1, 0, 0], [0.5, 0.5, 0.5]])
BLUE, RED, GREY = 0, 1, 2
BARS = st.tuples(st.floats(0, 100), st.floats(0, 20), st.integers(0, 49), st.sampled_from([BLUE, RED, GREY]))


def segments(*bars: tuple[float, float, int, int]) -> Segments:
    begin, length, lane, color = np.array(bars, dtype=float).reshape(-1, 4).T
    return Segments(begin, begin + length, lane.astype(np.intp), color.astype(np.intp), 1.0)


def painted(part: Segments, n_columns: int, n_rows: int, *, n_lanes: int = 50) -> Any:
    x, y = Scale(0, 120, 0, n_columns), Scale(0, n_lanes, 0, n_rows)
    return paint([part], COLORS, RED, x, y, n_columns, n_rows)


def test_one_bar_covers_its_pixels_and_no_others() -> None:
    pixels = painted(segments((10, 20, 1, BLUE)), 120, 4, n_lanes=4)
    assert np.flatnonzero(pixels[1, :, 3]).tolist() == list(range(10, 30))
    assert pixels[1, 15].tolist() == [0, 0, 255, 255]
    assert not pixels[[0, 2, 3]].any()


def test_colours_that_share_a_pixel_are_mixed_by_their_number() -> None:
    pixels = painted(segments(*[(0, 12, lane, BLUE) for lane in range(3)], (0, 12, 3, GREY)), 10, 1, n_lanes=4)
    assert pixels[0, 0].tolist() == [32, 32, 223, 255]


def test_a_failure_counts_by_the_root_and_has_its_last_pixel_alone() -> None:
    pixels = painted(segments(*[(0, 60, lane, BLUE) for lane in range(3)], (0, 60, 3, RED)), 10, 1, n_lanes=4)
    assert pixels[0, :5, 0].tolist() == [128, 128, 128, 128, 255]


def test_in_a_lane_of_several_rows_a_failure_takes_its_share_at_the_bottom() -> None:
    pixels = painted(segments(*[(0, 12, 0, BLUE)] * 3, (0, 12, 0, RED)), 10, 4, n_lanes=1)
    assert pixels[:, 0].tolist() == [[255, 0, 0, 255], *[[0, 0, 255, 255]] * 3]


def test_among_a_thousand_others_in_its_lane_it_has_one_row() -> None:
    pixels = painted(segments(*[(n / 100, 0, 0, BLUE) for n in range(1_000)], (5, 0, 0, RED)), 1, 10, n_lanes=1)
    assert pixels[:, 0].tolist() == [[0, 0, 0, 0], [255, 0, 0, 255], *[[0, 0, 255, 255]] * 7, [0, 0, 0, 0]]


@given(st.lists(BARS, min_size=1, max_size=60), st.integers(1, 200), st.integers(1, 120))
def test_every_bar_has_a_pixel_and_every_failure_its_colour(
    bars: list[tuple[float, float, int, int]], n_columns: int, n_rows: int
) -> None:
    pixels = painted(segments(*bars), n_columns, n_rows)
    for begin, length, lane, color in bars:
        first = min(int(begin / 120 * n_columns), n_columns - 1)
        last = max(int(np.ceil((begin + length) / 120 * n_columns)) - 1, first)
        rows = range(int(lane / 50 * n_rows), int(np.ceil((lane + 1) / 50 * n_rows)))
        assert pixels[list(rows), first, 3].any()
        if color == RED:
            around = pixels[np.ix_(list(rows), [max(last - 1, 0), last, min(last + 1, n_columns - 1)])]
            assert (around == [255, 0, 0, 255]).all(axis=-1).any()


def test_zoomed_in_only_what_is_in_view_is_painted() -> None:
    part = segments((0, 120, 0, BLUE), (50, 1, 1, RED), (90, 20, 1, RED))
    pixels = paint([part], COLORS, RED, Scale(40, 60, 0, 20), Scale(0, 2, 0, 2), 20, 2)
    assert (pixels[0] == [0, 0, 255, 255]).all()
    assert np.flatnonzero(pixels[1, :, 3]).tolist() == [10]


def test_axes_may_run_the_other_way() -> None:
    pixels = paint([segments((10, 10, 0, BLUE))], COLORS, RED, Scale(120, 0, 0, 12), Scale(2, 0, 0, 2), 12, 2)
    assert np.argwhere(pixels[..., 3]).tolist() == [[1, 10]]


def test_nothing_at_all() -> None:
    assert not painted(segments(), 5, 5).any()
