"""What a monitor says of batch jobs, without a widget: data in, data and HTML out."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from cijob_analysis import Snapshot, concurrency
from cijob_analysis.ledger import Ledger, LedgerEntry
from cijob_analysis.widgets.watch import MOST_BARS, MOST_FAILURES, Watch, last_hour, watch
from cijob_analysis.widgets.watch_markup import bars_html, failures_html, summary_html
from tests.builders import AS_OF, batch_jobs
from tests.widgets.worlds import FAR, NEAR, rows, small_snapshot

SHANGHAI = ZoneInfo("Asia/Shanghai")
EVIL = "\"'><img src=x onerror=alert(1)>"


def text_of(html: str) -> str:
    """Return what is to be read, its parts separated by bars."""
    return re.sub(r"[|\s]*\|[|\s]*", "|", unescape(re.sub(r"<[^>]+>", "|", html))).replace("\u202f", " ")


def watched(snapshot: Snapshot) -> Watch:
    return watch(snapshot, SHANGHAI)


def snapshot_of(*tasks: Mapping[str, object], jobs: tuple[Mapping[str, object], ...] = ({},)) -> Snapshot:
    """Return batch jobs `FAR` (and others) with tasks directly below them, as of noon."""
    frame = batch_jobs(*({"batch_job_id": FAR, "type": "Job", "state": "Running", **job} for job in jobs))
    common = {"batch_job_id": FAR, "task_type": "Transcode", "created_at": "2026-03-01 10:00"}
    return Snapshot(batch_jobs=frame, tasks=rows("tasks", *({**common, **task} for task in tasks)), as_of=AS_OF)


def test_a_bar_counts_the_lowest_level_that_is_known() -> None:
    near, far = watched(small_snapshot()).bars
    assert (near.batch_job_id, near.name, near.state, near.noun) == (NEAR, "转码", "Running", "task")
    assert near.counts == {"Running": 1}
    assert (far.batch_job_id, far.counts) == (FAR, {"Success": 1, "Failed": 2})
    assert (far.total, far.finished, far.is_finished, near.is_finished) == (3, 3, True, False)
    bare = Snapshot(batch_jobs=small_snapshot().batch_jobs, as_of=AS_OF)
    assert [(bar.noun, bar.counts) for bar in watched(bare).bars] == [
        ("batch job", {"Running": 1}),
        ("batch job", {"Failed": 1}),
    ]


def test_all_of_them_together() -> None:
    whole = watched(small_snapshot()).all
    assert (whole.n, whole.noun, whole.counts) == (2, "task", {"Success": 1, "Failed": 2, "Running": 1})
    snapshot = small_snapshot()
    mixed = Snapshot(batch_jobs=snapshot.batch_jobs, tasks=snapshot.tasks.iloc[:3], as_of=AS_OF)
    whole = watched(mixed).all
    assert (whole.noun, whole.counts) == ("batch job", {"Failed": 1, "Running": 1})
    assert math.isnan(whole.per_minute)


def test_each_of_several_batch_jobs_says_its_end() -> None:
    near, far = (item for item in bars_html(watched(small_snapshot())).split("<li")[1:])
    assert "Unknown when it will be finished" in near
    assert "Finished at 2026-03-01" in far


def test_final_states_come_first_and_unknown_ones_last() -> None:
    states = ("Running", "Mystery", None, "Cancel", "Success", "Submitted", "Failed", "Pause")
    snapshot = snapshot_of(*({"task_id": f"j{n}", "state": state} for n, state in enumerate(states)))
    (bar,) = watched(snapshot).bars
    assert list(bar.counts) == ["Success", "Failed", "Cancel", "Submitted", "Running", "Pause", "Mystery", None]
    assert "|1 Mystery|1 no state|" in text_of(bars_html(watched(snapshot)))


def test_the_rate_is_that_of_the_last_ten_minutes() -> None:
    ends = ("11:49:59", "11:51:00", "11:55:00", "12:00:00")
    tasks = [{"task_id": f"j{n}", "state": "Success", "ended_at": f"2026-03-01 {end}"} for n, end in enumerate(ends)]
    running = {"task_id": "j9", "state": "Running", "ended_at": "2026-03-01 11:59:00"}  # the service sends such ends
    (bar,) = watched(snapshot_of(*tasks, running)).bars
    assert bar.per_minute == pytest.approx(3 / 10)
    (young,) = watched(snapshot_of(*tasks, running, jobs=({"created_at": "2026-03-01 11:54"},))).bars
    assert young.per_minute == pytest.approx(3 / 6)


def test_what_is_not_created_yet_is_part_of_the_whole() -> None:
    topology = '{"Dependencies": {"Start": "A_1", "A_1": "B_2", "B_2": "End"}, "Nodes": {"A_1": {"Type": "Transcode"}, "B_2": {"Type": "Snapshot"}}}'  # noqa: E501
    jobs = batch_jobs(
        {"batch_job_id": FAR, "type": "Workflow", "state": "Running", "workflow_ids": "w1",
         "created_at": "2026-03-01 11:00", "started_at": "2026-03-01 11:00"}
    )  # fmt: skip
    runs = [f"i{n}" for n in range(40)]
    common = {"batch_job_id": FAR, "workflow_id": "w1", "created_at": "2026-03-01 11:01"}
    executions = rows("executions", *({**common, "run_id": run, "state": "Running", "topology": topology,
                                       "started_at": "2026-03-01 11:02"} for run in runs))  # fmt: skip
    tasks = [
        {**common, "task_id": f"j{n}", "run_id": run, "node": "A_1", "task_type": "Transcode", "state": "Success",
         "queue_id": "p1", "started_at": f"2026-03-01 11:{n + 2:02}", "ended_at": f"2026-03-01 11:{n + 4:02}"}
        for n, run in enumerate(runs)
    ]  # fmt: skip
    tasks += [
        {**common, "task_id": f"k{n}", "run_id": run, "node": "B_2", "task_type": "Snapshot", "state": "Success",
         "queue_id": "p1", "started_at": f"2026-03-01 11:{n + 5:02}", "ended_at": f"2026-03-01 11:{n + 6:02}"}
        for n, run in enumerate(runs[:30])
    ]  # fmt: skip
    snapshot = Snapshot(batch_jobs=jobs, executions=executions, tasks=rows("tasks", *tasks), as_of=AS_OF)
    (bar,) = watched(snapshot).bars
    assert (bar.total, bar.finished, bar.not_created, bar.is_finished) == (70, 70, 10, False)
    assert "|70 Success|10 not created yet|" in text_of(bars_html(watched(snapshot)))
    assert watched(snapshot).all.not_created == 10
    assert "87.5 % of 80 tasks of 1 batch job finished" in text_of(summary_html(snapshot, watched(snapshot), SHANGHAI))


def test_those_under_way_come_first_then_the_latest_and_the_rest_shares_a_bar() -> None:
    jobs = batch_jobs(
        *(
            {"batch_job_id": f"b{n:032x}", "state": "Running" if n % 10 == 0 else "Success",
             "created_at": f"2026-02-{1 + n % 28:02}", "started_at": f"2026-02-{1 + n % 28:02}"}
            for n in range(100)
        )
    )  # fmt: skip
    found = watched(Snapshot(batch_jobs=jobs, as_of=AS_OF))
    assert len(found.bars) == MOST_BARS
    shown = [int(bar.batch_job_id, 16) - 0xB * 16**32 for bar in found.bars[:-1]]
    active = [n for n in range(100) if n % 10 == 0]
    assert set(shown[:10]) == set(active)
    days = [n % 28 for n in shown]
    assert days[:10] == sorted(days[:10], reverse=True)
    assert days[10:] == sorted(days[10:], reverse=True)
    assert (found.bars[-1].n, found.bars[-1].counts) == (81, {"Success": 81})
    assert "|81 other batch jobs|" in text_of(bars_html(found))


def test_a_failure_is_told_once_where_it_happened() -> None:
    found = watched(small_snapshot())
    assert found.n_failures == 2
    assert found.failures[["level", "key", "object_key", "code"]].to_numpy().tolist() == [
        ["task", "j3", "b.mov", "BadInput"],
        ["task", "j2", "a.mp4", "TimeTooLong"],
    ]
    snapshot = small_snapshot()
    without_tasks = Snapshot(batch_jobs=snapshot.batch_jobs, executions=snapshot.executions, as_of=AS_OF)
    assert watched(without_tasks).failures["key"].tolist() == ["i2"]
    bare = watched(Snapshot(batch_jobs=snapshot.batch_jobs, as_of=AS_OF)).failures
    assert bare[["level", "key"]].to_numpy().tolist() == [["batch job", FAR]]


def test_the_newest_failures_are_shown_and_how_many_there_are() -> None:
    tasks = [
        {"task_id": f"j{n}", "state": "Failed", "object_key": f"{n}.mp4", "ended_at": f"2026-03-01 11:{n:02}"}
        for n in range(30)
    ]
    found = watched(snapshot_of(*tasks))
    assert found.failures["key"].tolist() == [f"j{n}" for n in range(29, 29 - MOST_FAILURES, -1)]
    text = text_of(failures_html(found, SHANGHAI))
    assert text.startswith("|The newest 8 of 30 failures on 2026-03-01|Failed at|Asia/Shanghai, UTC+8|")
    assert "|19:29:00|29.mp4|the service does not say why|" in text


def test_times_of_several_days_have_their_dates() -> None:
    times = ("2026-02-28 15:00", "2026-02-28 17:00", None)
    tasks = [{"task_id": f"j{n}", "state": "Failed", "ended_at": time} for n, time in enumerate(times)]
    text = text_of(failures_html(watched(snapshot_of(*tasks)), SHANGHAI))
    assert text.startswith("|All of 3 failures|Failed at|")
    assert "|2026-03-01 18:00:00|task j2|" in text  # it has no end: when it was created
    assert "|2026-03-01 01:00:00|task j1|" in text
    assert "|2026-02-28 23:00:00|task j0|" in text


def test_nothing_has_failed() -> None:
    assert text_of(failures_html(watched(snapshot_of()), SHANGHAI)) == "|Nothing has failed so far.|"


def test_nothing_is_known() -> None:
    nothing = Snapshot(as_of=AS_OF)
    found = watched(nothing)
    assert (found.bars, found.all.n, found.n_failures) == ((), 0, 0)
    assert bars_html(found) == ""
    assert text_of(summary_html(nothing, found, SHANGHAI)).startswith("|No batch job is known|")
    assert text_of(summary_html(None, None, SHANGHAI)) == "|Nothing has been read yet.|"
    timeless = watched(Snapshot(batch_jobs=small_snapshot().batch_jobs, tasks=small_snapshot().tasks))
    assert timeless.all.total == 4


def test_the_summary_says_how_far_when_and_what_is_missing() -> None:
    snapshot = small_snapshot()
    entry = LedgerEntry(request="GET /inventorytriggerjob", missing_ids=("b" + "9" * 32,))
    snapshot.batch_jobs.attrs["ledger"] = Ledger((entry,), AS_OF)
    text = text_of(summary_html(snapshot, watched(snapshot), SHANGHAI))
    assert text.startswith("|75 % of 4 tasks of 2 batch jobs finished, 0 a minute|Unknown when")
    assert text.endswith("|As of 2026-03-01 20:00 UTC+8; 1 id unknown to the service|")


def test_a_batch_job_with_nothing_below_it_says_its_state_only() -> None:
    jobs = batch_jobs({"batch_job_id": FAR, "name": "nightly", "state": "Submitted", "created_at": "2026-03-01 11:00"})
    snapshot = Snapshot(batch_jobs=jobs, as_of=AS_OF)
    found = watched(snapshot)
    assert text_of(bars_html(found)) == f"|nightly|{FAR}|Submitted|1 Submitted|"
    assert text_of(summary_html(snapshot, found, SHANGHAI)).startswith("|0 % of 1 batch job finished, 0 a minute|")


def test_nothing_from_the_service_is_markup() -> None:
    job = {"name": EVIL, "state": EVIL}
    snapshot = snapshot_of(
        {"task_id": EVIL, "state": "Failed", "object_key": EVIL, "node": EVIL, "code": EVIL, "message": EVIL},
        {"task_id": "j2", "state": EVIL},
        jobs=(job,),
    )
    found = watched(snapshot)
    for html in (bars_html(found), failures_html(found, SHANGHAI), summary_html(snapshot, found, SHANGHAI)):
        assert "<img" not in html
    assert 'aria-label="&quot;&#x27;&gt;&lt;img' in bars_html(found)


def test_long_chinese_names_are_cut_and_whole_in_the_title() -> None:
    name = "每晚转码" * 50
    html = bars_html(watched(snapshot_of(jobs=({"name": name},))))
    assert f'title="{name}"' in html
    assert "…" in text_of(html)
    assert name not in text_of(html)


def test_the_last_hour_has_the_same_curve_as_the_whole() -> None:
    random = np.random.default_rng(0)
    created = AS_OF - np.array([timedelta(minutes=float(m)) for m in random.uniform(0, 240, 400)])
    tasks = []
    for n, time in enumerate(created):
        started = time + timedelta(minutes=float(random.exponential(20)))
        ended = started + timedelta(minutes=float(random.exponential(30)))
        state = "Success" if ended < AS_OF else "Running" if started < AS_OF else "Submitted"
        tasks.append(
            {"task_id": f"j{n}", "batch_job_id": FAR, "state": state, "created_at": time,
             "started_at": started if started < AS_OF else None, "ended_at": ended if ended < AS_OF else None}
        )  # fmt: skip
    frame = rows("tasks", *tasks)
    frame.attrs["ledger"] = Ledger((), AS_OF)
    part = last_hour(Snapshot(tasks=frame, as_of=AS_OF))
    begin = pd.Timestamp(AS_OF) - pd.Timedelta(hours=1)
    assert part["created_at"].min() == begin
    assert 0 < len(part) < len(frame)
    for of in ("running", "queued"):
        cut, whole = concurrency(part, of=of), concurrency(frame, of=of)
        later = whole.loc[whole["at"] > begin].set_index("at")["n"]
        assert cut.loc[cut["at"] > begin].set_index("at")["n"].to_dict() == later.to_dict()


def test_without_a_time_of_reading_the_last_hour_is_all_of_it() -> None:
    snapshot = Snapshot(tasks=small_snapshot().tasks)
    assert last_hour(snapshot) is snapshot.tasks


def test_a_late_reading_in_another_zone() -> None:
    snapshot = Snapshot(batch_jobs=small_snapshot().batch_jobs, as_of=datetime(2026, 7, 1, tzinfo=UTC))
    text = text_of(summary_html(snapshot, watch(snapshot, ZoneInfo("Europe/Berlin")), ZoneInfo("Europe/Berlin")))
    assert "As of 2026-07-01 02:00 UTC+2" in text
