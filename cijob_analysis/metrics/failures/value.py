"""Failures that are alike, as values: how many, of what, when, and what they have in common."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, overload

import pandas as pd

from cijob_analysis import schema
from cijob_analysis.ledger import counted, grouped
from cijob_analysis.metrics.failures.counts import texts_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from cijob_analysis.metrics.failures.systemic import Finding

_DTYPES: Final[dict[str, Any]] = {
    "cluster": "int64",
    "code": schema.TEXT,
    "pattern": schema.TEXT,
    "tasks": "int64",
    "objects": "int64",
    "share": "float64",
    "workflows": "int64",
    "nodes": "int64",
    "prefix": schema.TEXT,
    "first_at": schema.UTC,
    "last_at": schema.UTC,
    "run_time_lost_s": "float64",
    "verdict": schema.TEXT,
    "example_id": schema.TEXT,
    "example_object": schema.TEXT,
    "example_message": schema.TEXT,
}
_IN_HTML: Final = ("tasks", "objects", "code", "pattern", "verdict")
_SHOWN: Final = 20


@dataclass(frozen=True, eq=False, kw_only=True)
class FailureCluster:
    """Rows that failed with the same code and, but for ids, keys and numbers, with the same message.

    Attributes
    ----------
    cluster : int
        Its number, from 0.
    code, pattern : str
        What the rows failed with, the message masked; empty where there was none.
    tasks, objects : int
        How many rows, of how many different objects.
    share : float
        Which part of all failed rows these are.
    workflows, nodes, types : mapping of str to int
        How many rows there are of each workflow's id, node and kind of task, the most frequent first.
    prefixes : tuple of (str, float)
        Up to three prefixes that hold most of it, and far more of it than of other rows, with their shares.
    findings : tuple of Finding
        What sets its rows apart from those that succeeded; the facts of `verdict`.
    first_at, last_at : Timestamp
        When the first and the last one ended, in UTC; NaT if nobody knows.
    run_time_lost_s : float
        How long they ran in all [s].
    verdict : str
        What they have in common, in words.
    example_id, example_object, example_message : str
        Of the one that ended last; empty where missing.
    failed : DataFrame
        The rows themselves.
    is_open : array of bool
        Whether each of these is to be run again, see `rerun_keys`.
    """

    cluster: int
    code: str
    pattern: str
    tasks: int
    objects: int
    share: float
    workflows: Mapping[str, int]
    nodes: Mapping[str, int]
    types: Mapping[str, int]
    prefixes: tuple[tuple[str, float], ...]
    findings: tuple[Finding, ...] = field(repr=False)
    first_at: pd.Timestamp
    last_at: pd.Timestamp
    run_time_lost_s: float
    verdict: str
    example_id: str
    example_object: str
    example_message: str
    failed: pd.DataFrame = field(repr=False)
    is_open: NDArray[np.bool_] = field(repr=False)

    @property
    def task_ids(self) -> tuple[str, ...]:
        """The ids of its rows."""
        return tuple(texts_of(self.failed[schema.key_of(self.failed)].dropna()))

    def cell(self, name: str) -> object:
        """Return what `FailureClusters.frame` has in the column `name`."""
        if name == "prefix":
            return ", ".join(prefix for prefix, _ in self.prefixes)
        value = getattr(self, name)
        return len(value) if name in ("workflows", "nodes") else value

    def rerun_keys(self) -> list[str]:
        """Return the keys of the objects to run again, in order, each once.

        Those with which the same work (workflow and node, or kind of task) has not succeeded in a later row of the
        frame. What is tried again right now, or failed again, is among them.
        """
        if "object_key" not in self.failed.columns:
            return []
        return sorted(texts_of(self.failed["object_key"][self.is_open].dropna().unique()))


@dataclass(frozen=True, eq=False, kw_only=True)
class FailureClusters(Sequence[FailureCluster]):
    """All clusters of failures, the largest first.

    Attributes
    ----------
    clusters : tuple of FailureCluster
        The clusters.
    rows : int
        How many rows there were in all.
    noun : str
        What a row is.
    """

    clusters: tuple[FailureCluster, ...]
    rows: int
    noun: str

    @overload
    def __getitem__(self, index: int) -> FailureCluster: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[FailureCluster, ...]: ...
    def __getitem__(self, index: int | slice) -> FailureCluster | tuple[FailureCluster, ...]:
        return self.clusters[index]

    def __len__(self) -> int:
        return len(self.clusters)

    @property
    def failed(self) -> int:
        """How many rows failed."""
        return sum(cluster.tasks for cluster in self)

    @property
    def frame(self) -> pd.DataFrame:
        """The clusters as a frame, a row each.

        Its columns are those attributes of `FailureCluster` that are a number, a text or a time; `workflows` and
        `nodes`, how many different ones (int64); `prefix`, the prefixes, joined by commas.
        """
        cells = {name: [one.cell(name) for one in self] for name in _DTYPES}
        return pd.DataFrame(cells).astype(_DTYPES)

    def rerun_keys(self) -> list[str]:
        """Return the keys of all objects to run again, in order, each once; see `FailureCluster.rerun_keys`."""
        return sorted({key for cluster in self for key in cluster.rerun_keys()})

    def describe(self) -> str:
        """Return in one sentence how many failed, and of the three largest clusters the most telling thing."""
        if not self.clusters:
            return f"None of {counted(self.rows, self.noun)} failed."
        parts = [
            f"{grouped(one.tasks)} {one.code or 'without a code'}: {one.verdict.split('; ')[0]}"
            for one in self.clusters[:3]
        ]
        more = f"; and {len(self) - 3} more" if len(self) > 3 else ""
        total = f"{grouped(self.failed)} of {counted(self.rows, self.noun)} failed, in {counted(len(self), 'cluster')}"
        return f"{total}. {'; '.join(parts)}{more}."

    def __repr__(self) -> str:
        return f"<FailureClusters: {self.describe()}>"

    def _repr_html_(self) -> str:
        shown = self.frame.head(_SHOWN)[[*_IN_HTML]].fillna("")
        with pd.option_context("display.max_colwidth", None):
            table = shown.to_html(index=False, notebook=True, escape=True) if len(self) else ""
        more = f"<p>and {counted(len(self) - _SHOWN, 'smaller cluster')}</p>" if len(self) > _SHOWN else ""
        return f"<p>{html.escape(self.describe())}</p>{table}{more}"
