from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from cijob_analysis.plots.seconds_axis import SecondsLocator, seconds_axis


def labels(low: float, high: float, *, log: bool) -> list[str]:
    ax = Figure().subplots()
    seconds_axis(ax, log=log)
    ax.set_xlim(low, high)
    ax.figure.canvas.draw()
    return [tick.get_text() for tick in ax.get_xticklabels()]


def test_a_wide_logarithmic_axis() -> None:
    assert labels(0.9, 90_000, log=True) == ["1 s", "1 min", "1 h", "1 d"]
    assert labels(0.9, 4_000, log=True) == ["1 s", "10 s", "1 min", "10 min", "1 h"]


def test_a_narrow_logarithmic_axis() -> None:
    assert labels(20, 50, log=True) == ["20 s", "25 s", "30 s", "35 s", "40 s", "45 s", "50 s"]


def test_a_linear_axis() -> None:
    assert labels(0, 7_200, log=False) == ["0 s", "30 min", "1 h", "1 h 30 min", "2 h"]


@given(st.floats(1e-5, 1e8), st.floats(1.001, 1e9), st.booleans())
def test_every_range_has_some_ticks_in_view_and_not_too_many(low: float, factor: float, log: bool) -> None:
    ticks = SecondsLocator(log=log).tick_values(low, low * factor)
    assert 1 <= len(ticks) <= 8
    assert all(low * 0.999 <= tick <= low * factor * 1.001 for tick in ticks)
    assert ticks == sorted(set(ticks))
