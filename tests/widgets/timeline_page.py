"""A page that shows a timeline: what it says to the kernel, and what it makes of the bytes that come."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cijob_analysis.widgets.timeline import Timeline
from cijob_analysis.widgets.timeline_data import NO_START


class Page:
    """Stands in place of the browser's half of a timeline.

    Attributes
    ----------
    heard : list of (dict, list of bytes)
        The messages that have come, and their buffers.
    """

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.heard: list[tuple[dict[str, Any], list[bytes]]] = []
        timeline.send = self._hear

    def _hear(self, content: dict[str, Any], buffers: Sequence[memoryview] = ()) -> None:
        self.heard.append((json.loads(json.dumps(content)), [bytes(buffer) for buffer in buffers]))

    def say(self, kind: str, **content: Any) -> None:
        """Send a message about the data that has come last."""
        versions = [message["version"] for message, _ in self.heard if message["kind"] == "data"]
        self.timeline._handle_custom_msg({"kind": kind, "version": versions[-1] if versions else 0, **content}, [])

    def last(self, kind: str) -> tuple[dict[str, Any], list[bytes]]:
        """Return the last message of a kind."""
        return [heard for heard in self.heard if heard[0]["kind"] == kind][-1]

    def open(self) -> Page:
        """Ask for the data, as a page does when it is opened."""
        self.say("ready")
        return self

    def bars(self) -> pd.DataFrame:
        """Return what is drawn: begin, start and end of each bar, and the name of its state."""
        message, buffers = self.last("data")
        begin, start, end = (np.frombuffer(buffer, np.uint32).astype(np.int64) for buffer in buffers[:3])
        names = np.array([state["name"] for state in message["states"]], dtype=object)

        def times(offsets: NDArray[np.int64]) -> pd.Series:
            ms = pd.Series(message["origin"] + offsets * message["unit"])
            return pd.to_datetime(ms.where(offsets != NO_START), unit="ms", utc=True)

        state = names[np.frombuffer(buffers[3], np.uint8)]
        return pd.DataFrame({"begin": times(begin), "start": times(start), "end": times(end), "state": state})

    def shown(self) -> list[bool]:
        """Return which bars are shown."""
        message, buffers = self.last("mask")
        n = self.last("data")[0]["n"]
        if message["all"]:
            return [True] * n
        return np.unpackbits(np.frombuffer(buffers[0], np.uint8), count=n, bitorder="little").astype(bool).tolist()

    def groups(self, lanes: str) -> list[str]:
        """Ask for the bands of lanes, and return in full the name of the one that each bar lies in."""
        self.say("bands", lanes=lanes)
        message, buffers = self.last("bands")
        assert message["lanes"] == lanes
        return [message["names"][code] for code in buffers[0]]

    def facts(self, bar: int) -> dict[str, str]:
        """Ask what is known of a bar, and return it."""
        self.say("row", bar=bar)
        message, _ = self.last("row")
        assert message["bar"] == bar
        return dict(message["facts"])
