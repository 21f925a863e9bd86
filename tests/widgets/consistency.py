"""What must hold of a dashboard at any time: all of it shows the same rows."""

from __future__ import annotations

import re
from datetime import UTC

import ipywidgets
import numpy as np
import pandas as pd

from cijob_analysis import Explorer
from cijob_analysis.widgets.controls import CHOICES


def models() -> set[str]:
    return set(ipywidgets.Widget.get_manager_state()["state"])


def read_number(text: str) -> int:
    return int(text.replace("\u202f", ""))


def shown_count(explorer: Explorer) -> int:
    found = re.search(r'role="status">([\d\u202f]+) of', explorer.header.summary.value)
    assert found
    return read_number(found[1])


def counts_on_buttons(explorer: Explorer) -> dict[str | None, int]:
    return {
        value: read_number(button.description.split()[-1]) for value, button in explorer.controls.states.buttons.items()
    }


def rows_of_the_table(explorer: Explorer) -> int:
    found = re.search(
        r"<caption[^>]*>(?:([\d\u202f]+–[\d\u202f]+) of )?([\d\u202f]+|There are no|None) ",
        explorer.table._static_html(),
    )
    assert found, explorer.table._static_html()[:400]
    return 0 if found[2] in ("There are no", "None") else read_number(found[2])


def check_consistency(explorer: Explorer) -> None:
    """Check that the numbers, the table, the bars, the controls and the picture are those of what is selected."""
    selection, frame = explorer.selection, explorer.frame
    selected = selection.apply(frame)
    pd.testing.assert_frame_equal(explorer.selected, selected)
    n = len(selected)
    assert explorer.header.status.value == ""
    assert shown_count(explorer) == n
    assert rows_of_the_table(explorer) == n

    pressed = explorer.controls.states.value
    assert set(pressed) == set(selection.states) & set(explorer.controls.states.buttons)
    n_on_buttons = counts_on_buttons(explorer)
    assert sum(n_on_buttons[state] for state in selection.states or n_on_buttons) == n
    for name in CHOICES:
        box = explorer.controls.choices[name]
        assert set(box.value) == set(getattr(selection, name)) & {value for _, value in box.options}
    assert explorer.controls.text.value == selection.text
    assert explorer.table.picked == list(selection.picked)
    assert explorer.header.picked_button.value == selection.only_picked
    window = [pd.Timestamp(ms, unit="ms", tz=UTC).to_pydatetime() for ms in explorer.timeline.window]
    assert tuple(window) == (selection.window or ())
    without_window = explorer.exploration.mask(without=("window",))
    assert np.array_equal(explorer.tabs._masks.get(explorer.timeline, ()), without_window)
    if explorer.tabs.pane is explorer.tabs.failures:
        assert set(explorer.tabs.failures._chosen) == set(selection.failures)
    for picture in getattr(explorer.tabs.pane, "pictures", ())[:1]:
        assert re.search(rf"\b({n or '0|no|without'})\b", picture.sentence.replace("\u202f", "")), (n, picture.sentence)
        assert bytes(picture.image.value).startswith(b"\x89PNG")
    assert explorer.header.way.levels.value == explorer.exploration.level
