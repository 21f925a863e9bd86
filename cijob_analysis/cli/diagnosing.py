"""The command that says why nothing works: doctor."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from functools import partial
from textwrap import fill
from typing import TYPE_CHECKING, Final

import typer

from cijob_analysis.cli import options
from cijob_analysis.cli.app import SERVICE, app

if TYPE_CHECKING:
    from cijob_analysis.cli.checks import Check

_MARKS: Final = {"ok": "ok", "warning": "!", "failed": "FAILED", "skipped": "–"}
_COLORS: Final = {"ok": "green", "warning": "yellow", "failed": "red", "skipped": "bright_black"}
_WIDTH: Final = 100


@app.command()
def doctor(
    bucket: options.Bucket,
    region: options.Region,
    endpoint: options.Endpoint = None,
    as_json: options.Json = False,
) -> None:
    """Check versions, keys, names, network, clock and each permission; say what to do about what is not well."""
    from cijob_analysis import Client, RetryPolicy
    from cijob_analysis.cli.checks import FAILED, checks

    few = RetryPolicy(attempts=3, deadline_s=20)
    found = []
    for check in checks(partial(Client, bucket, region, endpoint=endpoint, timeout_s=10, retry=few, concurrency=1)):
        found.append(check)
        if not as_json:
            _print(check)
    failed = [check for check in found if check.result == FAILED]
    if as_json:
        print(json.dumps({"is_well": not failed, "checks": [asdict(check) for check in found]}))
    else:
        print("\nAll is well." if not failed else f"\n{len(failed)} of {len(found)} checks failed.")
    if failed:
        raise typer.Exit(SERVICE)


def _print(check: Check) -> None:
    is_colored = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    mark = f"{_MARKS[check.result]:>6}"
    shown = typer.style(mark, fg=_COLORS[check.result]) if is_colored else mark
    print(f"{shown}  {check.name}")
    for text in (check.found, f"→ {check.advice}" if check.advice else ""):
        if text:
            print(fill(text, _WIDTH, initial_indent=" " * 8, subsequent_indent=" " * 8, break_long_words=False))
    sys.stdout.flush()
