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
from cijob_analysis.schema import BATCH_JOBS
from cijob_analysis.service.wire import Row, read_batch_jobs

JOBS = 20_000
ROUNDS = 7

PEER_LIMIT = 3.5
XMLTODICT_LIMIT = 3.0
EXPAT_LIMITS = {"documents": 6.0, "pages of 100": 9.0}

_TIME_FORMAT = "%Y-%m-%dT%H:%M:%S%z"
_TIMES = {
    "CreationTime": "created_at",
    "StartTime": "started_at",
    "EndTime": "ended_at",
    "Operation.TimeInterval.Start": "objects_from",
    "Operation.TimeInterval.End": "objects_to",
}


def run() -> list[Bar]:
    """Measure the reading of jobs that come one by one, and a hundred at a time."""
    ids = sampledata.ids(JOBS)
    answers = {"documents": sampledata.documents(ids), "pages of 100": sampledata.pages(ids)}
    return [bar for shape, bodies in answers.items() for bar in _measured(shape, bodies)]


def _measured(shape: str, bodies: list[bytes]) -> list[Bar]:
    _check_equal(bodies[:100])
    contestants: dict[str, Callable[[list[bytes]], object]] = {
        "ours": _frame,
        "SDK": _frame_by_peer,
        "xmltodict": _frame_by_xmltodict,
        "expat": _pass_of_expat,
    }
    rounds = in_turn({name: partial(processor_s, partial(read, bodies)) for name, read in contestants.items()}, ROUNDS)
    us = 1e6 / JOBS
    what = f"XML to frame: {JOBS:,} jobs, {shape}"
    ours = rounds.shown("ours", "µs/job", scale=us)
    against = [
        Bar(
            what=what,
            ours=ours,
            peer=rounds.shown(peer, "µs/job", scale=us, label=peer),
            value=rounds.ratio(peer, "ours"),
            unit=f"× as fast as {peer}",
            limit=limit,
            at_least=True,
        )
        for peer, limit in (("SDK", PEER_LIMIT), ("xmltodict", XMLTODICT_LIMIT))
    ]
    floor = Bar(
        what=what,
        ours=ours,
        floor=rounds.shown("expat", "µs/job", scale=us, label="expat"),
        value=rounds.ratio("ours", "expat"),
        unit="× the time of expat",
        limit=EXPAT_LIMITS[shape],
        at_least=False,
    )
    return [*against, floor]


def _frame(bodies: list[bytes]) -> pd.DataFrame:
    rows: list[Row] = []
    for body in bodies:
        rows += read_batch_jobs(body).rows
    return to_frame(rows, BATCH_JOBS)[0]


def _frame_by_peer(bodies: list[bytes]) -> pd.DataFrame:
    """Read the answers as the SDK's client does, then make a frame in the usual way."""
    jobs: list[dict[str, Any]] = []
    for body in bodies:
        answer = xml_to_dict(body)
        format_dict(answer, ["JobsDetail"])
        jobs += answer["JobsDetail"]
    return _normalized(jobs)


def _frame_by_xmltodict(bodies: list[bytes]) -> pd.DataFrame:
    jobs: list[dict[str, Any]] = []
    for body in bodies:
        jobs += xmltodict.parse(body, force_list=("JobsDetail",))["Response"]["JobsDetail"]
    return _normalized(jobs)


def _normalized(jobs: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.json_normalize(jobs)
    for name in _TIMES:
        frame[name] = pd.to_datetime(frame[name], format=_TIME_FORMAT, errors="coerce", utc=True)
    return frame


def _pass_of_expat(bodies: list[bytes]) -> None:
    for body in bodies:
        expat.ParserCreate().Parse(body, True)


def _check_equal(bodies: list[bytes]) -> None:
    """Raise unless all read the same ids, states and times: otherwise there is nothing to compare."""
    ours = _frame(bodies)
    for theirs in (_frame_by_peer(bodies), _frame_by_xmltodict(bodies)):
        pairs = {"JobId": "batch_job_id", "State": "state", "Name": "name", **_TIMES}
        for wire, name in pairs.items():
            if theirs[wire].tolist() != ours[name].tolist() and not _same_times(theirs[wire], ours[name]):
                raise RuntimeError(f"{name} and {wire} differ")


def _same_times(theirs: pd.Series[Any], ours: pd.Series[Any]) -> bool:
    return bool((theirs.eq(ours) | (theirs.isna() & ours.isna())).all())
