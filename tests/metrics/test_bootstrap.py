import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cijob_analysis.metrics.comparison.bootstrap import (
    NOTHING,
    Distribution,
    Replicates,
    holm,
    p_value,
    quantile_distribution,
    rate_distribution,
)  # fmt: skip

shares = st.floats(0.05, 0.95)
numbers = st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=12)


def distribution(values: Sequence[float]) -> Distribution:
    return Distribution(np.sort(np.array(values)), np.arange(1, len(values) + 1) / len(values))


@given(numbers, shares)
def test_how_many_are_below_a_quantile_is_binomial(values: list[float], q: float) -> None:
    values, n = sorted(values), len(values)
    found = quantile_distribution(np.array(values), q)
    weights = [math.comb(n, j) * q**j * (1 - q) ** (n - j) for j in range(n + 1)]
    edges = [values[0], *values, values[-1]]
    middles = [(low + high) / 2 for low, high in pairwise(edges)]
    assert found.values == pytest.approx(middles)
    assert found.weights() == pytest.approx(weights, abs=1e-12)


def test_a_million_values_take_a_few_thousand_ranks() -> None:
    found = quantile_distribution(np.arange(1e6), 0.5)
    assert len(found.values) < 12_000
    low, high = found.at(np.array([0.025, 0.975]))
    assert (low, high) == pytest.approx((5e5 - 980, 5e5 + 980), abs=3)  # ± 1.96 · √n / 2


def test_its_replicates_are_spread_like_those_of_a_bootstrap() -> None:
    random = np.random.default_rng(1)
    values = np.sort(random.lognormal(size=400))
    resampled = np.median(random.choice(values, (4000, 400)), axis=1)
    drawn = quantile_distribution(values, 0.5).at((np.arange(4000) + 0.5) / 4000)
    assert drawn.std() == pytest.approx(resampled.std(), rel=0.1)
    assert np.quantile(drawn, [0.05, 0.5, 0.95]) == pytest.approx(np.quantile(resampled, [0.05, 0.5, 0.95]), rel=0.05)


@pytest.mark.parametrize(("q", "n"), [(0.5, 25), (0.5, 200), (0.95, 200)])
def test_the_interval_of_a_quantile_holds_its_level(q: float, n: int) -> None:
    random = np.random.default_rng(2)
    true = -math.log(1 - q)
    held = 0
    for _ in range(1000):
        low, high = quantile_distribution(np.sort(random.exponential(size=n)), q).at(np.array([0.025, 0.975]))
        held += bool(low <= true <= high)
    assert 0.92 <= held / 1000 <= 0.98


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"), [(1, 10, 0.011, 0.381), (5, 10, 0.224, 0.776), (10, 100, 0.053, 0.170)]
)
def test_rates_have_jeffreys_intervals(hits: int, n: int, low: float, high: float) -> None:
    found = rate_distribution(hits, n).at(np.array([0.025, 0.975]))
    assert found == pytest.approx([low, high], abs=0.0006)


def test_what_was_never_seen_may_be_there() -> None:
    none, all_ = rate_distribution(0, 50), rate_distribution(50, 50)
    assert none.at(np.array([0.95]))[0] == pytest.approx(0.0376, abs=0.0005)
    assert all_.at(np.array([0.05]))[0] == pytest.approx(1 - 0.0376, abs=0.0005)


@given(numbers, numbers)
def test_a_p_value_counts_all_pairs(a: list[float], b: list[float]) -> None:
    pairs = [(x, y) for x in a for y in b]
    at_most, at_least = (sum(y <= x for x, y in pairs) / len(pairs), sum(y >= x for x, y in pairs) / len(pairs))
    assert p_value(distribution(a), distribution(b)) == pytest.approx(min(2 * min(at_most, at_least), 1))


def test_intervals_are_of_differences_and_ratios() -> None:
    replicates = Replicates.draw(2000, 0.9, seed=0)
    a, b = distribution([10.0]), distribution(list(np.linspace(10, 30, 2001)))
    difference, relative = replicates.intervals(a, b)
    assert difference == pytest.approx((1, 19), abs=0.05)
    assert relative == pytest.approx((0.1, 1.9), abs=0.005)


def test_a_ratio_to_nothing_has_no_bound_and_one_to_less_than_nothing_no_meaning() -> None:
    replicates = Replicates.draw(100, 0.9, seed=0)
    assert replicates.intervals(NOTHING, distribution([1.0]))[1] == (math.inf, math.inf)
    assert replicates.intervals(NOTHING, NOTHING)[1] == (0, 0)
    assert np.isnan(replicates.intervals(distribution([-1.0]), distribution([1.0]))[1]).all()


def test_equal_seeds_give_equal_replicates() -> None:
    first, second, other = (Replicates.draw(100, 0.9, seed) for seed in (3, 3, 4))
    assert (first.b == second.b).all()
    assert (first.b != other.b).any()
    assert np.sort(other.b) == pytest.approx(other.a)


@given(st.lists(st.floats(0, 1) | st.just(math.nan), max_size=8))
def test_holm_equals_its_definition(p_values: list[float]) -> None:
    found = holm(np.array(p_values, dtype=np.float64))
    tests = sorted(p for p in p_values if not math.isnan(p))
    for p, adjusted in zip(p_values, found.tolist(), strict=True):
        if math.isnan(p):
            assert math.isnan(adjusted)
        else:
            before = [(len(tests) - place) * other for place, other in enumerate(tests) if other < p]
            assert adjusted == pytest.approx(min(1, max([*before, (len(tests) - tests.index(p)) * p])))
