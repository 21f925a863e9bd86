"""The CSV button's half that lives in the kernel."""

from __future__ import annotations

from typing import Any

import pytest

from cijob_analysis import explore, read_csv
from cijob_analysis.widgets.csv_button import CsvButton
from tests.builders import batch_jobs

# Said of older ipywidgets by newer traitlets.
pytestmark = pytest.mark.filterwarnings("ignore:Deprecated in traitlets 4.1:DeprecationWarning")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any]]:
    """What goes to the page."""
    messages: list[tuple[Any, Any]] = []
    monkeypatch.setattr("ipywidgets.Widget.send", lambda _, content, buffers=None: messages.append((content, buffers)))
    return messages


def click(button: CsvButton, kind: str = "click") -> None:
    button._handle_custom_msg({"kind": kind}, [])


def test_a_click_is_answered_with_the_file(sent: list[tuple[Any, Any]]) -> None:
    errors: list[Exception] = []
    button = CsvButton(lambda: b"a,b\r\n", "x.csv", errors.append)
    click(button)
    assert sent == [({"kind": "file"}, [b"a,b\r\n"])]
    click(button, "something else")
    assert (len(sent), errors) == (1, [])


def test_an_error_is_handed_on_and_the_page_told(sent: list[tuple[Any, Any]]) -> None:
    errors: list[Exception] = []
    button = CsvButton(lambda: bytes(1 // 0), "x.csv", errors.append)
    click(button)
    assert sent == [({"kind": "failed"}, None)]
    assert [type(error) for error in errors] == [ZeroDivisionError]


def test_the_dashboard_sends_what_is_selected(sent: list[tuple[Any, Any]], tmp_path: Any) -> None:
    explorer = explore(batch_jobs({"state": "Failed", "name": "转码"}, {"state": "Success"}))
    explorer.controls.states.value = ("Failed",)
    click(explorer.csv_button)
    (tmp_path / "x.csv").write_bytes(sent[-1][1][0])
    assert read_csv(tmp_path / "x.csv")["name"].tolist() == ["转码"]
    assert explorer.csv_button.filename == "batch_jobs.csv"


def test_what_no_csv_can_hold_is_said_in_the_dashboard(sent: list[tuple[Any, Any]]) -> None:
    explorer = explore(batch_jobs({"state": "Failed", "name": "a\0b"}))
    click(explorer.csv_button)
    assert sent[-1] == ({"kind": "failed"}, None)
    assert "NUL character" in explorer.status.value
