"""A static copy beside a live widget, for wherever no kernel answers.

A notebook that is reopened without its kernel has the output of its cells, and no widget models. JupyterLab and
Notebook 7 then say "model not found" in place of a widget, and look at nothing else in its output (only a notebook
that is not trusted shows the HTML there). So the copy is an output of its own below the widget, and its style sheet
hides it for as long as a view of the widget is on the page whose kernel answers. Everything that runs no style sheet
of a notebook, as GitHub or a notebook that is not trusted, shows no widgets either.
"""

from __future__ import annotations

from html import escape
from string import Template
from typing import Any, Final
from uuid import uuid4

import ipywidgets
from IPython.display import DisplayHandle, display

NOTICE: Final = (
    "No live widgets are shown here, only a copy of what this cell has shown: "
    "run the cell in JupyterLab, Notebook 7 or Voilà."
)

_VIEW: Final = "application/vnd.jupyter.widget-view+json"
# The front end marks a view without a kernel as disconnected. A view that is on its way, or never came up, is a line of
# text by the front end, without an element in it; while that is there, the copy waits a moment, so as not to flash up.
_STYLE: Final = Template(
    """
body:has(.cijob-live-$id:not(.jupyter-widgets-disconnected)) .cijob-copy-$id { display: none }
.cijob-live-$id.jupyter-widgets-disconnected { display: none !important }
.jp-OutputArea-child:has(+ .jp-OutputArea-child .cijob-copy-$id)
  > .jp-OutputArea-output:not([data-mime-type], :has(*)) { display: none }
.jp-OutputArea-child:has(> .jp-OutputArea-output:not([data-mime-type], :has(*)))
  + .jp-OutputArea-child .cijob-copy-$id { animation: cijob-copy 1s step-end }
@keyframes cijob-copy { from { max-height: 0; overflow: hidden; visibility: hidden } }
"""
)


_display: Any = display  # it has no types


class WithStaticCopy(ipywidgets.DOMWidget):  # type: ignore[misc]
    """A widget that leaves a static copy of itself in the notebook; to be named before the other bases.

    A subclass has a method ``_static_html()`` that returns the copy as HTML: a picture, a table, no script.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        self._id = uuid4().hex[:12]
        self._copies: list[DisplayHandle] = []
        super().__init__(*args, **options)
        self.add_class(f"cijob-live-{self._id}")

    def close(self) -> None:
        """Remove the widget from the page, its static copies too, and its models from the kernel."""
        while copies := getattr(self, "_copies", []):  # there are none if it could not be made
            copies.pop().update({"text/html": ""}, raw=True)
        super().close()

    def _static_html(self) -> str:
        raise NotImplementedError

    def _copy_html(self) -> str:
        return f'<p style="font-style:italic">{escape(NOTICE)}</p>{self._static_html()}'

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """Return the widget and its copy, for those who show one of both."""
        data, _ = self._live_bundle(**options)
        return {**data, "text/html": self._copy_html()} if data else {}

    def _live_bundle(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        found = super()._repr_mimebundle_(**options)  # ipywidgets returns data, anywidget data and metadata
        return found if isinstance(found, tuple) else (found or {}, {})

    def _ipython_display_(self) -> None:
        """Show the widget, and below it the copy."""
        data, metadata = self._live_bundle()
        _display(data, metadata=metadata, raw=True)
        if _VIEW not in data:  # it is closed
            return
        self._copies.append(_display(self._copy(), raw=True, display_id=True))

    def _update_copies(self) -> None:
        """Bring the copies that were shown up to date; for widgets that change by themselves."""
        if self._copies:
            copy = self._copy()
            shown: Any
            for shown in self._copies:
                shown.update(copy, raw=True)

    def _copy(self) -> dict[str, str]:
        style = _STYLE.substitute(id=self._id)
        return {"text/html": f'<style>{style}</style><div class="cijob-copy-{self._id}">{self._copy_html()}</div>'}
