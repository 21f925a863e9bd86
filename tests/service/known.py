"""Workflows and executions as frames of their few interesting cells."""

from __future__ import annotations

import json

import pandas as pd


def topology(*types: str) -> str:
    nodes = {"Start": {"Type": "Start"}, **{f"{kind}_{n}": {"Type": kind} for n, kind in enumerate(types)}}
    return json.dumps({"Dependencies": {"Start": "…"}, "Nodes": nodes})


def workflow(*types: str, workflow_id: str = "w1") -> pd.DataFrame:
    return pd.DataFrame({"workflow_id": [workflow_id], "topology": [topology(*types)]})


def executions(*rows: tuple[str | None, str | None, int]) -> pd.DataFrame:
    """Return so many executions of a batch job and a workflow."""
    cells = [(batch, workflow) for batch, workflow, n in rows for _ in range(n)]
    return pd.DataFrame(cells, columns=["batch_job_id", "workflow_id"], dtype="string")
