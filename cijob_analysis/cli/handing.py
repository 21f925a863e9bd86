"""Commands that hand a snapshot on: as a report, as files for the tools of others."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from shutil import copyfileobj
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cijob_analysis.cli import options
from cijob_analysis.cli.app import app, ended
from cijob_analysis.cli.options import states_of
from cijob_analysis.cli.sources import snapshot_of
from cijob_analysis.exceptions import ConfigurationError

if TYPE_CHECKING:
    from cijob_analysis.snapshot import Snapshot

_FORMATS: Final = {
    ".csv": "csv", ".parquet": "parquet", ".json": "trace", ".json.gz": "trace", ".xes": "event-log",
    ".xes.gz": "event-log",
}  # fmt: skip
"""What is written, by how the file's name ends; ``excel`` is asked for only."""


@app.command()
def report(
    source: options.Source,
    out: Annotated[Path, typer.Option(help="The file.")] = Path("report.html"),
    compare_to: Annotated[Path | None, typer.Option(help="An earlier snapshot, or another archive.")] = None,
    title: Annotated[str | None, typer.Option(help="What stands above it.")] = None,
    overwrite: options.Overwrite = False,
    fail_on: options.FailOn = None,
    tz: options.Zone = "UTC",
) -> None:
    """Write one HTML file: why tasks failed, when it will be finished, what takes so long, what to run again."""
    from cijob_analysis import write_report

    failing = states_of(fail_on, "--fail-on")
    earlier = None if compare_to is None else snapshot_of(compare_to)
    snapshot = snapshot_of(source)
    print(write_report(snapshot, out, compare_to=earlier, tz=tz, title=title, overwrite=overwrite))
    ended(snapshot, failing)


@app.command()
def export(
    source: options.Source,
    out: Annotated[Path, typer.Argument(help="The file; - for CSV on standard output.")],
    level: Annotated[str, typer.Option(help="batch_jobs, executions or tasks.")] = "tasks",
    kind: Annotated[
        str | None,
        typer.Option("--format", help="csv, excel, parquet, trace or event-log; by the file's name if not given."),
    ] = None,
    state: Annotated[list[str] | None, typer.Option(help="Only this state; may be given several times.")] = None,
    by: Annotated[str, typer.Option(help="Of a trace: whose lanes, workflow or queue.")] = "workflow",
    overwrite: options.Overwrite = False,
    tz: options.Zone = "UTC",
) -> None:
    """Write rows as CSV, for Excel or as Parquet; all tasks as a trace for Perfetto or an event log."""
    from cijob_analysis.schema import LEVELS

    if level not in LEVELS:
        raise ConfigurationError(f"--level {level}: there is none, only {', '.join(LEVELS)}")
    states = states_of(state, "--state")
    kind = _format_of(out, kind)
    if kind in ("trace", "event-log") and (level != "tasks" or states):
        raise ConfigurationError(f"a {kind} is of all tasks; --level and --state are for tables")
    snapshot = snapshot_of(source)
    if str(out) == "-":
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "rows.csv")
            _write(snapshot, path, kind, level, states, by, tz, overwrite=False)
            with path.open("rb") as file:
                copyfileobj(file, sys.stdout.buffer)
            sys.stdout.buffer.flush()
    else:
        _write(snapshot, out, kind, level, states, by, tz, overwrite=overwrite)
        print(out)
    ended(snapshot)


def _format_of(out: Path, kind: str | None) -> str:
    known = sorted({*_FORMATS.values(), "excel"})
    if kind is not None and kind not in known:
        raise ConfigurationError(f"--format {kind}: there is none, only {', '.join(known)}")
    if str(out) == "-":
        if kind not in (None, "csv", "excel"):
            raise ConfigurationError(f"a {kind} does not go to standard output; name a file")
        return kind or "csv"
    found = kind or next((_FORMATS[end] for end in reversed(_FORMATS) if out.name.lower().endswith(end)), None)
    if found is None:
        raise ConfigurationError(f"{out.name} does not say what it is to be; --format {'|'.join(known)} does")
    return found


def _write(
    snapshot: Snapshot, out: Path, kind: str, level: str, states: list[str], by: str, tz: str, *, overwrite: bool
) -> None:
    from cijob_analysis import write_csv, write_event_log, write_parquet, write_trace

    frame = getattr(snapshot, level)
    rows = frame[frame["state"].isin(states)] if states else frame
    if kind == "trace":
        write_trace(snapshot, out, by=by, overwrite=overwrite)
    elif kind == "event-log":
        write_event_log(snapshot, out, overwrite=overwrite)
    elif kind == "parquet":
        write_parquet(rows, out, overwrite=overwrite)
    else:
        write_csv(rows, out, tz=tz, excel=kind == "excel", overwrite=overwrite)
