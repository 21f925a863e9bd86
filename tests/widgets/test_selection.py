"""Selections: the same rows by filter, by code, by what was saved, and by looking at every row."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError, SchemaError
from cijob_analysis.widgets.selection import Selection
from tests.builders import batch_jobs
from tests.widgets.generated import TIMES, Row, frame_of, levels, passes, selections

drawn = levels().flatmap(lambda level: st.tuples(st.just(level), selections(level[0])))


def ran(code: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Run a cell in which the frame is called ``tasks``."""
    names: dict[str, Any] = {"tasks": frame}
    exec(code, names)
    return names["selected"]  # type: ignore[no-any-return]


@settings(max_examples=150, deadline=None)  # a frame takes a while to build
@given(drawn)
def test_filters_code_and_json_select_what_a_look_at_every_row_selects(
    example: tuple[tuple[str, list[Row], pd.DataFrame], Selection],
) -> None:
    (level, rows, frame), selection = example
    expected = frame.iloc[[number for number, row in enumerate(rows) if passes(row, selection, level)]]
    for selected in (
        selection.apply(frame),
        ran(selection.as_code("tasks"), frame),
        Selection.from_json(selection.to_json()).apply(frame),
    ):
        pd.testing.assert_frame_equal(selected, expected)
        assert selected.attrs == frame.attrs


@given(st.sampled_from(schema.LEVELS).flatmap(selections))
def test_json_gives_it_back(selection: Selection) -> None:
    assert Selection.from_json(selection.to_json()) == selection
    assert eval(repr(selection), {"Selection": Selection, "datetime": __import__("datetime")}) == selection


def test_names_are_the_filters_that_are_set() -> None:
    assert Selection().names() == ()
    assert Selection(duration="turnaround_s", picked=("j1",)).names() == ()
    assert Selection(at_least_s=0, only_picked=True, states=(None,)).names() == ("states", "at_least_s", "only_picked")


def test_code_reads_like_code_of_a_person() -> None:
    selection = Selection(
        states=("Failed", None), types=("Transcode",), created_after=TIMES[0], at_least_s=60, at_most_s=0.5
    )
    assert selection.as_code("snapshot.tasks") == (
        "import pandas as pd\n"
        "\n"
        "import cijob_analysis as ci\n"
        "\n"
        "selected = snapshot.tasks\n"
        'selected = selected[selected["state"].isin([\'Failed\']) | selected["state"].isna()]\n'
        'column = "task_type" if "task_type" in selected else "type"\n'
        "selected = selected[selected[column].isin(['Transcode'])]\n"
        'selected = selected[selected["created_at"] >= pd.Timestamp("2026-03-01T00:00:00+00:00")]\n'
        'selected = selected[ci.add_durations(selected)["run_time_s"].between(60, 0.5)]\n'
    )
    assert Selection().as_code() == "selected = frame\n"


def test_code_of_the_longer_filters() -> None:
    selection = Selection(
        workflows=("w1", None),
        window=(TIMES[0], TIMES[2]),
        text="it's",
        failures=(("AccessDenied", "no {0}\n"),),
        only_picked=True,
    )
    assert selection.as_code() == (
        "import pandas as pd\n"
        "\n"
        "from cijob_analysis.metrics.failures.counts import clustered\n"
        "from cijob_analysis.schema import key_of\n"
        "\n"
        "selected = frame\n"
        "workflows = {'w1', None}  # None: no workflow\n"
        'column = "workflow_id" if "workflow_id" in selected else "workflow_ids"\n'
        "selected = selected.loc[[\n"
        '    not workflows.isdisjoint({part.strip() for part in ids.split(",")} - {""} or {None})\n'
        '    for ids in selected[column].astype("string").fillna("")\n'
        "]]\n"
        'begin, end = pd.Timestamp("2026-03-01T00:00:00+00:00"), pd.Timestamp("2026-03-01T00:01:00+00:00")\n'
        "was_over = selected[\"state\"].isin(['Success', 'Failed', 'Cancel']) & (selected[\"ended_at\"] < begin)\n"
        'selected = selected[(selected["created_at"] < end) & ~was_over]\n'
        'text, anywhere = "it\'s", dict(case=False, regex=False, na=False)\n'
        'searched = "task_id run_id batch_job_id workflow_id workflow_ids queue_id name object_key code message"'
        ".split()\n"
        "columns = [selected[name] for name in searched if name in selected]\n"
        'found = [column.astype("string").str.contains(text, **anywhere) for column in columns]\n'
        "selected = selected[pd.concat(found, axis=1).any(axis=1)]\n"
        "failures = {('AccessDenied', 'no {0}\\n')}  # codes, and messages without ids, keys and numbers\n"
        "found = clustered(selected)\n"
        "clusters = list(zip(found.codes, found.patterns))\n"
        "rows = [row for row, number in zip(found.rows, found.numbers) if clusters[number] in failures]\n"
        "selected = selected.iloc[sorted(rows)]\n"
        "selected = selected[selected[key_of(selected)].isin([])]\n"
    )


