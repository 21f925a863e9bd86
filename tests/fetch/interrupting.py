"""Interrupts that come when something has happened, rather than after some time: machines are of all speeds."""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def interrupted_when(has_happened: Callable[[], bool]) -> Iterator[None]:
    """Interrupt the main thread, as Ctrl-C does, as soon as `has_happened` in the block."""

    def interrupt() -> None:
        while not has_happened():
            if is_over.wait(0.002):
                return
        _thread.interrupt_main()

    is_over = threading.Event()
    watcher = threading.Thread(target=interrupt)
    watcher.start()
    try:
        yield
    finally:
        is_over.set()
        watcher.join()
