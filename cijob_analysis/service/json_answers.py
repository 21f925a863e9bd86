"""Answers in JSON, as callbacks may have them: turned into the elements that the same answer has in XML."""

from __future__ import annotations

import json
from typing import Final
from xml.etree.ElementTree import Element, SubElement

from cijob_analysis.exceptions import ResponseFormatError
from cijob_analysis.service.documents import MAX_BYTES, excerpt, refuse_error
from cijob_analysis.service.errors import error_in_json

_MAX_DEPTH: Final = 64
_ANSWERS: Final = (
    "Response",
    "EventName",
    "JobsDetail",
    "NonExistJobIds",
    "WorkflowExecution",
    "WorkflowExecutionList",
    "QueueList",
    "MediaWorkflowList",
    "Error",
)
"""Names of which an answer has one, unlike any other JSON."""


def is_json(data: bytes) -> bool:
    """Whether `data` begins like a JSON object."""
    return data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"


def parse_json(data: bytes) -> Element:
    """Return an answer in JSON as the elements that it has in XML: the names are the same (page 1045/73078).

    A list is a repeated element; numbers keep their digits.

    Raises
    ------
    APIError
        It is an error of the service.
    ResponseFormatError
        It is larger than `MAX_BYTES`, no JSON object, cut off, or nested too deep.
    """
    if len(data) > MAX_BYTES:
        raise ResponseFormatError(f"the answer has {len(data):,} bytes, more than the {MAX_BYTES:,} that are read")
    try:
        body = json.loads(data.decode("utf-8-sig"), parse_float=str, parse_int=str, parse_constant=str)
    except RecursionError:
        raise ResponseFormatError(f"the answer is nested too deep: {excerpt(data)}") from None
    except ValueError as reason:
        is_cut = not data.rstrip().endswith(b"}")
        raise ResponseFormatError(f"the answer is no JSON ({reason}): {excerpt(data)}", cut_off=is_cut) from None
    if not any(name in body for name in _ANSWERS):
        error = error_in_json(data)
        if error is None:
            raise ResponseFormatError(f"the answer is JSON, but no answer of the service: {excerpt(data)}")
        raise error
    content = body.get("Response", body)
    if not isinstance(content, dict):
        raise ResponseFormatError(f"the answer's Response holds no elements: {excerpt(data)}")
    root = Element("Response")
    _fill(root, content, 1)
    refuse_error(root)
    return root


def _fill(element: Element, content: object, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise ResponseFormatError(f"elements nested deeper than {_MAX_DEPTH} levels, down to <{element.tag}>")
    if isinstance(content, dict):
        for name, value in content.items():
            for item in value if isinstance(value, list) else [value]:
                _fill(SubElement(element, str(name)), item, depth + 1)
    elif isinstance(content, list):
        for item in content:  # a list in a list has no name of its own in XML
            _fill(SubElement(element, "Item"), item, depth + 1)
    elif isinstance(content, bool):
        element.text = "true" if content else "false"
    elif content is not None:
        element.text = str(content) or None
