"""What a service has: values, without a clock and without I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Final

from cijob_analysis.exceptions import ConfigurationError

ZONE: Final = timezone(timedelta(hours=8))
"""The offset of the service's times: every published sample has this one."""

NOW: Final = datetime(2026, 6, 30, 10, 0, tzinfo=ZONE)
"""The instant at which a generated workload is observed unless another is given: a Tuesday morning."""

Element = str | tuple["Element", ...] | Mapping[str, "Element"]
"""Content of an element: text, one for each of several elements of the same name, or children by name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchJob:
    """One batch job, at the instant of its workload.

    Attributes
    ----------
    batch_job_id, name, type, state : str
        As on the wire; `state` is free, so that one unknown to everybody can be served, too.
    code, message : str
        ``Success`` and empty unless it failed.
    created_at : datetime.datetime
        With a zone, like every time here; whole seconds go over the wire.
    started_at, ended_at : datetime.datetime or None
        None while it waits, or runs.
    input_kind, input_value : str
        ``Manifest``, ``UrlFile``, ``Prefix`` or ``Object``, and its text.
    objects_from, objects_to : datetime.datetime or None
        ``TimeInterval``: only objects uploaded between the two.
    workflow_ids : tuple of str
        Type Workflow only.
    queue_id : str or None
        Where it waits and runs. The wire names it for type Job only; a workflow has it in its topology.
    tag, template_id, output_region, output_bucket, output_object, user_data, callback : str or None
        Type Job only.
    job_param : mapping
        Children of ``JobParam`` besides ``TemplateId``.
    job_level : int or None
        Priority 0, 1 or 2; higher runs first.
    """

    batch_job_id: str
    name: str
    type: str
    state: str
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    code: str = "Success"
    message: str = ""
    input_kind: str = "Prefix"
    input_value: str = "/"
    objects_from: datetime | None = None
    objects_to: datetime | None = None
    workflow_ids: tuple[str, ...] = ()
    queue_id: str | None = None
    tag: str | None = None
    template_id: str | None = None
    job_param: Mapping[str, Element] = field(default_factory=dict, hash=False)
    output_region: str | None = None
    output_bucket: str | None = None
    output_object: str | None = None
    job_level: int | None = None
    user_data: str | None = None
    callback: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    """A queue, and how many batch jobs run in it at once.

    Attributes
    ----------
    queue_id, name : str
        Id (p…) and name.
    max_concurrent : int
        Its cap.
    state : str
        ``Active`` or ``Paused``.
    """

    queue_id: str
    name: str
    max_concurrent: int
    state: str = "Active"


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What a service has, as seen at one instant.

    Attributes
    ----------
    batch_jobs : tuple of BatchJob
        In any order.
    queues : tuple of Queue
        Where they run.
    bucket, region : str
        Whose they are; no other bucket exists on the service.
    now : datetime.datetime
        When the world was observed.

    Raises
    ------
    ConfigurationError
        An id comes twice, or a time has no zone.
    """

    batch_jobs: tuple[BatchJob, ...] = field(default=(), repr=False)
    queues: tuple[Queue, ...] = field(default=(), repr=False)
    bucket: str = "examplebucket-1250000000"
    region: str = "ap-guangzhou"
    now: datetime = NOW

    def __post_init__(self) -> None:
        if self.now.utcoffset() is None:
            raise ConfigurationError(f"now={self.now!r} has no zone: write datetime(…, tzinfo=UTC)")
        seen: set[str] = set()
        for job in self.batch_jobs:
            if job.batch_job_id in seen:
                raise ConfigurationError(f"the workload has {job.batch_job_id!r} twice")
            seen.add(job.batch_job_id)
            times = (job.created_at, job.started_at, job.ended_at, job.objects_from, job.objects_to)
            if any(time is not None and time.utcoffset() is None for time in times):
                raise ConfigurationError(f"a time of {job.batch_job_id!r} has no zone: write datetime(…, tzinfo=UTC)")

    @property
    def host(self) -> str:
        """The host name that the real service would have for this bucket."""
        return f"{self.bucket}.ci.{self.region}.myqcloud.com"

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
