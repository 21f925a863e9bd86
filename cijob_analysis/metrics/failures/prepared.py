"""The failures of a frame, prepared so that those among any of its rows are soon counted and explained."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.metrics.failures.counts import Clustered, clustered, counts_of, texts_of
from cijob_analysis.metrics.failures.facets import Ground, ground_of
from cijob_analysis.metrics.failures.lift import LEAST
from cijob_analysis.metrics.failures.prefixes import ordered_keys
from cijob_analysis.metrics.failures.reruns import is_open
from cijob_analysis.metrics.failures.systemic import Exposed
from cijob_analysis.metrics.failures.verdicts import verdict
from cijob_analysis.metrics.groups import state_codes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from numpy.typing import NDArray

    from cijob_analysis.metrics.failures.systemic import Finding


class Failures:
    """The failures of all rows of a frame, and what is needed to explain them.

    Everything is computed when it is first asked for; to count is cheap, to explain is not. The frame must stay as
    it is.

    Parameters
    ----------
    frame : DataFrame
        Tasks, executions or batch jobs; the columns are those of `failure_clusters`.

    Attributes
    ----------
    frame : DataFrame
        The frame.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame

    def among(self, mask: NDArray[np.bool_] | None = None) -> FailuresAmong:
        """Return the failures among the rows that `mask` has; among all rows without it."""
        return FailuresAmong(self, self.clustered if mask is None else self.clustered.among(mask), mask)

    @cached_property
    def clustered(self) -> Clustered:
        """The failed rows by code and pattern."""
        return clustered(self.frame)

    @cached_property
    def is_open(self) -> NDArray[np.bool_]:
        """Of each row of the frame whether it is a failure to be run again, see `FailureCluster.rerun_keys`."""
        rows, (numbers, different) = self.clustered.rows, self._objects
        found = np.zeros(len(self.frame), bool)
        found[rows] = is_open(self.frame, rows, numbers, len(different))
        return found

    def rerun_keys(self, rows: NDArray[np.intp]) -> list[str]:
        """Return the keys of the objects to run again of the failed `rows`, in order, each once."""
        if "object_key" not in self.frame.columns:
            return []
        return sorted(texts_of(self.frame["object_key"].iloc[rows[self.is_open[rows]]].dropna().unique()))

    @cached_property
    def is_success(self) -> NDArray[np.bool_]:
        """Of each row whether it succeeded."""
        states, names = state_codes(self.frame)
        is_success: NDArray[np.bool_] = states == names.index("Success")
        return is_success

    @cached_property
    def ground(self) -> Ground:
        """What rows may have in common."""
        return ground_of(self.frame, ordered_keys(*self._objects))

    @property
    def is_prepared(self) -> bool:
        """Whether explaining is cheap by now."""
        return "ground" in self.__dict__

    @cached_property
    def _objects(self) -> tuple[NDArray[np.intp], pd.Index]:
        """For each row the number of its object, and the keys of these."""
        if "object_key" not in self.frame.columns:
            return np.full(len(self.frame), -1), pd.Index([], dtype=object)
        numbers, different = pd.factorize(self.frame["object_key"])
        return numbers, different


@dataclass(frozen=True, eq=False)
class FailuresAmong:
    """The failures among some rows of a frame.

    Attributes
    ----------
    failures : Failures
        Those of the whole frame.
    clustered : Clustered
        Those among the rows.
    mask : array of bool or None
        Which rows; None for all.
    """

    failures: Failures
    clustered: Clustered
    mask: NDArray[np.bool_] | None

    @cached_property
    def counts(self) -> pd.DataFrame:
        """A row for each cluster, as `failure_counts` returns it."""
        return counts_of(self.failures.frame, self.clustered)

    @cached_property
    def n_successes(self) -> int:
        """How many of the rows succeeded."""
        return int(self._among(self.failures.is_success).sum())

    def is_comparable(self, cluster: int) -> bool:
        """Return whether a cluster is large enough to be compared with anything, and there is something."""
        return len(self.clustered.of(cluster)) >= LEAST and self.n_successes > 0

    def findings(self, cluster: int) -> list[Finding]:
        """Return what sets the rows of a cluster apart from those that succeeded."""
        return self._exposed.findings(self.clustered.of(cluster)) if self.is_comparable(cluster) else []

    def prefixes(self, cluster: int) -> tuple[tuple[str, float], ...]:
        """Return up to three prefixes that hold most of a cluster, with their shares."""
        return self._exposed.prefixes(self.clustered.of(cluster)) if self.is_comparable(cluster) else ()

    def verdict(self, findings: Sequence[Finding], cluster: int, *, names: Mapping[str, str], zone: tzinfo) -> str:
        """Return in one line what the rows of a cluster have in common."""
        return verdict(
            findings, len(self.clustered.of(cluster)), n_successes=self.n_successes,
            noun=schema.noun_of(self.failures.frame), names=names, zone=zone,
        )  # fmt: skip

    @cached_property
    def _exposed(self) -> Exposed:
        """The rows that succeeded or failed: what was cancelled or is not finished may yet have failed."""
        compared = self._among(self.failures.is_success)
        compared[self.clustered.rows] = True
        return Exposed(self.failures.ground, np.flatnonzero(compared))

    def _among(self, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return rows.copy() if self.mask is None else rows & self.mask
