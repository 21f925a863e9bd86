"""Spellings: each way in which published answers differ from each other, as a named switch."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, get_args, get_type_hints

from cijob_analysis.exceptions import ConfigurationError

TimeFormat = Literal["+0800", "+08:00", "blank", "Z"]


@dataclass(frozen=True, kw_only=True)
class Variants:
    """How answers are spelled; the defaults are the present pages' way.

    Attributes
    ----------
    missing_time : str
        A time that is not there yet: ``"-"``, an ``"empty"`` element, or an ``"absent"`` one.
    time_format : str
        ``"+0800"``, ``"+08:00"``, ``"blank"`` (a blank in place of ``T``, as in callbacks) or ``"Z"``.
    execution_time_format : str
        The same for executions and the tasks in them; ``"+08:00"`` unless given.
    message : str
        ``Message`` of what did not fail: ``"empty"``, ``"absent"``, ``"Success"`` or ``"success"``.
    unknown_ids : str
        Several unknown ids: ``"joined"`` by commas, ``"repeated"`` elements, or repeated ``"NonExistJobId"``
        (as the Go SDK reads it).
    last_page : str
        ``NextToken`` of the last page: ``"absent"`` or ``"empty"``.
    workflow_ids : str
        Several workflows: ``"joined"`` by commas or ``"repeated"`` elements.
    error_body : str
        ``"xml"`` as CI sends it, ``"resource"`` with COS's element ``Resource``, or ``"json"``.
    with_request_id : bool
        Whether an answer has a ``RequestId``.
    with_tag : bool
        Whether type Job has a ``Tag``; the published list sample has none.
    tag_at_top : bool
        ``Tag`` and ``QueueId`` directly in ``JobsDetail``, with a ``Progress`` (as the Go SDK declares them).
    time_interval_at_top : bool
        ``TimeInterval`` directly in ``JobsDetail``.
    create_time : bool
        ``CreateTime`` instead of ``CreationTime`` in batch jobs and tasks.
    creation_time_in_executions : bool
        ``CreationTime`` instead of ``CreateTime`` in executions and the tasks in them (as the Go SDK reads it).
    running_with_end_time : bool
        What is running has an ``EndTime`` (the start plus two minutes, as in the published sample).
    running_without_start_time : bool
        What is running has no ``StartTime`` yet.
    tasks_with_start_time : bool
        Whether tasks have a ``StartTime``; on old pages they have none.
    tag_in_operation : bool
        ``Tag`` of a task inside its ``Operation`` (as after a submission of several).
    input_bucket : str
        The bucket of a task's input: ``"BucketId"`` or ``"Bucket"``.
    tasks_with_workflow : bool
        Whether a task in a list names the ``Workflow`` that started it.
    batch_job_finds : str
        What ``inventoryTriggerJobId`` finds: ``"all"`` tasks of a batch job, or only those that it started
        ``"directly"``, not by an execution.
    workflow_name : bool
        ``WorkflowName`` instead of ``Name`` in one execution.
    object_url : bool
        ``Object`` as a URL in lists of executions, as on old pages.
    start_node : bool
        The node ``Start`` is among the ``Tasks`` of an execution, as on old pages.
    unknown_execution : str
        One that does not exist: an ``"empty"`` answer, or status ``"404"``.
    shuffled : bool
        Children come in another order.
    pretty : bool
        Indented, after an XML declaration.
    namespace : str
        ``xmlns`` of the root; none if empty.

    Raises
    ------
    ConfigurationError
        A spelling that is not among those.
    """

    missing_time: Literal["-", "empty", "absent"] = "-"
    time_format: TimeFormat = "+0800"
    execution_time_format: TimeFormat = "+08:00"
    message: Literal["empty", "absent", "Success", "success"] = "empty"
    unknown_ids: Literal["joined", "repeated", "NonExistJobId"] = "joined"
    last_page: Literal["absent", "empty"] = "absent"
    workflow_ids: Literal["joined", "repeated"] = "joined"
    error_body: Literal["xml", "resource", "json"] = "xml"
    with_request_id: bool = True
    with_tag: bool = True
    tag_at_top: bool = False
    time_interval_at_top: bool = False
    create_time: bool = False
    creation_time_in_executions: bool = False
    running_with_end_time: bool = False
    running_without_start_time: bool = False
    tasks_with_start_time: bool = True
    tag_in_operation: bool = False
    input_bucket: Literal["BucketId", "Bucket"] = "BucketId"
    tasks_with_workflow: bool = True
    batch_job_finds: Literal["all", "directly"] = "all"
    workflow_name: bool = False
    object_url: bool = False
    start_node: bool = False
    unknown_execution: Literal["empty", "404"] = "empty"
    shuffled: bool = False
    pretty: bool = False
    namespace: str = ""

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self))
        for item in fields(self):
            value, choices = getattr(self, item.name), get_args(hints[item.name])
            if choices and value not in choices:
                raise ConfigurationError(f"{item.name}={value!r} is none of {', '.join(map(repr, choices))}")
