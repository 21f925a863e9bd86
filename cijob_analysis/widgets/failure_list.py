"""The clusters of failures of some rows of a frame, as a list that is looked at in parts: without widgets."""

from __future__ import annotations

from datetime import UTC
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics.failures.prepared import Failures
from cijob_analysis.metrics.failures.verdicts import span_text
from cijob_analysis.metrics.instants import instants
from cijob_analysis.widgets.failure_rows import BINS, Key, ShownCluster
from cijob_analysis.words import number, plural

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import tzinfo

    import pandas as pd
    from numpy.typing import NDArray


class FailureList:
    """The clusters of failures among some rows, the largest first; each is explained when it is looked at.

    Parameters
    ----------
    failures : Failures
        Those of the whole frame.
    mask : array of bool or None
        Which rows; None for all.
    names : mapping of str to str
        Names of ids, for verdicts.
    zone : datetime.tzinfo
        Zone in which times are shown.
    """

    def __init__(
        self, failures: Failures, mask: NDArray[np.bool_] | None, *, names: Mapping[str, str], zone: tzinfo
    ) -> None:
        self.zone = zone
        self._failures, self._mask, self._names = failures, mask, names
        self._among = failures.among(mask)
        self._verdicts: dict[int, str] = {}

    def with_rows(
        self, frame: pd.DataFrame, mask: NDArray[np.bool_] | None, *, names: Mapping[str, str], zone: tzinfo
    ) -> FailureList:
        """Return the list for these rows; what was prepared for the same frame, or found for the same rows, is kept."""
        is_same_frame = frame is self._failures.frame
        if is_same_frame and (zone, names) == (self.zone, self._names) and _are_same(mask, self._mask):
            return self
        failures = self._failures if is_same_frame else Failures(frame)
        return FailureList(failures, mask, names=names, zone=zone)

    def __len__(self) -> int:
        return len(self._among.clustered)

    @property
    def is_prepared(self) -> bool:
        """Whether verdicts are soon found."""
        return self._failures.is_prepared

    def shown(self, first: int, last: int, *, with_verdicts: bool) -> list[ShownCluster]:
        """Return the clusters from `first` to before `last`; without verdicts, where it takes time to find them."""
        return [
            ShownCluster(
                code=counts["code"],
                pattern=counts["pattern"],
                n=counts["n"],
                objects=counts["objects"],
                share=counts["n"] / self._among.counts["n"].iloc[0],
                first_at=counts["first_at"],
                last_at=counts["last_at"],
                run_time_s=counts["run_time_s"],
                over_time=self._over_time(cluster),
                part_s=float((self._span[1] - self._span[0]) / np.timedelta64(1, "s")) / BINS,
                verdict=self._verdict(cluster) if with_verdicts or not self._among.is_comparable(cluster) else "",
            )
            for cluster, counts in enumerate(self._among.counts.iloc[first:last].to_dict("records"), first)
        ]

    def picked(self, chosen: Collection[Key]) -> list[int]:
        """Return the clusters that are among `chosen`; all if nothing is chosen."""
        found = self._among.clustered
        keys = zip(found.codes, found.patterns, strict=True)
        return [cluster for cluster, key in enumerate(keys) if not chosen or key in chosen]

    def has_reruns(self, chosen: Collection[Key]) -> bool:
        """Return whether there is any object to run again."""
        return bool(self._failures.is_open[self._rows(chosen)].any())

    def rerun_list(self, chosen: Collection[Key]) -> str:
        """Return the keys of the objects to run again, one a line, of the clusters `chosen`, or of all.

        Raises
        ------
        ConfigurationError
            A key has a line break.
        """
        keys = self._failures.rerun_keys(self._rows(chosen))
        broken = next((key for key in keys if "\n" in key or "\r" in key), None)
        if broken is not None:
            raise ConfigurationError(f"the key {broken!r} has a line break: a list with one key a line cannot hold it")
        return "".join(f"{key}\n" for key in keys)

    def sentence(self, chosen: Collection[Key]) -> str:
        """Return how many failed, in how many clusters, and how many of these are chosen."""
        noun = schema.noun_of(self._failures.frame)
        n = len(self._failures.frame) if self._mask is None else int(self._mask.sum())
        text = f"None of {plural(n, noun)} failed" if n else f"No {noun}s"
        if len(self):
            failed = len(self._among.clustered.rows)
            text = f"{number(failed)} of {plural(n, noun)} failed, in {plural(len(self), 'cluster')}"
            if not np.isnat(self._span[0]):
                first, last = (time.astype("M8[us]").item().replace(tzinfo=UTC) for time in self._span)
                text += f", {span_text(first, last, self.zone)}"
        if chosen:
            gone = len(chosen) - len(self.picked(chosen))
            text += f"; {number(len(chosen))} chosen" + f", {number(gone)} of which without a row here" * bool(gone)
        return f"{text}."

    def place(self, first: int, last: int) -> str:
        """Return which clusters are shown, and how much comes after them."""
        offsets, n = self._among.clustered.offsets, len(self)
        text = f"Clusters {number(first + 1)} to {number(min(last, n))} of {number(n)}"
        if last >= n:
            return text
        rest = plural(int(offsets[-1] - offsets[last]), schema.noun_of(self._failures.frame))
        return f"{text}; the {number(n - last)} smaller ones have {rest} together"

    def _rows(self, chosen: Collection[Key]) -> NDArray[np.intp]:
        found = self._among.clustered
        return np.concatenate([found.rows[:0], *(found.of(cluster) for cluster in self.picked(chosen))])

    def _verdict(self, cluster: int) -> str:
        if cluster not in self._verdicts:
            findings = self._among.findings(cluster)
            self._verdicts[cluster] = self._among.verdict(findings, cluster, names=self._names, zone=self.zone)
        return self._verdicts[cluster]

    @cached_property
    def _ended(self) -> NDArray[np.datetime64]:
        return instants(self._failures.frame, "ended_at")

    @cached_property
    def _span(self) -> tuple[np.datetime64, np.datetime64]:
        """When the first and the last failure ended; NaT if nobody knows."""
        ended = self._ended[self._among.clustered.rows]
        nothing = np.array(["NaT"], ended.dtype)
        return np.fmin.reduce(ended, initial=nothing[0]), np.fmax.reduce(ended, initial=nothing[0])

    def _over_time(self, cluster: int) -> NDArray[np.int64]:
        begin, end = self._span
        ended = self._ended[self._among.clustered.of(cluster)]
        share = (ended[~np.isnat(ended)] - begin) / max(end - begin, np.timedelta64(1, "us"))
        return np.bincount(np.minimum((BINS * share).astype(np.intp), BINS - 1), minlength=BINS)


def _are_same(mask: NDArray[np.bool_] | None, other: NDArray[np.bool_] | None) -> bool:
    return mask is other or (mask is not None and other is not None and np.array_equal(mask, other))
