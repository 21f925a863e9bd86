"""Make the pictures of the README: batch jobs and tasks of the local service, the same ones each time."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from matplotlib.figure import Figure

import cijob_analysis as ci
from cijob_analysis.plots.canvas import figure_of

TZ = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 6, 30, 10, 0, tzinfo=TZ)
IMAGES = Path(__file__).parent / "images"


def main() -> None:
    """Write ``overview.png``, pictures of batch jobs, ``nodes.png`` of one that lost objects, and answers of all."""

    def clock() -> float:
        return NOW.timestamp()

    workload = ci.Workload.generate(batch_jobs=240, days=3, seed=4, now=NOW)
    with ci.LocalService(workload, clock=clock) as service, service.client(clock=clock) as client:
        snapshot = ci.fetch_snapshot(client)
    jobs, executions, tasks = snapshot.batch_jobs, snapshot.executions, snapshot.tasks
    failed = executions[executions["state"] == "Failed"]
    of_worst = failed.loc[failed["workflow_id"] == failed["workflow_id"].mode()[0]]
    tasks = tasks[tasks["batch_job_id"] == of_worst["batch_job_id"].mode()[0]]
    IMAGES.mkdir(exist_ok=True)
    overview = Figure(figsize=(14, 9), layout="constrained")
    axes = overview.subplot_mosaic([["timeline", "timeline"], ["workflows", "durations"]], height_ratios=(5, 4))
    ci.plot_timeline(jobs, ax=axes["timeline"], tz=TZ)
    ci.plot_workflows(jobs, ax=axes["workflows"], tz=TZ)
    ci.plot_durations(jobs, ax=axes["durations"], tz=TZ)
    overview.savefig(IMAGES / "overview.png", dpi=110)
    for name, plot in (
        ("states", ci.plot_states),
        ("durations", ci.plot_durations),
        ("workflows", ci.plot_workflows),
        ("timeline", ci.plot_timeline),
    ):
        figure_of(plot(jobs, tz=TZ)).savefig(IMAGES / f"{name}.png", dpi=100)
    figure_of(ci.plot_timeline(tasks, by="node", tz=TZ)).savefig(IMAGES / "nodes.png", dpi=100)
    for name, ax in (("failures", ci.plot_failures(snapshot, tz=TZ)), ("topology", ci.plot_topology(snapshot, tz=TZ))):
        figure_of(ax).savefig(IMAGES / f"{name}.png", dpi=100)


if __name__ == "__main__":
    main()
