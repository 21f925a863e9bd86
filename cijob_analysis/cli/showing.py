"""What the commands do: fetch and write files, or follow, and say it on the terminal."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

from cijob_analysis.exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes

    from cijob_analysis.service.client import Client
    from cijob_analysis.snapshot import Snapshot


def fetch_and_show(
    client: Client,
    out: Path,
    ids: Sequence[str] | None = None,
    *,
    tz: str,
    depth: str = "tasks",
    overwrite: bool = True,
    folder: Path | None = None,
    report: Path | None = None,
    as_json: bool = False,
    progress: bool = True,
    **filters: Any,
) -> Snapshot:
    """Fetch, print a summary, and write a CSV file for each level and four pictures into `out`.

    The snapshot goes into `folder`, too, and a report into the file `report`, if they are given. Whatever is there
    already is said before anything is fetched.
    """
    from cijob_analysis import (
        fetch_snapshot,
        plot_durations,
        plot_states,
        plot_timeline,
        plot_workflows,
        write_csv,
        write_report,
    )
    from cijob_analysis.cli.tables import facts, summary
    from cijob_analysis.files.replacing import replacing
    from cijob_analysis.plots.canvas import figure_of
    from cijob_analysis.plots.zones import zone_of
    from cijob_analysis.schema import LEVELS

    zone_of(tz)
    if depth not in LEVELS:
        raise ConfigurationError(f"depth={depth!r} is none of {', '.join(LEVELS)}")
    levels = LEVELS[: LEVELS.index(depth) + 1]
    pictures: dict[str, Callable[..., Axes]] = {
        "states": plot_states, "durations": plot_durations, "workflows": plot_workflows, "timeline": plot_timeline,
    }  # fmt: skip
    tables = [out / f"{level}.csv" for level in levels]
    drawn = [out / f"{name}.png" for name in pictures]
    files = [*tables, *drawn, *([folder] if folder else []), *([report] if report else [])]
    there = [str(path) for path in files if path.exists()]
    if there and not overwrite:
        raise ConfigurationError(f"{', '.join(there)} exist already; --overwrite replaces them")
    out.mkdir(parents=True, exist_ok=True)
    snapshot = fetch_snapshot(client, ids, depth=depth, progress=progress, **filters)
    for level, path in zip(levels, tables, strict=True):
        write_csv(getattr(snapshot, level), path, overwrite=True)
    for path, plot in zip(drawn, pictures.values(), strict=True):
        with replacing(path, overwrite=True) as temporary:
            figure_of(plot(snapshot.batch_jobs, tz=tz)).savefig(temporary, dpi=150, format="png")
    if folder is not None:
        snapshot.write(folder, overwrite=overwrite)
    if report is not None:
        write_report(snapshot, report, tz=tz, overwrite=overwrite)
    if as_json:
        print(json.dumps({**facts(snapshot), "files": [str(path) for path in files]}))
        return snapshot
    print(summary(snapshot, tz))
    print("\nWritten to", out)
    for path in files:
        size = f"{path.stat().st_size / 1024:8.0f} KiB" if path.is_file() else "a folder"
        print(f"  {path.name if path.parent == out else path!s:16} {size}")
    return snapshot


def follow_and_show(
    client: Client, ids: Sequence[str], *, every_s: float, depth: str, tz: str, as_json: bool = False
) -> Snapshot:
    """Print how batch jobs go on, until they are finished or it is interrupted; return how they were last.

    On a terminal the last picture is replaced by the next one; into a file goes one line each, of JSON if that is
    asked for.
    """
    from cijob_analysis import follow
    from cijob_analysis.cli.tables import facts, headline, states_table
    from cijob_analysis.plots.zones import zone_of

    zone = zone_of(tz)
    is_terminal = sys.stdout.isatty() and not as_json
    height = 0
    snapshot: Snapshot | None = None
    try:
        for snapshot in follow(client, ids, every_s=every_s, depth=depth):
            lines = [json.dumps(facts(snapshot)) if as_json else snapshot.summary(tz)]
            if is_terminal:
                again = f"looked at {datetime.now(zone):%H:%M:%S}, again every {every_s:g} s; Ctrl-C stops"
                state = "all is in a final state" if snapshot.is_finished else again
                lines = [headline(snapshot, tz), *states_table(snapshot).splitlines(), state]
                print(f"\x1b[{height}A\x1b[J" if height else "", end="")
            print("\n".join(lines), flush=True)
            width = get_terminal_size().columns
            height = sum(max(1, -(-len(line) // width)) for line in lines)
    except KeyboardInterrupt:
        if snapshot is None:
            raise
        print("stopped; the service goes on with it", file=sys.stderr)
    assert snapshot is not None  # noqa: S101 - the first one is always yielded
    return snapshot
