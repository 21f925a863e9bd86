from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cijob_analysis.metrics.failures.lift import Region, divergences


def region(hits: int, rows: int, of_hits: int, of_rows: int, *, choices: float = 1) -> Region:
    return Region(
        kind="node", values=("High",), hits=hits, rows=rows, of_hits=of_hits, of_rows=of_rows, sample=of_hits,
        choices=choices, holds=lambda numbers: numbers >= 0,
    )  # fmt: skip


@st.composite
def parts(draw: st.DrawFn) -> tuple[int, int, int, int]:
    of_rows = draw(st.integers(2, 60))
    of_hits, rows = draw(st.integers(1, of_rows)), draw(st.integers(1, of_rows))
    hits = draw(st.integers(max(0, of_hits + rows - of_rows), min(of_hits, rows)))
    return hits, rows, of_hits, of_rows


@given(parts())
def test_the_p_value_is_a_bound_of_the_hypergeometric_tail(part: tuple[int, int, int, int]) -> None:
    hits, rows, of_hits, of_rows = part
    draws = [comb(rows, k) * comb(of_rows - rows, of_hits - k) for k in range(hits, min(of_hits, rows) + 1)]
    assert region(*part).p_value >= sum(draws) / comb(of_rows, of_hits) - 1e-12


def test_rates_inside_and_outside() -> None:
    part = region(30, 40, 40, 1_040)
    assert (part.share, part.rate_inside, part.rate_outside) == (0.75, 0.75, 0.01)
    assert part.stands_out


@pytest.mark.parametrize(
    ("part", "choices"),
    [
        ((4, 4, 4, 1_000), 1),  # too few
        ((40, 1_000, 40, 1_000), 1),  # nothing to compare with
        ((20, 100, 40, 500), 1),  # not five times as often
        ((10, 100, 10, 1_000), 1e8),  # one of so many may well
    ],
)
def test_what_does_not_stand_out(part: tuple[int, int, int, int], choices: float) -> None:
    assert not region(*part, choices=choices).stands_out


def test_where_hits_are_not_more_there_is_no_divergence() -> None:
    found = divergences(np.array([0, 1, 2, 2]), np.array([5, 5, 10, 2]), 2, 10)
    assert found.tolist() == [0, 0, 0, pytest.approx(np.log(5))]
