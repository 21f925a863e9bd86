"""Prepared rows: what is remembered is right after each change, and counts are those of a count by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError, SchemaError
from cijob_analysis.widgets.rows import CHOICES, SEARCHED, Rows
from cijob_analysis.widgets.selection import Selection
from tests.builders import batch_jobs, many_batch_jobs
from tests.widgets.generated import CELLS, TIMES, Row, frame_of, levels, passes, selections, workflows_of

Level = tuple[str, list[Row], pd.DataFrame]

changes = levels().flatmap(
    lambda level: st.tuples(st.just(level), st.lists(selections(level[0]), min_size=1, max_size=6), st.randoms())
)


def steps(drawn: list[Selection]) -> Iterator[Selection]:
    """Change one selection step by step into the next, as clicks do."""
    selection = drawn[0]
    yield selection
    for following in drawn[1:]:
        for name in {*following.names(), *selection.names(), "duration", "picked"}:
            selection = replace(selection, **{name: getattr(following, name)})
            yield selection


@settings(max_examples=60, deadline=None)  # a frame takes a while to build
@given(changes)
def test_after_each_change_the_rows_that_pass_are_those_of_a_look_at_every_row(
    example: tuple[Level, list[Selection], Any],
) -> None:
    (level, cells, frame), drawn, random = example
    rows = Rows(frame)
    for selection in steps(drawn):
        assert rows.mask(selection).tolist() == [passes(row, selection, level) for row in cells]
        without = [name for name in selection.names() if random.random() < 0.5]
        rest = replace(selection, **{name: getattr(Selection(), name) for name in without})
        assert rows.mask(selection, without=without).tolist() == [passes(row, rest, level) for row in cells]


@settings(max_examples=60, deadline=None)  # a frame takes a while to build
@given(levels().flatmap(lambda level: st.tuples(st.just(level), st.lists(st.booleans(), min_size=8, max_size=8))))
def test_values_and_counts_are_those_of_a_count_by_hand(example: tuple[Level, list[bool]]) -> None:
    (level, cells, frame), chosen = example
    rows, mask = Rows(frame), np.array(chosen[: len(cells)], bool)
    for name, columns in CHOICES.items():
        column = next((column for column in columns if column in CELLS[level]), None)
        assert rows.has(name) == (column is not None)
        if column is None:
            continue
        values = [workflows_of(row) if name == "workflows" else {row[column]} for row in cells]
        occurring = {value for found in values for value in found}
        named = sorted(value for value in occurring if value is not None)
        if name == "states":
            named = [state for state in schema.in_order(named) if state in occurring]
        assert rows.values(name) == (*named, *([None] if None in occurring else []))
        n = Counter(value for found, is_in in zip(values, mask, strict=True) if is_in for value in found)
        counts = rows.counts(name, mask)
        assert counts == {value: n[value] for value in rows.values(name)}
        assert list(counts) == list(rows.values(name))


def test_a_batch_job_counts_for_each_of_its_workflows() -> None:
    rows = Rows(batch_jobs({"workflow_ids": "w2,w1"}, {"workflow_ids": "w2"}, {"type": "Job"}))
    assert rows.counts("workflows", np.array([True, True, True])) == {"w1": 1, "w2": 2, None: 1}
    assert rows.counts("workflows", np.array([True, False, False])) == {"w1": 1, "w2": 1, None: 0}


def test_a_workflow_in_every_cell_is_found_among_many() -> None:
    frame = many_batch_jobs(3_000)
    chosen = frame["workflow_ids"].iloc[0]
    mask = Rows(frame).mask(Selection(workflows=(chosen,)))
    assert mask.tolist() == frame["workflow_ids"].eq(chosen).tolist()


def test_positions_of_rows_are_in_the_order_of_the_frame() -> None:
    task = dict.fromkeys(CELLS["tasks"])
    rows = Rows(frame_of("tasks", [{**task, "task_id": name, "run_id": "j9"} for name in ("j1", None, "j2", "j1")]))
    assert rows.key == "task_id"
    assert rows.positions(["j2", "unknown", "j1"]).tolist() == [0, 2, 3]
    assert rows.positions(iter(())).tolist() == []
    assert rows.positions([]).dtype == np.intp


@pytest.mark.parametrize("n", [3, 3_000])
@pytest.mark.parametrize("dtype", [schema.TEXT, "object", "category"])
def test_a_text_is_found_where_values_repeat_and_where_not(n: int, dtype: str) -> None:
    frame = frame_of("tasks", [dict.fromkeys(CELLS["tasks"])]).loc[[0] * n].reset_index(drop=True)
    frame["object_key"] = pd.Series([f"Videos/每日 {number}.mp4" for number in range(n)]).astype(dtype)  # type: ignore[call-overload]
    frame["code"] = pd.Series(["AccessDenied", None, "Timeout"] * (n // 3)).astype(dtype)  # type: ignore[call-overload]
    rows = Rows(frame)
    assert rows.mask(Selection(text="videos/每日 2.MP4")).nonzero()[0].tolist() == [2]
    assert rows.mask(Selection(text="DENIED")).nonzero()[0].tolist() == list(range(0, n, 3))
    assert rows.mask(Selection(text="d.n")).sum() == 0


def test_texts_that_are_missing_everywhere_or_are_numbers_are_no_fault() -> None:
    frame = batch_jobs({"name": "a"}, {"name": "b7"})
    frame["message"] = np.nan
    frame["code"] = [7, 8]
    assert Rows(frame).mask(Selection(text="7")).tolist() == [True, True]  # the first one by its code
    assert Rows(frame).mask(Selection(text="a", states=(None,))).tolist() == [True, False]


def test_a_mask_belongs_to_the_caller() -> None:
    rows, selection = Rows(batch_jobs({"state": "Failed"}, {"state": "Success"})), Selection(states=("Failed",))
    rows.mask(selection)[:] = True
    assert rows.mask(selection).tolist() == [True, False]


def test_only_the_filter_that_changed_is_looked_at_again() -> None:
    frame = batch_jobs({"state": "Failed", "name": "a"}, {"state": "Failed", "name": "b"})
    rows, selection = Rows(frame), Selection(states=("Failed",), text="a")
    rows.mask(selection)
    rows.frame = frame.drop(columns="name")  # what is known of the text cannot be found out any more
    assert rows.mask(replace(selection, created_before=TIMES[0])).tolist() == [False, False]
    assert rows.mask(replace(selection, states=())).tolist() == [True, False]


def test_it_knows_which_filters_a_frame_has() -> None:
    rows = Rows(pd.DataFrame({"run_id": ["i1"], "state": ["Failed"], "created_at": [pd.NaT]}))
    names = ("executions", "states", "failures", "created_after", "text", "only_picked")
    assert all(rows.has(name) for name in names)
    assert not any(rows.has(name) for name in ("window", "at_least_s", "nodes", "types", "workflows", "batch_jobs"))
    assert not Rows(pd.DataFrame({"size": [1]})).has("text")


@pytest.mark.parametrize("name", ["picked", "duration", "state", ""])
def test_what_is_no_filter_is_refused(name: str) -> None:
    rows = Rows(batch_jobs({}))
    with pytest.raises(ConfigurationError, match=f"{name!r} is no filter; these are batch_jobs"):
        rows.has(name)
    with pytest.raises(ConfigurationError, match="is no filter"):
        rows.mask(Selection(), without=(name,))
    with pytest.raises(ConfigurationError, match=f"{name!r} is no filter that chooses"):
        rows.values(name)


def test_a_missing_column_is_named() -> None:
    rows = Rows(pd.DataFrame({"size": [1]}))
    with pytest.raises(SchemaError, match="the filter nodes needs node; the frame has size"):
        rows.values("nodes")
    with pytest.raises(SchemaError, match=f"the filter text needs {' or '.join(SEARCHED)}"):
        rows.mask(Selection(text="a"))
    with pytest.raises(SchemaError, match="only_picked needs batch_job_id or run_id or task_id"):
        rows.mask(Selection(only_picked=True))


def test_every_filter_of_a_selection_is_one_of_rows() -> None:
    rows = Rows(frame_of("tasks", []))
    everything: dict[str, Any] = {
        **dict.fromkeys(CHOICES, ("x",)),
        **dict.fromkeys(("created_after", "created_before"), TIMES[0]),
        "window": (TIMES[0], TIMES[1]),
        **dict.fromkeys(("at_least_s", "at_most_s"), 1.0),
        "text": "x",
        "failures": (("a", "b"),),
        "only_picked": True,
    }
    assert set(Selection(**everything).names()) == set(everything)
    assert all(rows.has(name) for name in everything)
    assert rows.mask(Selection(**everything)).shape == (0,)
