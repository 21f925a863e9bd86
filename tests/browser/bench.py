"""A notebook with dashboards that tests share, and what its kernel knows of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from cijob_analysis import Snapshot, read_csv
from cijob_analysis.widgets import Selection
from tests.browser.dashboard import Dashboard
from tests.browser.jupyter import Server, Trace, open_and_run, run_cell, start_cell, write_notebook

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from playwright.sync_api import Page

ZONE: Final = "Asia/Shanghai"
CELLS: Final = {
    "explore": f"""
        import json
        from pathlib import Path
        import cijob_analysis as ci
        from cijob_analysis.widgets import Explorer
        from cijob_analysis.widgets.table import Table
        from cijob_analysis.widgets.timeline import Timeline

        snapshot = ci.read_snapshot("snapshot")
        explorer = ci.explore(snapshot, tz="{ZONE}")
        explorer
    """,
    "broken": """
        jobs = snapshot.batch_jobs

        def broken(frame, *, tz):
            if len(frame) < len(jobs):
                raise RuntimeError("no <paint> left")
            return ci.plot_states(frame, tz=tz)

        Explorer(jobs, pictures={"states": broken})
    """,
    "timeline": f"""
        timeline = Timeline(snapshot.batch_jobs, tz="{ZONE}")
        timeline
    """,
    "table": f"""
        table = Table(snapshot.batch_jobs, tz="{ZONE}")
        table
    """,
    "renew": """
        for level in ("batch_jobs", "executions", "tasks"):
            explorer.look_at(level)
            explorer.selection = ci.Selection()
        explorer.tabs.selected_index = 0
        explorer.header.more_button.value = True
    """,
    "spin": """
        flag = Path("busy")
        if flag.exists():
            print("spinning", flag.read_text())
        while flag.exists():
            sum(range(1000))
        print("done")
    """,
    "tell": """
        explorer.write_csv("selected.csv", overwrite=True)
        known = {
            "selection": explorer.selection.to_json(),
            "level": explorer.exploration.level,
            "window": timeline.window,
            "picked": table.picked,
        }
        Path("known.json").write_text(json.dumps(known))
    """,
}
"""What stands in the notebook, by name."""


@dataclass(frozen=True)
class Known:
    """What the kernel knows of the first dashboard, and of the timeline and the table that stand alone."""

    selection: Selection
    level: str
    selected: pd.DataFrame
    window: list[int]
    picked: list[str]


@dataclass(frozen=True)
class Bench:
    """A notebook that is open in a browser."""

    page: Page
    trace: Trace
    server: Server
    snapshot: Snapshot

    @property
    def root(self) -> Path:
        """The folder of the notebook."""
        return self.server.root

    @property
    def dashboard(self) -> Dashboard:
        """The first dashboard."""
        return Dashboard(self.page.locator(".cijob-explorer").first)

    @property
    def broken(self) -> Dashboard:
        """The dashboard of batch jobs that cannot draw some of them."""
        return Dashboard(self.page.locator(".cijob-explorer").nth(1))

    def open(self) -> Bench:
        """Write the notebook, open and run it."""
        self.snapshot.write(self.root / "snapshot")
        write_notebook(self.root / "bench.ipynb", *CELLS.values())
        open_and_run(self.page, self.server, "bench.ipynb")
        return self

    def renew(self) -> None:
        """Take back what a test has done with the first dashboard."""
        self.run("renew")
        self.dashboard.expect_selected(self.snapshot.tasks)

    def run(self, cell: str) -> None:
        """Run a cell, and wait until it has run."""
        run_cell(self.page, list(CELLS).index(cell))

    def start(self, cell: str) -> None:
        """Start a cell."""
        start_cell(self.page, list(CELLS).index(cell))

    @contextmanager
    def spinning(self) -> Iterator[None]:
        """In this block a cell is busy."""
        flag = self.root / "busy"
        flag.write_text(uuid4().hex)
        self.start("spin")
        try:
            said = self.page.get_by_text(f"spinning {flag.read_text()}")
            said.wait_for()
            yield
            assert "done" not in said.inner_text()
        finally:
            flag.unlink()

    def clipboard(self) -> str:
        """Return what has been copied."""
        text: str = self.page.evaluate("() => navigator.clipboard.readText()")
        return text

    def known(self) -> Known:
        """Ask the kernel."""
        self.run("tell")
        told = json.loads((self.root / "known.json").read_text())
        return Known(
            Selection.from_json(told["selection"]), told["level"], read_csv(self.root / "selected.csv"),
            told["window"], told["picked"],
        )  # fmt: skip
