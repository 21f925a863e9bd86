"""Read an event log with pm4py, and print its cases and events as JSON; run by `benchmarks.xes_check`."""

import json
import sys

import pandas as pd


def main(path: str) -> None:
    """Print ``{case: [[activity, transition, time], …]}``."""
    import pm4py

    log = pd.read_csv(path) if path.endswith(".csv") else pm4py.read_xes(path, return_legacy_log_object=False)
    if path.endswith(".csv"):
        log["time:timestamp"] = pd.to_datetime(log["time:timestamp"], utc=True)
        log = pm4py.format_dataframe(log)
    cases: dict[str, list[list[str]]] = {}
    columns = ("case:concept:name", "concept:name", "lifecycle:transition", "time:timestamp")
    for case, activity, transition, time in zip(*(log[name].tolist() for name in columns), strict=True):
        cases.setdefault(case, []).append([activity, transition, time.isoformat()])
    json.dump(cases, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
