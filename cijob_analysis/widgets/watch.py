"""What there is to say of batch jobs while they run: a bar each, the rate, the end, and what failed last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.metrics.forecast.estimate import eta
from cijob_analysis.metrics.groups import is_terminal
from cijob_analysis.metrics.inputs import frame_of
from cijob_analysis.metrics.instants import instants
from cijob_analysis.metrics.states import state_counts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from cijob_analysis.metrics.forecast.value import Eta
    from cijob_analysis.snapshot import Snapshot

MOST_BARS: Final = 20
"""So many batch jobs have a bar of their own."""
MOST_FAILURES: Final = 8
"""So many failures are shown, the newest ones."""
RATE_OVER: Final = pd.Timedelta(minutes=10)
"""The rate is that of so long a time before the last reading."""
_LAST: Final = pd.Timedelta(hours=1)
_LOWEST_FIRST: Final = tuple(reversed(schema.LEVELS))
_SHOWN: Final = ("failed_at", "level", "key", "object_key", "node", "code", "message")


@dataclass(frozen=True, kw_only=True)
class Bar:
    """How far a batch job is, or several together.

    Attributes
    ----------
    batch_job_id : str
        Of the batch job; empty for several.
    name : str
        What it is called; empty if it has no name.
    n : int
        How many batch jobs it stands for.
    state : str or None
        Of the batch job; None for several, or if it has none.
    noun : str
        What `counts` counts: the lowest level that is known of it.
    counts : mapping of (str or None) to int
        How many are in each state; those that nothing is in are left out.
    not_created : int
        How many more tasks are expected, which the service has not created yet.
    per_minute : float
        How many came to an end per minute of late; NaN if the time of the reading is not known, or if several
        batch jobs do not count the same things.
    end : str
        When it will be finished, or was.
    """

    batch_job_id: str
    name: str
    n: int
    state: str | None
    noun: str
    counts: Mapping[str | None, int]
    not_created: int
    per_minute: float
    end: str

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(self.counts.values())

    @property
    def finished(self) -> int:
        """How many are in a final state."""
        return sum(n for state, n in self.counts.items() if state in schema.TERMINAL)

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to be done."""
        return self.finished == self.total and not self.not_created


@dataclass(frozen=True, eq=False, kw_only=True)
class Watch:
    """Batch jobs, as they are now.

    Attributes
    ----------
    all : Bar
        All of them together.
    bars : tuple of Bar
        Those that are not finished first, then the latest ones; the last bar stands for those that are left.
    failures : DataFrame
        The newest failures, the newest first: `failed_at` (datetime64[us, UTC]), `level`, `key`, `object_key`, `node`,
        `code`, `message`. A failed execution is among them only if none of its tasks is, and so is a batch job.
    n_failures : int
        How many there are in all.
    """

    all: Bar
    bars: tuple[Bar, ...]
    failures: pd.DataFrame
    n_failures: int


def watch(snapshot: Snapshot, zone: tzinfo) -> Watch:
    """Return what there is to say of `snapshot`, with times in `zone`."""
    forecast = eta(snapshot)
    bars = _bars(snapshot, forecast, zone)
    shown = bars if len(bars) <= MOST_BARS else bars[: MOST_BARS - 1]
    left = bars[len(shown) :]
    failures = _failures(snapshot)
    return Watch(
        all=_together(bars, _sentence(forecast, zone)),
        bars=(*shown, *([_together(left, "")] if left else [])),
        failures=failures.head(MOST_FAILURES).reset_index(drop=True),
        n_failures=len(failures),
    )


def last_hour(snapshot: Snapshot) -> pd.DataFrame:
    """Return what was under way in the hour before the snapshot, of its lowest level, with times cut to that hour."""
    frame = frame_of(snapshot)
    if snapshot.as_of is None:
        return frame
    begin = pd.Timestamp(snapshot.as_of).tz_convert("UTC") - _LAST
    is_over = is_terminal(frame) & ~(frame["ended_at"] >= begin).to_numpy(dtype=bool)
    part = frame.loc[~is_over]
    cut = part.assign(**{name: part[name].mask(part[name] < begin, begin) for name in ("created_at", "started_at")})
    cut.attrs = dict(frame.attrs)
    return cut


def _bars(snapshot: Snapshot, forecast: Eta, zone: tzinfo) -> list[Bar]:
    """Return a bar for each batch job: those that are under way first, then the latest first."""
    jobs = snapshot.batch_jobs
    found = _counts(snapshot)
    ends = {row.batch_job_id: _of_one(forecast, row) for row in forecast.frame.itertuples(index=False)}
    order = np.lexsort((-instants(jobs, "created_at").view(np.int64), is_terminal(jobs)))
    bars = []
    for row in jobs.iloc[order][["batch_job_id", "name", "state"]].itertuples(index=False, name=None):
        key, name, state = ("" if pd.isna(value) else str(value) for value in row)
        noun, counts, per_minute = found[key]
        end = ends.get(key)
        unfinished = sum(n for one, n in counts.items() if one not in schema.TERMINAL)
        bars.append(
            Bar(
                batch_job_id=key, name=name, n=1, state=state or None, noun=noun, counts=counts,
                not_created=max(0, end.remaining - unfinished) if end and noun == "task" else 0,
                per_minute=per_minute, end=_sentence(end, zone) if end else "",
            )
        )  # fmt: skip
    return bars


