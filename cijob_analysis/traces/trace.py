"""Tasks as a trace that Perfetto and chrome://tracing show."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import chain, count, islice
from json.encoder import encode_basestring as quoted
from os import PathLike
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.files.replacing import replacing
from cijob_analysis.ledger import ledger_of
from cijob_analysis.metrics.inputs import tasks_of, workflow_names
from cijob_analysis.metrics.intervals import intervals
from cijob_analysis.metrics.step_functions import count_steps
from cijob_analysis.snapshot import Snapshot
from cijob_analysis.traces.slices import RUN, WAIT, Flows, Layout, flows_of, layout_of
from cijob_analysis.traces.summary import summary_of
from cijob_analysis.words import plural

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

_BY: Final = {"workflow": "workflow_id", "queue": "queue_id"}
_ROWS_AT_ONCE: Final = 32_768
_EVENTS_AT_ONCE: Final = 4096
_ENCODING: Final = ("utf-8", "backslashreplace")
"""Perfetto shows escapes as such, so all is UTF-8; half a surrogate pair, which UTF-8 has not, stays an escape."""
_COLORS: Final = {
    "Submitted": "grey", "Running": "thread_state_running", "Pause": "black", "Success": "good", "Failed": "terrible",
    "Cancel": "bad",
}  # fmt: skip
"""Names of colours that chrome://tracing has; Perfetto chooses its own by the name of a slice."""
_WAITING: Final = "grey"
_UNNAMED: Final = 'task"'
_ENDINGS: Final = (".json", ".json.gz")
_ARGUMENTS: Final = (
    "task_id", "run_id", "batch_job_id", "workflow_id", "queue_id", "state", "code", "message", "object_key",
)  # fmt: skip


def write_trace(
    data: pd.DataFrame | Snapshot, path: str | PathLike[str], *, by: str = "workflow", overwrite: bool = False
) -> Path:
    """Write tasks as a trace in the Trace Event Format, for https://ui.perfetto.dev or chrome://tracing.

    Each workflow, or queue, is a process; in its lanes lie the tasks, one after the other: a slice while it waits
    (``wait: Cut``), one while it runs (``Cut``). What is under way lasts until the snapshot was taken, and what ended
    without a start has one slice for all of it (``never started: Cut``). A wait of no time has no slice, if there is
    one of the run. Beside them run counters of the tasks that run and that wait, and arrows lead from task to task
    along the topology of each execution. Times are µs since 1970, UTC. The file appears when it is complete, not
    before.

    Parameters
    ----------
    data : Snapshot or DataFrame
        A snapshot, or tasks; only a snapshot knows names of workflows, and topologies.
    path : str or path
        Where to: ``.json``, or compressed, ``.json.gz``.
    by : {"workflow", "queue"}
        What is a process.
    overwrite : bool
        Replace a file that is there.

    Returns
    -------
    pathlib.Path
        Where it is. Below ``otherData`` stands how complete it is, and of how many tasks nothing, or the wait or the
        run only, is shown, as their times are not known or contradict each other.

    Raises
    ------
    FileExistsError
        There is a file and it is not to be replaced.
    SchemaError
        A column is missing.
    ConfigurationError
        There is no such `by`, `path` ends otherwise, or `data` is neither a DataFrame nor a Snapshot.
    """
    if by not in _BY:
        raise ConfigurationError(f"by={by!r} is none of {', '.join(_BY)}")
    path = Path(path)
    if not path.name.lower().endswith(_ENDINGS):
        raise ConfigurationError(
            f"{path.name} ends with neither {' nor '.join(_ENDINGS)}, by which viewers know a trace"
        )
    tasks = tasks_of(data)
    schema.require(tasks, *_ARGUMENTS, "node", "task_type", "created_at", "started_at", "ended_at")
    as_of = data.as_of if isinstance(data, Snapshot) else ledger_of(tasks).as_of
    process, keys = pd.factorize(tasks[_BY[by]], use_na_sentinel=False)
    names = workflow_names(data) if by == "workflow" else {}
    titles = [f"no {by}" if pd.isna(key) else str(names.get(key, key)) for key in keys]
    layout = layout_of(tasks, process, len(keys), as_of)
    with replacing(path, overwrite=overwrite) as temporary, temporary.open("xb") as file:
        _write(
            file,
            chain(
                _metadata(titles, layout),
                _counters(tasks, process, layout, as_of),
                _slices(tasks, layout),
                _flows(flows_of(data, tasks, layout), layout),
            ),
            _other_data(data, layout, as_of),
            is_compressed=path.name.lower().endswith(".gz"),
        )
    return path


def _write(file: IO[bytes], events: Iterator[str], other: dict[str, Any], *, is_compressed: bool) -> None:
    with gzip.GzipFile("", "wb", 6, file, mtime=0) if is_compressed else nullcontext(file) as binary:
        head = json.dumps(other, ensure_ascii=False)
        binary.write(f'{{"displayTimeUnit": "ms", "otherData": {head}, "traceEvents": [\n'.encode(*_ENCODING))
        mark = ""
        while some := list(islice(events, _EVENTS_AT_ONCE)):
            binary.write((mark + ",\n".join(some)).encode(*_ENCODING))
            mark = ",\n"
        binary.write(b"\n]}\n")


