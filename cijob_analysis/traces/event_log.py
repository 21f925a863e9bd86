"""Tasks as an event log for process mining, in XES or CSV."""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterable, Iterator
from io import TextIOWrapper
from itertools import groupby
from os import PathLike
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final
from xml.sax.saxutils import quoteattr

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.files.replacing import replacing
from cijob_analysis.traces.events import CASE_COLUMNS, EVENT_COLUMNS, Events, events_of
from cijob_analysis.traces.summary import summary_of

if TYPE_CHECKING:
    import pandas as pd

    from cijob_analysis.snapshot import Snapshot

_HEAD: Final = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849.2016" xes.features="" xmlns="http://www.xes-standard.org/">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
<global scope="trace"><string key="concept:name" value="none"/></global>
<global scope="event"><string key="concept:name" value="none"/><string key="lifecycle:transition" value="complete"/>\
<date key="time:timestamp" value="1970-01-01T00:00:00.000+00:00"/></global>
<classifier name="Activity" keys="concept:name"/>
<classifier name="Activity_and_transition" keys="concept:name lifecycle:transition"/>
<string key="concept:name" value="cijob-analysis"/>
<string key="lifecycle:model" value="standard"/>
"""
_NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPECIAL: Final = re.compile('[&<>"]|[^\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]')
"""What cannot stand in an attribute as it is."""
_REPLACED: Final = "\ufffd"
_AS_REFERENCE: Final = {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
_CSV_COLUMNS: Final = (
    "case:concept:name", "concept:name", "lifecycle:transition", "time:timestamp", "org:resource",
    *(f"case:{name}" for name in CASE_COLUMNS), *EVENT_COLUMNS,
)  # fmt: skip


def write_event_log(data: pd.DataFrame | Snapshot, path: str | PathLike[str], *, overwrite: bool = False) -> Path:
    """Write tasks as an event log: XES (IEEE 1849-2016), or CSV with the same names.

    The case is the execution, the activity the node (the type of the task, where it has none), the resource the queue.
    A task without an execution is a case of its own. Transitions are those of the standard lifecycle: ``schedule`` at
    the creation, ``start``, then ``complete``, or ``ate_abort`` for a failure, ``pi_abort`` for a task that was
    cancelled, ``withdraw`` for one cancelled before it started. Cases stand in the order in which they begin, events of
    a case in that of their times; tasks without any time have none. The attribute ``summary`` of an XES log says how
    complete it is. The file appears when it is complete, not before.

    Parameters
    ----------
    data : Snapshot or DataFrame
        A snapshot, or tasks.
    path : str or path
        Where to: ``.xes``, ``.xes.gz`` or ``.csv``. Characters that XML has no way to write become U+FFFD.
    overwrite : bool
        Replace a file that is there.

    Returns
    -------
    pathlib.Path
        Where it is.

    Raises
    ------
    FileExistsError
        There is a file and it is not to be replaced.
    SchemaError
        A column is missing.
    ConfigurationError
        `path` ends otherwise, or `data` is neither a DataFrame nor a Snapshot.
    """
    path = Path(path)
    ending = next((ending for ending in (".xes", ".xes.gz", ".csv") if path.name.lower().endswith(ending)), None)
    if ending is None:
        raise ConfigurationError(
            f"{path.name} ends with none of .xes, .xes.gz and .csv, so nobody knows which is meant"
        )
    events = events_of(data)
    with replacing(path, overwrite=overwrite) as temporary, temporary.open("xb") as file:
        if ending == ".csv":
            _write_csv(file, events)
        elif ending == ".xes":
            file.writelines(_xes(events, summary_of(data)))
        else:
            with gzip.GzipFile("", "wb", 6, file, mtime=0) as compressed:
                compressed.writelines(_xes(events, summary_of(data)))
    return path


def _write_csv(file: IO[bytes], parts: Iterable[Events]) -> None:
    text = TextIOWrapper(file, "utf-8", newline="", errors="replace")
    writer = csv.writer(text)
    writer.writerow(_CSV_COLUMNS)
    for cases, activities, transitions, times, resources, of_case, of_event in parts:
        writer.writerows(zip(cases, activities, transitions, times, resources, *of_case, *of_event, strict=True))
    text.flush()
    text.detach()


def _xes(parts: Iterable[Events], summary: str) -> Iterator[bytes]:
    yield f"{_HEAD}{_string('summary', summary)}\n".encode()
    for cases, activities, transitions, times, resources, of_case, of_event in parts:
        rows = zip(cases, activities, transitions, times, resources, *of_case, *of_event, strict=True)
        for case, events in groupby(rows, key=lambda row: row[0]):
            lines: list[str] = []
            for _, activity, transition, time, resource, *rest in events:
                if not lines:
                    own = zip(CASE_COLUMNS, rest, strict=False)
                    lines.append("<trace>" + _string("concept:name", case) + "".join(_string(*pair) for pair in own))
                said = zip(EVENT_COLUMNS, rest[len(CASE_COLUMNS) :], strict=True)
                lines.append(
                    "<event>"
                    + _string("concept:name", activity)
                    + f'<string key="lifecycle:transition" value="{transition}"/>'
                    + f'<date key="time:timestamp" value="{time}"/>'
                    + _string("org:resource", resource)
                    + "".join(_string(*pair) for pair in said)
                    + "</event>"
                )
            yield ("\n".join(lines) + "</trace>\n").encode()
    yield b"</log>\n"


def _string(key: str, value: str | None) -> str:
    if value is None:
        return ""
    if _SPECIAL.search(value):
        return f'<string key="{key}" value={quoteattr(_NO_XML.sub(_REPLACED, value), _AS_REFERENCE)}/>'
    return f'<string key="{key}" value="{value}"/>'
