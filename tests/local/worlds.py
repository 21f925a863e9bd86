"""A small world written by hand: one batch job of each type, and what belongs to them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from cijob_analysis.local import Execution, Node, Queue, Task, Workflow, Workload
from cijob_analysis.local.zone import NOW
from tests.local.asking import batch_job

MEDIA, PICTURES, SPEECH = (f"p{number:032x}" for number in (1, 2, 3))
WORKFLOW = Workflow(
    workflow_id=f"w{1:032x}",
    name="课件 & more",
    nodes=(
        Node(name="Segment_1", type="Segment", queue_id=MEDIA, template_id="t11", output_object="cut/${RunId}"),
        Node(name="Transcode_2", type="Transcode", queue_id=MEDIA),
        Node(name="PicProcess_3", type="PicProcess", queue_id=PICTURES),
        Node(name="Concat_4", type="Concat", queue_id=MEDIA),
    ),
    edges=(
        ("Start", "Segment_1"),
        ("Segment_1", "Transcode_2"),
        ("Segment_1", "PicProcess_3"),
        ("Transcode_2", "Concat_4"),
        ("PicProcess_3", "Concat_4"),
        ("Concat_4", "End"),
    ),
    created_at=NOW,
)
LINEAR = Workflow(workflow_id=f"w{2:032x}", name="linear", nodes=(Node(name="Snapshot_5", type="Snapshot"),))

WITH_WORKFLOW = batch_job(1, state="Running", started_at=NOW, workflow_ids=(WORKFLOW.workflow_id,))
WITH_TASKS = batch_job(2, type="Job", state="Failed", tag="Transcode", queue_id=MEDIA)


def execution(number: int, **cells: Any) -> Execution:
    """Return an execution of `WITH_WORKFLOW` with the id i000…<number>, created so many minutes after `NOW`."""
    plain = {
        "run_id": f"i{number:032x}",
        "batch_job_id": WITH_WORKFLOW.batch_job_id,
        "workflow_id": WORKFLOW.workflow_id,
        "object_key": f"videos/{number}.mp4",
        "state": "Success",
        "created_at": NOW + timedelta(minutes=number),
    }
    return Execution(**{**plain, **cells})


def task(number: int, tag: str = "Transcode", *, prefix: str = "j", **cells: Any) -> Task:
    """Return a task with the id <prefix>000…<number>, created so many minutes after `NOW`, which ran for 20 s."""
    created = NOW + timedelta(minutes=number)
    times = {
        "created_at": created,
        "started_at": created + timedelta(seconds=10),
        "ended_at": created + timedelta(seconds=30),
    }
    plain = {"task_id": f"{prefix}{number:032x}", "tag": tag, "state": "Success", "object_key": f"videos/{number}.mp4"}
    return Task(**{**plain, **times, **cells})


def of_run(run: Execution, node: str, **cells: Any) -> dict[str, Any]:
    """Return the cells of a task of an execution."""
    own = {"run_id": run.run_id, "workflow_id": run.workflow_id, "batch_job_id": run.batch_job_id}
    return {**own, "node": node, "object_key": run.object_key, **cells}


WHOLE = execution(1)
BROKEN = execution(2, state="Failed", object_key="raw/a b&<c>.mov")
OPEN = execution(3, state="Running")
ALONE = execution(4, batch_job_id=None, workflow_id=LINEAR.workflow_id, state="Cancel")
EXECUTIONS = (WHOLE, BROKEN, OPEN, ALONE)

CUT = task(11, "Segment", queue_id=MEDIA, **of_run(WHOLE, "Segment_1"), output_object="cut/1", media_duration_s=60.5)
ENCODED = task(12, queue_id=MEDIA, **of_run(WHOLE, "Transcode_2"))
PICTURE = task(13, "PicProcess", prefix="c", queue_id=PICTURES, **of_run(WHOLE, "PicProcess_3"))
FAILED = task(
    14, "Segment", queue_id=MEDIA, **of_run(BROKEN, "Segment_1"),
    state="Failed", code="ResourceNotSupported", message="damaged <a b&c>", output_object="cut/2", media_duration_s=1,
)  # fmt: skip
RUNNING = task(15, "Segment", queue_id=MEDIA, **of_run(OPEN, "Segment_1"), state="Running", ended_at=None)
DIRECT = task(16, queue_id=MEDIA, batch_job_id=WITH_TASKS.batch_job_id, user_data="u", template_id="t1", job_level=2)
WAITING = task(17, state="Submitted", started_at=None, ended_at=None)
SPEECH_TASK = task(18, "SpeechRecognition", prefix="s", queue_id=SPEECH)
DOCUMENT = task(19, "DocProcess", prefix="d")
ARCHIVE = task(20, "FileCompress", prefix="f")
TRANSLATION = task(21, "Translation")
TASKS = (
    *(CUT, ENCODED, PICTURE, FAILED, RUNNING, DIRECT),
    *(WAITING, SPEECH_TASK, DOCUMENT, ARCHIVE, TRANSLATION),
)

QUEUES = (
    Queue(queue_id=MEDIA, name="queue-1", max_concurrent=10, created_at=NOW, updated_at=NOW),
    Queue(queue_id="p-fast", name="queue-speed-transcoding-process-1", max_concurrent=2, category="SpeedTranscoding"),
    Queue(queue_id="p-paused", name="archive", max_concurrent=1, state="Paused", max_size=5),
    Queue(queue_id=PICTURES, name="queue-pic-process-1", max_concurrent=3, category="PicProcessing"),
    Queue(queue_id=SPEECH, name="queue-speech-1", max_concurrent=4, category="Speeching"),
    Queue(queue_id="p-doc", name="queue-doc-process-1", max_concurrent=5, category="DocProcessing"),
    Queue(queue_id="p-ai", name="queue-ai-process-1", max_concurrent=6, category="AIProcess"),
    Queue(queue_id="p-file", name="queue-file-process-1", max_concurrent=7, category="FileProcessing"),
)
SMALL = Workload(
    batch_jobs=(WITH_WORKFLOW, WITH_TASKS),
    executions=EXECUTIONS,
    tasks=TASKS,
    workflows=(WORKFLOW, LINEAR),
    queues=QUEUES,
)
