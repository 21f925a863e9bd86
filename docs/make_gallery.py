"""Make the gallery: each picture of the package with few rows, many, none, all failed, Chinese names, another zone.

``python docs/make_gallery.py [--out FOLDER] [--only CASE …]`` writes ``index.html`` and PNG files.
"""

from __future__ import annotations

import argparse
import html
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from gallery_data import CHINESE, PLAIN, Words, snapshot

from cijob_analysis import Snapshot, plots
from cijob_analysis.plots.canvas import figure_of

DPI = 100
VARIANTS: dict[str, list[dict[str, Any]]] = {
    "plot_states": [{}, {"by": "node"}],
    "plot_states_over_time": [{}],
    "plot_durations": [
        {},
        {"kind": "hist", "duration": ["queue_wait_s", "run_time_s"]},
        {"kind": "ecdf", "by": "task_type"},
        {"kind": "box", "by": "node"},
        {"kind": "violin", "by": "node"},
    ],
    "plot_timeline": [{}, {"by": "node"}],
    "plot_concurrency": [{}, {"cap": 20}, {"by": "task_type"}],
    "plot_throughput": [{}, {"by": None}],
    "plot_workflows": [{}],
}
"""Arguments with which a picture is drawn; those that are not named are drawn once, with none."""


@dataclass(frozen=True)
class Case:
    """A snapshot that all pictures are drawn of.

    Attributes
    ----------
    name, title : str
        In file names, and above the pictures.
    n : int
        How many tasks.
    words : Words
        What things are called.
    is_failed : bool
        Whether all have failed.
    tz : str, optional
        In which zone times are shown.
    """

    name: str
    title: str
    n: int
    words: Words = PLAIN
    is_failed: bool = False
    tz: str | None = None

    @cached_property
    def data(self) -> Snapshot:
        """What is drawn."""
        return snapshot(self.n, words=self.words, is_failed=self.is_failed)

    @cached_property
    def other(self) -> Snapshot:
        """What it is compared with: other objects, which ran longer."""
        return snapshot(self.n, words=self.words, is_failed=self.is_failed, slower=1.3, seed=1)


CASES = (
    Case("30", "30 tasks", 30),
    Case("5000", "5 000 tasks", 5_000),
    Case("1000000", "1 000 000 tasks", 1_000_000),
    Case("empty", "no task", 0),
    Case("failed", "all failed", 300, is_failed=True),
    Case("chinese", "Chinese names", 300, words=CHINESE),
    Case("zone", "in America/New_York, over a change of the clock", 5_000, tz="America/New_York"),
)


def main() -> None:
    """Draw all, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("gallery-output"), metavar="FOLDER", help="where to")
    names = [case.name for case in CASES]
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="CASE", help=", ".join(names))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    sections = []
    for name in options.only:
        case = next(case for case in CASES if case.name == name)
        sys.stderr.write(f"{case.title} …\n")
        figures = "\n".join(_figure(case, plot, arguments, options.out) for plot, arguments in _pictures())
        sections.append(f'<h2 id="{case.name}">{html.escape(case.title)}</h2>\n{figures}')
        for made in ("data", "other"):  # a million rows are no longer needed
            case.__dict__.pop(made, None)
    links = " · ".join(f'<a href="#{name}">{name}</a>' for name in options.only)
    page = options.out / "index.html"
    page.write_text(PAGE.format(links=links, sections="\n".join(sections)), "utf-8")
    sys.stdout.write(f"{page}\n")


def _pictures() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name of each function that draws, and arguments for it."""
    for name in plots.__all__:
        if name.startswith("plot_"):
            for arguments in VARIANTS.get(name, [{}]):
                yield name, arguments


def _figure(case: Case, name: str, arguments: dict[str, Any], folder: Path) -> str:
    """Draw one picture, and return it as HTML."""
    plot: Callable[..., Any] = getattr(plots, name)
    data = [case.data, case.other] if name == "plot_comparison" else [case.data]
    began = time.perf_counter()
    ax = plot(*data, tz=case.tz, **arguments)
    suffix = "".join(f"-{key}-{_plain(value)}" for key, value in arguments.items())
    png = folder / f"{name}{suffix}-{case.name}.png"
    figure_of(ax).savefig(png, dpi=DPI)
    taken_s = time.perf_counter() - began
    call = f"{name}({', '.join(['data'] * len(data) + [f'{key}={value!r}' for key, value in arguments.items()])})"
    alt = html.escape(plots.describe(ax), quote=True)
    return (
        f'<figure><img src="{png.name}" alt="{alt}" loading="lazy">'
        f"<figcaption><code>{html.escape(call)}</code>, {taken_s:.2f} s<br>{alt}</figcaption></figure>"
    )


def _plain(value: object) -> str:
    return "+".join(map(str, value)) if isinstance(value, list) else str(value)


PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Pictures of cijob-analysis</title>
<style>
body {{ font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 100rem; padding: 0 1rem; color: #222 }}
nav {{ position: sticky; top: 0; background: white; padding: .5rem 0 }}
figure {{ display: inline-block; vertical-align: top; width: 46rem; max-width: 100%; margin: 0 1rem 2rem 0 }}
img {{ max-width: 100%; border: 1px solid #ddd }}
figcaption {{ font-size: 13px; color: #555 }}
</style>
<h1>Pictures of cijob-analysis</h1>
<nav>{links}</nav>
{sections}
</html>
"""


if __name__ == "__main__":
    main()
