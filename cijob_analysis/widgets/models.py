"""The models that a widget consists of, so that all of them can be closed."""

from __future__ import annotations

import ipywidgets


def models_below(widget: ipywidgets.Widget) -> list[ipywidgets.Widget]:
    """Return all widgets that `widget` is made of, layouts and styles included."""
    found: dict[int, ipywidgets.Widget] = {}
    waiting = [widget]
    while waiting:
        for name in (one := waiting.pop()).keys:
            value = getattr(one, name)
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, ipywidgets.Widget) and id(part) not in found:
                    found[id(part)] = part
                    waiting.append(part)
    return list(found.values())
