"""Selections: the same rows by filter, by code, and by looking at every row."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cijob_analysis.exceptions import ConfigurationError, SchemaError
from cijob_analysis.widgets.selection import SEARCHED, Selection
from tests.builders import batch_jobs

WORKFLOWS = ["w1", "w11", "w2"]
TIMES = [datetime(2026, 3, 1, hour, 30, tzinfo=UTC) for hour in range(4)]

cells = st.fixed_dictionaries(
    {
        "batch_job_id": st.sampled_from(["b0", "b1"]),
        "state": st.sampled_from(["Success", "Failed", "Frozen", None]),
        "type": st.sampled_from(["Workflow", "Job", None]),
        "workflow_ids": st.sampled_from(["w1", "w11", "w1,w2", " w2 , w11 ", ",", "", None]),
        "name": st.sampled_from(["Nightly (a|b)", "转码 每日", None]),
        "message": st.sampled_from(["the OBJECT is damaged.", None]),
        "created_at": st.sampled_from(["2026-03-01 00:30", "2026-03-01 02:30", None]),
    }
)
frames = st.lists(cells, max_size=8).map(lambda rows: batch_jobs(*rows))
selections = st.builds(
    Selection,
    states=st.lists(st.sampled_from(["Success", "Failed", "Frozen", "Pause", None]), max_size=3).map(tuple),
    types=st.lists(st.sampled_from(["Workflow", "Job", None]), max_size=2).map(tuple),
    workflows=st.lists(st.sampled_from([*WORKFLOWS, None]), max_size=2).map(tuple),
    created_after=st.sampled_from([None, *TIMES]),
    created_before=st.sampled_from([None, *TIMES]),
    text=st.sampled_from(["", "object", "(A|b)", "每", "b1", ".", "'\"\\"]),
)


def is_selected(row: dict[Any, Any], selection: Selection) -> bool:
    """Say by the words of the documentation whether a row passes."""
    row = {name: None if pd.isna(value) else value for name, value in row.items()}
    ids = {part.strip() for part in (row["workflow_ids"] or "").split(",")} - {""} or {None}
    created = row["created_at"]
    after, before = selection.created_after, selection.created_before
    return (
        (not selection.states or row["state"] in selection.states)
        and (not selection.types or row["type"] in selection.types)
        and (not selection.workflows or bool(ids & set(selection.workflows)))
        and (after is None or (created is not None and created >= after))
        and (before is None or (created is not None and created <= before))
        and any(selection.text.lower() in (row[name] or "").lower() for name in SEARCHED)
    )


@settings(max_examples=60, deadline=None)  # a frame takes a while to build
@given(frames, selections)
def test_it_selects_what_a_look_at_every_row_selects(frame: pd.DataFrame, selection: Selection) -> None:
    rows = [number for number in range(len(frame)) if is_selected(frame.iloc[number].to_dict(), selection)]
    selected = selection.apply(frame)
    pd.testing.assert_frame_equal(selected, frame.iloc[rows])
    assert selected.attrs == frame.attrs


@settings(max_examples=60, deadline=None)  # a frame takes a while to build
@given(frames, selections)
def test_the_code_selects_the_same_rows(frame: pd.DataFrame, selection: Selection) -> None:
    names = {"jobs": frame}
    exec(selection.as_code("jobs"), names)
    pd.testing.assert_frame_equal(names["selected"], selection.apply(frame))


@given(selections)
def test_json_gives_it_back(selection: Selection) -> None:
    assert Selection.from_json(selection.to_json()) == selection
    assert isinstance(json.loads(selection.to_json()), dict)


def test_code_reads_like_code_of_a_person() -> None:
    selection = Selection(states=("Failed", None), workflows=("w1", None), created_after=TIMES[0], text="it's")
    assert selection.as_code() == (
        "import pandas as pd\n"
        "\n"
        "selected = frame\n"
        'selected = selected[selected["state"].isin([\'Failed\']) | selected["state"].isna()]\n'
        "workflows = {'w1', None}  # None: no workflow\n"
        "selected = selected.loc[[\n"
        '    not workflows.isdisjoint({part.strip() for part in ids.split(",")} - {""} or {None})\n'
        '    for ids in selected["workflow_ids"].fillna("")\n'
        "]]\n"
        'selected = selected[selected["created_at"] >= pd.Timestamp("2026-03-01T00:30:00+00:00")]\n'
        'text, anywhere = "it\'s", dict(case=False, regex=False, na=False)\n'
        "selected = selected[\n"
        '    selected["batch_job_id"].str.contains(text, **anywhere)\n'
        '    | selected["name"].str.contains(text, **anywhere)\n'
        '    | selected["code"].str.contains(text, **anywhere)\n'
        '    | selected["message"].str.contains(text, **anywhere)\n'
        "]\n"
    )
    assert Selection().as_code("jobs") == "selected = jobs\n"


def test_the_argument_is_not_changed_and_the_result_may_be() -> None:
    frame = batch_jobs({"state": "Failed"}, {"state": "Success"})
    before = frame.copy()
    selected = Selection(states=("Failed",)).apply(frame)
    selected["note"] = "seen"
    pd.testing.assert_frame_equal(frame, before)


def test_filters_are_kept_in_one_way() -> None:
    later = datetime(2026, 3, 1, 8, 30, tzinfo=timezone(timedelta(hours=8)))
    given: Any = {"states": "Failed", "types": ["Job", "Job"], "created_after": later}
    assert Selection(**given) == Selection(states=("Failed",), types=("Job",), created_after=TIMES[0])
    iso: Any = {"created_after": "2026-03-01T08:30+08:00"}
    assert Selection(**iso) == Selection(created_after=TIMES[0])


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"states": 5}, "states=5 is neither"),
        ({"types": ["Job", 5]}, "types="),
        ({"text": None}, "text=None is no text"),
        ({"created_after": datetime(2026, 3, 1)}, "created_after=.* in which zone"),  # noqa: DTZ001
        ({"created_before": "yesterday"}, "created_before='yesterday' is no time"),
    ],
)
def test_what_is_no_filter_is_refused(filters: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Selection(**filters)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"state": ["Failed"]}', '{"states": 5}', '{"created_after": 5}'])
def test_what_is_no_selection_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        Selection.from_json(text)


def test_a_missing_column_is_named() -> None:
    frame = batch_jobs({"state": "Failed"}).drop(columns=["state", "workflow_ids", "code"])
    for selection, name in (
        (Selection(states=("Failed",)), "state"),
        (Selection(workflows=("w1",)), "workflow_ids"),
        (Selection(text="x"), "code"),
    ):
        with pytest.raises(SchemaError, match=f"lacks {name}"):
            selection.apply(frame)
