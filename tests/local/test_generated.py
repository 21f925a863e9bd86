"""Executions and tasks of generated workloads: properties that hold in every world."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.local import Execution, Task, Workload
from cijob_analysis.local.ids import PREFIXES
from cijob_analysis.local.world import World
from cijob_analysis.local.zone import NOW
from cijob_analysis.schema import TERMINAL
from tests.local.test_workload import busiest

WORLD = Workload.generate(batch_jobs=240, seed=7)
EXECUTIONS, TASKS = WORLD.executions_of(), WORLD.tasks_of()
LARGE = Workload.of_batch(executions=3000, with_failures=True)


def by_run(tasks: tuple[Task, ...]) -> dict[str, list[Task]]:
    found = defaultdict(list)
    for task in tasks:
        if task.run_id is not None:
            found[task.run_id].append(task)
    return found


def by_batch_job(rows: tuple[Execution, ...] | tuple[Task, ...]) -> dict[str, list[Execution | Task]]:
    found = defaultdict(list)
    for row in rows:
        assert row.batch_job_id is not None
        found[row.batch_job_id].append(row)
    return found


def test_every_state_is_there() -> None:
    assert {row.state for row in EXECUTIONS} == {"Success", "Failed", "Running", "Cancel"}
    assert {row.state for row in TASKS} == {"Submitted", "Running", "Pause", "Success", "Failed", "Cancel"}


def test_ids_are_unique_and_formed_as_the_services() -> None:
    assert len({row.run_id for row in EXECUTIONS}) == len(EXECUTIONS)
    assert len({row.task_id for row in TASKS}) == len(TASKS)
    created = {row.run_id: row.created_at for row in EXECUTIONS} | {row.task_id: row.created_at for row in TASKS}
    for name, time in list(created.items())[::97]:
        uuid = UUID(name[1:])
        assert uuid.version == 1
        told = datetime(1582, 10, 15, tzinfo=UTC) + timedelta(microseconds=uuid.time // 10)
        assert told.replace(microsecond=0) == time
    assert all(row.task_id[0] == PREFIXES.get(row.tag, "j") for row in TASKS)
    assert {row.task_id[0] for row in TASKS} == {"j", "c", "s"}
    assert {row.run_id[0] for row in EXECUTIONS} == {"i"}


def test_children_are_inside_their_parents_lives() -> None:
    jobs = {job.batch_job_id: job for job in WORLD.batch_jobs}
    runs = {row.run_id: row for row in EXECUTIONS}
    for row in EXECUTIONS:
        job = jobs[str(row.batch_job_id)]
        assert job.started_at is not None
        assert job.started_at <= row.created_at <= (job.ended_at or WORLD.now)
        assert row.workflow_id in job.workflow_ids
    for task in TASKS:
        job = jobs[str(task.batch_job_id)]
        begins = runs[task.run_id].created_at if task.run_id else job.created_at
        times = [time for time in (task.created_at, task.started_at, task.ended_at) if time]
        assert [begins, *times, job.ended_at or WORLD.now] == sorted([begins, *times, job.ended_at or WORLD.now])


def test_batch_jobs_have_children_that_fit_their_state() -> None:
    executions, tasks = by_batch_job(EXECUTIONS), by_batch_job(TASKS)
    for job in WORLD.batch_jobs:
        own = executions[job.batch_job_id] + tasks[job.batch_job_id]
        states = {row.state for row in own}
        if job.state == "Submitted":
            assert not own
        elif job.state == "Pause":
            assert states == {"Pause"}
        elif job.state != "Running":
            assert states <= set(TERMINAL)
        if job.state == "Failed":
            assert job.code in {row.code for row in tasks[job.batch_job_id] if isinstance(row, Task)}
        if job.state != "Cancel":
            assert "Cancel" not in states
        if job.state in ("Success", "Failed"):
            ends = [row.ended_at for row in tasks[job.batch_job_id] if isinstance(row, Task) and row.ended_at]
            assert max(ends) == job.ended_at
        if job.input_kind == "Object":
            assert {row.object_key for row in own} <= {job.input_value}


def test_an_execution_is_what_its_tasks_make_of_it() -> None:
    workflows = {workflow.workflow_id: workflow for workflow in WORLD.workflows}
    tasks = by_run(TASKS)
    for row in EXECUTIONS:
        own = {task.node: task for task in tasks[row.run_id]}
        workflow = workflows[row.workflow_id]
        states = {task.state for task in own.values()}
        assert (row.state == "Failed") == ("Failed" in states)
        assert (row.state == "Success") == (states == {"Success"} and len(own) == len(workflow.nodes))
        for node, numbers in zip(workflow.nodes, workflow.predecessors, strict=True):
            before = [own.get(workflow.nodes[number].name) for number in numbers]
            if node.name in own:
                task = own[node.name]
                assert (task.tag, task.queue_id, task.object_key) == (node.type, node.queue_id, row.object_key)
                ends = [other.ended_at for other in before if other and other.state == "Success" and other.ended_at]
                assert len(ends) == len(before)  # nothing comes after what has failed
                assert max(ends, default=row.created_at) <= task.created_at


def test_workflows_are_linear_branch_and_join() -> None:
    shapes = {
        (
            max(len(ends) for ends in workflow.followers.values()),
            max(len(before) for before in workflow.predecessors),
        )
        for workflow in WORLD.workflows
    }
    assert shapes == {(1, 1), (2, 0), (2, 1), (2, 2)}


@pytest.mark.parametrize("workload", [WORLD, Workload.generate(batch_jobs=400, seed=2, days=6), LARGE])
def test_no_queue_is_above_its_cap_at_any_instant(workload: Workload) -> None:
    caps = {queue.queue_id: queue.max_concurrent for queue in workload.queues}
    lives = defaultdict(list)
    for task in workload.tasks_of():
        if task.started_at is not None:
            lives[task.queue_id].append((task.started_at, task.ended_at))
    assert lives
    assert all(busiest(own) <= caps[str(queue_id)] for queue_id, own in lives.items())
    assert any(busiest(own) == caps[str(queue_id)] for queue_id, own in lives.items())


def test_a_task_waits_as_long_as_its_queue_is_full_and_then_it_is_first() -> None:
    (queue,) = LARGE.queues
    lives = sorted(
        (task.created_at, task.started_at, task.ended_at)
        for task in LARGE.tasks_of()
        if task.started_at and task.ended_at
    )
    assert [started for _, started, _ in lives] == sorted(started for _, started, _ in lives)
    waits = [(started - created).total_seconds() for created, started, _ in lives]
    assert sum(wait > 60 for wait in waits) > len(waits) / 2
    for created, started, _ in lives[:: len(lives) // 50]:
        if started - created > timedelta(minutes=1):
            waited = created + (started - created) / 2
            assert sum(begin <= waited < end for _, begin, end in lives) == queue.max_concurrent


def test_failures_cluster_by_node_and_by_prefix() -> None:
    names = {node.name: node.template_name for workflow in WORLD.workflows for node in workflow.nodes}
    movs: dict[str, Counter[bool]] = defaultdict(Counter)
    damaged: Counter[bool] = Counter()
    for task in TASKS:
        if task.state in ("Success", "Failed"):
            if task.object_key.endswith(".mov") and "damaged/" not in task.object_key:
                movs[str(names.get(str(task.node)))][task.state == "Failed"] += 1
            if "damaged/" in task.object_key:
                damaged[task.state == "Failed"] += 1
    rates = {name: counts[True] / counts.total() for name, counts in movs.items() if counts.total() > 30}
    assert max(rates, key=lambda name: rates[name]) in ("hls-ladder-high", "course-captions-cover")
    assert rates["hls-ladder-high"] > 3 * rates["hls-ladder-low"]
    assert damaged[True] > 2 * damaged[False]
    failed = [task for task in TASKS if task.state == "Failed"]
    assert all(task.code != "Success" and task.message for task in failed)
    assert any(task.object_key in task.message for task in failed)
    assert all(task.code == "Success" and not task.message for task in TASKS if task.state != "Failed")


def test_run_times_are_skewed_and_have_stragglers() -> None:
    runs = sorted(
        (task.ended_at - task.started_at).total_seconds()
        for task in LARGE.tasks_of()
        if task.tag == "Transcode" and task.state == "Success" and task.ended_at and task.started_at
    )
    median = runs[len(runs) // 2]
    assert sum(runs) / len(runs) > 1.2 * median
    assert runs[-1] > 8 * median


def test_it_does_not_matter_who_asks_for_what_first() -> None:
    forwards, backwards = (Workload.generate(batch_jobs=80, seed=3) for _ in range(2))
    ids = [job.batch_job_id for job in forwards.batch_jobs]
    one = World(forwards)
    first = {name: [one.tasks(name).row(at) for at in range(len(one.tasks(name)))] for name in ids}
    second = {name: list(backwards.tasks_of(name)) for name in reversed(ids)}
    assert first == second
    assert [row for name in ids for row in first[name]] == list(forwards.tasks_of())
    last = forwards.executions_of()[-1]
    alone = World(Workload.generate(batch_jobs=80, seed=3))
    assert alone.execution(last.run_id) == last
    assert alone.tasks_of(last.run_id) == [task for task in forwards.tasks_of() if task.run_id == last.run_id]


def test_every_row_is_found_by_its_id_and_no_other() -> None:
    world = World(WORLD)
    assert all(world.execution(row.run_id) == row for row in EXECUTIONS[::53])
    assert all(world.task(row.task_id) == row for row in TASKS[::53])
    some = TASKS[0].task_id
    changed = some[:-1] + ("0" if some[-1] != "0" else "1")
    for unknown in ("", "j404", "i" + "0" * 32, changed, some[0] + some[2:] + "0", "x" + some[1:], some.upper()):
        assert world.task(unknown) is None
        assert world.execution(unknown) is None


@pytest.mark.parametrize(
    "workload",
    [Workload.generate(batch_jobs=60, seed=5, days=2), Workload.of_batch(executions=300, state="Running")],
)
def test_at_another_instant_what_has_ended_stays_and_the_rest_goes_on(workload: Workload) -> None:
    views = [workload.at(NOW + timedelta(hours=hours)) for hours in (-1, 0, 1, 30)]
    assert views[1] == workload
    for before, after in pairwise(views):
        for level, key in (("batch_jobs", "batch_job_id"), ("executions", "run_id"), ("tasks", "task_id")):
            old, new = ({getattr(row, key): row for row in rows(view, level)} for view in (before, after))
            assert old.keys() <= new.keys()
            assert all(new[name] == row for name, row in old.items() if row.state in TERMINAL)
            assert all(new[name].created_at == row.created_at for name, row in old.items())
            assert all(row.created_at <= after.now for row in new.values())
    assert len(rows(views[-1], "tasks")) > len(rows(views[0], "tasks"))


def rows(view: Workload, level: str) -> tuple[Execution | Task, ...]:
    if level == "batch_jobs":
        return view.batch_jobs  # type: ignore[return-value]
    return view.executions_of() if level == "executions" else view.tasks_of()


def test_later_there_are_new_batch_jobs_which_run() -> None:
    workload = Workload.generate(batch_jobs=120, seed=5, days=3)
    later = workload.at(NOW + timedelta(days=2))
    new = [job for job in later.batch_jobs if job.created_at > workload.now]
    assert 50 < len(new) < 110
    assert {"Success", "Failed"} <= {job.state for job in new}
    assert later.at(workload.now) == workload


def test_a_world_written_by_hand_has_one_instant() -> None:
    with pytest.raises(ConfigurationError, match="only its own instant"):
        Workload().at(NOW)
    with pytest.raises(ConfigurationError, match="has no zone"):
        Workload.of_batch(executions=1).at(datetime(2026, 7, 1))  # noqa: DTZ001 - the mistake


def test_one_batch_has_exactly_the_tasks_asked_for() -> None:
    workload = Workload.of_batch(executions=500, tags=("Transcode", "PicProcess"), seed=3)
    (job,) = workload.batch_jobs
    assert (job.state, job.workflow_ids) == ("Success", (workload.workflows[0].workflow_id,))
    assert Counter(row.state for row in workload.executions_of()) == {"Success": 500}
    assert Counter((row.tag, row.state) for row in workload.tasks_of()) == {
        ("Transcode", "Success"): 500,
        ("PicProcess", "Success"): 500,
    }
    assert [queue.category for queue in workload.queues] == ["Transcoding", "PicProcessing"]


def test_one_batch_that_runs_is_about_half_done() -> None:
    workload = Workload.of_batch(executions=500, state="Running")
    assert [job.state for job in workload.batch_jobs] == ["Running"]
    states = Counter(row.state for row in workload.tasks_of())
    assert 300 < states["Success"] < 1200
    assert states["Running"]
    assert states["Submitted"]


def test_bunched_executions() -> None:
    created = sorted(row.created_at for row in Workload.of_batch(executions=2000, bunched=True).executions_of())
    period = created[-1] - created[0]
    densest = max(
        sum(begin <= time <= begin + period / 20 for time in created) for begin in created[:: len(created) // 100]
    )
    assert densest > 0.85 * len(created)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"executions": -1}, "executions=-1"),
        ({"executions": 10**8}, "executions=100000000"),
        ({"tags": ()}, "tags="),
        ({"tags": ("Transcode", "Nothing")}, "tags="),
        ({"state": "Failed"}, "state='Failed'"),
        ({"now": datetime(2026, 1, 1)}, "has no zone"),  # noqa: DTZ001 - the mistake
    ],
)
def test_one_batch_names_a_wrong_argument(arguments: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        Workload.of_batch(**arguments)  # type: ignore[arg-type]


def test_one_batch_may_be_empty() -> None:
    workload = Workload.of_batch(executions=0)
    assert (workload.executions_of(), workload.tasks_of()) == ((), ())
