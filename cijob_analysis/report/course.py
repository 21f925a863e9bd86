"""The sections on time: durations, timeline, what ran and waited when, workflows, queues, critical path, comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from cijob_analysis import plots
from cijob_analysis.metrics import compare, critical_path, duration_summary, queue_saturation, workflow_distribution
from cijob_analysis.metrics.inputs import workflow_names
from cijob_analysis.report.parts import Section, picture_of, table_of
from cijob_analysis.schema import noun_of
from cijob_analysis.words import listed

if TYPE_CHECKING:
    from datetime import tzinfo

    from cijob_analysis.snapshot import Snapshot

_DURATIONS: Final = {"queue_wait_s": "queue wait", "run_time_s": "run time", "turnaround_s": "turnaround"}
_MEASURES: Final = {**_DURATIONS, "failure_rate": "failure rate", "throughput_per_h": "throughput per hour"}
_SIDES: Final = {"a: ": "before: ", "b: ": "now: "}


def durations(frame: pd.DataFrame, zone: tzinfo) -> Section | None:
    """Return how long rows waited and ran."""
    if not len(frame):
        return None
    tables = [table_of(_summary(frame, []), f"Durations of {noun_of(frame)}s", zone)]
    kind = next((name for name in ("node", "task_type", "type") if name in frame and frame[name].notna().any()), None)
    if kind:
        tables.append(table_of(_summary(frame, [kind]), f"By {kind.replace('_', ' ')}", zone))
    sentences = []
    if tables[0].rows and any(cell.text.startswith("Kaplan") for row in tables[0].rows for cell in row):
        sentences.append(
            "What is unfinished lasts at least so long: quantiles are Kaplan–Meier; – where that cannot be told yet."
        )
    pictures = [
        picture_of(plots.plot_durations(frame, duration=["queue_wait_s", "run_time_s"], tz=zone)),
    ]
    if kind:
        pictures.append(picture_of(plots.plot_durations(frame, kind="box", by=kind, tz=zone)))
    return Section("durations", "How long it takes", tuple(sentences), tuple(pictures), tuple(tables))


def _summary(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    found = duration_summary(frame, by=by or None)
    return found.assign(duration=found["duration"].map(_DURATIONS))


def timeline(frame: pd.DataFrame, zone: tzinfo) -> Section | None:
    """Return when what waited and ran."""
    if not len(frame):
        return None
    drawn = (
        plots.plot_timeline(frame, tz=zone),
        plots.plot_states_over_time(frame, tz=zone),
        plots.plot_throughput(frame, tz=zone),
        plots.plot_concurrency(frame, tz=zone),
    )
    return Section("timeline", "When it ran", pictures=tuple(picture_of(ax) for ax in drawn))


def workflows(snapshot: Snapshot, frame: pd.DataFrame, zone: tzinfo) -> Section | None:
    """Return which workflows and nodes there are, and how they fared."""
    if not len(frame):
        return None
    table = table_of(
        _named(workflow_distribution(frame), snapshot), f"{noun_of(frame).capitalize()}s by workflow and state", zone
    )
    pictures = [picture_of(plots.plot_workflows(snapshot, tz=zone), kind="svg")]
    if "node" in frame and frame["node"].notna().any():
        pictures.append(picture_of(plots.plot_states(frame, by="node", tz=zone), kind="svg"))
    return Section("workflows", "Workflows", pictures=tuple(pictures), tables=(table,))


def queues(snapshot: Snapshot, zone: tzinfo) -> Section | None:
    """Return how long queues stood at their caps."""
    if not snapshot.tasks["queue_id"].notna().any():
        return None
    found = queue_saturation(snapshot)
    wanted = ["queue_id", "n", "cap", "cap_is_observed", "at_cap_s", "at_cap_share", "busy", "max_running",
              "max_queued", "wait_at_cap_s", "wait_other_s"]  # fmt: skip
    said = ["While a queue stands at its cap, what waits waits for a place; other waiting has other reasons."]
    if found["cap_is_observed"].any():
        said.append("Where the cap was not given, it is the most that ran at once.")
    names = {
        "cap_is_observed": "cap observed",
        "n": "tasks",
        "wait_at_cap_s": "waited at cap",
        "wait_other_s": "other waiting",
    }
    table = table_of(found[wanted], "Queues", zone, names=names, noun="queue")
    return Section("queues", "Queues at their caps", tuple(said), tables=(table,))


def paths(snapshot: Snapshot, zone: tzinfo) -> Section | None:
    """Return what executions waited for."""
    if not len(snapshot.executions) or not len(snapshot.tasks):
        return None
    found = critical_path(snapshot)
    if not len(found.nodes):
        return None
    table = table_of(_named(found.nodes, snapshot), "Nodes on the critical path", zone, noun="node")
    sentences = (*found.sentences, *(_sentence(text) for text in found.remarks))
    return Section("critical-path", "What executions waited for", sentences, tables=(table,))


def comparison(before: Snapshot, after: Snapshot, zone: tzinfo) -> Section:
    """Return what is different from an earlier snapshot."""
    both = [
        level
        for level in ("tasks", "executions", "batch_jobs")
        if len(getattr(before, level)) and len(getattr(after, level))
    ]
    if not both:
        missing = listed(
            [name for name, one in (("before", before), ("now", after)) if not any(len(f) for _, f in one.frames())]
        )
        return Section(
            "comparison", "Compared with before", (f"Nothing to compare: no rows {missing or 'of one level in both'}.",)
        )
    found = compare(before, after)
    wanted = ["level", "group", "measure", "statistic", "n_a", "n_b", "a", "b", "relative", "is_significant", "note"]
    remarks = (f"{_SIDES.get(text[:3], text[:3])}{text[3:]}" for text in found.remarks)
    sentences = tuple(_sentence(text) for text in (*found.sentences(), *remarks))
    whole, rest = (
        rows.assign(measure=rows["measure"].map(_MEASURES))[wanted]
        for rows in (found.frame.loc[found.frame["level"].eq("all")], found.top(20))
    )
    names = {
        "n_a": "n before",
        "n_b": "n now",
        "a": "before",
        "b": "now",
        "relative": "change",
        "is_significant": "significant",
    }
    said = "durations in seconds, throughput per hour"
    tables = [table_of(whole, f"The whole ({said})", zone, names=names)]
    if len(rest):
        tables.append(table_of(rest, f"What explains most ({said})", zone, names=names))
    return Section(
        "comparison",
        "Compared with before",
        sentences,
        (picture_of(plots.plot_comparison(found, tz=zone), kind="svg"),),
        tuple(tables),
    )


def _named(frame: pd.DataFrame, snapshot: Snapshot) -> pd.DataFrame:
    """Return `frame` with the names of its workflows in front, as far as they are known."""
    names = workflow_names(snapshot)
    return pd.concat([frame["workflow_id"].map(names.get).rename("workflow"), frame], axis="columns")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
