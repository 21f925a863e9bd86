"""A task as elements: in an answer about tasks (page 1045/73113), and in one about an execution (page 1045/51275)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from cijob_analysis.local.markup import Node, given, message, time_text, times

if TYPE_CHECKING:
    from cijob_analysis.local.entities import BatchJob, Task
    from cijob_analysis.local.variants import TimeFormat, Variants

PROGRESS: Final = {"Submitted": "0", "Pause": "0", "Running": "50", "Success": "100"}
"""What is sent in a state; nothing in others."""

_BYTES_A_SECOND: Final = 200_000


class TaskTexts(NamedTuple):
    """What differs between tasks that are alike in all else, as text; None for what an answer lacks.

    Attributes
    ----------
    task_id, run_id, object_key, message
        As in `Task`.
    created, started, ended
        Its times as the answer shows them.
    media_s, media_bytes
        Duration [s] and size of its input.
    """

    task_id: str | None
    run_id: str | None
    object_key: str | None
    message: str | None
    created: str | None
    started: str | None
    ended: str | None
    media_s: str | None
    media_bytes: str | None


def texts_of(task: Task, variants: Variants, time_format: TimeFormat) -> TaskTexts:
    """Return the texts of `task`."""
    media_s = task.media_duration_s if task.state == "Success" else None
    return TaskTexts(
        task.task_id,
        task.run_id,
        task.object_key,
        task.message,
        time_text(task.created_at, time_format),
        *shown_times(task, variants, time_format),
        None if media_s is None else f"{media_s:.2f}",
        None if media_s is None else str(round(media_s * _BYTES_A_SECOND)),
    )


def shown_times(row: BatchJob | Task, variants: Variants, time_format: TimeFormat) -> tuple[str | None, str | None]:
    """Return start and end as an answer shows them."""
    started, ended = row.started_at, row.ended_at
    if row.state == "Running" and variants.running_with_end_time:
        ended = ended or (started or row.created_at) + timedelta(minutes=2)
    if row.state == "Running" and variants.running_without_start_time:
        started = None
    return time_text(started, time_format), time_text(ended, time_format)


def task_nodes(
    task: Task,
    texts: TaskTexts,
    variants: Variants,
    *,
    bucket: str,
    region: str,
    workflow_name: str | None,
    is_listed: bool,
) -> list[Node]:
    """Return the children of ``JobsDetail`` for a task.

    Parameters
    ----------
    task : Task
        What to show, but for its texts.
    texts : TaskTexts
        Its texts, or what stands for them.
    variants : Variants
        How it is spelled.
    bucket, region : str
        Where its objects are.
    workflow_name : str or None
        Name of its workflow, if there is one.
    is_listed : bool
        Whether it stands in a list.
    """
    names_workflow = texts.run_id is not None and (variants.tasks_with_workflow or not is_listed)
    progress = PROGRESS.get(task.state) if task.progress is None else str(task.progress)
    place = given(**{variants.input_bucket: bucket}, Object=texts.object_key, Region=region)
    workflow = given(RunId=texts.run_id, WorkflowId=task.workflow_id, WorkflowName=workflow_name, Name=task.node)
    return [
        ("Code", task.code),
        *message(texts.message, variants),
        *given(JobId=texts.task_id),
        ("State", task.state),
        *given(Progress=progress),
        *_times(texts, "CreateTime" if variants.create_time else "CreationTime", variants),
        *given(QueueId=task.queue_id, Tag=None if variants.tag_in_operation else task.tag),
        ("Input", place),
        ("Operation", _operation(task, texts, variants, bucket, region)),
        *([("Workflow", workflow)] if names_workflow else []),
    ]


def node_task_nodes(task: Task, variants: Variants) -> list[Node]:
    """Return the children of ``Tasks`` for a task of an execution."""
    texts = texts_of(task, variants, variants.execution_time_format)
    return [
        ("Type", task.tag),
        *_times(texts, "CreationTime" if variants.creation_time_in_executions else "CreateTime", variants),
        ("State", task.state),
        ("JobId", task.task_id),
        *given(Name=task.node),
        ("Code", task.code),
        *message(task.message, variants),
    ]


def _times(texts: TaskTexts, created: str, variants: Variants) -> list[Node]:
    return [
        *times(created, texts.created, variants),
        *(times("StartTime", texts.started, variants) if variants.tasks_with_start_time else []),
        *times("EndTime", texts.ended, variants),
    ]


def _operation(task: Task, texts: TaskTexts, variants: Variants, bucket: str, region: str) -> list[Node]:
    output: list[Node] = []
    if task.output_object is not None:
        output = [("Output", [("Region", region), ("Bucket", bucket), ("Object", task.output_object)])]
    return [
        *given(Tag=task.tag if variants.tag_in_operation else None),
        *given(TemplateId=task.template_id, TemplateName=task.template_name),
        *output,
        *given(UserData=task.user_data),
        ("JobLevel", str(task.job_level)),
        *(_media(task, texts, bucket, region) if task.state == "Success" else []),
    ]


def _media(task: Task, texts: TaskTexts, bucket: str, region: str) -> list[Node]:
    """Return what is known once a task has succeeded: its media, and the object that it wrote."""
    found: list[Node] = []
    if texts.media_s is not None:
        content = given(
            Bitrate=f"{_BYTES_A_SECOND * 8 / 1000:.3f}",
            Duration=texts.media_s,
            FormatName="mov,mp4,m4a",
            NumStream="2",
            Size=texts.media_bytes,
            StartTime="0.0",
        )
        audio = given(CodecName="aac", Duration=texts.media_s, Index="1")
        video = given(CodecName="h264", Duration=texts.media_s, Height="720", Width="1280", Index="0")
        stream: list[Node] = [("Audio", audio), ("Subtitle", ""), ("Video", video)]
        found.append(("MediaInfo", [("Format", content), ("Stream", stream)]))
    if task.output_object is not None:
        file = given(Bucket=bucket, Region=region, ObjectName=task.output_object)
        found.append(("MediaResult", [("OutputFile", file)]))
    return found
