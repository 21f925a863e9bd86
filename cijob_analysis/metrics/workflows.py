"""What each workflow, or kind of task, has done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.metrics.dispatch import on_any_engine
from cijob_analysis.metrics.durations import add_durations
from cijob_analysis.metrics.groups import state_codes, states_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


@on_any_engine
def workflow_distribution(frame: pd.DataFrame) -> pd.DataFrame:
    """Count rows, and add up run times, by workflow and state.

    A batch job that runs several workflows (their ids stand joined by commas) counts in each of them, so the
    sum of `n` may be larger than the number of rows. What has no workflow, as batch jobs of type Job, goes by
    its tag; what has neither is a group of its own, in which both are missing.

    Parameters
    ----------
    frame : DataFrame
        Batch jobs (`workflow_ids`), executions or tasks (`workflow_id`); `state`, `created_at`, `started_at`,
        `ended_at` and, where there is one, `tag` are used.

    Returns
    -------
    DataFrame
        `workflow_id` and `tag` (text, one of them missing); `state` (categorical in the order of the schema);
        `n` (int64); `share` (float64) of the workflow or tag; `run_time_s` (float64 [s]), the sum over what
        has finished. Only what occurs; the largest workflow first, its states in their order.

    Raises
    ------
    SchemaError
        A column is missing.
    """
    rows, number, keys = by_workflow(frame)
    states, names = state_codes(frame)
    cells = number * len(names) + states[rows]
    run_time_s = np.nan_to_num(add_durations(frame)["run_time_s"].to_numpy()[rows])
    n = np.bincount(cells, minlength=len(keys) * len(names))
    spent_s = np.bincount(cells, run_time_s, minlength=len(n)).astype(np.float64)
    total = np.bincount(number, minlength=len(keys)).repeat(len(names))
    there = np.flatnonzero(n)
    order = there[np.lexsort((there, -total[there]))]
    return (
        keys.iloc[order // len(names)]
        .reset_index(drop=True)
        .assign(
            state=states_of(order % len(names), names),
            n=n[order].astype(np.int64),
            share=n[order] / total[order],
            run_time_s=spent_s[order],
        )
    )


def by_workflow(frame: pd.DataFrame) -> tuple[NDArray[np.intp], NDArray[np.intp], pd.DataFrame]:
    """Assign the rows of `frame` to workflows, or else to tags.

    Returns
    -------
    rows : array of int
        The rows, each as often as it has workflows, but at least once.
    number : array of int
        For each of `rows` the number of its workflow or tag.
    keys : DataFrame
        What the numbers stand for: the columns `workflow_id` and `tag`, one of them missing, in the last row
        both.

    Raises
    ------
    SchemaError
        There is neither `workflow_ids` nor `workflow_id`.
    """
    column = "workflow_id" if "workflow_id" in frame.columns else "workflow_ids"
    schema.require(frame, column)
    cells, texts = _codes(frame[column])
    lists = [list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip())) for text in texts]
    lists.append([])  # of a missing cell, whose code is -1
    ids = sorted({name for names in lists for name in names})
    place = {name: number for number, name in enumerate(ids)}
    numbers = [[place[name] for name in names] or [-1] for names in lists]

    many = np.array([len(members) for members in numbers], np.intp)
    first = np.cumsum(many) - many
    rows = np.repeat(np.arange(len(frame)), many[cells])
    member = np.arange(len(rows)) - np.repeat(np.cumsum(many[cells]) - many[cells], many[cells])
    workflow = np.concatenate([np.array(members, np.intp) for members in numbers])[first[cells][rows] + member]

    tag_cells, tag_texts = np.full(len(frame), -1, np.intp), list[str]()
    if "tag" in frame.columns:
        tag_cells, tag_texts = _codes(frame["tag"])
    tags = sorted({text.strip() for text in tag_texts if text.strip()})
    place = {name: number for number, name in enumerate(tags)}
    tag = np.array([*(place.get(text.strip(), len(tags)) for text in tag_texts), len(tags)], np.intp)

    number = np.where(workflow >= 0, workflow, len(ids) + tag[tag_cells][rows])
    keys = {"workflow_id": [*ids, *[None] * (len(tags) + 1)], "tag": [*[None] * len(ids), *tags, None]}
    return rows, number, pd.DataFrame(keys, dtype=schema.TEXT)


def _codes(column: pd.Series) -> tuple[NDArray[np.intp], list[str]]:
    """Return a code for each cell, -1 for a missing one, and the texts that the codes stand for."""
    cells = column.astype("category").cat
    return cells.codes.to_numpy().astype(np.intp), [str(text) for text in cells.categories]
