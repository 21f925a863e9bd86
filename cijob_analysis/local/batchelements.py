"""A batch job as elements (page 1045/47030)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cijob_analysis.local.markup import Node, children, given, message, time_text, times
from cijob_analysis.local.taskelements import PROGRESS, shown_times

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cijob_analysis.local.entities import BatchJob
    from cijob_analysis.local.variants import Variants


def batch_job_nodes(job: BatchJob, variants: Variants) -> list[Node]:
    """Return the children of ``JobsDetail`` for a batch job (page 1045/47030)."""
    started, ended = shown_times(job, variants, variants.time_format)
    created = time_text(job.created_at, variants.time_format)
    interval = _interval(job, variants)
    return [
        ("Code", job.code),
        ("Type", job.type),
        *message(job.message, variants),
        ("Name", job.name),
        ("JobId", job.batch_job_id),
        ("State", job.state),
        *times("CreateTime" if variants.create_time else "CreationTime", created, variants),
        *times("StartTime", started, variants),
        *times("EndTime", ended, variants),
        *(_at_top(job, variants) if variants.tag_at_top else []),
        ("Input", [(job.input_kind, job.input_value)]),
        *(interval if variants.time_interval_at_top else []),
        ("Operation", [*([] if variants.time_interval_at_top else interval), *_operation(job, variants)]),
    ]


def _interval(job: BatchJob, variants: Variants) -> list[Node]:
    start, end = (time_text(time, variants.time_format) for time in (job.objects_from, job.objects_to))
    found = given(Start=start, End=end)
    return [("TimeInterval", found)] if found else []


def _at_top(job: BatchJob, variants: Variants) -> list[Node]:
    return [*_tag_and_queue(job, variants), *given(Progress=PROGRESS.get(job.state))]


def _tag_and_queue(job: BatchJob, variants: Variants) -> list[Node]:
    return given(QueueId=job.queue_id, Tag=job.tag if variants.with_tag else None) if job.type == "Job" else []


def _operation(job: BatchJob, variants: Variants) -> Iterator[Node]:
    if job.type == "Workflow":
        joined = [",".join(job.workflow_ids)] if variants.workflow_ids == "joined" else job.workflow_ids
        yield from (("WorkflowIds", item) for item in joined if item)
        return
    if not variants.tag_at_top:
        yield from _tag_and_queue(job, variants)
    yield from given(UserData=job.user_data, CallBack=job.callback)
    template = {} if job.template_id is None else {"TemplateId": job.template_id}
    if template or job.job_param:
        yield "JobParam", list(children({**template, **job.job_param}))
    output = given(Region=job.output_region, Bucket=job.output_bucket, Object=job.output_object)
    if output:
        yield "Output", output
    if job.job_level is not None:
        yield "JobLevel", str(job.job_level)
