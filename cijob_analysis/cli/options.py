"""Arguments and options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cijob_analysis.exceptions import ConfigurationError

Bucket = Annotated[str, typer.Argument(help="Bucket with its APPID: media-1250000000.")]
Region = Annotated[str, typer.Argument(help="Its region: ap-beijing.")]
Endpoint = Annotated[str | None, typer.Option(help="Another address, such as http://127.0.0.1:8080.")]
Rate = Annotated[float | None, typer.Option(help="Rate that is not exceeded.")]
Depth = Annotated[str, typer.Option(help="Lowest level to read: batch_jobs, executions or tasks.")]
Out = Annotated[Path, typer.Option(help="Folder for the files; it is made if it is not there.")]
Overwrite = Annotated[bool, typer.Option(help="Replace files that are there.")]
Zone = Annotated[str, typer.Option("--tz", help="Zone of the times shown, such as Asia/Shanghai.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for machines, instead of tables.")]
Quiet = Annotated[bool, typer.Option(help="Show no progress; it goes to standard error otherwise.")]
Source = Annotated[Path, typer.Argument(help="A snapshot's folder, or an archive.")]
FailOn = Annotated[
    list[str] | None,
    typer.Option(help="Exit with 1 if anything is in this state, such as Failed; may be given several times."),
]


def states_of(names: list[str] | None, option: str) -> list[str]:
    """Return the states that `names` mean, whatever their letters' case.

    Raises
    ------
    ConfigurationError
        One is none.
    """
    from cijob_analysis.schema import STATES  # imports pandas, which takes its time

    known = {state.lower(): state for state in STATES}
    unknown = [name for name in names or [] if name.lower() not in known]
    if unknown:
        raise ConfigurationError(f"{option} {unknown[0]}: there is no such state, only {', '.join(STATES)}")
    return [known[name.lower()] for name in names or []]
