"""Progress bars, as everyone knows them from notebooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def bar(total: int | None, unit: str, is_shown: bool) -> Iterator[Callable[[int], None]]:
    """Yield a function that shows how many are done."""
    if not is_shown:
        yield lambda _done: None
        return
    from tqdm.auto import tqdm

    with tqdm(total=total, unit=f" {unit}") as shown:

        def show(done: int) -> None:
            shown.update(done - shown.n)

        yield show
