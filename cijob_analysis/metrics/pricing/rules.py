"""Which price applies to each task, and how often; or why none does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from cijob_analysis.metrics.groups import state_codes
from cijob_analysis.metrics.pricing import billed
from cijob_analysis.metrics.pricing.prices import ANY, AUDIO_ONLY, SIZES, TOP_SPEED, UNITS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from cijob_analysis.metrics.pricing.billed import Told

_FREE_IF_FAILED: Final = ("VideoTag", "DocProcess")
_FAILED: Final = "failed, not billed"
_NOT_SAID: Final = "the price list does not say whether that is billed"


class Pricing:
    """What is found out, step by step, about each task of a frame.

    Parameters
    ----------
    frame : DataFrame
        Tasks.
    prices : DataFrame
        What they are priced by, as `checked` returns it.
    is_top_speed : array of bool
        Whether a task's template is one for top speed codec transcoding.

    Attributes
    ----------
    prices : DataFrame
        The prices, and those of failed tasks that are free.
    price : array of int
        Number of the price that applies to each task, -1 for none.
    quantity : array of float
        How many of the price's units.
    reason : array of int
        Number of the reason why a task has no price, -1 for one that has.
    reasons : list of str
        What the numbers stand for.
    """

    def __init__(self, frame: pd.DataFrame, prices: pd.DataFrame, is_top_speed: NDArray[np.bool_]) -> None:
        free = pd.DataFrame({"task_type": _FREE_IF_FAILED, "item": _FAILED, "unit": "call", "price": 0.0})
        self.prices = pd.concat([prices, free.assign(currency=prices["currency"].iloc[0])], ignore_index=True)
        self.prices = self.prices.astype(prices.dtypes.to_dict())
        self.price = np.full(len(frame), -1)
        self.quantity = np.full(len(frame), np.nan)
        self.reason = np.full(len(frame), -1)
        self.reasons: list[str] = []
        self._frame = frame
        self._is_top_speed = is_top_speed
        self._units = self.prices["unit"].tolist()
        self._free = dict(zip(_FREE_IF_FAILED, range(len(prices), len(self.prices)), strict=True))
        self._items: dict[str, dict[str, int]] = {}
        for number, (task_type, item) in enumerate(zip(prices["task_type"], prices["item"], strict=True)):
            self._items.setdefault(task_type, {})[item] = number
        self._price_all()

    def _price_all(self) -> None:
        states, names = state_codes(self._frame)
        left = np.ones(len(states), bool)
        if "task_id" in self._frame.columns:
            left = ~(self._frame.duplicated("task_id") & self._frame["task_id"].notna()).to_numpy()
            self._refuse(np.flatnonzero(~left), "it is there twice")
        for number, state in enumerate(names):
            rows = np.flatnonzero(left & (states == number))
            if state == "Cancel":
                self._refuse(rows, f"it was cancelled, and {_NOT_SAID}")
            elif state == "Success":
                for task_type, own in self._types(rows):
                    is_top_speed = self._is_top_speed[own]
                    self._price_type(task_type, own[~is_top_speed], "")
                    self._price_type(task_type, own[is_top_speed], TOP_SPEED)
            elif state == "Failed":
                for task_type, own in self._types(rows):
                    self._price_failed(task_type, own)
            elif state in ("Submitted", "Running", "Pause"):
                self._refuse(rows, "it has not finished")
            else:
                self._refuse(rows, "it has no state" if state is None else "its state is not known")

    def _types(self, rows: NDArray[np.intp]) -> Iterator[tuple[str, NDArray[np.intp]]]:
        """Yield each type of task with those of `rows` that have it; refuse those without a type."""
        codes, names = pd.factorize(self._frame["task_type"].iloc[rows])
        order = np.argsort(codes, kind="stable")
        bounds = np.searchsorted(codes[order], np.arange(len(names) + 1))
        self._refuse(rows[order[: bounds[0]]], "it has no type")
        for name, begin, end in zip(names, bounds[:-1], bounds[1:], strict=True):
            yield str(name), rows[order[begin:end]]

    def _price_failed(self, task_type: str, rows: NDArray[np.intp]) -> None:
        if task_type in self._free:
            self.price[rows], self.quantity[rows] = self._free[task_type], 1.0
        else:
            self._refuse(rows, f"it failed, and {_NOT_SAID}")

    def _price_type(self, task_type: str, rows: NDArray[np.intp], prefix: str) -> None:
        """Find out about tasks of one type that succeeded; names of items begin with `prefix`."""
        items = self._items.get(task_type)
        if items is None:
            self._refuse(rows, "there is no price for this type of task")
            return
        codes, tellings = self._tellings(task_type, items, rows)
        for number, told in enumerate(tellings):
            own = rows[codes == number]
            names = (*told.items, ANY) if not prefix else tuple(prefix + item for item in told.items)
            price = next((items[name] for name in names if name in items), None)
            if price is not None:
                self._charge(task_type, own, price)
            else:
                self._refuse(own, told.reason or f"there is no price for {names[0]}")

    def _tellings(
        self, task_type: str, items: dict[str, int], rows: NDArray[np.intp]
    ) -> tuple[NDArray[np.intp], list[Told]]:
        """Return what the answers say came out, and for each of `rows` which of it."""
        of_video = (AUDIO_ONLY, *SIZES)
        if task_type == "DocProcess":
            tell = billed.document
        elif any(self._units[price] == "output minute" and item.endswith(of_video) for item, price in items.items()):
            tell = billed.media
        else:
            return np.zeros(len(rows), np.intp), [billed.NOTHING]
        numbers: dict[Told, int] = {}
        codes = [numbers.setdefault(tell(extra), len(numbers)) for extra in self._extras(rows)]
        return np.array(codes, np.intp), [*numbers]

    def _charge(self, task_type: str, rows: NDArray[np.intp], price: int) -> None:
        """Charge as many units of `price` as the answers about `rows` say."""
        unit = self._units[price]
        quantity = self._quantities(unit, rows)
        is_known = np.isfinite(quantity) & (quantity >= 0)
        self._refuse(rows[~is_known], UNITS[unit])
        rows = rows[is_known]
        self.price[rows], self.quantity[rows] = price, quantity[is_known]
        if unit == "output minute":
            for reason, holds in billed.doubts(task_type, self._extras(rows)):
                self._refuse(rows[holds], reason)

    def _quantities(self, unit: str, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return how many `unit` the answers about `rows` say; NaN if they do not."""
        if unit in ("call", "1000 calls"):
            return np.full(len(rows), 1.0 if unit == "call" else 1 / 1000)
        if unit == "output minute":
            return self._numbers("media_duration_s", rows) / 60
        if unit == "input minute" and "input_duration_s" in self._frame.columns:
            return self._numbers("input_duration_s", rows) / 60
        if unit == "1000 pages":
            return np.array([billed.pages(extra) for extra in self._extras(rows)], np.float64) / 1000
        return np.full(len(rows), np.nan)

    def _numbers(self, name: str, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        numbers = pd.to_numeric(self._frame[name].iloc[rows], errors="coerce")
        return numbers.to_numpy(np.float64, na_value=np.nan)

    def _extras(self, rows: NDArray[np.intp]) -> list[object]:
        return self._frame["extra"].iloc[rows].tolist()

    def _refuse(self, rows: NDArray[np.intp], reason: str) -> None:
        if not len(rows):
            return
        if reason not in self.reasons:
            self.reasons.append(reason)
        self.price[rows], self.quantity[rows], self.reason[rows] = -1, np.nan, self.reasons.index(reason)
