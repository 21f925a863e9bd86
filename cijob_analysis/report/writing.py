"""From a snapshot to a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.files.replacing import replacing
from cijob_analysis.ledger import clock_text
from cijob_analysis.metrics import eta, failure_clusters, stragglers
from cijob_analysis.plots.zones import zone_label, zone_of
from cijob_analysis.report import course, faults, overview
from cijob_analysis.report.page import Page, render
from cijob_analysis.snapshot import Snapshot
from cijob_analysis.snapshot.extra import need

if TYPE_CHECKING:
    from datetime import tzinfo
    from os import PathLike


def write_report(
    snapshot: Snapshot,
    path: str | PathLike[str],
    *,
    compare_to: Snapshot | None = None,
    tz: tzinfo | str = "UTC",
    title: str | None = None,
    overwrite: bool = False,
) -> Path:
    """Write what a snapshot says as one HTML file, which asks nobody for anything, on screen and in print.

    In it: the whole in a sentence, how complete it is, states, when it will be finished, durations, timeline,
    workflows, failures and what to run again, stragglers, queues at their caps, the critical path, odd rows, and
    up to 5 000 failed or slow rows as a table to sort and filter, which the page saves as CSV or JSON. Needs the
    extra ``report``.

    Parameters
    ----------
    snapshot : Snapshot
        From `fetch_snapshot`, `Archive.snapshot` or `read_snapshot`.
    path : str or path
        The file, such as ``report.html``; its folder is there.
    compare_to : Snapshot, optional
        An earlier one: what has changed since is a section of its own.
    tz : tzinfo or str
        Zone of all times, such as ``Asia/Shanghai``.
    title : str, optional
        Above the report; ``Batch jobs of Cloud Infinite`` if not given.
    overwrite : bool
        Replace a file that is there.

    Returns
    -------
    pathlib.Path
        Where it is.

    Raises
    ------
    ConfigurationError
        `snapshot` or `compare_to` is no Snapshot, there is no such zone, or jinja2 is not installed.
    FileExistsError
        There is a file, and it is not to be replaced.
    FileNotFoundError, IsADirectoryError
        There is no such folder; `path` is a folder itself.
    """
    for name, value in (("snapshot", snapshot), ("compare_to", compare_to)):
        if not isinstance(value, Snapshot) and not (name == "compare_to" and value is None):
            raise ConfigurationError(
                f"{name} is a {type(value).__name__}, not a Snapshot; "
                "fetch_snapshot, Archive.snapshot and read_snapshot give one"
            )
    need("jinja2", extra="report")
    zone = zone_of(tz)
    with replacing(path, overwrite=overwrite) as place:
        page = _page(snapshot, compare_to, zone, title or "Batch jobs of Cloud Infinite")
        place.write_bytes(render(page).encode("utf-8", "backslashreplace"))  # half of a surrogate pair is no text
    return Path(path)


def _page(snapshot: Snapshot, before: Snapshot | None, zone: tzinfo, title: str) -> Page:
    frame = overview.lowest(snapshot)
    clusters = failure_clusters(frame, tz=zone)
    forecast = eta(snapshot)
    found = stragglers(snapshot)
    sections = (
        overview.completeness(snapshot, zone),
        None if before is None else course.comparison(before, snapshot, zone),
        overview.forecast(snapshot, forecast, zone),
        overview.states(snapshot, zone),
        faults.failures(frame, clusters, zone),
        course.durations(frame, zone),
        course.timeline(frame, zone),
        course.workflows(snapshot, frame, zone),
        faults.slow(found, zone),
        course.queues(snapshot, zone),
        course.paths(snapshot, zone),
        overview.odd_rows(snapshot, zone),
    )
    times = [] if snapshot.as_of is None else [snapshot.as_of]
    return Page(
        title=title,
        summary=overview.summary_of(snapshot, clusters, forecast, zone),
        as_of="" if snapshot.as_of is None else f"As of {clock_text(snapshot.as_of, zone)}.",
        zone=zone_label(zone, times),
        is_complete=snapshot.is_complete,
        sections=tuple(section for section in sections if section is not None),
        embedded=faults.embedded(frame, found, zone),
    )
