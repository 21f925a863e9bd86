from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from cijob_analysis.plots.density import Density, Layer, occupancy
from cijob_analysis.plots.pixels import Scale

RED, BLUE = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)
PIECES = st.tuples(st.integers(-20, 140), st.integers(0, 60), st.integers(0, 2))


def layer(*pieces: tuple[float, float, int]) -> Layer:
    begin, length, stack = np.array(pieces, dtype=float).reshape(-1, 3).T
    return Layer(begin, begin + length, stack.astype(np.int16))


@given(st.lists(PIECES, max_size=20), st.integers(1, 50), st.booleans())
def test_a_column_holds_the_mean_over_its_width(
    pieces: list[tuple[int, int, int]], n_columns: int, is_inverted: bool
) -> None:
    x = Scale(120, 0, 0, n_columns) if is_inverted else Scale(0, 120, 0, n_columns)
    found = occupancy([layer(*pieces)], 3, x, n_columns)
    edges = np.linspace(0, 120, n_columns + 1)
    for column in range(n_columns):
        place = n_columns - 1 - column if is_inverted else column
        low, high = edges[column], edges[column + 1]
        for stack in range(3):
            mine = [(begin, begin + length) for begin, length, which in pieces if which == stack]
            overlap = sum(max(min(end, high) - max(begin, low), 0) for begin, end in mine)
            assert np.isclose(found.mean[stack, place], overlap / (high - low), atol=1e-9)
            if any(begin < high - 1e-9 and end > low + 1e-9 for begin, end in mine):
                assert found.is_there[stack, place]
            if all(begin > high + 1e-9 or end < low - 1e-9 for begin, end in mine):
                assert not found.is_there[stack, place]


def painted(layers: list[Layer], bounds: list[tuple[float, float]], n_columns: int, n_rows: int, top: float) -> Any:
    ax = Figure().subplots()
    image = Density(ax, layers, np.array([RED, BLUE]), np.array(bounds))
    pixels = image.paint(Scale(0, 10, 0, n_columns), Scale(0, top, 0, n_rows), n_columns, n_rows)
    letters = {(255, 0, 0, 255): "R", (0, 0, 255, 255): "B", (0, 0, 0, 0): "."}
    return ["".join(letters[tuple(pixel.tolist())] for pixel in row) for row in pixels[::-1]]


def test_colours_are_stacked_as_high_as_they_are_many() -> None:
    blue = [(0, 10, 1), (2, 6, 1), (4, 2, 1)]
    assert painted([layer(*blue, (4, 4, 0))], [(0, 4)], 5, 4, 4) == ["..B..", "..BB.", ".BBB.", "BBRRB"]


def test_the_smallest_part_of_a_stack_has_a_pixel() -> None:
    crowd = [(0, 10, 1)] * 1_000
    assert painted([layer(*crowd, (7, 0, 0))], [(0, 1_000)], 5, 4, 1_000) == ["BBBBB", "BBBBB", "BBBBB", "BBBRB"]


def test_bands_stand_on_their_own_ground_and_stay_in_it() -> None:
    above, below = [(0, 10, 1)] * 2, [(0, 5, 3), *[(5, 5, 2)] * 9]
    assert painted([layer(*above, *below)], [(3, 5), (0, 2)], 2, 6, 6) == ["..", "BB", "BB", "..", ".R", "BR"]


def test_nothing_to_be_seen() -> None:
    assert painted([layer()], [(0, 1)], 3, 1, 1) == ["..."]
    assert painted([layer((20, 5, 0))], [(0, 1)], 3, 1, 1) == ["..."]
