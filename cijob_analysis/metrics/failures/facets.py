"""What failed rows may have in common: an object, a folder's name, a kind of file, a node, a workflow and so on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from cijob_analysis.metrics.failures.counts import texts_of
from cijob_analysis.metrics.instants import instants

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
    """

    kind: str
    codes: NDArray[np.intp]
    values: list[str]

    def counts(self, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return how many of `rows` have each value."""
        codes = self.codes if len(rows) == len(self.codes) else self.codes[rows]
        return np.bincount(codes + 1, minlength=len(self.values) + 1)[1:]


class Ground(NamedTuple):
    """What the rows of a frame may have in common.

    Attributes
    ----------
    keys : Keys
        Their object keys.
    facets : list of Facet
        Their other properties.
    ended : array of datetime64[us]
        When they ended.
    """

    keys: Keys
    facets: list[Facet]
    ended: NDArray[np.datetime64]


def ground_of(frame: pd.DataFrame, keys: Keys) -> Ground:
    """Return what the rows of `frame`, whose object keys are `keys`, may have in common.

    Of their properties these are the ones that have two values or more.
    """
    found = [(OBJECT, keys.codes, keys.values), *_of_objects(keys)]
    for kind, column in _COLUMNS:
        if column in frame.columns:
            codes, values = pd.factorize(frame[column])
            found.append((kind, codes, texts_of(values)))
    facets = [Facet(kind, codes, values) for kind, codes, values in found if len(values) > 1]
    return Ground(keys, facets, instants(frame, "ended_at"))


def _of_objects(keys: Keys) -> Iterator[tuple[str, NDArray[np.intp], list[str]]]:
    """Yield the name of the folder that each row's object lies in, and the extension of its file."""
    folder_names = [folder[folder.rfind("/", 0, -1) + 1 :] or None for folder in keys.folders]
    ends, tails = pd.factorize(np.array([key[-_LONGEST_EXTENSION:] for key in keys.values], dtype=object))
    for kind, number, names in (
        ("folder name", keys.folder, folder_names),
        ("file type", ends, [_extension(tail) for tail in tails]),
    ):
        codes, values = pd.factorize(np.array(names, dtype=object))
        of_keys = np.append(codes[number], -1)  # the last one for rows without a key, whose number is -1
        yield kind, of_keys[keys.codes], texts_of(values)


def _extension(name: str) -> str | None:
    _, dot, extension = name.rpartition(".")
    return f".{extension.lower()}" if dot and extension.isalnum() else None
