"""What the public descriptions of the formats ask of a file, checked strictly.

The Trace Event Format is described in a document of the Chromium project, the limits of its reader in the documentation
of Perfetto; XES is IEEE 1849-2016.
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import datetime
from itertools import pairwise
from typing import Any, Final
from xml.etree.ElementTree import Element

XES: Final = "{http://www.xes-standard.org/}"
_FIELDS: Final = {
    "X": {"ph", "name", "cat", "pid", "tid", "ts", "dur", "cname", "args"},
    "C": {"ph", "name", "pid", "tid", "ts", "args"},
    "M": {"ph", "name", "pid", "tid", "args"},
    "s": {"ph", "name", "cat", "id", "pid", "tid", "ts"},
    "f": {"ph", "bp", "name", "cat", "id", "pid", "tid", "ts"},
}
_COLORS: Final = {"good", "bad", "terrible", "black", "grey", "thread_state_running", "generic_work"}
_NC_NAME: Final = re.compile(r"[A-Za-z_][\w.-]*")
_METADATA: Final = {
    "process_name": ("name", str),
    "process_sort_index": ("sort_index", int),
    "thread_name": ("name", str),
    "thread_sort_index": ("sort_index", int),
}


def check_trace(trace: dict[str, Any]) -> list[dict[str, Any]]:
    """Assert that a trace is one; return its events."""
    assert set(trace) == {"traceEvents", "displayTimeUnit", "otherData"}
    assert trace["displayTimeUnit"] in ("ms", "ns")
    events: list[dict[str, Any]] = trace["traceEvents"]
    named: set[tuple[int, int]] = set()
    lanes: set[tuple[int, int]] = set()
    metadata, counters = [], []
    slices = defaultdict(list)
    for event in events:
        assert set(event) == _FIELDS[event["ph"]]
        assert isinstance(event["pid"], int)
        assert isinstance(event["tid"], int)
        assert event["pid"] > 0
        assert event["pid"] != event["tid"], "Perfetto takes such a thread for the main one"
        if event["ph"] == "M":
            key, kind = _METADATA[event["name"]]
            assert isinstance(event["args"][key], kind)
            metadata.append((event["name"], event["pid"], event["tid"]))
            (named if event["name"] == "process_name" else lanes).add((event["pid"], event["tid"]))
            continue
        assert type(event["ts"]) is int
        assert abs(event["ts"]) < 2**53, "a number of JavaScript holds it"
        if event["ph"] == "X":
            assert type(event["dur"]) is int
            assert event["dur"] >= 0
            assert event["cname"] in _COLORS
            assert all(isinstance(value, str) for value in event["args"].values())
            slices[event["pid"], event["tid"]].append((event["ts"], event["ts"] + event["dur"]))
        elif event["ph"] == "C":
            assert type(event["args"]["tasks"]) is int
            assert event["args"]["tasks"] >= 0
            counters.append((event["pid"], event["name"], event["ts"]))
    assert len(set(metadata)) == len(metadata)
    assert len(set(counters)) == len(counters), "one value at a time"
    assert slices.keys() <= lanes
    assert {pid for pid, _ in slices} <= {pid for pid, _ in named}
    for own in slices.values():
        own.sort()
        assert all(end <= begin for (_, end), (begin, _) in pairwise(own)), "none overlaps the next one"
        assert len({begin for begin, _ in own}) == len(own), "Perfetto nests what begins at one instant"
    _check_flows(events, slices)
    return events


def _check_flows(events: list[dict[str, Any]], slices: Any) -> None:
    ends: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        if event["ph"] in "sf":
            ends[event["id"]].append(event)
            within = slices[event["pid"], event["tid"]]
            assert any(begin <= event["ts"] <= end for begin, end in within), "it is bound to a slice"
    for begin, end in ends.values():
        assert (begin["ph"], end["ph"], end["bp"]) == ("s", "f", "e")
        assert begin["ts"] <= end["ts"]


def check_xes(log: Element) -> list[tuple[str, list[dict[str, str]]]]:
    """Assert that a log follows the XML schema and the semantics of XES; return its traces: names, and events."""
    assert log.tag == f"{XES}log"
    assert re.fullmatch(r"\d+(\.\d+)?", log.attrib["xes.version"])
    assert "xes.features" in log.attrib
    order = ["extension", "global", "classifier", "string", "trace"]
    places = [order.index(child.tag.removeprefix(XES)) for child in log]
    assert places == sorted(places), "extensions, globals, classifiers, attributes, traces: in this order"
    prefixes = set()
    for extension in log.iter(f"{XES}extension"):
        assert set(extension.attrib) == {"name", "prefix", "uri"}
        assert _NC_NAME.fullmatch(extension.attrib["name"])
        assert _NC_NAME.fullmatch(extension.attrib["prefix"])
        prefixes.add(extension.attrib["prefix"])
    promised = {
        of.attrib["scope"]: {(attribute.tag, attribute.attrib["key"]) for attribute in of}
        for of in log.iter(f"{XES}global")
    }
    assert set(promised) == {"trace", "event"}
    keys = {key for _, key in promised["event"]}
    for classifier in log.iter(f"{XES}classifier"):
        assert _NC_NAME.fullmatch(classifier.attrib["name"])
        assert set(classifier.attrib["keys"].split()) <= keys, "a classifier stands on what every event has"
    _attributes(log, prefixes)
    found = []
    for trace in log.iter(f"{XES}trace"):
        assert promised["trace"] <= {(child.tag, child.attrib.get("key")) for child in trace}
        is_event = [child.tag == f"{XES}event" for child in trace]
        assert is_event == sorted(is_event), "attributes come before events"
        events = []
        for event in trace.iter(f"{XES}event"):
            assert promised["event"] <= {(child.tag, child.attrib["key"]) for child in event}
            events.append(_attributes(event, prefixes))
        found.append((_attributes(trace, prefixes)["concept:name"], events))
    return found


def _attributes(element: Element, prefixes: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for child in element:
        if child.tag in (f"{XES}string", f"{XES}date"):
            key, value = child.attrib["key"], child.attrib["value"]
            assert key not in found, "a key is there once"
            assert key.partition(":")[0] in prefixes or ":" not in key, f"{key}: its extension is declared"
            if child.tag == f"{XES}date":
                assert datetime.fromisoformat(value).tzinfo is not None
            found[key] = value
    return found
