"""The first sections: what there is, in which state, how complete, and when it will be finished."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from cijob_analysis import plots
from cijob_analysis.ledger import clock_text
from cijob_analysis.metrics import anomalies, makespan, state_counts
from cijob_analysis.report.parts import Section, picture_of, table_of
from cijob_analysis.schema import LEVELS, TERMINAL, noun_of
from cijob_analysis.words import number, percent, plural, seconds

if TYPE_CHECKING:
    from datetime import tzinfo

    from cijob_analysis.metrics import Eta, FailureClusters
    from cijob_analysis.snapshot import Snapshot


_BATCH_JOBS: Final = 20
"""How many batch jobs a table has: below it stands what the report is about."""


def lowest(snapshot: Snapshot) -> pd.DataFrame:
    """Return the frame of the lowest level that has rows; of batch jobs if none has."""
    frames = (getattr(snapshot, level) for level in reversed(LEVELS))
    return next((frame for frame in frames if len(frame)), snapshot.batch_jobs)


def summary_of(snapshot: Snapshot, clusters: FailureClusters, forecast: Eta, zone: tzinfo) -> str:
    """Return the whole in a sentence: how many, how many succeeded, why the others failed, and when it ends."""
    frame = lowest(snapshot)
    if not len(frame):
        return "Nothing: no batch job, execution or task is in this snapshot."
    noun = noun_of(frame)
    above = plural(len(snapshot.batch_jobs), "batch job") if noun != "batch job" and len(snapshot.batch_jobs) else ""
    parts = [plural(len(frame), noun) + (f" of {above}" if above else "")]
    parts.append(f"{percent(float((frame['state'] == 'Success').mean()))} succeeded")
    if clusters:
        first = clusters[0]
        most = "all" if len(clusters) == 1 else "most" if first.share > 0.5 else number(first.tasks)
        why = ": ".join(part for part in (first.code or "no code", first.pattern) if part)
        parts.append(
            f"{number(clusters.failed)} failed, {most} of them with {_cut(why)} – {first.verdict.split('; ')[0]}"
        )
    else:
        parts.append("none failed")
    parts.append(_end(snapshot, frame, forecast, zone))
    return "; ".join(parts) + "."


def _cut(text: str, most: int = 160) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _end(snapshot: Snapshot, frame: pd.DataFrame, forecast: Eta, zone: tzinfo) -> str:
    unfinished = int((~frame["state"].isin(TERMINAL)).sum())
    if unfinished or not snapshot.is_finished:
        text = forecast.describe(zone)
        is_to_come = forecast.is_known and forecast.remaining
        return f"{number(unfinished)} unfinished; {'will be finished ' * bool(is_to_come)}{text}"
    span = makespan(frame).iloc[0]
    if pd.isna(span["makespan_s"]):
        return "finished, nobody knows in what time"
    return f"finished in {seconds(span['makespan_s'])}, at {clock_text(span['last_ended_at'], zone)}"


def completeness(snapshot: Snapshot, zone: tzinfo) -> Section:
    """Return how complete the snapshot is, what is missing, and what is odd."""
    ledger = snapshot.completeness
    text = snapshot.summary(zone)
    sentences = [text[0].upper() + text[1:] + "."]
    if not ledger.entries:
        sentences.append("Nothing is known of how it was read, so nobody can say whether it is complete.")
    elif snapshot.is_complete:
        sentences.append("Complete: all that was asked for, and exists, is here.")
    else:
        sentences.append("Not complete: figures below are of what could be read.")
    tables = []
    if ledger.entries:
        wanted = ["request", "level", "pages", "rows", "ended", "retries", "duplicates"]
        tables.append(table_of(ledger.to_frame()[wanted], "What was read", zone, names={"ended": "to the end"}))
    return Section("completeness", "How complete it is", tuple(sentences), tables=tuple(tables))


def states(snapshot: Snapshot, zone: tzinfo) -> Section | None:
    """Return how many rows of each level are in which state."""
    found = {level: getattr(snapshot, level) for level in LEVELS if len(getattr(snapshot, level))}
    if not found:
        return None
    counts = pd.DataFrame(
        {level.replace("_", " "): state_counts(frame).set_index("state")["n"] for level, frame in found.items()}
    ).T.fillna(0)
    counts = counts.loc[:, (counts > 0).any()].astype("int64")
    counts.columns = [str("no state" if pd.isna(name) else name) for name in counts.columns]
    counts.insert(0, "level", counts.index)
    counts["all"] = counts.drop(columns="level").sum(axis="columns")
    tables = [table_of(counts, "Rows in each state", zone)]
    if len(snapshot.batch_jobs):
        wanted = ["batch_job_id", "name", "type", "state", "code", "message", "created_at", "started_at", "ended_at"]
        tables.append(table_of(snapshot.batch_jobs[wanted], "Batch jobs", zone, most=_BATCH_JOBS, noun="batch job"))
    picture = picture_of(plots.plot_states(lowest(snapshot), tz=zone), kind="svg")
    return Section("states", "States", pictures=(picture,), tables=tuple(tables))


def forecast(snapshot: Snapshot, found: Eta, zone: tzinfo) -> Section | None:
    """Return when it will be finished."""
    if snapshot.is_finished:
        return None
    text = found.describe(zone)
    sentences = [text[0].upper() + text[1:] + "."]
    if found.is_known:
        sentences.append(f"Rests on: {found.reason}.")
    if found.rate_per_h == found.rate_per_h:
        sentences.append(f"{plural(round(found.rate_per_h), 'task')} finished per hour of late.")
    left = found.frame[found.frame["remaining"] != 0]  # where nobody knows, too
    table = table_of(left, "Batch jobs that are not finished", zone, most=_BATCH_JOBS, noun="batch job")
    return Section("eta", "When it will be finished", tuple(sentences), tables=(table,) if len(left) else ())


def odd_rows(snapshot: Snapshot, zone: tzinfo) -> Section | None:
    """Return the rows that contradict themselves."""
    found = anomalies(snapshot)
    if not len(found):
        return None
    counts = found.groupby(["noun", "kind"], sort=False, observed=True).size().rename("n").reset_index()
    tables = (
        table_of(counts, "Kinds of odd rows", zone, names={"noun": "level"}),
        table_of(found.drop(columns="row"), "Odd rows", zone, names={"noun": "level"}, most=20, noun="odd row"),
    )
    said = f"{plural(len(found), 'row')} as no working service should give them; the figures take them as they are."
    return Section("anomalies", "Odd rows", (said,), tables=tables)