def _of_one(forecast: Eta, row: Any) -> Eta:
    """Return what a forecast says of the batch job of a row of its frame."""
    low, middle, high = (None if pd.isna(time) else time for time in (row.low, row.middle, row.high))
    return replace(forecast, low=low, middle=middle, high=high, remaining=int(row.remaining), reason=row.reason)


def _counts(snapshot: Snapshot) -> dict[str, tuple[str, dict[str | None, int], float]]:
    """Return for each batch job its lowest level that has rows: its noun, the counts by state, ends per minute."""
    found: dict[str, tuple[str, dict[str | None, int], float]] = {}
    for level in _LOWEST_FIRST:
        frame = getattr(snapshot, level)
        frame = frame.loc[~frame["batch_job_id"].isin(found)]
        counts: dict[str, dict[str | None, int]] = {}
        table = state_counts(frame, by="batch_job_id")
        for key, state, n in table.loc[table["n"] > 0, ["batch_job_id", "state", "n"]].itertuples(index=False):
            counts.setdefault(str(key), {})[None if pd.isna(state) else str(state)] = int(n)
        rates = _rates(frame, snapshot)
        noun = schema.noun_of(frame)
        found |= {key: (noun, _in_order(states), rates.get(key, 0.0)) for key, states in counts.items()}
    return found


def _rates(frame: pd.DataFrame, snapshot: Snapshot) -> dict[str, float]:
    """Return how many rows of each batch job came to an end per minute of late."""
    if snapshot.as_of is None:
        return dict.fromkeys(map(str, frame["batch_job_id"].unique()), float("nan"))
    now = pd.Timestamp(snapshot.as_of).tz_convert("UTC")
    is_late = is_terminal(frame) & (frame["ended_at"] > now - RATE_OVER).to_numpy(dtype=bool)
    ended = frame.loc[is_late, "batch_job_id"].value_counts()
    created = snapshot.batch_jobs.set_index("batch_job_id")["created_at"].to_dict()
    rates = {}
    for key, n in ended.items():
        since = created.get(key, pd.NaT)
        lasted = RATE_OVER if pd.isna(since) else min(RATE_OVER, max(now - since, pd.Timedelta(minutes=1)))
        rates[str(key)] = int(n) / (lasted / pd.Timedelta(minutes=1))
    return rates


def _together(bars: list[Bar], end: str) -> Bar:
    """Return one bar for several batch jobs; if they do not count the same things, it counts batch jobs."""
    nouns = {bar.noun for bar in bars}
    counts: dict[str | None, int] = {}
    for bar in bars:
        for state, n in bar.counts.items() if len(nouns) == 1 else [(bar.state, 1)]:
            counts[state] = counts.get(state, 0) + n
    return Bar(
        batch_job_id="", name="", n=len(bars), state=None, noun=next(iter(nouns)) if len(nouns) == 1 else "batch job",
        counts=_in_order(counts), not_created=0 if len(nouns) > 1 else sum(bar.not_created for bar in bars),
        per_minute=float("nan") if len(nouns) > 1 else sum(bar.per_minute for bar in bars), end=end,
    )  # fmt: skip


def _in_order(counts: Mapping[str | None, int]) -> dict[str | None, int]:
    """Return the final states first, as a bar fills from the left."""
    states = schema.in_order(str(state) for state in counts if state is not None)
    order = [*(state for state in states if state in schema.TERMINAL), *states, None]
    return {state: counts[state] for state in order if state in counts}


def _failures(snapshot: Snapshot) -> pd.DataFrame:
    """Return what failed, the newest first: what explains the failure of something above it stands for that."""
    parts: list[pd.DataFrame] = []
    explained: dict[str, set[str]] = {"run_id": set(), "batch_job_id": set()}
    for level in _LOWEST_FIRST:
        frame, key = getattr(snapshot, level), schema.KEYS[level]
        failed = frame.loc[(frame["state"] == "Failed").to_numpy(dtype=bool)]
        failed = failed.loc[~failed[key].isin(explained.get(key, ()))]
        for parent, known in explained.items():
            if parent in failed:
                known |= set(failed[parent].dropna())
        part = pd.DataFrame({"failed_at": failed["ended_at"].fillna(failed["created_at"])})
        part["level"] = schema.noun_of(frame)
        part["key"] = failed[key]
        for name in ("object_key", "node", "code", "message"):
            part[name] = failed.get(name)
        if len(part):
            parts.append(part.astype(dict.fromkeys(_SHOWN[1:], object)))
    if not parts:
        return pd.DataFrame({name: pd.Series(dtype=object) for name in _SHOWN})
    return pd.concat(parts, ignore_index=True).sort_values("failed_at", ascending=False, kind="stable")


def _sentence(forecast: Eta, zone: tzinfo) -> str:
    sentence = forecast.describe(zone)
    return sentence[:1].upper() + sentence[1:]
