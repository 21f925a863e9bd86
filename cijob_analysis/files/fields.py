"""What the columns of a frame are, in the words of a Table Schema, and the dtypes that these words stand for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.schema import Column

Field = dict[str, Any]
"""Description of a column: name, type and format of a Table Schema; its dtype, and its categories, beside them."""

_TIME: Final = re.compile(r"(?:datetime|timedelta)64\[(s|ms|us|ns)(?:, (.+))?\]")
_YEARS: Final = (np.datetime64("0001-01-02"), np.datetime64("9999-12-31"))
"""Between these days a time is one for any reader, in any zone."""
_DURATIONS: Final = {
    "queue_wait_s": "how long it waited in its queue",
    "run_time_s": "how long it ran",
    "turnaround_s": "how long it took, from its creation to its end",
    "is_censored": "whether it had not ended when it was looked at: its durations are at least so long",
}


def fields_of(frame: pd.DataFrame) -> list[Field]:
    """Describe the columns of `frame`.

    Raises
    ------
    ConfigurationError
        A column has no text for a name, or the name of another one, or a dtype that text cannot keep.
    """
    names = list(frame.columns)
    for name in names:
        if not isinstance(name, str):
            raise ConfigurationError(f"column {name!r} has no text for a name; frame.rename(columns=str) gives it one")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ConfigurationError(f"two columns are called {twice}; each needs a name of its own")
    declared = schema.declared(names)
    return [_field(frame[name], declared.get(name)) for name in names]


def dtype_of(field: Mapping[str, Any]) -> Any:
    """Return the dtype that a description stands for.

    Raises
    ------
    ValueError, TypeError, KeyError
        It is none that `fields_of` makes.
    """
    name = field["dtype"]
    if name == "category":
        return pd.CategoricalDtype(
            pd.Index(field["categories"], dtype=dtype_of({"dtype": field["of"]})), field["ordered"]
        )
    if name == "str":  # as pandas 3 has it, and pandas 2 where it is told to
        return "str" if pd.__version__ >= "3" else np.dtype(object)
    return np.dtype(object) if name == "object" else pd.api.types.pandas_dtype(name)


def _field(series: pd.Series[Any], declared: Column | None) -> Field:
    name, dtype = str(series.name), series.dtype
    said: Field = {"name": name, "type": "string"}
    if isinstance(dtype, pd.CategoricalDtype):
        categories = dtype.categories
        if not all(isinstance(category, str) for category in categories):
            raise _unkept(series, "whose categories are not all text")
        said |= {
            "dtype": "category",
            "categories": list(categories),
            "ordered": bool(dtype.ordered),
            "of": _text(categories.dtype),
        }
    elif isinstance(dtype, pd.StringDtype):
        said |= {"dtype": _text(dtype)}
    elif isinstance(dtype, np.dtype) and dtype.kind == "O":
        if not all(cell is None or isinstance(cell, str) for cell in series):
            raise _unkept(series, "with cells that are no text")
        said |= {"dtype": "object"}
    elif _TIME.fullmatch(str(dtype)):
        is_time = str(dtype).startswith("datetime")
        said |= {"type": _type_of_times(series) if is_time else "integer", "dtype": str(dtype)}
        if said["type"] == "datetime":
            said["format"] = "any"  # with an offset and, where there are any, with fractions of a second
    elif str(dtype) in ("bool", "boolean"):
        said |= {"type": "boolean", "dtype": str(dtype)}
    elif pd.api.types.is_integer_dtype(dtype) and not isinstance(dtype, pd.ArrowDtype):
        said |= {"type": "integer", "dtype": str(dtype)}
    elif str(dtype) in ("float32", "float64", "Float32", "Float64"):
        said |= {"type": "number", "dtype": str(dtype)}
    else:
        raise _unkept(series, "")
    if doc := declared.doc if declared else _DURATIONS.get(name, ""):
        said["description"] = doc
    if unit := (declared.unit if declared else "s" if name in schema.DURATIONS else ""):
        said["unit"] = unit
    return said


def _text(dtype: Any) -> str:
    """Return the name of a dtype of texts."""
    if not isinstance(dtype, pd.StringDtype):
        return "object"
    if getattr(dtype, "na_value", pd.NA) is not pd.NA:
        return "str"
    return "string" if dtype == pd.StringDtype() else f"string[{dtype.storage}]"


def _type_of_times(series: pd.Series[Any]) -> str:
    """Return ``datetime``, or ``string`` if there are years that most readers of a Table Schema do not know."""
    times = series.dropna()
    naive = times.dt.tz_convert(None) if isinstance(series.dtype, pd.DatetimeTZDtype) else times
    days = naive.to_numpy("M8[s]")
    return "string" if len(days) and (days.min() < _YEARS[0] or days.max() >= _YEARS[1]) else "datetime"


def _unkept(series: pd.Series[Any], what: str) -> ConfigurationError:
    column = " ".join(["column", f"{series.name} of dtype {series.dtype}", *([what] if what else [])])
    return ConfigurationError(f"{column} cannot be kept as text; write Parquet, or turn it into text with astype(str)")
