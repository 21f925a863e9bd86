"""What is drawn for the objects of a batch job: their keys, how long tasks run, and which fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from cijob_analysis.local.nodetypes import node_type
from cijob_analysis.local.recipes import POISON_PREFIX, TASK_MESSAGES
from cijob_analysis.local.recipes import UNSUPPORTED as UNSUPPORTED_FILE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cijob_analysis.local.assignments import Assignment
    from cijob_analysis.local.topology import Node

TICKS: Final = 16
"""In a second: run times are drawn finer than the wire shows them."""

EXTENSIONS: Final = (".mp4", ".mp4", ".mp4", ".mov", ".mkv", ".flv", ".m4a")
STEMS: Final = ("clip", "VID", "take & retake", "第{}课", "it's {}", "IMG <raw>")
FOLDERS: Final = ("", "2024/", "2025/", "2026/", "damaged/")

_MEDIAN_MEDIA_S: Final = 240.0
_STRAGGLER_SHARE: Final = 0.006
_STRAGGLER_FACTOR: Final = 12.0
_MISHAP_SHARE: Final = 0.004
_FRAGILE_SHARE: Final = 0.4
_DAMAGED_SHARE: Final = 0.9
_SHARE_IN_FAILED: Final = 0.5

NO_ERROR: Final = -1
OF_BATCH_JOB: Final = 0
DAMAGED: Final = 1
UNSUPPORTED: Final = 2
_MISHAPS: Final = (3, 4, 5)

ERRORS: Final = (
    ("", ""),  # the batch job's own stands in its place
    ("ResourceNotSupported", TASK_MESSAGES["ResourceNotSupported"]),
    UNSUPPORTED_FILE,
    *((code, TASK_MESSAGES[code]) for code in ("ResourceDownloadFailed", "InternalError", "ResourceNotFound")),
)
"""Code and message of a task's error."""


@dataclass(frozen=True, eq=False)
class Draws:
    """What was drawn for n objects.

    Attributes
    ----------
    arrivals : numpy.ndarray
        When each object is found, ascending, the first at 0 [ticks].
    durations : numpy.ndarray of shape (nodes, n)
        How long each task runs [ticks].
    errors : numpy.ndarray of shape (nodes, n)
        Position in `ERRORS`, or `NO_ERROR`.
    media_s : numpy.ndarray
        How long each object plays [s].
    folder, stem, extension : numpy.ndarray
        Positions in `FOLDERS`, `STEMS` and `EXTENSIONS`.
    """

    arrivals: NDArray[np.int64]
    durations: NDArray[np.int64]
    errors: NDArray[np.int8]
    media_s: NDArray[np.float32]
    folder: NDArray[np.int8]
    stem: NDArray[np.int8]
    extension: NDArray[np.int8]


def draw(assignment: Assignment) -> Draws:
    """Draw for all objects of `assignment` at once."""
    random = np.random.default_rng([assignment.seed, int(assignment.batch_job_id[1:], 16)])
    n = assignment.objects
    nodes = [node for flow in assignment.flows for node in flow.nodes]
    media_s = (_MEDIAN_MEDIA_S * np.exp(0.8 * random.standard_normal(n))).astype(np.float32)
    folder = random.choice(len(FOLDERS), n, p=(0.5, 0.2, 0.15, 0.12, 0.03)).astype(np.int8)
    stem = random.choice(len(STEMS), n, p=(0.5, 0.4, 0.025, 0.025, 0.025, 0.025)).astype(np.int8)
    extension = random.integers(len(EXTENSIONS), size=n).astype(np.int8)
    durations = np.empty((len(nodes), n), np.int64)
    for number, node in enumerate(nodes):
        kind = node_type(node.type)
        seconds = kind.median_s * np.exp(kind.spread * random.standard_normal(n))
        seconds *= (media_s / _MEDIAN_MEDIA_S) ** kind.growth
        seconds[random.random(n) < _STRAGGLER_SHARE] *= _STRAGGLER_FACTOR
        durations[number] = np.maximum(1, np.rint(TICKS * seconds))
    return Draws(
        arrivals=_arrivals(assignment, durations, random),
        durations=durations,
        errors=_errors(assignment, nodes, folder, extension, random),
        media_s=media_s,
        folder=folder,
        stem=stem,
        extension=extension,
    )


def _arrivals(assignment: Assignment, durations: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.int64]:
    """Return when the objects are found: for two thirds of the time that the work takes, faster than it is done."""
    n = assignment.objects
    position = random.random(n)
    if assignment.bunched:
        is_in_bunch = random.random(n) < 0.9
        position[is_in_bunch] = 0.3 + 0.05 * position[is_in_bunch]
    work: dict[str, float] = {}
    queues = [node.queue_id or "" for flow in assignment.flows for node in flow.nodes]
    for queue, ticks in zip(queues, durations.sum(axis=1), strict=True):
        work[queue] = work.get(queue, 0.0) + float(ticks) / assignment.places.get(queue, 1)
    arrivals: NDArray[np.int64] = np.sort((position * max(work.values()) * 2 / 3).astype(np.int64))
    arrivals -= arrivals[0]
    return arrivals


def _errors(
    assignment: Assignment,
    nodes: Sequence[Node],
    folder: NDArray[np.int8],
    extension: NDArray[np.int8],
    random: np.random.Generator,
) -> NDArray[np.int8]:
    """Return which task fails, and how: by folder, by node and kind of file, or just so."""
    errors = np.full((len(nodes), len(folder)), NO_ERROR, np.int8)
    if assignment.is_sound:
        return errors
    luck = random.random(errors.shape)
    mishaps = random.choice(_MISHAPS, errors.shape)
    errors[luck < _MISHAP_SHARE] = mishaps[luck < _MISHAP_SHARE]
    is_damaged = np.array([name == "damaged/" for name in FOLDERS])[folder]
    is_mov = np.array([name == ".mov" for name in EXTENSIONS])[extension]
    for number, node in enumerate(nodes):
        if node.name in assignment.fragile:
            errors[number, is_mov & (luck[number] > 1 - _FRAGILE_SHARE)] = UNSUPPORTED
        errors[number, is_damaged & (luck[number] < _DAMAGED_SHARE)] = DAMAGED
    if assignment.error is not None:
        share = _DAMAGED_SHARE if assignment.prefix == POISON_PREFIX else _SHARE_IN_FAILED
        hit = random.random(len(folder)) < share
        hit[random.integers(len(folder))] = True
        number = int(random.integers(len(nodes)))
        errors[number, hit] = OF_BATCH_JOB
    return errors
