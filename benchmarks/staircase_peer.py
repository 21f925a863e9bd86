"""The figures of a job log as `staircase` computes them: a script of its own, for an interpreter of its own.

It needs ``staircase``, which brings pandas, and nothing of this project. It reads a CSV of jobs (``queue_id``,
``created_at``, ``started_at``, ``ended_at`` in UTC without an offset; all have ended) and prints a JSON object.
"""

import argparse
import json

import pandas as pd
import staircase as sc

MICROSECOND = pd.Timedelta(microseconds=1)
SECOND = pd.Timedelta(seconds=1)
EPOCH = pd.Timestamp("1970-01-01")


def main() -> None:
    """Read the log, and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log", help="the CSV")
    parser.add_argument("zone", help="whose hours the throughput is counted in")
    arguments = parser.parse_args()
    times = ["created_at", "started_at", "ended_at"]
    log = pd.read_csv(arguments.log, parse_dates=times)
    log["waited_until"] = log["started_at"].fillna(log["ended_at"])
    ran = log.dropna(subset=["started_at"])
    stairs = {
        "running": sc.Stairs(ran, start="started_at", end="ended_at"),
        "queued": sc.Stairs(log, start="created_at", end="waited_until"),
        "unfinished": sc.Stairs(log, start="created_at", end="ended_at"),
    }
    figures = {
        "steps": {of: steps(found) for of, found in stairs.items()},
        "max": {of: int(found.max()) for of, found in stairs.items()},
        "area_s": {of: found.integral() / SECOND for of, found in stairs.items()},
        "quantiles": {
            "run_time_s": quantiles(ran, ran["ended_at"] - ran["started_at"]),
            "turnaround_s": quantiles(log, log["ended_at"] - log["created_at"]),
        },
        "throughput": throughput(log, arguments.zone),
        "makespan_s": (stairs["unfinished"].step_points[-1] - log["created_at"].min()) / SECOND,
    }
    print(json.dumps(figures))


def steps(found: sc.Stairs) -> list[tuple[int, int]]:
    """Return when the number changes [µs since 1970 UTC], and to what."""
    points = (pd.DatetimeIndex(found.step_points) - EPOCH) // MICROSECOND
    values = found.step_values.astype(int).tolist()
    before = [0, *values[:-1]]
    return [(at, n) for at, n, was in zip(points.tolist(), values, before, strict=True) if n != was]


def quantiles(jobs: pd.DataFrame, durations: pd.Series) -> dict[str, list[float]]:
    """Return for each queue how many there are, their 50 %, 90 %, 95 %, 99 % and 100 % quantiles [s]."""
    found = durations.dt.total_seconds().groupby(jobs["queue_id"])
    return {queue: [len(values), *values.quantile([0.5, 0.9, 0.95, 0.99, 1])] for queue, values in found}


def throughput(log: pd.DataFrame, zone: str) -> list[tuple[int, int]]:
    """Return for each hour of `zone` when it begins [µs since 1970 UTC], and how many jobs ended in it."""
    finished = sc.Stairs(log, start="ended_at")
    ended = log["ended_at"].dt.tz_localize("UTC").dt.tz_convert(zone)
    hours = pd.date_range(ended.min().floor("h"), ended.max() + pd.Timedelta(hours=1), freq="h")
    edges = hours.tz_convert("UTC").tz_localize(None)
    until = finished.limit(edges, side="left")
    counts = pd.Series(until).diff().iloc[1:].astype(int).tolist()
    return list(zip(((edges[:-1] - EPOCH) // MICROSECOND).tolist(), counts, strict=True))


if __name__ == "__main__":
    main()
