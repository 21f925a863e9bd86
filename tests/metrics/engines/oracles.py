"""Each portable metric once more: slow, in plain Python over rows, as its definition reads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from cijob_analysis.metrics.failures.masking import MASKS

Row = dict[str, Any]
Interval = tuple[datetime, datetime | None]

STATES = ["Submitted", "Running", "Pause", "Success", "Failed", "Cancel"]
TERMINAL = STATES[3:]
QUANTILES = {"p50": Fraction(50, 100), "p90": Fraction(90, 100), "p95": Fraction(95, 100), "p99": Fraction(99, 100)}


def grouped(rows: list[Row], by: Sequence[str]) -> Iterator[tuple[Row, list[Row]]]:
    """Yield the groups in order, missing keys last; without `by` one, even of no rows."""
    if not by:
        yield {}, rows
        return
    keys = {tuple(row[name] for name in by) for row in rows}
    for key in sorted(keys, key=lambda key: [_place(name, cell) for name, cell in zip(by, key, strict=True)]):
        yield dict(zip(by, key, strict=True)), [row for row in rows if tuple(row[name] for name in by) == key]


def _place(name: str, cell: str | None) -> tuple[bool, int, str]:
    return cell is None, STATES.index(cell) if name == "state" and cell in STATES else len(STATES), cell or ""


def is_finished(row: Row) -> bool:
    return row["state"] in TERMINAL


def seconds(span: timedelta | None) -> float | None:
    return None if span is None else span / timedelta(seconds=1)


def state_counts(rows: list[Row], by: Sequence[str] = ()) -> Iterator[Row]:
    there = {row["state"] for row in rows}
    states: list[str | None] = [*STATES, *sorted(there - {*STATES, None}), *([None] if None in there else [])]
    for key, members in grouped(rows, by):
        for state in states:
            n = sum(row["state"] == state for row in members)
            yield {**key, "state": state, "n": n, "share": n / max(len(members), 1)}


def add_durations(rows: list[Row], as_of: datetime | None = None) -> Iterator[Row]:
    for row in rows:
        created, started = row["created_at"], row["started_at"]
        end = row["ended_at"] if is_finished(row) else as_of
        begun = as_of if started is None and not is_finished(row) else started
        yield {
            **row,
            "queue_wait_s": seconds(_minus(begun, created)),
            "run_time_s": seconds(_minus(end, started)),
            "turnaround_s": seconds(_minus(end, created)),
            "is_censored": not is_finished(row),
        }


def _minus(end: datetime | None, begin: datetime | None) -> timedelta | None:
    return None if end is None or begin is None else end - begin


def observed(row: Row, duration: str, as_of: datetime | None) -> tuple[timedelta | None, bool] | None:
    """Return how long it took, or has taken at least, and whether it was under way; None if it says nothing."""
    begin = row["started_at" if duration == "run_time_s" else "created_at"]
    if begin is None:
        return None
    if duration == "queue_wait_s" and row["started_at"] is not None:
        return row["started_at"] - begin, False
    if not is_finished(row):
        return _minus(as_of, begin), True
    if row["ended_at"] is None or (duration == "queue_wait_s" and row["state"] == "Success"):
        return None
    return row["ended_at"] - begin, duration == "queue_wait_s"


def duration_summary(rows: list[Row], by: Sequence[str] = (), as_of: datetime | None = None) -> Iterator[Row]:
    for key, members in grouped(rows, by):
        for duration in ("queue_wait_s", "run_time_s", "turnaround_s"):
            seen = [one for row in members if (one := observed(row, duration, as_of)) is not None]
            known = sorted(span for span, is_censored in seen if span is not None and not is_censored)
            censored = [span for span, is_censored in seen if is_censored]
            spans = [span for span in censored if span is not None]
            method = "linear"
            if censored:
                method = "Kaplan–Meier" if len(spans) == len(censored) else "linear, unfinished left out"
            quantiles = {
                name: kaplan_meier(known, spans, q) if method == "Kaplan–Meier" else linear(known, q)
                for name, q in QUANTILES.items()
            }
            yield {
                **key,
                "duration": duration,
                "n": len(known),
                "censored": len(censored),
                **quantiles,
                "max": seconds(max(known, default=None)),
                "method": method,
            }


def linear(known: list[timedelta], q: Fraction) -> float | None:
    if not known:
        return None
    position = (len(known) - 1) * q
    below = int(position)
    low, high = known[below], known[min(below + 1, len(known) - 1)]
    return float(Fraction(low // MICROSECOND) + (position - below) * ((high - low) // MICROSECOND)) / 1e6


def kaplan_meier(known: list[timedelta], censored: list[timedelta], q: Fraction) -> float | None:
    left = Fraction(1)
    for time in sorted(set(known)):
        at_risk = sum(span >= time for span in [*known, *censored])
        left *= 1 - Fraction(known.count(time), at_risk)
        if left <= 1 - q:
            return seconds(time)
    return None


MICROSECOND = timedelta(microseconds=1)


def intervals(rows: list[Row], of: str, as_of: datetime | None) -> list[Interval]:
    found = []
    for row in rows:
        begin, end = row["started_at" if of == "running" else "created_at"], row["ended_at"]
        is_open = not is_finished(row)
        if of == "queued" and row["started_at"] is not None:
            end, is_open = row["started_at"], False
        if is_open:
            end = as_of
        if begin is not None and (begin < end if end is not None else is_open):
            found.append((begin, end))
    return found


def steps(rows: list[Row], of: str, as_of: datetime | None) -> list[tuple[datetime, int]]:
    found, before = [], 0
    spans = intervals(rows, of, as_of)
    for at in sorted({time for span in spans for time in span if time is not None}):
        n = sum(begin <= at and (end is None or at < end) for begin, end in spans)
        if n != before:
            found.append((at, n))
        before = n
    return found


def concurrency(
    rows: list[Row], of: str = "running", by: Sequence[str] = (), as_of: datetime | None = None
) -> Iterator[Row]:
    for key, members in grouped(rows, by):
        for at, n in steps(members, of, as_of):
            yield {**key, "at": at, "n": n}


def concurrency_summary(
    rows: list[Row], of: str = "running", by: Sequence[str] = (), as_of: datetime | None = None
) -> Iterator[Row]:
    for key, members in grouped(rows, by):
        found = steps(members, of, as_of)
        first, last = (found[0][0], found[-1][0]) if found else (None, None)
        area = sum((n * (later - at) for (at, n), (later, _) in pairwise(found)), timedelta(0))
        span = _minus(last, first)
        yield {
            **key,
            "max": max((n for _, n in found), default=0),
            "mean": area / span if span else None,
            "area_s": seconds(area),
            "first_at": first,
            "last_at": last,
            "open": sum(end is None for _, end in intervals(members, of, as_of)),
        }


def makespan(rows: list[Row], by: Sequence[str] = (), as_of: datetime | None = None) -> Iterator[Row]:
    for key, members in grouped(rows, by):
        unfinished = sum(not is_finished(row) for row in members)
        first = min((row["created_at"] for row in members if row["created_at"] is not None), default=None)
        ends = [row["ended_at"] for row in members if is_finished(row) and row["ended_at"] is not None]
        last = max([*ends, as_of] if unfinished and as_of is not None else ends, default=None)
        yield {
            **key,
            "n": len(members),
            "unfinished": unfinished,
            "first_created_at": first,
            "last_ended_at": last,
            "makespan_s": seconds(_minus(last, first)),
            "is_censored": unfinished > 0,
        }


def throughput(rows: list[Row], per: str = "hour", by: Sequence[str] = (), tz: str = "UTC") -> Iterator[Row]:
    ends = [row["ended_at"] for row in rows if is_finished(row) and row["ended_at"] is not None]
    if not ends:
        return
    zone = ZoneInfo(tz)
    starts = list(_periods(min(ends), max(ends), _shown(per, zone)))
    for key, members in grouped(rows, by):
        ended = [row["ended_at"] for row in members if is_finished(row) and row["ended_at"] is not None]
        for start, after in zip(starts, [*starts[1:], datetime.max.replace(tzinfo=UTC)], strict=True):
            yield {**key, "at": start, "n": sum(start <= end < after for end in ended)}


def _shown(per: str, zone: tzinfo) -> Callable[[datetime], object]:
    """Return what a clock that shows no more than the minute, hour or day shows."""

    def shown(time: datetime) -> object:
        local = time.astimezone(zone)
        if per == "day":
            return date(local.year, local.month, local.day)
        parts = (local.year, local.month, local.day, local.hour, *([local.minute] if per == "minute" else []))
        return parts, local.utcoffset()

    return shown


def _periods(first: datetime, last: datetime, shown: Callable[[datetime], object]) -> Iterator[datetime]:
    """Yield when the clock starts to show something else, from what it shows at `first` on."""
    time = first.replace(second=0, microsecond=0)
    minute = timedelta(minutes=1)
    while shown(time - minute) == shown(first):
        time -= minute
    yield time
    while (time := time + minute) <= last:
        if shown(time) != shown(time - minute):
            yield time


def workflow_distribution(rows: list[Row], column: str) -> Iterator[Row]:
    cells: Counter[tuple[str | None, str | None, str | None]] = Counter()
    ran: dict[tuple[str | None, str | None, str | None], float] = {}
    for row in rows:
        names: set[str] = {name.strip() for name in (row[column] or "").split(",")} - {""}
        tag = (row.get("tag") or "").strip() or None
        pairs: list[tuple[str | None, str | None]] = [(name, None) for name in names] or [(None, tag)]
        for workflow, kind in pairs:
            key = workflow, kind, row["state"]
            end = row["ended_at"] if is_finished(row) else None
            cells[key] += 1
            ran[key] = ran.get(key, 0.0) + (seconds(_minus(end, row["started_at"])) or 0.0)
    total: Counter[tuple[str | None, str | None]] = Counter()
    for (workflow, tag, _), n in cells.items():
        total[workflow, tag] += n

    def place(key: tuple[str | None, str | None, str | None]) -> Any:
        workflow, tag, state = key
        names = [("workflow_id", workflow), ("tag", tag), ("state", state)]
        return -total[workflow, tag], [_place(name, cell) for name, cell in names]

    for workflow, tag, state in sorted(cells, key=place):
        n = cells[workflow, tag, state]
        share, run_time_s = n / total[workflow, tag], ran[workflow, tag, state]
        yield {
            "workflow_id": workflow, "tag": tag, "state": state, "n": n, "share": share, "run_time_s": run_time_s,
        }  # fmt: skip


def failure_counts(rows: list[Row]) -> list[Row]:
    failed = [{**row, "code": row["code"] or "", "pattern": masked(row["message"] or "")} for row in rows]
    failed = [row for row in failed if row["state"] == "Failed"]
    found = []
    for key, members in grouped(failed, ["code", "pattern"]):
        ends = [row["ended_at"] for row in members if row["ended_at"] is not None]
        ran = [seconds(_minus(row["ended_at"], row["started_at"])) or 0.0 for row in members]
        found.append(
            {
                **key,
                "n": len(members),
                "objects": len({row.get("object_key") for row in members} - {None}),
                "first_at": min(ends, default=None),
                "last_at": max(ends, default=None),
                "run_time_s": sum(ran),
            }
        )
    return sorted(found, key=lambda row: -row["n"])


def masked(text: str) -> str:
    for expression, mask in MASKS:
        text = re.sub(expression, mask, text)
    return text
