"""A workload that looks like life: plans of people, the queues that they meet, and what is seen of it now."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import chain
from random import Random
from typing import TYPE_CHECKING, Final
from uuid import UUID

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.local import recipes
from cijob_analysis.local.commission import Commission, Names
from cijob_analysis.local.entities import BatchJob
from cijob_analysis.local.plans import DAY, HOUR, Plan, Planner
from cijob_analysis.local.queueing import run_queue
from cijob_analysis.local.stories import Story
from cijob_analysis.local.workload import Workload
from cijob_analysis.local.zone import ZONE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cijob_analysis.local.histories import History

_CAP_TO_LOAD: Final = 2.3
"""Places of a queue, relative to its mean load: fewer than the busy hours need, hence the waits."""

_UUID_EPOCH: Final = 0x01B21DD213814000
"""1970-01-01 in the ticks of 100 ns of a UUID of version 1."""


def generate(*, batch_jobs: int, seed: int, now: datetime, days: int) -> Workload:
    """Return a workload; see `Workload.generate`."""
    if batch_jobs < 0 or days < 1:
        raise ConfigurationError(f"batch_jobs={batch_jobs}, days={days}: give at least 0 batch jobs and 1 day")
    return Course(batch_jobs, seed, now, days).seen(now)


class Course:
    """What happens before and after the instant at which a workload was generated."""

    def __init__(self, batch_jobs: int, seed: int, now: datetime, days: int) -> None:
        _check_zone(now)
        self._n, self._seed, self._days = batch_jobs, seed, days
        self._end = int(now.timestamp())
        self._histories: dict[str, History] = {}

    def seen(self, now: datetime) -> Workload:
        """Return the workload as it is seen at `now`."""
        _check_zone(now)
        instant = int(now.timestamp())
        random = Random(self._seed)  # noqa: S311 - a story, no secret
        begin = self._end - self._days * DAY
        planner = Planner(random, begin, self._end)
        plans = planner.plans(self._n)
        names = Names(random)
        places = {}
        for name in recipes.QUEUES:
            load = sum(min(plan.run_s, 4 * HOUR) for plan in plans if plan.recipe.queue == name)
            places[name] = max(3, round(_CAP_TO_LOAD * load / (self._end - begin)))
        later = list(self._later(instant))
        for name in recipes.QUEUES:
            own = [plan for plan in chain(plans, *(plans for _, plans in later)) if plan.recipe.queue == name]
            paused_at = planner.paused_at if name == recipes.ARCHIVE else None
            run_queue(own, places[name], outage=planner.outage, paused_at=paused_at)
        pairs: list[tuple[Plan, BatchJob]] = []
        for source, own in [(random, plans), *later]:
            view = _View(source, instant, names)
            pairs += [(plan, view.batch_job(plan)) for plan in own]
        commission = Commission(names, self._seed, datetime.fromtimestamp(begin, ZONE))
        assignments = [item for item in (commission.assignment(*pair) for pair in pairs) if item is not None]
        return Workload(
            batch_jobs=tuple(job for plan, job in pairs if plan.created <= instant),
            workflows=tuple(commission.workflows.values()),
            queues=commission.queues(assignments),
            now=now,
            story=Story([item for item in assignments if item.begins <= instant], self.seen, self._histories),
        )

    def _later(self, instant: int) -> Iterator[tuple[Random, list[Plan]]]:
        """Yield the plans that people make after the end, day by day, until `instant`."""
        for day in range(self._end, instant, DAY):
            random = Random(f"{self._seed} {day - self._end}")  # noqa: S311 - a story, no secret
            plans = Planner(random, day, day + DAY).everyday(round(self._n / self._days))
            yield random, sorted((plan for plan in plans if plan.created > self._end), key=lambda plan: plan.created)


def _check_zone(now: datetime) -> None:
    if now.utcoffset() is None:
        raise ConfigurationError(f"now={now!r} has no zone: write datetime(…, tzinfo=UTC)")


class _View:
    """Turns plans into batch jobs as they are seen at `now` [Unix s]."""

    def __init__(self, random: Random, now: int, names: Names) -> None:
        self._random, self._now, self._names = random, now, names

    def batch_job(self, plan: Plan) -> BatchJob:
        """Return `plan` as it is seen now."""
        random, recipe = self._random, plan.recipe
        job_id = f"b{self._uuid1(plan.created)}"
        state, ended = self._state(plan)
        code, message = plan.error if plan.error and state == "Failed" else ("Success", "")
        number = random.randrange(1000)
        kind, value = self._input(plan.prefix, number)
        day = datetime.fromtimestamp(plan.created, ZONE).replace(hour=0, minute=0, second=0)
        has_interval = kind in ("Prefix", "Manifest") and random.random() < 0.7
        is_job = recipe.tag is not None
        has_output = is_job and recipe.tag not in recipes.WITHOUT_OUTPUT
        return BatchJob(
            batch_job_id=job_id,
            name=plan.name,
            type="Job" if is_job else "Workflow",
            state=state,
            code=code,
            message=message.format(key=f"{plan.prefix}{number:04}", bucket=Workload.bucket, n=number),
            created_at=datetime.fromtimestamp(plan.created, ZONE),
            started_at=self._seen(plan.started),
            ended_at=self._seen(ended),
            input_kind=kind,
            input_value=value,
            objects_from=day - timedelta(days=random.choice((1, 7, 30))) if has_interval else None,
            objects_to=day if has_interval else None,
            workflow_ids=() if is_job else self._workflow_ids(recipe.name),
            queue_id=self._names.queue_ids[recipe.queue],
            tag=recipe.tag,
            template_id=self._names.recipe_ids[recipe.name] if is_job and not recipe.job_param else None,
            job_param=recipe.job_param,
            output_region=Workload.region if has_output else None,
            output_bucket=Workload.bucket if has_output else None,
            output_object=f"out/{recipe.name}/${{InventoryTriggerJobId}}/${{InputName}}.${{Ext}}"
            if has_output
            else None,
            job_level=plan.level if is_job else None,
            user_data=random.choice(recipes.USER_DATA) if is_job else None,
            callback=random.choice(recipes.CALLBACKS) if is_job else None,
        )

    def _state(self, plan: Plan) -> tuple[str, int | None]:
        """Return the state of `plan`, and when it ended."""
        if plan.ended is not None and plan.ended <= self._now:
            return ("Cancel" if plan.is_cancelled else "Failed" if plan.error else "Success"), plan.ended
        if plan.started is not None and plan.started <= self._now:
            return "Running", None
        is_paused = plan.started is None and plan.recipe.queue == recipes.ARCHIVE
        return ("Pause" if is_paused else "Submitted"), None

    def _seen(self, time: int | None) -> datetime | None:
        return None if time is None or time > self._now else datetime.fromtimestamp(time, ZONE)

    def _input(self, prefix: str, number: int) -> tuple[str, str]:
        bucket_url = f"https://{Workload.bucket}.cos.{Workload.region}.myqcloud.com/"
        return self._random.choices(
            (
                ("Prefix", prefix),
                ("Manifest", f"{bucket_url}inventory/{prefix}{number:04}/manifest.json"),
                ("UrlFile", f"{bucket_url}lists/{prefix}{number:04}.txt"),
                ("Object", f"{prefix}{number:04} 'a & b'.mp4"),
            ),
            (60, 15, 15, 10),
        )[0]

    def _workflow_ids(self, name: str) -> tuple[str, ...]:
        """Return the id of the workflow `name`, now and then together with that of another one."""
        names: Sequence[str] = [recipe.name for recipe in recipes.RECIPES if recipe.tag is None]
        other = self._random.choice(names)
        both = (name, other) if other != name and self._random.random() < 0.08 else (name,)
        return tuple(self._names.recipe_ids[name] for name in both)

    def _uuid1(self, time: int) -> str:
        ticks = _UUID_EPOCH + time * 10_000_000 + self._random.randrange(10_000_000)
        clock = self._random.getrandbits(14)
        high = (ticks >> 48) & 0x0FFF
        fields = (ticks & 0xFFFFFFFF, (ticks >> 32) & 0xFFFF, high, clock >> 8, clock & 0xFF, self._names.node)
        return UUID(fields=fields, version=1).hex
