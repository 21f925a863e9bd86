"""``python -m benchmarks [topic …] [--json FILE] [--page FILE] [--peer-python PATH]``: measure, print the table."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from importlib.metadata import version
from pathlib import Path

from benchmarks import (
    dashboard,
    drawing,
    fetching,
    htmlreport,
    imports,
    listing,
    memory,
    outofcore,
    parsing,
    report,
    signature,
    snapshots,
    tracing,
    writing,
)
from benchmarks.table import Bar, markdown

LIBRARIES = (
    "cijob-analysis",
    "pandas",
    "numpy",
    "polars",
    "duckdb",
    "matplotlib",
    "httpx",
    "xmltodict",
    "cos-python-sdk-v5",
)
PAGE = """# Benchmarks

`make bench` has made this table: ours, the peer or the naive way, and what nobody can be faster than, in one run on
one machine. What counts is the ratio, which moves less from machine to machine than times do.

{table}

{machine}
"""
LONG = ("memory", "outofcore", "dashboard")
"""What takes minutes and gigabytes, or a browser, and is measured only when it is named."""


def main(arguments: list[str] | None = None) -> int:
    """Measure what `arguments` name; return 1 if a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "topics",
        nargs="*",
        metavar="topic",
        help="import, signature, parse, fetch, listing, snapshot, report, drawing, writing, tracing, htmlreport, "
        "memory, outofcore, dashboard; all but the last three if none",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--page", type=Path, metavar="FILE", help="write the table there, as a page of the site")
    parser.add_argument(
        "--peer-python", default=sys.executable, metavar="PATH", help="an interpreter that has cos-python-sdk-v5"
    )
    options = parser.parse_args(arguments)
    topics: dict[str, Callable[[], list[Bar]]] = {
        "import": imports.run,
        "signature": signature.run,
        "parse": parsing.run,
        "fetch": partial(fetching.run, options.peer_python),
        "listing": partial(listing.run, options.peer_python),
        "snapshot": snapshots.run,
        "report": report.run,
        "drawing": drawing.run,
        "writing": writing.run,
        "tracing": tracing.run,
        "htmlreport": htmlreport.run,
        "memory": memory.run,
        "outofcore": outofcore.run,
        "dashboard": dashboard.run,
    }
    unknown = [topic for topic in options.topics if topic not in topics]
    if unknown:
        parser.error(f"unknown topic {', '.join(unknown)}; there are {', '.join(topics)}")
    bars: list[Bar] = []
    for topic in options.topics or [topic for topic in topics if topic not in LONG]:
        print(f"{topic} …", file=sys.stderr, flush=True)
        bars += topics[topic]()
    machine = _machine()
    shown = ", ".join(f"{name} {value}" for name, value in machine.items())
    print(shown, markdown(bars), sep="\n\n")
    if options.page:
        options.page.write_text(PAGE.format(machine=shown, table=markdown(bars)), "utf-8")
    if options.json:
        figures = {"machine": machine, "bars": [{**asdict(bar), "holds": bar.holds} for bar in bars]}
        options.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return 0 if all(bar.holds for bar in bars) else 1


def _machine() -> dict[str, str]:
    return {
        "Python": platform.python_version(),
        **{library: version(library) for library in LIBRARIES},
        "machine": f"{platform.system()} {platform.machine()}",
        "cores": str(os.cpu_count()),
        "load": f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown",
    }


if __name__ == "__main__":
    sys.exit(main())