def _other_data(data: pd.DataFrame | Snapshot, layout: Layout, as_of: datetime | None) -> dict[str, Any]:
    """Return what there is to know of the whole, as texts."""
    without = int((layout.lane < 0).sum())
    return {
        "summary": summary_of(data),
        "as_of": None if as_of is None else as_of.isoformat(),
        "without a slice": plural(without, "task"),
        "with a wait or a run only": plural(layout.n_partial, "task"),
    }


def _metadata(titles: list[str], layout: Layout) -> Iterator[str]:
    for pid, (title, n) in enumerate(zip(titles, layout.n_lanes.tolist(), strict=True), layout.first_pid):
        name = quoted(title)
        yield f'{{"ph":"M","name":"process_name","pid":{pid},"tid":0,"args":{{"name":{name}}}}}'
        yield f'{{"ph":"M","name":"process_sort_index","pid":{pid},"tid":0,"args":{{"sort_index":{pid}}}}}'
        for tid in range(1, n + 1):
            yield f'{{"ph":"M","name":"thread_name","pid":{pid},"tid":{tid},"args":{{"name":"lane {tid}"}}}}'
            yield f'{{"ph":"M","name":"thread_sort_index","pid":{pid},"tid":{tid},"args":{{"sort_index":{tid}}}}}'


def _counters(tasks: pd.DataFrame, process: NDArray[np.intp], layout: Layout, as_of: datetime | None) -> Iterator[str]:
    """Yield how many tasks run, and how many wait, of each process: exact steps."""
    for of, name in (("running", "running"), ("queued", "waiting")):
        found = intervals(tasks, of, as_of)
        steps = count_steps(process[found.rows], found.begin, found.end, found.is_open, len(layout.n_lanes))
        for first in range(0, len(steps.at), _ROWS_AT_ONCE):
            part = slice(first, first + _ROWS_AT_ONCE)
            columns = (
                values.tolist() for values in (steps.group[part] + layout.first_pid, steps.at[part], steps.n[part])
            )
            for pid, ts, n in zip(*columns, strict=True):
                yield f'{{"ph":"C","name":"{name}","pid":{pid},"tid":0,"ts":{ts},"args":{{"tasks":{n}}}}}'


def _slices(tasks: pd.DataFrame, layout: Layout) -> Iterator[str]:
    """Yield the slices of the tasks, about in the order in which these begin."""
    for first in range(0, len(layout.order), _ROWS_AT_ONCE):
        rows = layout.order[first : first + _ROWS_AT_ONCE]
        some = tasks.iloc[rows]
        names = _texts(some["node"].where(some["node"].notna(), some["task_type"].astype(some["node"].dtype)))
        said = [[f'"{name}":{text}' if text else "" for text in _texts(some[name])] for name in _ARGUMENTS]
        arguments = [",".join(filter(None, each)) for each in zip(*said, strict=True)]
        colors = some["state"].astype(object).map(_COLORS).fillna("generic_work").tolist()
        places = [(layout.process[rows] + layout.first_pid).tolist(), (layout.lane[rows] + 1).tolist()]
        for kind, begin, length in layout.slices:
            prefix, category = "" if kind == RUN else f"{kind}: ", kind.replace(" ", "_")
            times = [begin[rows].tolist(), length[rows].tolist()]
            for name, color, pid, tid, ts, dur, own in zip(names, colors, *places, *times, arguments, strict=True):
                if dur >= 0:
                    yield (
                        f'{{"ph":"X","name":"{prefix}{name[1:] or _UNNAMED},"cat":"{category}","pid":{pid},"tid":{tid},'
                        f'"ts":{ts},"dur":{dur},"cname":"{_WAITING if kind == WAIT else color}","args":{{{own}}}}}'
                    )


def _flows(parts: Iterator[Flows], layout: Layout) -> Iterator[str]:
    numbers = count(1)
    for before, after, leaves in parts:
        ends = [
            (layout.process[rows] + layout.first_pid, layout.lane[rows] + 1, at)
            for rows, at in ((before, leaves), (after, layout.begin[after]))
        ]
        columns = (values.tolist() for end in ends for values in end)
        for number, pid, tid, ts, to_pid, to_tid, to_ts in zip(numbers, *columns, strict=False):
            start = f'"name":"then","cat":"flow","id":{number},"pid":{pid},"tid":{tid},"ts":{ts}'
            end = f'"name":"then","cat":"flow","id":{number},"pid":{to_pid},"tid":{to_tid},"ts":{to_ts}'
            yield f'{{"ph":"s",{start}}},\n{{"ph":"f","bp":"e",{end}}}'


def _texts(column: pd.Series[Any]) -> list[str]:
    """Return cells as JSON texts; an empty one for what is missing."""
    cells = zip(column.tolist(), column.notna().tolist(), strict=True)
    return [quoted(str(cell)) if is_known else "" for cell, is_known in cells]
