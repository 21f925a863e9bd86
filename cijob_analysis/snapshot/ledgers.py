"""Ledgers as plain JSON values, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from cijob_analysis.exceptions import ResponseFormatError
from cijob_analysis.ledger import Anomaly, Failure, Ledger, LedgerEntry


def ledger_to_json(ledger: Ledger) -> dict[str, Any]:
    """Return `ledger` as dicts, lists, texts and numbers; `ledger_from_json` gives an equal one back."""
    return {
        "as_of": None if ledger.as_of is None else ledger.as_of.isoformat(),
        "entries": [asdict(entry) for entry in ledger.entries],
    }


def ledger_from_json(value: Any) -> Ledger:
    """Return the ledger that `ledger_to_json` made `value` of.

    Raises
    ------
    ResponseFormatError
        It is none, or has fields that this version of the package does not know.
    """
    try:
        as_of = value["as_of"]
        entries = tuple(_entry(entry) for entry in value["entries"])
        return Ledger(entries, None if as_of is None else datetime.fromisoformat(as_of))
    except (KeyError, TypeError, ValueError) as error:
        raise ResponseFormatError(f"a ledger that this version of the package cannot read: {error}") from error


def _entry(value: Mapping[str, Any]) -> LedgerEntry:
    fields = {name: _frozen(item) for name, item in value.items()}
    fields["failures"] = tuple(Failure(**failure) for failure in value.get("failures", ()))
    fields["anomalies"] = tuple(
        Anomaly(**{name: _frozen(item) for name, item in anomaly.items()}) for anomaly in value.get("anomalies", ())
    )
    return LedgerEntry(**fields)


def _frozen(value: Any) -> Any:
    """Return `value` with tuples for JSON's lists."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
