"""Ids like the service's: a prefix and a UUID of version 1, in which batch job and row can be found again."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Final

MOST_ROWS: Final = 10_000_000
"""How many rows of a kind a batch job may have: each has a tick of 100 ns of a second to itself."""

_UUID_EPOCH: Final = 0x01B21DD213814000
"""1970-01-01 in the ticks of a UUID of version 1."""

_STEP: Final = 7_654_321
_STEP_BACK: Final = pow(_STEP, -1, MOST_ROWS)
"""Rows next to each other get fractions of the second far from each other, and back."""

_CLOCK: Final = "9a5d"

_ID = re.compile(r"[a-z]([0-9a-f]{8})([0-9a-f]{4})1([0-9a-f]{3})[0-9a-f]{4}([0-9a-f]{12})")

PREFIXES: Final = {
    "PicProcess": "c",
    "DocProcess": "d",
    "SpeechRecognition": "s",
    "FileHashCode": "f",
    "FileUncompress": "f",
    "FileCompress": "f",
}
"""First letter of a task's id by its tag; ``j`` for all others."""


def node_of(batch_job_id: str) -> str:
    """Return the 12 hex digits that end the ids of all that a batch job started."""
    return blake2b(batch_job_id.encode(), digest_size=6).hexdigest()


def row_id(prefix: str, node: str, created: int, row: int) -> str:
    """Return the id of a row.

    Parameters
    ----------
    prefix : str
        ``i`` for executions, a value of `PREFIXES` or ``j`` for tasks.
    node : str
        What `node_of` returns for the batch job.
    created : int
        When the row was created [Unix s].
    row : int
        Its number in the batch job, from 0.
    """
    ticks = f"{_UUID_EPOCH + created * MOST_ROWS + row * _STEP % MOST_ROWS:015x}"
    return f"{prefix}{ticks[7:]}{ticks[3:7]}1{ticks[:3]}{_CLOCK}{node}"


def place_of(given: str) -> tuple[str, int] | None:
    """Return the node and the row of an id that `row_id` may have made; None if it has another form."""
    match = _ID.fullmatch(given)
    if match is None:
        return None
    low, middle, high, node = match.groups()
    fraction = (int(high + middle + low, 16) - _UUID_EPOCH) % MOST_ROWS
    return node, fraction * _STEP_BACK % MOST_ROWS
