"""Buttons that save a file or copy a text; what they hand on is made on a click and kept nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

if TYPE_CHECKING:
    from collections.abc import Callable

_HERE = Path(__file__).parent


class _Button(anywidget.AnyWidget):
    """A button that asks the kernel for something when it is clicked; callbacks run on any thread."""

    description = traitlets.Unicode().tag(sync=True)
    disabled = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self, made: Callable[[], tuple[dict[str, str], bytes]], failed: Callable[[Exception], None], description: str
    ) -> None:
        self._made, self._failed = made, failed
        super().__init__(description=description)
        self.on_msg(self._answer)

    def _answer(self, _: object, content: dict[str, Any], __: object) -> None:
        if content.get("kind") != "click":
            return
        try:
            words, data = self._made()
        except Exception as error:  # noqa: BLE001 - whatever it is, people must see it
            self.send({"kind": "failed"})
            self._failed(error)
        else:
            self.send(words, [data])


class FileButton(_Button):
    """A button that saves a file through the browser.

    Parameters
    ----------
    make : callable
        Returns the content; called at each click.
    filename : str or callable
        What the file is called, or a callable that returns it; called after `make`.
    failed : callable
        Called with the exception if one of them raises.
    description : str
        What stands on it.
    mime : str
        What kind of file it is, such as ``text/csv``.

    Attributes
    ----------
    description : str
        What stands on it.
    disabled : bool
        Whether it cannot be pressed.
    """

    _esm = _HERE / "file_button.js"

    def __init__(
        self,
        make: Callable[[], bytes],
        filename: str | Callable[[], str],
        failed: Callable[[Exception], None],
        *,
        description: str,
        mime: str,
    ) -> None:
        self._make, self._filename, self._mime = make, filename, mime
        super().__init__(self._file, failed, description)

    def _file(self) -> tuple[dict[str, str], bytes]:
        data = self._make()
        name = self._filename if isinstance(self._filename, str) else self._filename()
        return {"kind": "file", "name": name, "mime": self._mime}, data


class CopyButton(_Button):
    """A button that puts a text on the clipboard, and says so; where the browser refuses, it shows the text to copy.

    Parameters
    ----------
    make : callable
        Returns the text; called at each click.
    failed : callable
        Called with the exception if it raises.
    description : str
        What stands on it.

    Attributes
    ----------
    description : str
        What stands on it.
    disabled : bool
        Whether it cannot be pressed.
    """

    _esm = _HERE / "copy_button.js"

    def __init__(self, make: Callable[[], str], failed: Callable[[Exception], None], *, description: str) -> None:
        self._make = make
        super().__init__(self._text, failed, description)

    def _text(self) -> tuple[dict[str, str], bytes]:
        return {"kind": "text"}, self._make().encode()
