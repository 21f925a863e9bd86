"""A button that saves what is selected through the browser; the bytes are made on a click and kept nowhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

_HERE = Path(__file__).parent


class CsvButton(anywidget.AnyWidget):
    """A button that saves a file.

    Parameters
    ----------
    make : callable
        Returns the content; called at each click. What it raises is given to `failed`.
    filename : str
        What the file is called.
    failed : callable
        Called with the exception if there is one.
    """

    _esm = _HERE / "csv_button.js"
    description = traitlets.Unicode("Save CSV").tag(sync=True)
    filename = traitlets.Unicode().tag(sync=True)

    def __init__(self, make: Callable[[], bytes], filename: str, failed: Callable[[Exception], None]) -> None:
        self._make, self._failed = make, failed
        super().__init__(filename=filename)
        self.on_msg(self._answer)

    def _answer(self, _: object, content: dict[str, Any], __: object) -> None:
        if content.get("kind") != "click":
            return
        try:
            data = self._make()
        except Exception as error:  # noqa: BLE001 - whatever it is, people must see it
            self.send({"kind": "failed"})
            self._failed(error)
        else:
            self.send({"kind": "file"}, [data])