def test_many_values_stand_below_each_other_in_code() -> None:
    ids = [f"b{number:032x}" for number in range(3)]
    frame = batch_jobs({}, {}, {}, {})
    code = Selection(batch_jobs=tuple(ids)).as_code("tasks")
    begin = 'selected = selected[selected["batch_job_id"].isin(['
    assert code.splitlines()[1:4] == [begin, f"    '{ids[0]}',", f"    '{ids[1]}',"]
    assert ran(code, frame)["batch_job_id"].tolist() == ids


@pytest.mark.parametrize("odd", ["'\"\\", "a\nb\r\t", "{0} {x}", "视频 🎬", '"""', "a\u2028b", "%s", "#", "\\N{DASH}"])
def test_odd_texts_are_quoted(odd: str) -> None:
    row = {"state": odd, "name": odd, "queue_id": odd, "workflow_ids": odd, "type": odd, "batch_job_id": odd}
    frame = batch_jobs(row, {"state": "Running", "batch_job_id": "b1"})
    kinds: tuple[dict[str, Any], ...] = (
        {"states": odd},
        {"types": odd},
        {"queues": odd},
        {"workflows": odd.strip()},
        {"batch_jobs": odd},
        {"text": odd},
        {"picked": odd, "only_picked": True},
    )
    for filters in kinds:
        selection = Selection(**filters)
        assert ran(selection.as_code("tasks"), frame).index.tolist() == [0], filters
        assert Selection.from_json(selection.to_json()).apply(frame).index.tolist() == [0]


def test_failures_are_chosen_by_code_and_masked_message() -> None:
    frame = batch_jobs(
        {"state": "Failed", "code": "NotFound", "message": "no object a/b.mp4"},
        {"state": "Failed", "code": "NotFound", "message": "no object c/d.mp4"},
        {"state": "Failed", "code": "Denied", "message": "no object a/b.mp4"},
        {"state": "Running", "code": "NotFound", "message": "no object a/b.mp4"},
    )
    selection = Selection(failures=(("NotFound", "no object <path>"),))
    assert selection.apply(frame).index.tolist() == [0, 1]
    assert ran(selection.as_code("tasks"), frame).index.tolist() == [0, 1]


def test_what_is_under_way_in_a_window() -> None:
    minutes = [f"2026-03-01 00:0{minute}" for minute in range(6)]
    frame = batch_jobs(
        {"state": "Success", "created_at": minutes[0], "ended_at": minutes[1]},  # over before it begins
        {"state": "Success", "created_at": minutes[0], "ended_at": minutes[2]},
        {"state": "Running", "created_at": minutes[0], "ended_at": minutes[1]},  # the service's end of a running job
        {"state": "Success", "created_at": minutes[0]},  # ended nobody knows when
        {"state": "Success", "created_at": minutes[3], "ended_at": minutes[3]},
        {"state": "Running", "created_at": minutes[4]},  # created when it ends
        {"state": "Running"},
    )
    begin, end = (datetime(2026, 3, 1, 0, minute, tzinfo=UTC) for minute in (2, 4))
    assert Selection(window=(begin, end)).apply(frame).index.tolist() == [1, 2, 3, 4]


def test_what_has_not_finished_has_no_run_time_yet() -> None:
    frame = batch_jobs(
        {"state": "Success", "created_at": "2026-03-01", "started_at": "2026-03-01", "ended_at": "2026-03-02"},
        {"state": "Running", "created_at": "2026-03-01", "started_at": "2026-03-01", "ended_at": "2026-03-02"},
    )
    assert Selection(at_least_s=0).apply(frame).index.tolist() == [0]
    assert Selection(at_most_s=1e9).apply(frame).index.tolist() == [0]
    assert Selection(at_most_s=1e9, duration="queue_wait_s").apply(frame).index.tolist() == [0, 1]


def test_picked_rows_are_only_marked_unless_asked_for() -> None:
    frame = frame_of("tasks", [])
    task = dict.fromkeys(frame.columns)
    frame = frame_of("tasks", [{**task, "task_id": "j0", "run_id": "j1"}, {**task, "task_id": "j1"}])
    selection = Selection(picked=("j1", "j9"))
    assert selection.apply(frame)["task_id"].tolist() == ["j0", "j1"]
    assert replace(selection, only_picked=True).apply(frame)["task_id"].tolist() == ["j1"]
    assert Selection(only_picked=True).apply(frame).empty


