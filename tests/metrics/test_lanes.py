import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cijob_analysis.metrics import pack_lanes


def packed(*intervals: tuple[int, int]) -> list[int]:
    begin, end = np.array(intervals, np.int64).reshape(-1, 2).T
    return [int(lane) for lane in pack_lanes(begin, end)]


def test_one_may_begin_where_another_ends() -> None:
    assert packed((0, 5), (5, 9)) == [0, 0]
    assert packed((0, 5), (4, 9), (5, 6)) == [0, 1, 0]


def test_the_lowest_free_lane_is_taken() -> None:
    assert packed((0, 9), (1, 3), (2, 4), (5, 6), (5, 7)) == [0, 1, 2, 1, 2]


def test_instantaneous_ones_share_a_lane_unless_something_runs() -> None:
    assert packed((5, 5), (5, 5), (5, 9)) == [0, 0, 0]
    assert packed((0, 9), (5, 5), (5, 5), (6, 6)) == [0, 1, 1, 1]


def test_an_end_before_the_start_counts_as_the_start() -> None:
    assert packed((5, 1), (3, 6)) == [1, 0]


def test_times_and_nothing() -> None:
    day = np.array(["2026-03-01", "2026-03-02"], "datetime64[us]")
    assert pack_lanes(day, day + np.timedelta64(36, "h")).tolist() == [0, 1]
    assert pack_lanes(day[:0], day[:0]).tolist() == []


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 6)), max_size=40))
def test_none_overlaps_and_the_lanes_are_as_few_as_can_be(cases: list[tuple[int, int]]) -> None:
    intervals = [(begin, begin + length) for begin, length in cases]
    lanes = packed(*intervals)

    def overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
        return one[0] < other[1] and other[0] < one[1]

    for i, one in enumerate(intervals):
        for j in range(i):
            assert lanes[i] != lanes[j] or not overlap(one, intervals[j])
    # What begins while others are going on needs a lane beside theirs.
    in_order = sorted(intervals)
    beside = [1 + sum(end > begin for _, end in in_order[:i]) for i, (begin, _) in enumerate(in_order)]
    assert max(lanes, default=-1) + 1 == max(beside, default=0)
