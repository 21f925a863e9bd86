import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from cijob_analysis.metrics.failures.prefixes import crowded_prefixes, keys_of

KEYS = st.lists(st.one_of(st.none(), st.text("ab/第", max_size=6)), max_size=12)


@given(KEYS)
def test_each_row_has_its_key_and_each_folder_its_stretch(column: list[str | None]) -> None:
    keys = keys_of(pd.Series(column, dtype="string"))
    assert [None if code < 0 else keys.values[code] for code in keys.codes] == column
    assert keys.values == sorted({key for key in column if key is not None})
    above = {key[: place + 1] for key in keys.values for place, letter in enumerate(key) if letter == "/"}
    assert keys.folders == sorted({""} | above)
    for folder, begin, end in zip(keys.folders, keys.begins, keys.ends, strict=True):
        assert [key for key in keys.values if key.startswith(folder)] == keys.values[begin:end]
        assert (begin, end) == keys.span(folder)


def crowded(failing: list[str], others: list[str]) -> tuple[str, ...]:
    keys = keys_of(pd.Series(failing + others, dtype="string"))
    return crowded_prefixes(keys, np.sort(keys.codes[: len(failing)]), np.sort(keys.codes))


def test_the_prefix_that_tells_failures_from_the_rest() -> None:
    others = [f"{folder}/{number}" for folder in "xyz" for number in range(90)]
    bad = [f"x/bad/{number}" for number in range(20)]
    assert crowded(bad, others) == ("x/bad/",)
    assert crowded([*bad, "y/1", "y/2"], others) == ("x/bad/",)


def test_numbers_that_begin_alike_do_not_belong_to_a_prefix() -> None:
    keys = [f"IMG{number:04}.jpg" for number in range(200, 240)]
    assert crowded(keys[::2], [*keys, *(f"VID{number:04}.mp4" for number in range(400))]) == ("IMG",)


def test_a_prefix_where_failures_are_much_rarer_is_not_named_with_another() -> None:
    others = [f"big/{number}" for number in range(500)] + [f"c/{number}" for number in range(9_000)]
    assert crowded([f"small/{number}" for number in range(12)] + others[:12], others) == ("small/",)


def test_failures_everywhere_have_none() -> None:
    keys = [f"{folder}/{number}" for folder in "abcdefgh" for number in range(30)]
    assert crowded(keys[::3], keys) == ()
    assert crowded([], keys) == ()
    assert crowded(keys, []) == ()
