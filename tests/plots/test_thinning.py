import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cijob_analysis.plots.thinning import visible_steps


def test_all_steps_are_drawn_if_they_have_room() -> None:
    assert visible_steps(np.array([3, 5, 9]), np.array([0, 2, 1]), 3).tolist() == [0, 1, 2]


def test_of_those_that_share_a_pixel_the_last_of_the_highest_stays() -> None:
    at, height = np.arange(12), np.array([0, 7, 7, 1, 2, 0, 0, 0, 0, 0, 1, 0])
    assert visible_steps(at, height, 3).tolist() == [0, 2, 4, 10, 11]


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 5)), min_size=1), st.integers(1, 20))
def test_of_the_steps_that_share_a_pixel_the_one_that_is_highest_stays(cases: list[tuple[int, int]], most: int) -> None:
    steps = dict(sorted(cases))
    rows = visible_steps(np.array(list(steps)), np.array(list(steps.values())), most).tolist()
    assert rows == sorted(set(rows))
    assert len(rows) <= most + 3
    assert {0, len(steps) - 1} <= set(rows)
    width = max(-(-(max(steps) - min(steps)) // most), 1)
    for begin in range(min(steps), max(steps) + 1, width):
        here = [row for row, at in enumerate(steps) if begin <= at < begin + width]
        height = list(steps.values())
        if here:
            assert max(height[row] for row in here) == max(height[row] for row in here if row in rows)
