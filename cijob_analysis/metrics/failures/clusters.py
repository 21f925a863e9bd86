"""Which failures are alike, and whether each kind of them is one systemic fault or scattered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.metrics.calendar import zone_of
from cijob_analysis.metrics.failures.counts import texts_of
from cijob_analysis.metrics.failures.prepared import Failures
from cijob_analysis.metrics.failures.value import FailureCluster, FailureClusters
from cijob_analysis.metrics.inputs import frame_of, workflow_names
from cijob_analysis.metrics.instants import instants
from cijob_analysis.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo


def failure_clusters(data: pd.DataFrame | Snapshot, *, tz: tzinfo | str | None = None) -> FailureClusters:
    """Put failures together that have the same code and message, but for ids, keys and numbers, and compare them.

    Of each cluster it is said whether it is one systemic fault: an object, up to three key prefixes, the name of a
    folder, a kind of file, a node, a workflow, a batch job, a queue, a template or a short time in which rows fail
    so at least five times as often as elsewhere, while that is no chance (a bound of the hypergeometric tail,
    corrected for the number of things that were compared, is at most 0.001; failures of one object count once). The
    most telling one is named. If it holds most of the failures (80 %), so is what tells its failures from its other
    rows; of those that it does not hold, so is the next one that holds a fifth. If there is none, the failures are
    scattered; fewer than five are too few to say. Failed rows are compared with those that succeeded: what was
    cancelled or is not finished, may yet have failed.

    Parameters
    ----------
    data : DataFrame or Snapshot
        Tasks, executions or batch jobs; of a Snapshot the lowest level that has rows. `state`, `created_at`,
        `started_at`, `ended_at` and the id of the level are used, and whatever else there is.
    tz : tzinfo or str, optional
        Zone of the times in verdicts, such as ``Asia/Shanghai``; UTC if not given.

    Returns
    -------
    FailureClusters
        A sequence of `FailureCluster`, the largest first, with `.frame` and `.rerun_keys()`.

    Raises
    ------
    SchemaError
        A column is missing, or holds no times with a zone.
    ConfigurationError
        There is no such zone, or `data` is neither a DataFrame nor a Snapshot.
    """
    frame, names, zone = frame_of(data), names_of(data), zone_of(tz)
    failures = Failures(frame)
    among = failures.among()
    clusters: list[FailureCluster] = []
    for cluster, counts in enumerate(among.counts.to_dict("records")):
        rows, findings = among.clustered.of(cluster), among.findings(cluster)
        failed = frame.iloc[rows]
        clusters.append(
            FailureCluster(
                cluster=cluster,
                code=counts["code"],
                pattern=counts["pattern"],
                tasks=counts["n"],
                objects=counts["objects"],
                share=counts["n"] / len(among.clustered.rows),
                workflows=_frequent(failed, "workflow_id"),
                nodes=_frequent(failed, "node"),
                types=_frequent(failed, "task_type"),
                prefixes=among.prefixes(cluster),
                findings=tuple(findings),
                first_at=counts["first_at"],
                last_at=counts["last_at"],
                run_time_lost_s=counts["run_time_s"],
                verdict=among.verdict(findings, cluster, names=names, zone=zone),
                **_example(failed),
                failed=failed,
                is_open=failures.is_open[rows],
            )
        )
    return FailureClusters(clusters=tuple(clusters), rows=len(frame), noun=schema.noun_of(frame))


def names_of(data: pd.DataFrame | Snapshot) -> Mapping[str, str]:
    """Return the names of workflows and batch jobs by their ids, as far as they are known."""
    if not isinstance(data, Snapshot):
        return {}
    jobs = data.batch_jobs.dropna(subset=["batch_job_id", "name"])
    return dict(zip(jobs["batch_job_id"], jobs["name"], strict=True)) | dict(workflow_names(data))


def _frequent(failed: pd.DataFrame, name: str) -> dict[str, int]:
    """Return how many rows have each value in the column `name`, the most frequent first."""
    if name not in failed.columns:
        return {}
    codes, values = pd.factorize(failed[name])
    n = np.bincount(codes[codes >= 0], minlength=len(values)).tolist()
    names = texts_of(values)
    return {names[place]: n[place] for place in sorted(range(len(n)), key=lambda place: -n[place])}


def _example(failed: pd.DataFrame) -> dict[str, str]:
    """Return what is known of the row that ended last, which the service forgets last; empty where missing."""
    last = failed.iloc[int(np.argmax(instants(failed, "ended_at").view(np.int64)))]  # NaT is the lowest number
    columns = {"example_id": schema.key_of(failed), "example_object": "object_key", "example_message": "message"}
    cells = {name: last.get(column) for name, column in columns.items()}
    return {name: "" if pd.isna(cell) else str(cell) for name, cell in cells.items()}
