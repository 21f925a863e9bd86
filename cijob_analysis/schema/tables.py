"""The columns of each frame: our name, the name on the wire, dtype, unit, meaning.

The names on the wire are paths below the element of one row (``Operation/TimeInterval/Start``); where the
service has used several names for the same thing, all of them stand there, the present one first.
"""

from __future__ import annotations

from typing import Final

from cijob_analysis.schema.column import INTEGER, NUMBER, STATE, UTC, Column


def _instant(name: str, *wire: str, doc: str) -> Column:
    """Return a column of times."""
    return Column(name=name, wire=wire, dtype=UTC, unit="UTC", doc=doc)


EXTRA: Final = Column(name="extra", doc="whatever else the answer held, as JSON text; missing if nothing")

BATCH_JOBS: Final = (
    Column(name="batch_job_id", wire=("JobId",), doc="id of the batch job, b…"),
    Column(name="name", wire=("Name",), verbatim=True, doc="name given when it was created"),
    Column(name="type", wire=("Type",), doc="Workflow (runs workflows on its objects) or Job (one kind of task)"),
    Column(name="state", wire=("State",), dtype=STATE, doc="state; Success, Failed and Cancel are final"),
    Column(name="code", wire=("Code",), doc="error code; meaningful in state Failed, Success otherwise"),
    Column(name="message", wire=("Message",), verbatim=True, doc="error message; meaningful in state Failed"),
    _instant("created_at", "CreationTime", "CreateTime", doc="when it was created"),
    _instant("started_at", "StartTime", doc="when it started; NaT while it waits"),
    _instant(
        "ended_at",
        "EndTime",
        doc="when it ended; to be trusted in a final state only, the service sends one for running jobs, too",
    ),
    Column(
        name="workflow_ids",
        wire=("Operation/WorkflowIds",),
        many=True,
        doc="ids of the workflows that it runs (w…), joined by commas; type Workflow only",
    ),
    Column(name="tag", wire=("Operation/Tag", "Tag"), doc="kind of its tasks, such as Transcode; type Job only"),
    Column(name="queue_id", wire=("Operation/QueueId", "QueueId"), doc="queue of its tasks (p…); type Job only"),
    Column(name="template_id", wire=("Operation/JobParam/TemplateId",), doc="template of its tasks (t…)"),
    Column(name="input_kind", doc="how its objects are named: Manifest, UrlFile, Prefix or Object"),
    Column(name="input_value", doc="the manifest, the file of URLs, the key prefix or the object key"),
    _instant(
        "objects_from", "Operation/TimeInterval/Start", "TimeInterval/Start", doc="only objects uploaded since then"
    ),
    _instant("objects_to", "Operation/TimeInterval/End", "TimeInterval/End", doc="only objects uploaded until then"),
    Column(name="output_region", wire=("Operation/Output/Region",), doc="region of the results' bucket"),
    Column(name="output_bucket", wire=("Operation/Output/Bucket",), doc="bucket of the results"),
    Column(
        name="output_object",
        wire=("Operation/Output/Object",),
        verbatim=True,
        doc="key of the results, with its placeholders",
    ),
    Column(
        name="job_level",
        wire=("Operation/JobLevel",),
        dtype=INTEGER,
        doc="priority; the highest of 0, 1, 2 first",
    ),
    Column(
        name="user_data",
        wire=("Operation/UserData",),
        verbatim=True,
        doc="free text given when it was created",
    ),
    EXTRA,
)

INPUT_KINDS: Final = ("Manifest", "UrlFile", "Prefix", "Object")
"""Children of ``Input`` of a batch job; the first that has text fills `input_kind` and `input_value`."""

EXECUTIONS: Final = (
    Column(name="run_id", wire=("RunId", "InstanceId"), doc="id of the execution, i…"),
    Column(name="batch_job_id", doc="id of the batch job that started it; from the request, the service does not say"),
    Column(name="workflow_id", wire=("WorkflowId",), doc="id of the workflow, w…"),
    Column(
        name="workflow_name",
        wire=("WorkflowName", "Name"),
        verbatim=True,
        doc="name of the workflow; lists do not say it",
    ),
    Column(name="state", wire=("State",), dtype=STATE, doc="state; Failed as soon as one of its tasks failed"),
    Column(name="object_key", wire=("Object",), verbatim=True, doc="the object that it ran on"),
    _instant("created_at", "CreateTime", "CreationTime", "Createtime", doc="when it was created"),
    _instant(
        "started_at",
        "StartTime",
        doc="when its first task started; the service does not say, it follows from the tasks",
    ),
    _instant("ended_at", "EndTime", doc="when its last task ended; in a final state only"),
    Column(name="topology", wire=("Topology",), json=True, doc="its nodes and their order, as JSON text; details only"),
    EXTRA,
)

