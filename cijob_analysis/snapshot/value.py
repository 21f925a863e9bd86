"""Snapshots: all three levels as the service had them at one instant, and how complete that is."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from os import PathLike
from pathlib import Path

import pandas as pd

from cijob_analysis import schema
from cijob_analysis.ledger import Ledger, clock_text, counted, grouped, ledger_of
from cijob_analysis.schema import LEVELS


def _empty(kind: str) -> pd.DataFrame:
    return schema.empty(schema.TABLES[kind])


@dataclass(frozen=True, eq=False, kw_only=True)
class Snapshot:
    """What the service said of some batch jobs, their executions and their tasks, and when.

    Each row carries the keys of its parents: ``batch_job_id``, ``run_id``, ``workflow_id``. Each frame has its own
    ledger in ``attrs["ledger"]``.

    Attributes
    ----------
    batch_jobs, executions, tasks, workflows : pandas.DataFrame
        One row each; the columns are those of ``cijob_analysis.schema.TABLES``. `workflows` are those that the
        executions ran, with their topology.
    as_of : datetime.datetime or None
        When the last answer was read, with a zone.
    """

    batch_jobs: pd.DataFrame = field(default_factory=lambda: _empty("batch_jobs"))
    executions: pd.DataFrame = field(default_factory=lambda: _empty("executions"))
    tasks: pd.DataFrame = field(default_factory=lambda: _empty("tasks"))
    workflows: pd.DataFrame = field(default_factory=lambda: _empty("workflows"))
    as_of: datetime | None = None

    def frames(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Yield the name and the frame of each kind."""
        for kind in (*LEVELS, "workflows"):
            yield kind, getattr(self, kind)

    @property
    def completeness(self) -> Ledger:
        """The ledgers of all frames as one value."""
        return sum((ledger_of(frame) for _, frame in self.frames()), Ledger((), self.as_of))

    @property
    def ledger(self) -> pd.DataFrame:
        """Each fetch that this was made of, a row each: request, filters, pages, rows, what is missing and why."""
        return self.completeness.to_frame()

    @property
    def is_complete(self) -> bool:
        """Whether everything that was asked for, and exists, is there."""
        return self.completeness.is_complete

    @property
    def is_finished(self) -> bool:
        """Whether every row of every level is in a final state, so that nothing will change any more."""
        return all(bool(getattr(self, level)["state"].isin(schema.TERMINAL).all()) for level in LEVELS)

    def summary(self, tz: tzinfo | str | None = None) -> str:
        """Return it in one line: how many of each level in which state, as of when, and what is missing.

        Parameters
        ----------
        tz : datetime.tzinfo or str, optional
            Zone in which the time is shown; UTC if not given.
        """
        parts = [_counted(getattr(self, level)) for level in reversed(LEVELS)]
        text = " of ".join(part for part in parts if part) or "nothing"
        if self.as_of is not None:
            text += f" as of {clock_text(self.as_of, tz)}"
        return "; ".join([text, *self.completeness.remarks()])

    def write(self, folder: str | PathLike[str], *, overwrite: bool = False) -> Path:
        """Write it as a folder: a Parquet file for each frame, times and ledgers as JSON; `read_snapshot` reads it.

        The folder appears when it is complete, not before. Needs the extra ``archive``.

        Parameters
        ----------
        folder : str or path
            Where to; the folder above it is there.
        overwrite : bool
            Replace a snapshot that is there.

        Returns
        -------
        pathlib.Path
            Where it is.

        Raises
        ------
        FileExistsError
            Something is there and is not to be replaced.
        ConfigurationError
            What is there is no snapshot, or the extra ``archive`` is not installed.
        """
        from cijob_analysis.snapshot.files import write_snapshot

        return write_snapshot(self, folder, overwrite=overwrite)

    def __repr__(self) -> str:
        return f"<Snapshot: {self.summary()}>"

    def _repr_html_(self) -> str:
        counts = pd.DataFrame(
            {
                level.replace("_", " "): getattr(self, level)["state"].value_counts(sort=False)
                for level in LEVELS
                if len(getattr(self, level))
            }
        )
        counts = counts.loc[(counts > 0).any(axis="columns")].fillna(0).astype("int64") if len(counts) else counts
        table = counts.T.to_html(notebook=True) if len(counts) else ""
        verdict = "Complete." if self.is_complete else "<strong>Not complete.</strong>"
        return f"<p>{html.escape(self.summary())}</p><p>{verdict}</p>{table}"


def _counted(frame: pd.DataFrame) -> str:
    """Return how many rows there are and how many of them are in which state; ``""`` if there are none."""
    if not len(frame):
        return ""
    counts = frame["state"].value_counts(sort=False)
    states = ", ".join(f"{grouped(n)} {state}" for state, n in counts.items() if n)
    return f"{counted(len(frame), schema.noun_of(frame))} ({states})"
