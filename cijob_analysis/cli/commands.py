"""The command `cijob`: the package from a shell."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from cijob_analysis import __version__
from cijob_analysis.cli.showing import fetch_and_show, follow_and_show
from cijob_analysis.exceptions import CIJobError, ConfigurationError

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # locals may be keys
    help="Explore Tencent Cloud Infinite (CI) batch jobs.",
)

Out = Annotated[Path, typer.Option(help="Folder for the files; it is made if it is not there.")]
Zone = Annotated[str, typer.Option("--tz", help="Zone of the times shown, such as Asia/Shanghai.")]
Depth = Annotated[str, typer.Option(help="Lowest level to read: batch_jobs, executions or tasks.")]
USAGE, SERVICE, INCOMPLETE = 2, 3, 4
"""Exit codes besides 0: an argument is wrong; the service or the network; something is missing."""


def main() -> None:
    """Run the command; errors that we expect are one line on standard error."""
    try:
        app()
    except CIJobError as error:
        print(f"cijob: {error}", file=sys.stderr)
        sys.exit(USAGE if isinstance(error, ConfigurationError) else SERVICE)


@app.command()
def demo(
    out: Out = Path("demo-output"),
    batch_jobs: Annotated[int, typer.Option(min=0, help="How many batch jobs the service has.")] = 240,
    seed: Annotated[int, typer.Option(help="Another seed gives another world.")] = 0,
    tz: Zone = "Asia/Shanghai",
) -> None:
    """Fetch all three levels from a CI service here; write CSV, pictures, a report. Needs no keys, no network."""
    from cijob_analysis import write_report
    from cijob_analysis.local import LocalService, Workload

    now = datetime.now().astimezone().replace(microsecond=0) - timedelta(seconds=1)
    with LocalService(Workload.generate(batch_jobs=batch_jobs, seed=seed, now=now, days=7)) as service:
        print(f"A CI service on this machine, at {service.url}, with {batch_jobs} batch jobs.")
        with service.client() as client:
            snapshot = fetch_and_show(client, out, tz=tz)
    print(f"  {write_report(snapshot, out / 'report.html', tz=tz, overwrite=True).name}")


@app.command()
def fetch(
    bucket: Annotated[str, typer.Argument(help="Bucket with its APPID: media-1250000000.")],
    region: Annotated[str, typer.Argument(help="Its region: ap-beijing.")],
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of batch jobs; all if there are none.")] = None,
    out: Out = Path("cijob-output"),
    state: Annotated[list[str] | None, typer.Option(help="Only this state; may be given several times.")] = None,
    kind: Annotated[str | None, typer.Option("--type", help="Only Workflow or only Job.")] = None,
    after: Annotated[str | None, typer.Option(help="Created at or after: 2026-01-31T14:00+08:00.")] = None,
    before: Annotated[str | None, typer.Option(help="Created at or before.")] = None,
    workflow: Annotated[str | None, typer.Option(help="Only those of this workflow id.")] = None,
    name: Annotated[str | None, typer.Option(help="Only those of this name.")] = None,
    limit: Annotated[int | None, typer.Option(help="At most so many, the newest.")] = None,
    endpoint: Annotated[str | None, typer.Option(help="Another address, such as http://127.0.0.1:8080.")] = None,
    requests_per_second: Annotated[float | None, typer.Option(help="Rate that is not exceeded.")] = None,
    depth: Depth = "tasks",
    overwrite: Annotated[bool, typer.Option(help="Replace files that are there.")] = False,
    tz: Zone = "UTC",
) -> None:
    """Fetch batch jobs with all below them; write CSV and pictures. Keys come from the environment or tools' files."""
    from cijob_analysis import Client

    with Client(bucket, region, endpoint=endpoint, requests_per_second=requests_per_second) as client:
        snapshot = fetch_and_show(
            client,
            out,
            ids or None,
            tz=tz,
            overwrite=overwrite,
            depth=depth,
            states=state or None,
            type=kind,
            created_after=after,
            created_before=before,
            workflow_id=workflow,
            name=name,
            limit=limit,
        )
    if not snapshot.is_complete:
        raise typer.Exit(INCOMPLETE)


@app.command()
def follow(
    bucket: Annotated[str, typer.Argument(help="Bucket with its APPID: media-1250000000.")],
    region: Annotated[str, typer.Argument(help="Its region: ap-beijing.")],
    ids: Annotated[list[str], typer.Argument(help="Ids of batch jobs.")],
    every: Annotated[float, typer.Option(help="How often to look [s].")] = 30.0,
    depth: Depth = "tasks",
    endpoint: Annotated[str | None, typer.Option(help="Another address, such as http://127.0.0.1:8080.")] = None,
    requests_per_second: Annotated[float | None, typer.Option(help="Rate that is not exceeded.")] = None,
    tz: Zone = "UTC",
) -> None:
    """Show how batch jobs go on, until they are finished or Ctrl-C; reads only what can have changed."""
    from cijob_analysis import Client

    with Client(bucket, region, endpoint=endpoint, requests_per_second=requests_per_second) as client:
        snapshot = follow_and_show(client, ids, every_s=every, depth=depth, tz=tz)
    if not snapshot.is_complete:
        raise typer.Exit(INCOMPLETE)


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="TCP port on 127.0.0.1.")] = 8080,
    batch_jobs: Annotated[int, typer.Option(min=0, help="How many batch jobs it has.")] = 240,
    seed: Annotated[int, typer.Option(help="Another seed gives another world.")] = 0,
    latency: Annotated[float, typer.Option(min=0, help="How long each answer takes [s].")] = 0.0,
    slow_down: Annotated[float, typer.Option(min=0, max=1, help="Share of the answers that are 429.")] = 0.0,
    unavailable: Annotated[float, typer.Option(min=0, max=1, help="Share of the answers that are 503.")] = 0.0,
) -> None:
    """Run a CI service on this machine, for any client, until Ctrl-C."""
    from cijob_analysis.local import Faults, LocalService, Workload

    workload = Workload.generate(batch_jobs=batch_jobs, seed=seed, now=datetime.now().astimezone())
    faults = Faults(latency_s=latency, slow_down=slow_down, unavailable=unavailable)
    with LocalService(workload, faults=faults, port=port) as service:
        print(f"{service.url}  bucket {service.bucket}  region {service.region}")
        print(f"export TENCENTCLOUD_SECRET_ID={service.credentials.secret_id}")
        print(f"export TENCENTCLOUD_SECRET_KEY={service.credentials.secret_key}")
        print(f"cijob fetch {service.bucket} {service.region} --endpoint {service.url}", flush=True)
        service.wait()


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)
