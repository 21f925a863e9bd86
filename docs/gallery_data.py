"""Snapshots for the gallery: any number of tasks of three workflows, made of random numbers with numpy."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cijob_analysis import Snapshot, schema
from cijob_analysis.ledger import Ledger, LedgerEntry

AS_OF = datetime(2026, 3, 30, 10, 0, tzinfo=UTC)
"""In America/New_York and Europe/Berlin the clock changed in the weeks before."""

_AS_OF_S = AS_OF.timestamp()
_FEW = 2_000
_OUTAGE = 0.62, 0.64
"""A part of the time in which many fail."""


@dataclass(frozen=True)
class Node:
    """A node of a workflow: name, type, how long it typically runs [s], and numbers of the nodes that it waits for."""

    name: str
    task_type: str
    run_s: float
    after: tuple[int, ...] = ()


@dataclass(frozen=True)
class Words:
    """What things are called."""

    workflows: tuple[str, str, str]
    prefixes: tuple[str, ...]
    damaged: str
    batch_job: str
    message: str
    node: str


PLAIN = Words(
    ("hls-ladder", "thumbnails", "speech-to-text"),
    ("raw/camera-a", "raw/camera-b", "raw/2026/03", "import"),
    "raw/camera-b/damaged",
    "Batch of week {}",
    "The file {} is damaged: moov atom not found",
    "{}",
)
CHINESE = Words(
    ("高清视频转码与多码率打包工作流（二〇二六年版）", "图片缩略图", "语音识别与字幕生成"),
    ("原始素材/摄像机甲", "原始素材/摄像机乙", "活动现场/三月", "导入"),
    "原始素材/摄像机乙/损坏",
    "第 {} 周批量处理任务",
    "文件 {} 已损坏或格式不受支持",
    "节点·{}",
)
_NODES = (
    (
        Node("Segment_1700000000001", "Segment", 40),
        Node("Transcode_1700000000002", "Transcode", 300, (0,)),
        Node("Transcode_1700000000003", "Transcode", 150, (0,)),
        Node("StreamPack_1700000000004", "StreamPack", 30, (1, 2)),
        Node("Snapshot_1700000000005", "Snapshot", 8),
    ),
    (Node("PicProcess_1700000000011", "PicProcess", 3), Node("SmartCover_1700000000012", "SmartCover", 20, (0,))),
    (
        Node("VoiceSeparate_1700000000021", "VoiceSeparate", 90),
        Node("SpeechRecognition_1700000000022", "SpeechRecognition", 200, (0,)),
    ),
)
_CODES = (
    ("ResourceNotSupported", ""),
    ("InternalError", "Internal error, please try again. worker 10.0.61.{} lost"),
    ("Timeout", "The task took longer than 3600 s on worker 10.0.61.{}"),
)


def snapshot(n: int, *, words: Words = PLAIN, is_failed: bool = False, slower: float = 1.0, seed: int = 0) -> Snapshot:
    """Return a snapshot of about `n` tasks: many over two weeks with a daily rhythm, few in the last hour or two.

    Parameters
    ----------
    n : int
        How many tasks; what would have come after a failed one is missing.
    words : Words
        What workflows, objects and batch jobs are called.
    is_failed : bool
        Whether all have failed.
    slower : float
        How many times longer all run.
    seed : int
        Of the random numbers.
    """
    if not n:
        return Snapshot(as_of=AS_OF)
    random = np.random.default_rng(seed)
    shares = np.array([0.5, 0.35, 0.15])
    n_executions = int(np.ceil(1.07 * n / (shares @ [len(nodes) for nodes in _NODES])))
    if n > _FEW:
        days = np.clip(random.normal(0.05, 0.13, n_executions), -0.5, 0.5) + random.integers(-13, 1, n_executions)
        days -= days > 0
    else:
        days = -random.exponential(0.02, n_executions)
    created = _AS_OF_S + 86_400 * np.sort(days)
    workflow = random.choice(3, n_executions, p=shares)
    prefix = random.integers(0, len(words.prefixes) + 1, n_executions)
    is_damaged = (prefix == len(words.prefixes)) & (random.random(n_executions) < 0.5)
    names = np.array([*words.prefixes, words.damaged], dtype=object)[
        np.where(is_damaged, len(words.prefixes), prefix % 4)
    ]
    keys = [f"{name}/clip_{number:07d}.mp4" for number, name in enumerate(names)]
    parts = [
        _tasks_of(number, np.flatnonzero(workflow == number), created, is_damaged, is_failed, slower, random)
        for number in range(3)
    ]
    tasks = pd.concat(parts, ignore_index=True).sort_values("created_s", kind="stable", ignore_index=True)
    tasks = tasks.loc[tasks["created_s"] < _AS_OF_S].reset_index(drop=True)
    batch_of = np.minimum(np.arange(n_executions) * 6 // n_executions, 5)
    return _as_snapshot(tasks, workflow, created, np.array(keys, dtype=object), batch_of, words, random)


def _tasks_of(
    number: int,
    executions: NDArray[np.intp],
    created: NDArray[np.floating[Any]],
    is_damaged: NDArray[np.bool_],
    is_failed: bool,
    slower: float,
    random: np.random.Generator,
) -> pd.DataFrame:
    """Return the tasks of all `executions` of one workflow, with times in seconds since 1970."""
    ends: list[NDArray[np.floating[Any]]] = []
    is_fine: list[NDArray[np.bool_]] = []
    parts = []
    for place, node in enumerate(_NODES[number]):
        begin = np.max([ends[other] for other in node.after], axis=0) if node.after else created[executions]
        comes = np.all([is_fine[other] for other in node.after], axis=0) if node.after else begin > 0
        rush = 1 + 3 * np.exp(-(((begin / 86_400 % 1) - 0.42) ** 2) / 0.01)
        start = begin + rush * random.lognormal(3, 1, len(begin))
        end = start + slower * node.run_s * random.lognormal(0, 0.6, len(begin))
        spell = (start - created[0]) / (created[-1] - created[0] + 1)
        risk = (
            0.015 + 0.4 * ((spell > _OUTAGE[0]) & (spell < _OUTAGE[1])) + 0.8 * (is_damaged[executions] & (place == 0))
        )
        fails = (random.random(len(begin)) < risk) | is_failed
        ends.append(end)
        is_fine.append(~fails & comes)
        state = np.where(fails, "Failed", np.where(random.random(len(begin)) < 0.01, "Cancel", "Success"))
        if not is_failed:
            state = np.where(end > _AS_OF_S, "Running", state)
            state = np.where(start > _AS_OF_S, "Submitted", state)
        code = np.where(is_damaged[executions] & (place == 0), 0, random.integers(1, 3, len(begin)))
        part = pd.DataFrame({
            "execution": executions, "workflow": number, "node": node.name, "task_type": node.task_type,
            "state": state, "code": code, "created_s": begin, "started_s": start, "ended_s": end,
        })  # fmt: skip
        parts.append(part.loc[comes])
    return pd.concat(parts, ignore_index=True)


def _as_snapshot(
    tasks: pd.DataFrame,
    workflow: NDArray[np.intp],
    created: NDArray[np.floating[Any]],
    keys: NDArray[np.object_],
    batch_of: NDArray[np.intp],
    words: Words,
    random: np.random.Generator,
) -> Snapshot:
    """Return frames as a fetch gives them."""
    workflow_ids = np.array([f"w{number:032x}" for number in range(3)], dtype=object)
    batch_ids = np.array([f"b{number:032x}" for number in range(6)], dtype=object)
    run_ids = np.array([f"i{number:032x}" for number in range(len(workflow))], dtype=object)
    execution = tasks["execution"].to_numpy()
    is_failed = (tasks["state"] == "Failed").to_numpy()
    codes = np.array([code for code, _ in _CODES], dtype=object)[tasks["code"]]
    messages = [
        (words.message.format(keys[which]) if code == 0 else _CODES[code][1].format(which % 8)) if bad else None
        for bad, code, which in zip(is_failed.tolist(), tasks["code"].tolist(), execution.tolist(), strict=True)
    ]
    has_started = (tasks["state"] != "Submitted").to_numpy()
    has_ended = tasks["state"].isin(schema.TERMINAL).to_numpy()
    found = {
        "tasks": _frame(schema.TASKS, {
            "task_id": [f"j{number:032x}" for number in range(len(tasks))], "run_id": run_ids[execution],
            "batch_job_id": batch_ids[batch_of[execution]], "workflow_id": workflow_ids[tasks["workflow"]],
            "node": [words.node.format(name) for name in tasks["node"]],
            "task_type": tasks["task_type"], "state": tasks["state"],
            "code": np.where(is_failed, codes, "Success"), "message": messages, "object_key": keys[execution],
            "queue_id": np.array([f"p{number:032x}" for number in range(3)], dtype=object)[tasks["workflow"]],
            "created_at": tasks["created_s"], "started_at": tasks["started_s"].where(has_started),
            "ended_at": tasks["ended_s"].where(has_ended),
            "media_duration_s": pd.Series(random.lognormal(5, 1, len(tasks))).where(tasks["state"] == "Success"),
        })
    }  # fmt: skip
    times = tasks.assign(started_s=tasks["started_s"].where(has_started), ended_s=tasks["ended_s"].where(has_ended))
    runs = _whole(times, execution, len(workflow))
    found["executions"] = _frame(schema.EXECUTIONS, {
        "run_id": run_ids, "batch_job_id": batch_ids[batch_of], "workflow_id": workflow_ids[workflow],
        "workflow_name": np.array(words.workflows, dtype=object)[workflow], "object_key": keys,
        "created_at": created, **runs,
    })  # fmt: skip
    jobs = _whole(times, batch_of[execution], 6)
    first = times.groupby(batch_of[execution])["created_s"].min().reindex(range(6))
    found["batch_jobs"] = _frame(schema.BATCH_JOBS, {
        "batch_job_id": batch_ids, "name": [words.batch_job.format(number + 1) for number in range(6)],
        "type": ["Workflow"] * 6, "workflow_ids": [",".join(workflow_ids)] * 6, "created_at": first, **jobs,
    })  # fmt: skip
    found["workflows"] = _frame(schema.WORKFLOWS, {
        "workflow_id": workflow_ids, "name": list(words.workflows), "state": ["Active"] * 3,
        "topology": [_topology(nodes, words) for nodes in _NODES],
    })  # fmt: skip
    return Snapshot(**found, as_of=AS_OF)


def _whole(tasks: pd.DataFrame, owner: NDArray[np.intp], n: int) -> dict[str, Any]:
    """Return state, start and end of what the tasks of each owner belong to."""
    groups = tasks.groupby(owner)
    bad = (tasks["state"] == "Failed").groupby(owner).any().reindex(range(n), fill_value=False)
    is_open = (~tasks["state"].isin(schema.TERMINAL)).groupby(owner).any().reindex(range(n), fill_value=True)
    state = np.where(bad, "Failed", np.where(is_open, "Running", "Success"))
    ended = groups["ended_s"].max().reindex(range(n))
    return {
        "state": state,
        "started_at": groups["started_s"].min().reindex(range(n)),
        "ended_at": ended.where(state != "Running"),
    }


def _frame(columns: tuple[Any, ...], cells: dict[str, Any]) -> pd.DataFrame:
    """Return a frame of the declared columns; times come as seconds since 1970."""
    n = len(next(iter(cells.values())))
    frame = schema.empty(columns).reindex(range(n))
    for column in columns:
        if column.name not in cells:
            continue
        values: Any = pd.Series(np.asarray(cells[column.name]))
        if column.dtype == schema.UTC:
            values = pd.to_datetime(values.round(), unit="s", utc=True)
        dtype: Any = column.dtype
        if column.dtype == schema.STATE:
            dtype = pd.CategoricalDtype(schema.in_order(values.unique()))
        frame[column.name] = values.astype(dtype)
    frame.attrs["ledger"] = Ledger((LedgerEntry(request="GET", requests=1, pages=1, rows=n),), AS_OF)
    return frame


def _topology(nodes: tuple[Node, ...], words: Words) -> str:
    names = [words.node.format(node.name) for node in nodes]
    following: dict[str, list[str]] = {name: [] for name in ("Start", *names)}
    for name, node in zip(names, nodes, strict=True):
        for before in [names[other] for other in node.after] or ["Start"]:
            following[before].append(name)
    types = {"Start": "Start", **{name: node.task_type for name, node in zip(names, nodes, strict=True)}}
    return json.dumps(
        {
            "Dependencies": {name: ",".join(after or ["End"]) for name, after in following.items()},
            "Nodes": {name: {"Type": kind} for name, kind in types.items()},
        }
    )
