from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from uuid import UUID

import pytest

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.local import BatchJob, Variants, Workload
from cijob_analysis.local.rendering import batch_job_element
from cijob_analysis.local.zone import NOW
from cijob_analysis.schema import STATES, TYPES
from tests.local.asking import batch_job


def as_text(workload: Workload) -> str:
    return "".join(batch_job_element(job, Variants()) for job in workload.batch_jobs)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(("batch_jobs", "days"), [(60, 28), (60, 1), (240, 28), (700, 7)])
def test_every_state_and_both_types_are_there(seed: int, batch_jobs: int, days: int) -> None:
    workload = Workload.generate(batch_jobs=batch_jobs, seed=seed, days=days)
    assert len(workload.batch_jobs) == batch_jobs
    assert {job.state for job in workload.batch_jobs} == set(STATES)
    assert {job.type for job in workload.batch_jobs} == set(TYPES)


@pytest.mark.parametrize("batch_jobs", [0, 1, 2, 3, 7, 20, 59])
def test_small_worlds_have_the_size_asked_for(batch_jobs: int) -> None:
    assert len(Workload.generate(batch_jobs=batch_jobs).batch_jobs) == batch_jobs


def test_times_are_in_order_and_not_in_the_future() -> None:
    workload = Workload.generate(batch_jobs=2000, days=10)
    for job in workload.batch_jobs:
        times = [time for time in (job.created_at, job.started_at, job.ended_at, workload.now) if time]
        assert times == sorted(times)
        assert workload.now - timedelta(days=10) <= job.created_at


def test_states_agree_with_times() -> None:
    seen = {
        (job.state, job.started_at is not None, job.ended_at is not None)
        for job in Workload.generate(batch_jobs=2000).batch_jobs
    }
    assert seen == {
        ("Submitted", False, False),
        ("Pause", False, False),
        ("Running", True, False),
        ("Success", True, True),
        ("Failed", True, True),
        ("Cancel", True, True),
        ("Cancel", False, True),
    }


def busiest(lives: Iterable[tuple[datetime, datetime | None]]) -> int:
    """Return how many run at the busiest instant; an end and a start at the same instant do not overlap."""
    steps = [step for start, end in lives if start != end for step in ((start, 1), (end, -1)) if step[0] is not None]
    return max(accumulate(step for _, step in sorted(steps)), default=0)


def test_waits_come_from_few_places() -> None:
    workload = Workload.generate(batch_jobs=1500, seed=4)
    for queue_id in {job.queue_id for job in workload.batch_jobs}:
        own = [job for job in workload.batch_jobs if job.queue_id == queue_id and job.started_at]
        assert busiest((job.started_at, job.ended_at) for job in own if job.started_at) == 3
    waits = [job.started_at - job.created_at for job in workload.batch_jobs if job.started_at]
    assert sum(wait > timedelta(minutes=10) for wait in waits) > 100


def test_what_is_paused_waits_in_the_paused_queue() -> None:
    workload = Workload.generate(batch_jobs=500)
    paused = {queue.queue_id for queue in workload.queues if queue.state == "Paused"}
    assert len(paused) == 1
    assert {job.queue_id for job in workload.batch_jobs if job.state == "Pause"} == paused


def test_failures_cluster() -> None:
    workload = Workload.generate(batch_jobs=1000)
    failed = [job for job in workload.batch_jobs if job.state == "Failed"]
    assert all(job.code != "Success" and job.message for job in failed)
    assert all(job.code == "Success" and not job.message for job in workload.batch_jobs if job.state != "Failed")
    poisoned = [job for job in workload.batch_jobs if "uploads/legacy-avi/" in job.input_value]
    assert len(poisoned) > 10
    assert {job.code for job in poisoned if job.state == "Failed"} == {"ResourceNotSupported"}
    _, on_the_worst_day = Counter(job.ended_at.date() for job in failed if job.ended_at).most_common(1)[0]
    assert on_the_worst_day > 5 * len(failed) / 28


def test_durations_are_skewed_and_differ_by_what_runs() -> None:
    workload = Workload.generate(batch_jobs=3000)
    by_name: dict[str, list[float]] = {}
    for job in workload.batch_jobs:
        if job.state == "Success" and job.started_at and job.ended_at:
            name = job.tag or job.workflow_ids[0]
            by_name.setdefault(name, []).append((job.ended_at - job.started_at).total_seconds())
    medians = {name: sorted(runs)[len(runs) // 2] for name, runs in by_name.items()}
    assert max(medians.values()) > 20 * min(medians.values())
    assert all(sum(runs) / len(runs) > medians[name] for name, runs in by_name.items() if len(runs) > 100)


def test_people_work_by_day() -> None:
    hours = Counter(job.created_at.hour for job in Workload.generate(batch_jobs=3000).batch_jobs)
    assert sum(hours[hour] for hour in range(9, 18)) > 2 * sum(hours[hour] for hour in (0, 1, 3, 4, 5, 6, 7, 23))


def test_names_have_what_breaks_careless_code() -> None:
    text = "".join(f"{job.name} {job.user_data}" for job in Workload.generate().batch_jobs)
    assert all(character in text for character in '",<&>转')


def test_ids_are_unique_and_formed_as_the_services() -> None:
    jobs = Workload.generate(batch_jobs=3000).batch_jobs
    assert len({job.batch_job_id for job in jobs}) == len(jobs)
    for job in jobs[:200]:
        uuid = UUID(job.batch_job_id.removeprefix("b"))
        assert uuid.version == 1
        created = datetime(1582, 10, 15, tzinfo=UTC) + timedelta(microseconds=uuid.time // 10)
        assert created.replace(microsecond=0) == job.created_at
        assert all(UUID(item.removeprefix("w")).version == 4 for item in job.workflow_ids)
        assert UUID((job.queue_id or "").removeprefix("p")).version == 4
        if job.template_id:
            assert UUID(job.template_id.removeprefix("t1")).version == 4


def test_some_have_several_workflows() -> None:
    assert {len(job.workflow_ids) for job in Workload.generate().batch_jobs} == {0, 1, 2}


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert as_text(Workload.generate(seed=3)) == as_text(Workload.generate(seed=3))
    assert as_text(Workload.generate(seed=3)) != as_text(Workload.generate(seed=4))


def test_now_can_be_given() -> None:
    now = datetime(2025, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    workload = Workload.generate(now=now)
    assert workload.now == now
    assert max(job.created_at for job in workload.batch_jobs) <= now


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"batch_jobs": -1}, "batch_jobs=-1"),
        ({"days": 0}, "days=0"),
        ({"now": datetime(2026, 1, 1)}, "has no zone"),  # noqa: DTZ001 - the mistake
    ],
)
def test_generate_names_a_wrong_argument(arguments: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        Workload.generate(**arguments)  # type: ignore[arg-type]


def test_a_workload_with_an_id_twice_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="twice"):
        Workload(batch_jobs=(batch_job(1), batch_job(1)))


@pytest.mark.parametrize("name", ["created_at", "ended_at", "objects_from"])
def test_a_workload_with_a_naive_time_is_refused(name: str) -> None:
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(ConfigurationError, match="no zone"):
        Workload(batch_jobs=(batch_job(1, **{name: naive}),))


def test_a_batch_job_compares_and_hashes() -> None:
    first, second = (batch_job(1, job_param={"Snapshot": {"Mode": "Interval"}}) for _ in range(2))
    assert {first, second} == {second}
    assert isinstance(first, BatchJob)
