"""What tasks cost, and of which ones nobody can tell."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.ledger import counted, grouped
from cijob_analysis.metrics.groups import groups_of
from cijob_analysis.metrics.inputs import tasks_of
from cijob_analysis.metrics.pricing.prices import LISTED, checked, list_prices, region_group
from cijob_analysis.metrics.pricing.rules import Pricing

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray
    from pandas.api.extensions import ExtensionArray

    from cijob_analysis.snapshot import Snapshot

_IDS: Final = ("task_id", "run_id", "batch_job_id", "workflow_id", "task_type")
_FOUND: Final = ("item", "quantity", "unit", "price", "amount", "reason")
_NAMED: Final = 3
"""So many reasons are named in a sentence."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Cost:
    """What tasks cost, as far as that can be told.

    Attributes
    ----------
    total : float
        Sum of the tasks that could be priced: a lower bound if `is_complete` is False.
    currency, source : str
        In which currency, and by which prices.
    frame : DataFrame
        A row for each type of task and each of its prices that applied, the largest amount first: `task_type`, `item`
        (what came out, see `list_prices`), `tasks` (int64), `quantity`, `unit`, `price`, `amount`.
    unpriced : DataFrame
        A row for each type and reason why tasks could not be priced, the most frequent first: `task_type`, `reason`,
        `n` (int64).
    rows : DataFrame
        A row for each task, in their order and with their index: the ids that are there, `task_type`, `item`,
        `quantity`, `unit`, `price`, `amount` (NaN if it could not be priced), `reason` (missing if it could).
    """

    total: float
    currency: str
    source: str
    frame: pd.DataFrame
    unpriced: pd.DataFrame
    rows: pd.DataFrame

    @property
    def is_complete(self) -> bool:
        """Whether every task could be priced."""
        return not len(self.unpriced)

    def describe(self) -> str:
        """Return it as a sentence: ``18.95 USD for 12 000 of 12 040 tasks, by …; not priced: 40 Transcode (…)``."""
        n_unpriced = int(self.unpriced["n"].sum())
        n_priced = len(self.rows) - n_unpriced
        if not n_priced:
            text = f"no price for any of {counted(n_unpriced, 'task')}" if n_unpriced else "no tasks"
        else:
            of_all = f"{grouped(n_priced)} of " if n_unpriced else ""
            amount = f"{self.total:,.2f}" if self.total >= 1 or not self.total else f"{self.total:.2g}"
            text = f"{amount} {self.currency} for {of_all}{counted(len(self.rows), 'task')}, by {self.source}"
        types = self.unpriced["task_type"].fillna("without a type")
        causes = list(zip(self.unpriced["n"], types, self.unpriced["reason"], strict=True))[:_NAMED]
        named = [f"{grouped(n)} {task_type} ({reason})" for n, task_type, reason in causes]
        n_more = n_unpriced - int(self.unpriced["n"].head(_NAMED).sum())
        named += [f"{grouped(n_more)} more"] if n_more else []
        return text + (f"; not priced: {', '.join(named)}" if named else "")

    def __repr__(self) -> str:
        return f"<Cost: {self.describe()}>"

    def _repr_html_(self) -> str:
        tables = [table.to_html(index=False, notebook=True) for table in (self.frame, self.unpriced) if len(table)]
        return f"<p>{html.escape(self.describe())}.</p>" + "".join(tables)


def cost(
    tasks: pd.DataFrame | Snapshot,
    prices: pd.DataFrame | None = None,
    *,
    region: str | None = None,
    top_speed_templates: Collection[str] = (),
) -> Cost:
    """Add up what tasks cost; those whose price does not follow from the answers are counted, never guessed.

    Succeeded tasks are billed by what they made, or by the call. What an answer says of that is in `extra` and
    `media_duration_s`; tasks that were read from executions alone have neither, and only what is billed by the call
    can be priced. The price list says that failed video tags and documents are free, and nothing of other tasks that
    failed or were cancelled: those are not priced. Minutes are taken as they are, not rounded up. Taxes, discounts,
    resource packs, free quotas, storage and traffic are left out.

    Parameters
    ----------
    tasks : DataFrame or Snapshot
        `task_type`, `state`, `media_duration_s`, `extra` are used. What is billed by its input's minutes can be priced
        if you add a column `input_duration_s` [s]: the service does not say it.
    prices : DataFrame, optional
        Prices such as `list_prices` gives; these themselves if not given. A price for one codec and size (``H.264
        HD``) comes before one for a size (``HD``), and that before one for ``any``.
    region : str, optional
        Whose list prices; needed without `prices`.
    top_speed_templates : collection of str
        Ids of templates for top speed codec transcoding, which costs several times more and which answers do not tell
        from standard transcoding; all others are taken for standard.

    Returns
    -------
    Cost
        The total, its parts, each task's amount, and what could not be priced for which reason.

    Raises
    ------
    SchemaError
        A column is missing, in `tasks` or `prices`.
    ConfigurationError
        Neither `prices` nor `region` is given, or both; the list has no prices for the region; `prices` has no row,
        two for the same, several currencies, a unit that is not known, or something that is no price.
    """
    frame = tasks_of(tasks)
    schema.require(frame, "task_type", "state", "media_duration_s", "extra")
    table, source = _prices(prices, region)
    pricing = Pricing(frame, table, _is_top_speed(frame, top_speed_templates))
    amount = pricing.quantity * np.asarray(_at(pricing.prices["price"], pricing.price), np.float64)
    parts = _parts(pricing, amount)
    return Cost(
        total=float(parts["amount"].sum()),
        currency=str(table["currency"].iloc[0]),
        source=source,
        frame=parts,
        unpriced=_unpriced(frame, pricing),
        rows=_rows(frame, pricing, amount),
    )


