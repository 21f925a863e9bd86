"""XML to a typed frame, beside the SDK's parser and xmltodict, and beside a bare pass of expat."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from xml.parsers import expat

import pandas as pd
import xmltodict
from qcloud_cos.cos_comm import format_dict, xml_to_dict

from benchmarks import sampledata
from benchmarks.table import Bar
from benchmarks.timing import in_turn, processor_s
from cijob_analysis.frames import to_frame
from cijob_analysis.schema import TABLES
from cijob_analysis.service.rows import Row
from cijob_analysis.service.wire import read

ROWS = 20_000
ROUNDS = 7

PEER_LIMIT = 3.5
XMLTODICT_LIMITS = {"jobs, documents": 3.0, "jobs, pages of 100": 3.0, "tasks, pages of 100": 2.5}
EXPAT_LIMITS = {"jobs, documents": 6.0, "jobs, pages of 100": 9.0, "tasks, pages of 100": 12.0}
"""Half of a task's elements go into ``extra``, as JSON text, which the others do not write."""

_TIME_FORMAT = "%Y-%m-%dT%H:%M:%S%z"
_TASK_TIMES = {"CreationTime": "created_at", "StartTime": "started_at", "EndTime": "ended_at"}
_TIMES = {
    "batch_jobs": {
        **_TASK_TIMES,
        "Operation.TimeInterval.Start": "objects_from",
        "Operation.TimeInterval.End": "objects_to",
    },
    "tasks": _TASK_TIMES,
}
_TEXTS = {
    "batch_jobs": {"JobId": "batch_job_id", "State": "state", "Name": "name"},
    "tasks": {"JobId": "task_id", "State": "state", "Workflow.RunId": "run_id", "Input.Object": "object_key"},
}


def run() -> list[Bar]:
    """Measure the reading of jobs that come one by one, and of jobs and tasks that come a hundred at a time."""
    ids = sampledata.ids(ROWS)
    return [
        *_measured("jobs, documents", "batch_jobs", sampledata.documents(ids)),
        *_measured("jobs, pages of 100", "batch_jobs", sampledata.pages(ids)),
        *_measured("tasks, pages of 100", "tasks", sampledata.pages(ids, element=sampledata.task)),
    ]


def _measured(shape: str, kind: str, bodies: list[bytes]) -> list[Bar]:
    _check_equal(kind, bodies[:100])
    contestants: dict[str, Callable[[], object]] = {
        "ours": partial(_frame, kind, bodies),
        "SDK": partial(_frame_by_peer, kind, bodies),
        "xmltodict": partial(_frame_by_xmltodict, kind, bodies),
        "expat": partial(_pass_of_expat, bodies),
    }
    rounds = in_turn({name: partial(processor_s, run_once) for name, run_once in contestants.items()}, ROUNDS)
    us = 1e6 / ROWS
    what = f"XML to frame: {ROWS:,} {shape}"
    ours = rounds.shown("ours", "µs/row", scale=us)
    against = [
        Bar(
            what=what,
            ours=ours,
            peer=rounds.shown(peer, "µs/row", scale=us, label=peer),
            value=rounds.ratio(peer, "ours"),
            unit=f"× as fast as {peer}",
            limit=limit,
            at_least=True,
        )
        for peer, limit in (("SDK", PEER_LIMIT), ("xmltodict", XMLTODICT_LIMITS[shape]))
    ]
    floor = Bar(
        what=what,
        ours=ours,
        floor=rounds.shown("expat", "µs/row", scale=us, label="expat"),
        value=rounds.ratio("ours", "expat"),
        unit="× the time of expat",
        limit=EXPAT_LIMITS[shape],
        at_least=False,
    )
    return [*against, floor]


def _frame(kind: str, bodies: list[bytes]) -> pd.DataFrame:
    rows: list[Row] = []
    for body in bodies:
        rows += read(body, kind).rows
    return to_frame(rows, TABLES[kind])[0]


def _frame_by_peer(kind: str, bodies: list[bytes]) -> pd.DataFrame:
    """Read the answers as the SDK's client does, then make a frame in the usual way."""
    jobs: list[dict[str, Any]] = []
    for body in bodies:
        answer = xml_to_dict(body)
        format_dict(answer, ["JobsDetail"])
        jobs += answer["JobsDetail"]
    return _normalized(kind, jobs)


def _frame_by_xmltodict(kind: str, bodies: list[bytes]) -> pd.DataFrame:
    jobs: list[dict[str, Any]] = []
    for body in bodies:
        jobs += xmltodict.parse(body, force_list=("JobsDetail",))["Response"]["JobsDetail"]
    return _normalized(kind, jobs)


def _normalized(kind: str, jobs: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.json_normalize(jobs)
    for name in _TIMES[kind]:
        frame[name] = pd.to_datetime(frame[name], format=_TIME_FORMAT, errors="coerce", utc=True)
    return frame


def _pass_of_expat(bodies: list[bytes]) -> None:
    for body in bodies:
        expat.ParserCreate().Parse(body, True)


def _check_equal(kind: str, bodies: list[bytes]) -> None:
    """Raise unless all read the same ids, states and times: otherwise there is nothing to compare."""
    ours = _frame(kind, bodies)
    for theirs in (_frame_by_peer(kind, bodies), _frame_by_xmltodict(kind, bodies)):
        for wire, name in {**_TEXTS[kind], **_TIMES[kind]}.items():
            if theirs[wire].tolist() != ours[name].tolist() and not _same_times(theirs[wire], ours[name]):
                raise RuntimeError(f"{name} and {wire} differ")


def _same_times(theirs: pd.Series[Any], ours: pd.Series[Any]) -> bool:
    return bool((theirs.eq(ours) | (theirs.isna() & ours.isna())).all())
