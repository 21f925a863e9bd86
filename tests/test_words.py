import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cijob_analysis.words import labels_of, listed, number, percent, plural, seconds, shortened


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 s"), (0.00025, "250 µs"), (0.02, "20 ms"), (0.5, "0.5 s"), (1, "1 s"), (12.34, "12.3 s"), (60, "1 min"),
        (90, "1 min 30 s"),
        (3_600, "1 h"), (3_661, "1 h 1 min"), (86_400, "1 d"), (90_000, "1 d 1 h"), (-90, "−1 min 30 s"),
        (86_400 * 1_200, "1\u202f200 d"),
    ],
)  # fmt: skip
def test_durations(value: float, text: str) -> None:
    assert seconds(value) == text


def test_numbers() -> None:
    assert [number(0), number(12_480), plural(1, "task"), plural(2, "task")] == [
        "0",
        "12\u202f480",
        "1 task",
        "2 tasks",
    ]
    shares = [0, 0.0001, 0.005, 1 / 3, 0.9999, 1]
    assert [percent(share) for share in shares] == ["0 %", "<0.1 %", "0.5 %", "33.3 %", ">99.9 %", "100 %"]
    assert [listed([]), listed(["a"]), listed(["a", "b", "c"], "or")] == ["", "a", "a, b or c"]


def test_names_are_cut_in_the_middle() -> None:
    assert shortened(["short", "w" + "0" * 15 + "1" * 16], 12) == ["short", "w000000…1111"]


@given(st.lists(st.text("ab…", max_size=30), max_size=20))
def test_what_was_distinct_stays_distinct(names: list[str]) -> None:
    short = shortened(names, 8)
    assert len(set(short)) == len(set(names))
    assert all(a == b for a, b in zip(names, short, strict=True) if len(a) <= 8 and names.count(a) == short.count(a))


def test_labels_of_groups() -> None:
    keys = pd.DataFrame({"queue_id": ["p1", None], "day": pd.to_datetime(["2026-03-01", "2026-03-02"])})
    assert labels_of(keys) == ["p1 · 2026-03-01 00:00", "no queue id · 2026-03-02 00:00"]
