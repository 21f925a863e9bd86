"""One name for every engine: pandas frames go to the kernels, all others to the portable definition."""

from __future__ import annotations

from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar, cast, overload

import pandas as pd

from cijob_analysis.metrics.inputs import frame_of
from cijob_analysis.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
Frame = TypeVar("Frame")


class Metric(Protocol[P]):
    """A function that gives back the kind of frame that it gets; for a Snapshot pandas."""

    __name__: str

    @overload
    def __call__(self, frame: pd.DataFrame | Snapshot, *args: P.args, **options: P.kwargs) -> pd.DataFrame: ...
    @overload
    def __call__(self, frame: Frame, *args: P.args, **options: P.kwargs) -> Frame: ...


def on_any_engine(kernel: Callable[Concatenate[pd.DataFrame, P], pd.DataFrame]) -> Metric[P]:
    """Let `kernel`, which takes pandas frames, also take a Snapshot, and what narwhals takes.

    For these the function of the same name in `cijob_analysis.metrics.portable` is called; it is imported when it
    is first needed, and narwhals with it.
    """

    @wraps(kernel)
    def metric(frame: Any, *args: P.args, **options: P.kwargs) -> Any:
        if isinstance(frame, pd.DataFrame | Snapshot):
            return kernel(frame_of(frame), *args, **options)
        portable = import_module("cijob_analysis.metrics.portable")
        return getattr(portable, kernel.__name__)(frame, *args, **options)

    return cast("Metric[P]", metric)
