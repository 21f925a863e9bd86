"""What was asked, what came, and what is missing: the completeness of a frame, as a value."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

EXAMPLES = 20
"""How many odd rows of a kind are kept by name; all are counted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """An id or a page that could not be read, and why.

    Attributes
    ----------
    what : str
        The id, or the page (``page 3``).
    error : str
        The error's message.
    is_denied : bool
        The service refused it (401 or 403).
    action : str
        The permission that the key's policy lacks, such as ``ci:DescribeMediaWorkflowExecutions``; ``""`` if
        that is not the reason.
    """

    what: str
    error: str
    is_denied: bool = False
    action: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Anomaly:
    """Rows of one kind of oddness.

    Attributes
    ----------
    kind : str
        What is odd: ``"time not understood"``, ``"ends before it starts"`` …
    column : str
        The column it was seen in.
    n : int
        How many rows.
    examples : tuple of (str, str)
        Id and text of the first of them.
    """

    kind: str
    column: str
    n: int
    examples: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerEntry:
    """One fetch of one kind.

    Attributes
    ----------
    request : str
        Method and path, such as ``GET /inventorytriggerjob``.
    level : str
        What it read: ``"batch_jobs"``, ``"executions"``, ``"tasks"`` …; ``""`` if there is but one.
    filters : tuple of (str, str)
        The filters as the service got them.
    requests, retries, pages, rows : int
        HTTP requests sent in all, those of them that were repetitions, answers read, rows returned.
    ended : bool
        Whether the walk ended by itself; False if it was cut off by `limit`, a failure or an interruption.
    missing_ids, invalid_ids : tuple of str
        Ids that the service does not know; ids that are none and were not asked for.
    duplicates : int
        Ids given twice, and rows that came twice; each is there once.
    failures : tuple of Failure
        What could not be read.
    anomalies : tuple of Anomaly
        Rows that are odd.
    unfinished_ids : tuple of str
        Batch jobs of which rows may be missing, as this is not complete.
    planned : int or None
        How many requests the plan had, without repetitions; None if nobody could know.
    notes : tuple of str
        What else is worth knowing, such as a corrected clock.
    """

    request: str
    level: str = ""
    filters: tuple[tuple[str, str], ...] = ()
    requests: int = 0
    retries: int = 0
    pages: int = 0
    rows: int = 0
    ended: bool = True
    missing_ids: tuple[str, ...] = ()
    invalid_ids: tuple[str, ...] = ()
    duplicates: int = 0
    failures: tuple[Failure, ...] = ()
    anomalies: tuple[Anomaly, ...] = ()
    unfinished_ids: tuple[str, ...] = ()
    planned: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether everything that was asked for, and exists, is there."""
        return self.ended and not self.failures


@dataclass(frozen=True, slots=True)
class Ledger:
    """How complete a frame is: an entry for each fetch that it was made of.

    Small, frozen and comparable, so it can live in ``DataFrame.attrs["ledger"]`` (pandas compares and copies
    attrs when it joins frames).

    Attributes
    ----------
    entries : tuple of LedgerEntry
        In the order of the fetches.
    as_of : datetime.datetime or None
        When the last answer was read, with a zone.
    """

    entries: tuple[LedgerEntry, ...] = ()
    as_of: datetime | None = None

    def __copy__(self) -> Ledger:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Ledger:
        return self  # frozen through and through; pandas deep-copies attrs at every operation

    def __add__(self, other: Ledger) -> Ledger:
        times = [time for time in (self.as_of, other.as_of) if time is not None]
        return Ledger(self.entries + other.entries, max(times, default=None))

    @property
    def is_complete(self) -> bool:
        """Whether every entry is complete."""
        return all(entry.is_complete for entry in self.entries)

    def remarks(self) -> list[str]:
        """Return what a reader of the data must know, most severe first; empty if there is nothing."""
        entries = self.entries
        remarks = []
        for level in dict.fromkeys(entry.level for entry in entries):
            of_level = [entry for entry in entries if entry.level == level]
            name = f"{level.replace('_', ' ')} " if level and len({entry.level for entry in entries}) > 1 else ""
            remarks += [f"{name}incomplete: {why}" for why in _why_incomplete(of_level)]
        missing = sum(len(entry.missing_ids) for entry in entries)
        invalid = sum(len(entry.invalid_ids) for entry in entries)
        if missing:
            remarks.append(f"{counted(missing, 'id')} unknown to the service")
        if invalid:
            remarks.append(f"{counted(invalid, 'text')} not sent, being no id")
        odd = sum(anomaly.n for entry in entries for anomaly in entry.anomalies)
        if odd:
            remarks.append(counted(odd, "odd value"))
        return remarks

    def line(self, rows: int, noun: str, tz: tzinfo | str | None = None) -> str:
        """Return one line for people: how many, as of when, and what is missing.

        Parameters
        ----------
        rows : int
            How many rows are shown.
        noun : str
            What a row is, in the singular.
        tz : datetime.tzinfo or str, optional
            Zone in which the time is shown; UTC if not given.
        """
        text = counted(rows, noun)
        if self.as_of is not None:
            text += f" as of {clock_text(self.as_of, tz)}"
        return "; ".join([text, *self.remarks()])

    def to_frame(self) -> pd.DataFrame:
        """Return the entries as a frame, one row each, with a column for each of their fields."""
        import pandas as pd

        names = [item.name for item in fields(LedgerEntry)] + ["is_complete"]
        frame = pd.DataFrame([[getattr(entry, name) for name in names] for entry in self.entries], columns=names)
        return frame.astype({"planned": "Int64"})


def ledger_of(frame: pd.DataFrame) -> Ledger:
    """Return the ledger that a fetch left in ``frame.attrs``; an empty one if there is none."""
    ledger = frame.attrs.get("ledger")
    return ledger if isinstance(ledger, Ledger) else Ledger()


def clock_text(time: datetime, tz: tzinfo | str | None = None) -> str:
    """Return `time` as people read it, in the zone `tz` and with its offset: ``2026-01-31 14:02 UTC+8``."""
    from datetime import UTC
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(tz) if isinstance(tz, str) else (tz or UTC)
    local = time.astimezone(zone)
    offset = local.utcoffset()
    minutes = 0 if offset is None else round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "" if minutes == 0 else ("+" if minutes > 0 else "−")
    suffix = (f"{sign}{hours}" + (f":{rest:02}" if rest else "")) if minutes else ""
    return f"{local:%Y-%m-%d %H:%M} UTC{suffix}"


def grouped(n: int) -> str:
    """Return a count with its thousands apart, by a narrow blank that does not break."""
    return f"{n:,}".replace(",", "\u202f")


def counted(n: int, noun: str) -> str:
    """Return a count and what it counts: ``1 240 tasks``."""
    return f"{grouped(n)} {noun}{'s' * (n != 1)}"


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _why_incomplete(entries: list[LedgerEntry]) -> list[str]:
    """Return what is missing in `entries`, which are of one level."""
    failures = [failure for entry in entries for failure in entry.failures]
    denied = [failure.what for failure in failures if failure.is_denied]
    failed = [failure.what for failure in failures if not failure.is_denied]
    cut = [_why_cut(entry) for entry in entries if not entry.ended and not entry.failures]
    reasons = []
    if denied:
        lacking = dict.fromkeys(failure.action for failure in failures if failure.is_denied and failure.action)
        policy = f" (the key's policy lacks {', '.join(lacking)})" if lacking else ""
        reasons.append(f"access denied to {_some(denied)}{policy}")
    if failed:
        reasons.append(f"{_some(failed)} could not be read")
    if cut:
        reasons.append("; ".join(dict.fromkeys(cut)))
    return reasons


def _why_cut(entry: LedgerEntry) -> str:
    for note in entry.notes:
        if note.startswith("cut off"):
            return note
    return f"{entry.request} did not end by itself"
