"""Pages that are made at each build of what the package says of itself: columns, functions, the command, pictures."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from gallery_data import CHINESE, PLAIN, snapshot

import cijob_analysis
from cijob_analysis import plots, schema
from cijob_analysis.cli import app
from cijob_analysis.plots import describe
from cijob_analysis.plots.canvas import figure_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
MADE = HERE / "made"
"""Where the pages are, which git does not know."""

STORIES = {
    "Connect": ("Client", "Credentials", "RetryPolicy", "Plan", "LocalService", "Workload"),
    "Fetch": (
        "fetch_snapshot", "fetch_batch_jobs", "fetch_executions", "fetch_tasks", "fetch_queues", "fetch_workflows",
        "follow", "Snapshot", "Ledger", "State",
    ),
    "Keep": ("Archive", "read_snapshot", "read_answer", "Answer"),
    "Ask": (
        "state_counts", "add_durations", "duration_summary", "throughput", "concurrency", "concurrency_summary",
        "makespan", "workflow_distribution", "states_over_time", "failure_counts", "failure_clusters", "stragglers",
        "eta", "compare", "critical_path", "queue_saturation", "replay", "what_if", "anomalies", "cost", "list_prices",
    ),
    "Look": (*(name for name in cijob_analysis.__all__ if name.startswith("plot_")), "describe"),
    "Touch": ("explore", "Explorer", "Selection", "monitor", "Monitor"),
    "Hand on": (
        "write_csv", "read_csv", "write_parquet", "read_parquet", "write_trace", "write_event_log", "write_report",
    ),
    "Errors": (
        "CIJobError", "ConfigurationError", "TransportError", "APIError", "AccessDenied", "JobNotFound", "ServiceBusy",
        "ResponseFormatError", "SchemaError",
    ),
}  # fmt: skip
"""Public names by what one wants to do."""

DURATIONS = {
    "queue_wait_s": "started − created: how long it waited in its queue",
    "run_time_s": "ended − started: how long it ran",
    "turnaround_s": "ended − created: how long it took in all",
}


def columns_page() -> str:
    """Return every column of every frame, as the schema declares it."""
    said = (
        "Every frame has the columns of its kind, also if it has no row. Times are `datetime64[us, UTC]`; `state` is a "
        f"categorical of {', '.join(schema.STATES)}, in this order, then of states that nobody knew."
    )
    lines = ["# Columns", "", said, ""]
    for kind, columns in schema.TABLES.items():
        lines += [f"## {kind.replace('_', ' ').capitalize()}", ""]
        lines += ["| column | dtype | unit | what it is | read from |", "|---|---|---|---|---|"]
        lines += [
            f"| `{column.name}` | {column.dtype} | {column.unit} | {column.doc} | "
            f"{', '.join(f'`{path}`' for path in column.wire)} |"
            for column in columns
        ]
        lines.append("")
    lines += ["## Durations", "", "`add_durations` adds these, in seconds; they are missing where an end is.", ""]
    lines += ["| column | definition |", "|---|---|", *(f"| `{name}` | {text} |" for name, text in DURATIONS.items())]
    return "\n".join(lines) + "\n"


def functions_page() -> str:
    """Return every public name with its documentation."""
    lines = ["# Functions and classes", "", "Everything is in `cijob_analysis`, which the examples call `ci`.", ""]
    for story, names in STORIES.items():
        lines += [f"## {story}", ""]
        for name in names:
            value = getattr(cijob_analysis, name)
            kind = "autoclass" if isinstance(value, type) else "autofunction"
            members = "" if not isinstance(value, type) or issubclass(value, Exception) else "\n:members:"
            lines += ["```{eval-rst}", f".. {kind}:: cijob_analysis.{name}"]
            lines += [f"   {members.strip()}"] if members else []
            lines += ["```", ""]
    return "\n".join(lines)


def command_page() -> str:
    """Return the exit codes, as the README has them, and the help of each command."""
    codes = re.search(r"^\| exit code .*?\n\n", README.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    lines = ["# The command `cijob`", "", codes[0] if codes else "", ""]
    for name, command in _commands(typer.main.get_command(app), "cijob"):
        context = command.context_class(command, info_name=name, max_content_width=100)
        lines += [f"## `{name}`", "", "```text", command.get_help(context), "```", ""]
    return "\n".join(lines)


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield the commands below a group that do something, with their full names."""
    for key, below in getattr(command, "commands", {}).items():
        if hasattr(below, "commands"):
            yield from _commands(below, f"{name} {key}")
        else:
            yield f"{name} {key}", below


def gallery_page(folder: Path) -> str:
    """Draw each picture of the same tasks, and return the page that shows them."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        "# Gallery",
        "",
        "Each picture of 5 000 tasks; `make gallery` draws them with few and many, none, all failed.",
        "",
    ]
    data, earlier = snapshot(5_000, words=PLAIN), snapshot(5_000, words=PLAIN, seed=1)
    chinese = snapshot(300, words=CHINESE)
    for name in (name for name in cijob_analysis.__all__ if name.startswith("plot_")):
        plot = getattr(plots, name)
        ax = plot(earlier, data, tz="Asia/Shanghai") if name == "plot_comparison" else plot(data, tz="Asia/Shanghai")
        lines += _shown(ax, folder, name, f"`{name}`", plot.__doc__ or "")
    ax = plots.plot_workflows(chinese, tz="Asia/Shanghai")
    lines += _shown(ax, folder, "chinese", "With Chinese names", "Wherever the system has a font for them.")
    return "\n".join(lines)


def _shown(ax: Any, folder: Path, name: str, title: str, doc: str) -> list[str]:
    figure_of(ax).savefig(folder / f"{name}.png", dpi=90)
    alt = describe(ax).replace("[", "(").replace("]", ")").replace("\n", " ")
    return [f"## {title}", "", doc.strip().splitlines()[0] if doc else "", "", f"![{alt}](gallery/{name}.png)", ""]


def make(_: Sphinx | None = None) -> None:
    """Write all pages; what is as it was stays untouched, so that a second build has less to do."""
    MADE.mkdir(exist_ok=True)
    pages = {
        "columns.md": columns_page(),
        "functions.md": functions_page(),
        "command.md": command_page(),
        "gallery.md": gallery_page(MADE / "gallery"),
        "changelog.md": (HERE.parent / "CHANGELOG.md").read_text("utf-8"),
    }
    for name, text in pages.items():
        path = MADE / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
    (MADE / "notebooks").mkdir(exist_ok=True)
    for notebook in (HERE.parent / "notebooks").glob("*.ipynb"):
        shutil.copy2(notebook, MADE / "notebooks")


def setup(app: Sphinx) -> dict[str, bool]:
    """Make the pages when a build begins."""
    app.connect("builder-inited", make)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
