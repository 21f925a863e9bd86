"""What failed rows may have in common: an object, a folder's name, a kind of file, a node, a workflow and so on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from cijob_analysis.metrics.failures.counts import texts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from cijob_analysis.metrics.failures.prefixes import Keys

OBJECT: Final = "object"
_COLUMNS: Final = (
    ("node", "node"),
    ("task type", "task_type"),
    ("tag", "tag"),
    ("workflow", "workflow_id"),
    ("workflow", "workflow_ids"),
    ("batch job", "batch_job_id"),
    ("queue", "queue_id"),
    ("template", "template_id"),
)
_LONGEST_EXTENSION: Final = 6
"""With its dot."""


@dataclass(frozen=True, eq=False, slots=True)
class Facet:
    """A property of rows.

    Attributes
    ----------
    kind : str
        What it is, for people.
    codes : array of int
        For each row the number of its value, -1 where it has none.
    values : list of str
        What the numbers stand for.
    n : array of int
        How many rows have each value.
    """

    kind: str
    codes: NDArray[np.intp]
    values: list[str]
    n: NDArray[np.intp]


def facets_of(frame: pd.DataFrame, keys: Keys) -> list[Facet]:
    """Return the facets of `frame`, whose object keys are `keys`: those that have two values or more."""
    found = [(OBJECT, keys.codes, keys.values), *_of_objects(keys)]
    for kind, column in _COLUMNS:
        if column in frame.columns:
            codes, values = pd.factorize(frame[column])
            found.append((kind, codes, texts_of(values)))
    return [
        Facet(kind, codes, values, np.bincount(codes[codes >= 0], minlength=len(values)))
        for kind, codes, values in found
        if len(values) > 1
    ]


def _of_objects(keys: Keys) -> Iterator[tuple[str, NDArray[np.intp], list[str]]]:
    """Yield the name of the folder that each row's object lies in, and the extension of its file."""
    folder_names = [folder[folder.rfind("/", 0, -1) + 1 :] or None for folder in keys.folders]
    tails = [key[-_LONGEST_EXTENSION:] for key in keys.values]
    extensions = {tail: _extension(tail) for tail in set(tails)}
    for kind, names in (
        ("folder name", [folder_names[folder] for folder in keys.folder.tolist()]),
        ("file type", [extensions[tail] for tail in tails]),
    ):
        codes, values = pd.factorize(np.array([*names, None], dtype=object))  # the last one for rows without a key
        yield kind, codes[keys.codes], texts_of(values)


def _extension(name: str) -> str | None:
    _, dot, extension = name.rpartition(".")
    return f".{extension.lower()}" if dot and extension.isalnum() else None