TASKS: Final = (
    Column(
        name="task_id", wire=("JobId",), doc="id of the task: j… media, c… picture, d… document, s… speech, f… file"
    ),
    Column(name="run_id", wire=("Workflow/RunId",), doc="id of the execution that it belongs to"),
    Column(name="batch_job_id", doc="id of the batch job that started it; from the request, the service does not say"),
    Column(name="workflow_id", wire=("Workflow/WorkflowId",), doc="id of the workflow that it belongs to"),
    Column(name="node", wire=("Workflow/Name", "Name"), doc="its node in the workflow's topology"),
    Column(name="task_type", wire=("Tag", "Type", "Operation/Tag"), doc="kind of task, such as Transcode"),
    Column(name="state", wire=("State",), dtype=STATE, doc="state; Success, Failed and Cancel are final"),
    Column(name="code", wire=("Code",), doc="error code; meaningful in state Failed, Success otherwise"),
    Column(name="message", wire=("Message",), verbatim=True, doc="error message; meaningful in state Failed"),
    Column(name="object_key", wire=("Input/Object",), verbatim=True, doc="the object that it works on"),
    Column(name="queue_id", wire=("QueueId",), doc="queue in which it waits and runs (p…)"),
    Column(name="progress", wire=("Progress",), dtype=INTEGER, unit="%", doc="how far it is"),
    _instant("created_at", "CreationTime", "CreateTime", "Createtime", doc="when it was created"),
    _instant("started_at", "StartTime", doc="when it started; NaT while it waits"),
    _instant("ended_at", "EndTime", doc="when it ended; to be trusted in a final state only"),
    Column(
        name="media_duration_s",
        wire=("Operation/MediaInfo/Format/Duration",),
        dtype=NUMBER,
        unit="s",
        doc="how long its result plays; known when it has ended",
    ),
    Column(name="template_id", wire=("Operation/TemplateId", "TemplateId"), doc="template of its parameters (t…)"),
    EXTRA,
)

QUEUES: Final = (
    Column(name="queue_id", wire=("QueueId", "QueueID"), doc="id of the queue, p…"),
    Column(name="name", wire=("Name",), verbatim=True, doc="its name"),
    Column(name="state", wire=("State",), doc="Active or Paused"),
    Column(name="category", wire=("Category",), doc="what it is for, such as Transcoding or PicProcessing"),
    Column(name="max_concurrent", wire=("MaxConcurrent",), dtype=INTEGER, doc="how many tasks run in it at once"),
    Column(name="max_size", wire=("MaxSize",), dtype=INTEGER, doc="how many tasks may wait in it"),
    _instant("created_at", "CreateTime", "CreationTime", doc="when it was created"),
    _instant("updated_at", "UpdateTime", doc="when it was last changed"),
    EXTRA,
)

WORKFLOWS: Final = (
    Column(name="workflow_id", wire=("WorkflowId",), doc="id of the workflow, w…"),
    Column(name="name", wire=("Name", "WorkflowName"), verbatim=True, doc="its name"),
    Column(name="state", wire=("State",), doc="Active or Paused"),
    Column(name="bucket", wire=("BucketId", "Bucket"), doc="bucket whose objects it runs on"),
    _instant("created_at", "CreateTime", "CreationTime", doc="when it was created"),
    _instant("updated_at", "UpdateTime", doc="when it was last changed"),
    Column(name="topology", wire=("Topology",), json=True, doc="its nodes and their order, as JSON text"),
    EXTRA,
)

TABLES: Final = {
    "batch_jobs": BATCH_JOBS,
    "executions": EXECUTIONS,
    "tasks": TASKS,
    "queues": QUEUES,
    "workflows": WORKFLOWS,
}
"""The columns of each kind of frame."""
