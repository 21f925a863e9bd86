"""What a monitor says, as HTML: everything from the service is escaped, and no time is without its zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from html import escape
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from cijob_analysis.ledger import clock_text
from cijob_analysis.plots.style import STATE_LOOKS
from cijob_analysis.plots.zones import zone_label
from cijob_analysis.words import listed, number, percent, plural, seconds, shortened

if TYPE_CHECKING:
    from datetime import tzinfo

    from cijob_analysis.snapshot import Snapshot
    from cijob_analysis.widgets.watch import Bar, Watch
    from cijob_analysis.widgets.watcher import Watcher

_NAME, _OBJECT, _MESSAGE = 60, 48, 120
"""So many letters of these are shown; all of them are in the title."""
_NOT_CREATED: Final = "not created yet"


def summary_html(snapshot: Snapshot | None, found: Watch | None, zone: tzinfo) -> str:
    """Return how far all of it is, as of when, how complete that is, and when it will be finished."""
    if snapshot is None or found is None:
        return '<div class="cijob-count">Nothing has been read yet.</div>'
    whole = found.all
    of = "" if whole.noun == "batch job" else f" of {plural(whole.n, 'batch job')}"
    ready = f"{_share(whole)}{of} finished" if whole.n else "No batch job is known"
    as_of = "" if snapshot.as_of is None else f"as of {clock_text(snapshot.as_of, zone)}"
    remarks = "; ".join([as_of, *snapshot.completeness.remarks()]).strip("; ")
    return (
        f'<div class="cijob-count" role="status">{escape(_joined(ready, _rate(whole)))}</div>'
        f"<div>{escape(whole.end)}</div><div>{escape(remarks[:1].upper() + remarks[1:])}</div>"
    )


def state_html(watcher: Watcher, zone: tzinfo) -> str:
    """Return what the monitor does, and when it will read next."""
    if watcher.state == "waiting":
        at = datetime.now(zone) + timedelta(seconds=watcher.next_in_s)
        text = f"Next reading at {at:%H:%M:%S} {zone_label(zone, [at])}, every {seconds(watcher.pause_s)}"
        if watcher.is_slowed:
            why = "the last reading failed" if watcher.error else "the service asked for fewer requests"
            text += f" for now, as {why}"
    else:
        text = {
            "reading": "Reading …",
            "paused": "Paused: Resume goes on, Refresh reads once",
            "finished": "All is in a final state: nothing is read any more",
            "stopped": "Stopped: nothing is read any more",
        }[watcher.state]
    return f"<div>{escape(text)}.</div>"


def bars_html(found: Watch) -> str:
    """Return a bar for each batch job, with its counts by state."""
    with_end = found.all.n > 1  # else the summary says it
    items = "".join(f'<li class="cijob-batch">{_bar_html(bar, with_end=with_end)}</li>' for bar in found.bars)
    return f'<ul class="cijob-batches" aria-label="Batch jobs">{items}</ul>' if items else ""


def failures_html(found: Watch, zone: tzinfo) -> str:
    """Return the newest failures as a table."""
    if not found.n_failures:
        return '<div class="cijob-caption">Nothing has failed so far.</div>'
    shown = len(found.failures)
    which = "All of" if shown == found.n_failures else f"The newest {number(shown)} of"
    times = found.failures["failed_at"].dropna()
    days = {time.tz_convert(zone).date() for time in times}
    pattern = "%H:%M:%S" if len(days) == 1 else "%Y-%m-%d %H:%M:%S"
    label = f"<small>{escape(zone_label(zone, list(times)))}</small>" if len(times) else ""
    head = "".join(f'<th scope="col">{name}</th>' for name in (f"Failed at{label}", "Object and node", "Why"))
    rows = "".join(_failure_html(row, zone, pattern) for row in found.failures.itertuples(index=False))
    of_day = f" on {days.pop():%Y-%m-%d}" if len(days) == 1 else ""
    return (
        f"<table><caption>{which} {plural(found.n_failures, 'failure')}{of_day}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _bar_html(bar: Bar, *, with_end: bool) -> str:
    name = bar.name or bar.batch_job_id
    if bar.n > 1:
        name = f"{number(bar.n)} other batch jobs"
    ident = bar.batch_job_id if bar.name else ""
    known = [*bar.counts.items(), *([(_NOT_CREATED, bar.not_created)] if bar.not_created else [])]
    counts = [(state or "no state", n) for state, n in known]
    whole = bar.total + bar.not_created
    parts = "".join(
        f'<span class="cijob-part {_class(state)}" style="flex-grow:{n / whole:.6f}"></span>' for state, n in counts
    )
    words = listed([f"{number(n)} {state}" for state, n in counts])
    legend = "".join(
        f'<span><span class="cijob-part {_class(state)}" aria-hidden="true"></span>{number(n)} {escape(state)}</span>'
        for state, n in counts
    )
    far = () if bar.n == 1 and bar.noun == "batch job" else (f"{_share(bar)} finished", _rate(bar))
    head = _joined(bar.state or "", *far)
    end = f"<span>{escape(bar.end)}</span>" if with_end else ""
    return (
        f'<div class="cijob-batch-head">{_cut(name, _NAME, "strong")}{_cut(ident, _NAME, "code")}'
        f"<span>{escape(head)}</span></div>"
        f'<div class="cijob-bar" role="img" aria-label="{escape(f"{name}: {words}")}">{parts}</div>'
        f'<div class="cijob-batch-counts">{legend}{end}</div>'
    )


def _failure_html(row: Any, zone: tzinfo, pattern: str) -> str:
    when = "" if pd.isna(row.failed_at) else f"{row.failed_at.tz_convert(zone):{pattern}}"
    what = _text(row.object_key) or f"{row.level} {_text(row.key)}"
    why = ": ".join(part for part in (_text(row.code), _text(row.message)) if part) or "the service does not say why"
    where = _cut(what, _OBJECT, "span") + _cut(_text(row.node), _OBJECT, "small")
    return f"<tr><td>{when}</td><td>{where}</td><td>{_cut(why, _MESSAGE, 'span')}</td></tr>"


def _share(bar: Bar) -> str:
    whole = bar.total + bar.not_created
    share = bar.finished / whole if whole else 0.0
    return f"{percent(share)} of {plural(whole, bar.noun)}"


def _rate(bar: Bar) -> str:
    if np.isnan(bar.per_minute) or bar.is_finished:
        return ""
    return f"{bar.per_minute:,.3g} a minute" if bar.per_minute < 1000 else f"{number(bar.per_minute)} a minute"


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _class(state: str) -> str:
    return f"cijob-is-{state.lower().replace(' ', '-')}" if state in {*STATE_LOOKS, _NOT_CREATED} else "cijob-is-other"


def _cut(text: str, width: int, tag: str) -> str:
    if not text:
        return ""
    return f'<{tag} title="{escape(text)}">{escape(shortened([text], width)[0])}</{tag}>'


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)
