"""A report as a reader without a browser sees it."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

_EMPTY = {"meta", "link", "img", "input", "br"}


class Report(HTMLParser):
    """What is in a report: its elements, the text of each section, its tables.

    Attributes
    ----------
    elements : list of (str, dict)
        Names and attributes in their order.
    open : list of str
        Elements that are not closed: none at the end.
    text : dict of str to str
        By the id of the section; ``""`` for what is outside.
    tables : dict of str to list
        By the caption: rows of cells, the head first.
    data : dict
        What is embedded.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: dict[str, str] = {}
        self.tables: dict[str, list[list[str]]] = {}
        self.data: dict[str, Any] = {}
        self.inline: dict[str, str] = {}
        self._section, self._caption, self._rows = "", "", list[list[str]]()
        self.source = path.read_text("utf-8")
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _EMPTY:
            self.open.append(tag)
        if tag == "section":
            self._section = dict(attrs)["id"] or ""
        elif tag == "table":
            self._caption, self._rows = "", []
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag == "section":
            self._section = ""
        elif tag == "table":
            self.tables[self._caption] = self._rows

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("script", "style"):
            is_data = self.elements[-1][1].get("type") == "application/json"
            if is_data:
                self.data = json.loads(data)
            else:
                self.inline[self.open[-1]] = data
            return
        self.text[self._section] = self.text.get(self._section, "") + data
        if "caption" in self.open:
            self._caption += data
        elif "td" in self.open or "th" in self.open:
            self._rows[-1][-1] += data

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of all elements of a name."""
        return [attributes for name, attributes in self.elements if name == tag]