def _prices(prices: pd.DataFrame | None, region: str | None) -> tuple[pd.DataFrame, str]:
    """Return the prices, and what to call them."""
    if prices is not None and region is None:
        return checked(prices), "the prices given"
    if prices is None and region is not None:
        return list_prices(region), f"{LISTED} for {region_group(region)}"
    raise ConfigurationError("give either prices or the region whose list prices apply, as in region='ap-guangzhou'")


def _is_top_speed(frame: pd.DataFrame, templates: Collection[str]) -> NDArray[np.bool_]:
    if isinstance(templates, str):
        raise ConfigurationError(f"top_speed_templates={templates!r}: give a list of ids")
    if not len(templates):
        return np.zeros(len(frame), bool)
    schema.require(frame, "template_id")
    return frame["template_id"].isin(list(templates)).to_numpy(bool)


def _parts(pricing: Pricing, amount: NDArray[np.float64]) -> pd.DataFrame:
    """Return each price that applied, to how many tasks, and what that makes."""
    is_priced = pricing.price >= 0
    numbers, n_prices = pricing.price[is_priced], len(pricing.prices)
    n = np.bincount(numbers, minlength=n_prices)
    parts = pricing.prices.assign(
        tasks=n.astype(np.int64),
        quantity=np.bincount(numbers, pricing.quantity[is_priced], n_prices).astype(np.float64),  # int if all empty
        amount=np.bincount(numbers, amount[is_priced], n_prices).astype(np.float64),
    )
    parts = parts[["task_type", "item", "tasks", "quantity", "unit", "price", "amount"]][n > 0]
    return parts.sort_values(["amount", "tasks"], ascending=False, kind="stable", ignore_index=True)


def _unpriced(frame: pd.DataFrame, pricing: Pricing) -> pd.DataFrame:
    """Return the types of the tasks that have no price, and the reasons."""
    is_unpriced = pricing.reason >= 0
    reasons = pricing.reason[is_unpriced]
    types = groups_of(frame[["task_type"]][is_unpriced], "task_type")
    cells, n = np.unique(types.codes * max(len(pricing.reasons), 1) + reasons, return_counts=True)
    kinds, reasons = np.divmod(cells, max(len(pricing.reasons), 1))
    found = pd.DataFrame(
        {
            "task_type": types.keys["task_type"].astype(schema.TEXT).take(kinds).array,
            "reason": pd.Series([pricing.reasons[number] for number in reasons], dtype=schema.TEXT),
            "n": n.astype(np.int64),
        }
    )
    return found.sort_values("n", ascending=False, kind="stable", ignore_index=True)


def _rows(frame: pd.DataFrame, pricing: Pricing, amount: NDArray[np.float64]) -> pd.DataFrame:
    """Return what each task costs, or why nobody can tell."""
    rows = frame[[name for name in _IDS if name in frame.columns]].copy()
    rows.attrs = {}
    for name in ("item", "unit"):
        rows[name] = _at(pricing.prices[name], pricing.price)
    rows["quantity"], rows["price"] = pricing.quantity, _at(pricing.prices["price"], pricing.price)
    rows["amount"] = amount
    rows["reason"] = _at(pd.Series(pricing.reasons, dtype=schema.TEXT), pricing.reason)
    return rows[[*rows.columns[: -len(_FOUND)], *_FOUND]]


def _at(values: pd.Series, numbers: NDArray[np.intp]) -> ExtensionArray:
    """Return the values with these numbers, missing for -1."""
    found: ExtensionArray = values.array.take(numbers, allow_fill=True)
    return found
