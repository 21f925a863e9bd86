"""The half of the buttons that lives in the kernel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ipywidgets
import pytest

from cijob_analysis.widgets.buttons import CopyButton, FileButton

# Said of older ipywidgets by newer traitlets.
pytestmark = pytest.mark.filterwarnings("ignore:Deprecated in traitlets 4.1:DeprecationWarning")

Sent = list[tuple[Any, Any]]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """What goes to the page."""
    messages: Sent = []
    monkeypatch.setattr("ipywidgets.Widget.send", lambda _, content, buffers=None: messages.append((content, buffers)))
    return messages


@pytest.fixture(autouse=True)
def _leaves_no_model() -> Iterator[None]:
    before = set(ipywidgets.Widget.get_manager_state()["state"])
    yield
    ipywidgets.Widget.close_all()
    assert not set(ipywidgets.Widget.get_manager_state()["state"]) - before


def click(button: ipywidgets.Widget, kind: str = "click") -> None:
    button._handle_custom_msg({"kind": kind}, [])


def no_error(error: Exception) -> None:
    raise AssertionError(error)


def test_a_click_is_answered_with_the_file(sent: Sent) -> None:
    button = FileButton(lambda: b"a,b\r\n", "x.csv", no_error, description="Save CSV", mime="text/csv")
    assert (button.description, button.disabled) == ("Save CSV", False)
    click(button)
    assert sent == [({"kind": "file", "name": "x.csv", "mime": "text/csv"}, [b"a,b\r\n"])]
    click(button, "something else")
    assert len(sent) == 1


def test_content_and_name_are_those_of_the_moment_of_the_click(sent: Sent) -> None:
    now = ["1"]
    button = FileButton(lambda: now[0].encode(), lambda: f"{now[0]}.txt", no_error, description="Save", mime="text/x")
    click(button)
    now[0] = "2"
    click(button)
    assert [(words["name"], data) for words, data in sent] == [("1.txt", [b"1"]), ("2.txt", [b"2"])]


def test_a_click_is_answered_with_the_text(sent: Sent) -> None:
    click(CopyButton(lambda: "课程/第7课.mov\n", no_error, description="Copy"))
    assert sent == [({"kind": "text"}, ["课程/第7课.mov\n".encode()])]


def test_what_is_handed_on_is_no_trait(sent: Sent) -> None:
    for button in (
        FileButton(lambda: b"secret", "secret.txt", no_error, description="Save", mime="text/plain"),
        CopyButton(lambda: "secret", no_error, description="Copy"),
    ):
        click(button)
        assert "secret" not in str({name: state for name, state in button.get_state().items() if name != "_esm"})
    assert len(sent) == 2


def test_an_error_is_handed_on_and_the_page_told(sent: Sent) -> None:
    errors: list[Exception] = []
    for button in (
        FileButton(lambda: bytes(1 // 0), "x.csv", errors.append, description="Save", mime="text/csv"),
        FileButton(lambda: b"", lambda: str(1 // 0), errors.append, description="Save", mime="text/csv"),
        CopyButton(lambda: "\ud800", errors.append, description="Copy"),
    ):
        click(button)
    assert sent == [({"kind": "failed"}, None)] * 3
    assert [type(error) for error in errors] == [ZeroDivisionError, ZeroDivisionError, UnicodeEncodeError]
