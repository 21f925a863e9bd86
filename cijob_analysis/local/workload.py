"""What a service has: values, without a clock and without I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.local.entities import BatchJob, Execution, Task
from cijob_analysis.local.topology import Queue, Workflow
from cijob_analysis.local.world import World
from cijob_analysis.local.zone import NOW

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal

    from cijob_analysis.local.stories import Story


_TIMES: Final = ("created_at", "started_at", "ended_at", "updated_at", "objects_from", "objects_to")


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What a service has, as seen at one instant.

    Attributes
    ----------
    batch_jobs : tuple of BatchJob
        In any order.
    executions, tasks : tuple of Execution, of Task
        Those that were written by hand, in any order; see `executions_of` and `tasks_of` for all.
    workflows, queues : tuple of Workflow, of Queue
        What runs, and where.
    bucket, region : str
        Whose they are; no other bucket exists on the service.
    now : datetime.datetime
        When the world was observed.
    story : Story or None
        Where the executions and tasks of generated batch jobs come from.

    Raises
    ------
    ConfigurationError
        An id comes twice, or a time has no zone.
    """

    batch_jobs: tuple[BatchJob, ...] = field(default=(), repr=False)
    executions: tuple[Execution, ...] = field(default=(), repr=False)
    tasks: tuple[Task, ...] = field(default=(), repr=False)
    workflows: tuple[Workflow, ...] = field(default=(), repr=False)
    queues: tuple[Queue, ...] = field(default=(), repr=False)
    bucket: str = "examplebucket-1250000000"
    region: str = "ap-guangzhou"
    now: datetime = NOW
    story: Story | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.now.utcoffset() is None:
            raise ConfigurationError(f"now={self.now!r} has no zone: write datetime(…, tzinfo=UTC)")
        _check([(job.batch_job_id, job) for job in self.batch_jobs])
        _check([(execution.run_id, execution) for execution in self.executions])
        _check([(task.task_id, task) for task in self.tasks])
        _check([(workflow.workflow_id, workflow) for workflow in self.workflows])
        _check([(queue.queue_id, queue) for queue in self.queues])

    @property
    def host(self) -> str:
        """The host name that the real service would have for this bucket."""
        return f"{self.bucket}.ci.{self.region}.myqcloud.com"

    def executions_of(self, batch_job_id: str | None = None) -> tuple[Execution, ...]:
        """Return the executions of a batch job, or all."""
        table = World(self).executions(batch_job_id)
        rows = map(table.row, range(len(table)))
        return tuple(row for row in rows if batch_job_id in (None, row.batch_job_id))

    def tasks_of(self, batch_job_id: str | None = None) -> tuple[Task, ...]:
        """Return the tasks of a batch job, those of its executions among them, or all."""
        table = World(self).tasks(batch_job_id)
        rows = map(table.row, range(len(table)))
        return tuple(row for row in rows if batch_job_id in (None, row.batch_job_id))

    def at(self, now: datetime) -> Workload:
        """Return the same world as it is seen at another instant, of a workload that was generated.

        Later, more of it has ended and new batch jobs have come; earlier, less of it was there. What has come to
        its end stays as it is.

        Raises
        ------
        ConfigurationError
            `now` has no zone, or the workload was written by hand.
        """
        if self.story is None:
            raise ConfigurationError("this workload was written by hand: only its own instant is known")
        return self.story.at(now)

    @classmethod
    def generate(cls, *, batch_jobs: int = 240, seed: int = 0, now: datetime = NOW, days: int = 28) -> Workload:
        """Return a workload that looks like life, the same one for the same arguments.

        It has a daily and a weekly rhythm, bursts, skewed durations, waits that come from the caps of queues,
        failures that cluster (a bad afternoon, a prefix of damaged files), stragglers, a paused queue and
        cancelled batch jobs. With 60 or more, each of the six states and both types are there.

        Parameters
        ----------
        batch_jobs : int
            How many.
        seed : int
            Another seed gives another world.
        now : datetime.datetime
            When the world is observed, with a zone.
        days : int
            How far back it goes [d].

        Raises
        ------
        ConfigurationError
            A number is out of range, or `now` has no zone.
        """
        from cijob_analysis.local.generator import generate

        return generate(batch_jobs=batch_jobs, seed=seed, now=now, days=days)

    @classmethod
    def of_batch(
        cls,
        *,
        executions: int = 20_000,
        tags: Iterable[str] = ("Transcode", "Snapshot", "Animation"),
        state: Literal["Success", "Running"] = "Success",
        bunched: bool = False,
        with_failures: bool = False,
        seed: int = 0,
        now: datetime = NOW,
    ) -> Workload:
        """Return a workload with one batch job: a workflow with one node per tag, one after the other, on many objects.

        Parameters
        ----------
        executions : int
            How many objects, and so executions, there are.
        tags : iterable of str
            Types of the nodes; without failures each execution has one task of each when it has ended.
        state : str
            ``Success``, or ``Running``: then about half of it is done at `now`.
        bunched : bool
            90 % of the executions are created in 5 % of the time.
        with_failures : bool
            Whether tasks fail: by node, by folder, and some by chance.
        seed : int
            Another seed gives another world.
        now : datetime.datetime
            When the world is observed, with a zone.

        Raises
        ------
        ConfigurationError
            A number is out of range, a tag or the state is unknown, or `now` has no zone.
        """
        from cijob_analysis.local.onebatch import one_batch

        return one_batch(
            executions=executions,
            tags=tuple(tags),
            state=state,
            bunched=bunched,
            with_failures=with_failures,
            seed=seed,
            now=now,
        )


def _check(rows: Iterable[tuple[str, object]]) -> None:
    """Refuse an id that comes twice, and a time without a zone."""
    seen: set[str] = set()
    for name, row in rows:
        if name in seen:
            raise ConfigurationError(f"the workload has {name!r} twice")
        seen.add(name)
        for attribute in _TIMES:
            time = getattr(row, attribute, None)
            if time is not None and time.utcoffset() is None:
                raise ConfigurationError(f"a time of {name!r} has no zone: write datetime(…, tzinfo=UTC)")
