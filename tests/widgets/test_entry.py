"""Durations as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cijob_analysis import ConfigurationError
from cijob_analysis.widgets.entry import seconds_of, text_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("", None), ("  ", None), ("90", 90), ("90 s", 90), ("1.5h", 5400), ("0,5 min", 30), ("1 h 30 min", 5400),
     ("2 d", 172800), ("250 ms", 0.25), ("−5 s", -5), ("1 H", 3600)],
)  # fmt: skip
def test_a_duration_is_read(text: str, seconds: float | None) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["soon", "5 mn", "1:30", "h", "5 5 x"])
def test_what_is_none_is_refused_by_name(text: str) -> None:
    with pytest.raises(ConfigurationError, match=f"'{text}' is no duration"):
        seconds_of(text)


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, ""), (90, "90 s"), (300, "5 min"), (5400, "90 min"), (86400, "1 d"), (0.5, "0.5 s")]
)
def test_it_is_shown_as_one_would_type_it(seconds: float | None, text: str) -> None:
    assert text_of(seconds) == text


@given(st.floats(-1e9, 1e9, allow_nan=False))
def test_what_is_shown_reads_back(seconds: float) -> None:
    assert seconds_of(text_of(seconds)) == pytest.approx(seconds, rel=1e-12)
