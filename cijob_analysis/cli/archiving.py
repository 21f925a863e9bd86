"""Commands of an archive: read what is new, show what it holds, take a snapshot out of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from cijob_analysis.cli import options
from cijob_analysis.cli.app import app, ended
from cijob_analysis.cli.options import states_of

archive = typer.Typer(no_args_is_help=True, help="Keep everything that was ever read, beyond what the service keeps.")
app.add_typer(archive, name="archive")

Place = Annotated[str, typer.Argument(help="Folder of the archive, or a URL such as s3://bucket/prefix.")]


@archive.command()
def refresh(
    path: Place,
    bucket: options.Bucket,
    region: options.Region,
    since: Annotated[
        str | None, typer.Option(help="Leave out what was created before: 2026-01-31T14:00+08:00.")
    ] = None,
    depth: options.Depth = "tasks",
    endpoint: options.Endpoint = None,
    requests_per_second: options.Rate = None,
    fail_on: options.FailOn = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    tz: options.Zone = "UTC",
) -> None:
    """Read what is new, and what was not finished; a refresh that is interrupted goes on with the next one."""
    from cijob_analysis import Archive, Client

    failing = states_of(fail_on, "--fail-on")
    kept = Archive(path)
    with Client(bucket, region, endpoint=endpoint, requests_per_second=requests_per_second) as client:
        snapshot = kept.refresh(client, since=since, depth=depth, progress=not quiet)
    _show(snapshot, as_json, tz)
    ended(snapshot, failing)


@archive.command()
def show(path: Path, as_json: options.Json = False, tz: options.Zone = "UTC") -> None:
    """Show what it holds, and which refreshes it has had."""
    from cijob_analysis import Archive
    from cijob_analysis.cli.sources import snapshot_of

    snapshot = snapshot_of(path)
    _show(snapshot, as_json, tz)
    if not as_json:
        print(f"\n{Archive(path).history().to_string(index=False)}")
    ended(snapshot)


@archive.command()
def snapshot(path: Path, out: Path, overwrite: options.Overwrite = False) -> None:
    """Write what it holds as a snapshot's folder."""
    from cijob_analysis.cli.sources import snapshot_of

    found = snapshot_of(path)
    print(found.write(out, overwrite=overwrite))
    ended(found)


def _show(snapshot: object, as_json: bool, tz: str) -> None:
    from cijob_analysis.cli.tables import facts, summary
    from cijob_analysis.snapshot import Snapshot

    assert isinstance(snapshot, Snapshot)  # noqa: S101 - for the type checker; importing it costs start-up time
    print(json.dumps(facts(snapshot)) if as_json else summary(snapshot, tz))