def test_the_argument_is_not_changed_and_the_result_may_be() -> None:
    frame = batch_jobs({"state": "Failed"}, {"state": "Success"})
    before = frame.copy()
    selected = Selection(states=("Failed",)).apply(frame)
    selected["note"] = "seen"
    pd.testing.assert_frame_equal(frame, before)


def test_filters_are_kept_in_one_way() -> None:
    later = datetime(2026, 3, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    given: Any = {
        "states": schema.State.FAILED,
        "types": ["Job", np.str_("Job")],
        "created_after": later,
        "window": [later, "2026-03-01T08:01+08:00"],
        "at_least_s": np.int64(5),
        "failures": [["a", "b"], ("a", "b")],
    }
    kept = Selection(
        states=("Failed",),
        types=("Job",),
        created_after=TIMES[0],
        window=(TIMES[0], TIMES[2]),
        at_least_s=5.0,
        failures=(("a", "b"),),
    )
    assert Selection(**given) == kept
    assert hash(Selection(**given)) == hash(kept)
    assert repr(Selection(**given).states + Selection(**given).types) == "('Failed', 'Job')"
    assert repr(Selection(states="Failed")) == "Selection(states=('Failed',))"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"states": 5}, "states=5 is neither"),
        ({"states": None}, "states=None is neither"),
        ({"states": {"Failed": 1}}, "states={'Failed': 1} is neither"),
        ({"types": ["Job", 5]}, "types=5 is no text"),
        ({"nodes": ["\ud800"]}, r"nodes='\\ud800' is no text"),
        ({"batch_jobs": ["b1", None]}, r"batch_jobs=\['b1', None\] has None"),
        ({"text": None}, "text=None is no text"),
        ({"created_after": datetime(2026, 3, 1)}, "created_after=.* in which zone"),  # noqa: DTZ001
        ({"created_before": "yesterday"}, "created_before='yesterday' is no time"),
        ({"created_before": "9999-12-31T23:59-08:00"}, "years 1 to 9999"),
        ({"window": TIMES[:1]}, "window=.* no pair of times"),
        ({"window": [TIMES[0], None]}, "window=.* no pair of times"),
        ({"window": [TIMES[1], TIMES[0]]}, "window=.* not before the begin"),
        ({"window": "ab"}, "window='ab' is no pair"),
        ({"window": [5, 6]}, "window=5 is no time"),
        ({"duration": "age_s"}, "duration='age_s' is none of queue_wait_s, run_time_s"),
        ({"at_least_s": "5"}, "at_least_s='5' is no number of seconds"),
        ({"at_least_s": True}, "at_least_s=True is no number"),
        ({"at_most_s": float("nan")}, "at_most_s=nan is no number"),
        ({"at_most_s": 10**400}, "at_most_s=1000.* is no number"),
        ({"failures": "ab"}, "failures='ab' is not pairs"),
        ({"failures": ["ab"]}, r"failures=\['ab'\] is not pairs"),
        ({"failures": [("a", None)]}, "failures=None is no text"),
        ({"picked": 3}, "picked=3 is neither"),
        ({"only_picked": 1}, "only_picked=1 is neither True nor False"),
    ],
)
def test_what_is_no_filter_is_refused(filters: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Selection(**filters)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' is no JSON"),
        ("{", "'{' is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("[]", r"'\[\]' is no selection"),
        ('{"state": ["Failed"]}', "has no 'state'; it has batch_jobs"),
        ('{"states": 5}', "states=5"),
        ('{"created_after": 5}', "created_after=5 is no time"),
        ('{"window": ["2026-03-01T00:00Z"]}', "window="),
        ('{"at_least_s": Infinity}', "at_least_s=inf"),
        ('{"failures": {"a": "b"}}', "failures="),
    ],
)
def test_what_is_no_selection_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Selection.from_json(text)


def test_json_has_lists_and_times_in_utc() -> None:
    selection = Selection(states=("失败", None), window=(TIMES[0], TIMES[1]), failures=(("a", "b"),))
    saved = json.loads(selection.to_json())
    assert saved["states"] == ["失败", None]
    assert saved["window"] == ["2026-03-01T00:00:00+00:00", "2026-03-01T00:00:00.500000+00:00"]
    assert saved["failures"] == [["a", "b"]]
    assert "失败" in selection.to_json()


def test_a_missing_column_is_named() -> None:
    frame = batch_jobs({"state": "Failed"}).drop(columns=["workflow_ids", "ended_at", "type"])
    for selection, message in (
        (Selection(workflows=("w1",)), "the filter workflows needs workflow_id or workflow_ids; the frame has batch"),
        (Selection(types=("Job",)), "types needs task_type or type"),
        (Selection(window=(TIMES[0], TIMES[1])), "window needs state, created_at, ended_at"),
    ):
        with pytest.raises(SchemaError, match=message):
            selection.apply(frame)
