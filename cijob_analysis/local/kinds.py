"""What each list can be asked for, and which tasks are found under which path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cijob_analysis.local.listing import Kind
from cijob_analysis.schema import STATES, TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cijob_analysis.local.listing import Matches

EXECUTION_STATES: Final = ("Success", "Failed", "Running", "Cancel")

_TAGS: Final = {
    "pic_jobs": ("PicProcess", "PosterProduction"),
    "doc_jobs": ("DocProcess",),
    "asr_jobs": ("SpeechRecognition",),
    "file_jobs": ("FileHashCode", "FileUncompress", "FileCompress"),
    "ai_jobs": ("Translation", "WordsGeneralize"),
}
_ELSEWHERE: Final = frozenset(tag for path, tags in _TAGS.items() if path != "ai_jobs" for tag in tags)

TASK_PATHS: Final = ("jobs", *_TAGS)
"""Paths of tasks by their ids; all but the last two have a list, too."""


def is_found(path: str, tag: str) -> bool:
    """Return whether tasks with `tag` are found under `path`; AI tasks are found under two."""
    return tag in _TAGS[path] if path in _TAGS else tag not in _ELSEWHERE


def _is(attribute: str) -> Matches:
    return lambda part, value: getattr(part, attribute) == value


BATCH_JOBS: Final = Kind(
    states=STATES,
    matches={
        "type": _is("type"),
        "jobId": _is("batch_job_id"),
        "workflowId": lambda job, value: value in job.workflow_ids,
        "name": lambda job, value: job.name.startswith(value),
    },
    choices={"type": TYPES},
)

EXECUTIONS: Final = Kind(
    states=EXECUTION_STATES,
    matches={"workflowId": _is("workflow_id"), "jobId": _is("batch_job_id")},
    object_key="name",
)


def tasks(path: str, batch_job_finds: str) -> Kind:
    """Return what the list of tasks at `path` can be asked for; see `Variants.batch_job_finds`."""
    of_batch_job = _is("batch_job_id")
    if batch_job_finds == "directly":
        of_batch_job = lambda part, value: part.batch_job_id == value and part.workflow_id is None  # noqa: E731
    matches: Mapping[str, Matches] = {
        "tag": lambda part, value: part.tag == value and is_found(path, value),
        "queueId": _is("queue_id"),
        "workflowId": _is("workflow_id"),
        "inventoryTriggerJobId": of_batch_job,
    }
    return Kind(states=STATES, matches=matches, object_key="inputObject")
