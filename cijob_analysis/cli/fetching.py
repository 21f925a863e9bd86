"""Commands that ask a service: fetch, follow; and those that bring one along: demo, serve."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from cijob_analysis.cli import options
from cijob_analysis.cli.app import app, ended
from cijob_analysis.cli.options import states_of
from cijob_analysis.cli.showing import fetch_and_show, follow_and_show


@app.command()
def demo(
    out: options.Out = Path("demo-output"),
    batch_jobs: Annotated[int, typer.Option(min=0, help="How many batch jobs the service has.")] = 240,
    seed: Annotated[int, typer.Option(help="Another seed gives another world.")] = 0,
    tz: options.Zone = "Asia/Shanghai",
) -> None:
    """Fetch all three levels from a CI service here; write CSV, pictures, a report. Needs no keys, no network."""
    from cijob_analysis.local import LocalService, Workload

    now = datetime.now().astimezone().replace(microsecond=0) - timedelta(seconds=1)
    with LocalService(Workload.generate(batch_jobs=batch_jobs, seed=seed, now=now, days=7)) as service:
        print(f"A CI service on this machine, at {service.url}, with {batch_jobs} batch jobs.")
        with service.client() as client:
            fetch_and_show(client, out, tz=tz, report=out / "report.html")


@app.command()
def fetch(
    bucket: options.Bucket,
    region: options.Region,
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of batch jobs; all if there are none.")] = None,
    out: options.Out = Path("cijob-output"),
    state: Annotated[list[str] | None, typer.Option(help="Only this state; may be given several times.")] = None,
    kind: Annotated[str | None, typer.Option("--type", help="Only Workflow or only Job.")] = None,
    after: Annotated[str | None, typer.Option(help="Created at or after: 2026-01-31T14:00+08:00.")] = None,
    before: Annotated[str | None, typer.Option(help="Created at or before.")] = None,
    workflow: Annotated[str | None, typer.Option(help="Only those of this workflow id.")] = None,
    name: Annotated[str | None, typer.Option(help="Only those of this name.")] = None,
    limit: Annotated[int | None, typer.Option(help="At most so many, the newest.")] = None,
    snapshot: Annotated[Path | None, typer.Option(help="Write the snapshot into this folder, too.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write a report into this file, too.")] = None,
    endpoint: options.Endpoint = None,
    requests_per_second: options.Rate = None,
    depth: options.Depth = "tasks",
    overwrite: options.Overwrite = False,
    fail_on: options.FailOn = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    tz: options.Zone = "UTC",
) -> None:
    """Fetch batch jobs with all below them; write CSV and pictures. Keys come from the environment or tools' files."""
    from cijob_analysis import Client

    failing = states_of(fail_on, "--fail-on")
    with Client(bucket, region, endpoint=endpoint, requests_per_second=requests_per_second) as client:
        found = fetch_and_show(
            client,
            out,
            ids or None,
            tz=tz,
            overwrite=overwrite,
            depth=depth,
            folder=snapshot,
            report=report,
            as_json=as_json,
            progress=not quiet,
            states=state or None,
            type=kind,
            created_after=after,
            created_before=before,
            workflow_id=workflow,
            name=name,
            limit=limit,
        )
    ended(found, failing)


@app.command()
def follow(
    bucket: options.Bucket,
    region: options.Region,
    ids: Annotated[list[str], typer.Argument(help="Ids of batch jobs.")],
    every: Annotated[float, typer.Option(help="How often to look [s].")] = 30.0,
    depth: options.Depth = "tasks",
    endpoint: options.Endpoint = None,
    requests_per_second: options.Rate = None,
    fail_on: options.FailOn = None,
    as_json: options.Json = False,
    tz: options.Zone = "UTC",
) -> None:
    """Show how batch jobs go on, until they are finished or Ctrl-C; reads only what can have changed."""
    from cijob_analysis import Client

    failing = states_of(fail_on, "--fail-on")
    with Client(bucket, region, endpoint=endpoint, requests_per_second=requests_per_second) as client:
        snapshot = follow_and_show(client, ids, every_s=every, depth=depth, tz=tz, as_json=as_json)
    ended(snapshot, failing)


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="TCP port on 127.0.0.1.")] = 8080,
    batch_jobs: Annotated[int, typer.Option(min=0, help="How many batch jobs it has.")] = 240,
    seed: Annotated[int, typer.Option(help="Another seed gives another world.")] = 0,
    latency: Annotated[float, typer.Option(min=0, help="How long each answer takes [s].")] = 0.0,
    slow_down: Annotated[float, typer.Option(min=0, max=1, help="Share of the answers that are 429.")] = 0.0,
    unavailable: Annotated[float, typer.Option(min=0, max=1, help="Share of the answers that are 503.")] = 0.0,
    as_json: options.Json = False,
) -> None:
    """Run a CI service on this machine, for any client, until Ctrl-C."""
    from cijob_analysis.local import Faults, LocalService, Workload

    workload = Workload.generate(batch_jobs=batch_jobs, seed=seed, now=datetime.now().astimezone())
    faults = Faults(latency_s=latency, slow_down=slow_down, unavailable=unavailable)
    with LocalService(workload, faults=faults, port=port) as service:
        keys = {
            "TENCENTCLOUD_SECRET_ID": service.credentials.secret_id,
            "TENCENTCLOUD_SECRET_KEY": service.credentials.secret_key,
        }
        if as_json:
            place = {"url": service.url, "bucket": service.bucket, "region": service.region}
            print(json.dumps({**place, "environment": keys}), flush=True)
        else:
            print(f"{service.url}  bucket {service.bucket}  region {service.region}")
            for name, value in keys.items():
                print(f"export {name}={value}")
            print(f"cijob fetch {service.bucket} {service.region} --endpoint {service.url}", flush=True)
        service.wait()
