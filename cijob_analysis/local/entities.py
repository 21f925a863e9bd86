"""Batch jobs, executions and tasks: one row of each level, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

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
class Execution:
    """One execution of a workflow on one object, at the instant of its workload.

    Attributes
    ----------
    run_id, workflow_id, object_key, state : str
        As on the wire.
    created_at : datetime.datetime
        With a zone.
    batch_job_id : str or None
        The batch job that started it. No answer names it; lists can be asked for it.
    """

    run_id: str
    workflow_id: str
    object_key: str
    state: str
    created_at: datetime
    batch_job_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """One task: a node of an execution, or a part of a batch job of type Job, at the instant of its workload.

    Attributes
    ----------
    task_id, tag, state : str
        As on the wire; the tag (``Type`` in an execution) decides under which path it is found.
    created_at : datetime.datetime
        With a zone, like every time here.
    started_at, ended_at : datetime.datetime or None
        None while it waits, or runs.
    code, message : str
        ``Success`` and empty unless it failed.
    batch_job_id : str or None
        The batch job that started it, directly or by an execution. No answer names it; lists can be asked for it.
    run_id, workflow_id, node : str or None
        The execution, its workflow and the name of the node; None if no workflow started it.
    object_key : str
        Key of its input.
    queue_id : str or None
        Where it waits and runs.
    progress : int or None
        In per cent; what fits the state if None.
    template_id, template_name, output_object, user_data : str or None
        As in ``Operation``.
    job_level : int
        Priority 0, 1 or 2; higher runs first.
    media_duration_s : float or None
        How long its input plays [s]; sent once the task has succeeded.
    """

    task_id: str
    tag: str
    state: str
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    code: str = "Success"
    message: str = ""
    batch_job_id: str | None = None
    run_id: str | None = None
    workflow_id: str | None = None
    node: str | None = None
    object_key: str = ""
    queue_id: str | None = None
    progress: int | None = None
    template_id: str | None = None
    template_name: str | None = None
    output_object: str | None = None
    user_data: str | None = None
    job_level: int = 0
    media_duration_s: float | None = None
