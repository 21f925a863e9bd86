"""Answers as documents: bytes of XML in, the root element out, or an error that says what came instead."""

from __future__ import annotations

import gc
import re
from typing import Final
from xml.etree import ElementTree
from xml.etree.ElementTree import Element
from xml.parsers import expat

from cijob_analysis.exceptions import CIJobError, ResponseFormatError
from cijob_analysis.service.errors import error_in_json, error_in_xml

MAX_BYTES: Final = 64 * 2**20
"""The largest answer that is read; a page of 100 rows of any kind is below 2 MB."""


class no_collection:  # noqa: N801 - used like a function
    """Hold Python's garbage collector off while a document is read.

    A page has thousands of elements at once. They make the collector search all objects of the process, time and
    again and for nothing, which costs as much as reading the page does.
    """

    __slots__ = ("_was_on",)

    def __enter__(self) -> None:
        self._was_on = gc.isenabled()
        gc.disable()

    def __exit__(self, *_: object) -> None:
        if self._was_on:
            gc.enable()


def parse(data: bytes) -> Element:
    """Return the root of an answer.

    Raises
    ------
    APIError
        The answer is an error, in XML or JSON.
    ResponseFormatError
        It is empty, larger than `MAX_BYTES`, cut off, HTML, has a DOCTYPE, or is not well-formed.
    """
    if len(data) > MAX_BYTES:
        raise ResponseFormatError(f"the answer has {len(data):,} bytes, more than the {MAX_BYTES:,} that are read")
    if not data.startswith(b"<Response"):  # a DOCTYPE stands before the root
        _refuse_doctype(data)
    try:
        parser = ElementTree.XMLParser()  # noqa: S314 - DOCTYPE refused, size bounded
        parser.feed(data)
        root: Element = parser.close()
    except ElementTree.ParseError as reason:
        raise _why_unreadable(data, reason) from None
    except (ValueError, LookupError) as reason:
        raise ResponseFormatError(f"the answer's encoding cannot be read ({reason}): {excerpt(data)}") from None
    if root.tag[:1] == "{":
        _strip_namespaces(root)
    if root.tag != "Response":
        if root.tag.lower() == "html":
            raise ResponseFormatError(f"{_html_hint(data)}: {excerpt(data)}")
        if root.tag == "Error":
            raise error_in_xml(root)
    refuse_error(root)
    return root


def refuse_error(response: Element) -> None:
    """Raise the error that an answer holds though it came as one about something.

    Raises
    ------
    APIError
        There is an ``<Error>`` in it; its ids may stand beside it.
    """
    error = response.find("Error")
    if error is not None:
        whole = Element("Error")
        whole.extend([*(child for child in response if child.tag in ("RequestId", "TraceId")), *error])
        raise error_in_xml(whole)


def excerpt(data: bytes, length: int = 80) -> str:
    """Return the beginning of `data` for a message, on one line."""
    text = " ".join(data[: 4 * length].decode("utf-8", "replace").split())
    return repr(text[:length] + ("…" if len(text) > length else ""))


def _why_unreadable(data: bytes, error: ElementTree.ParseError) -> CIJobError:
    """Return the error for bytes that are not XML: a JSON error of the service, or what they look like."""
    text = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not text:
        return ResponseFormatError("the answer is empty", cut_off=True)
    if text[:1] == b"{":
        said = error_in_json(data)
        if said is not None:
            return said
    head = text[:400].lower()
    if b"<html" in head or b"<!doctype html" in head:
        return ResponseFormatError(f"{_html_hint(text)}: {excerpt(text)}")
    if text[:1] != b"<":
        return ResponseFormatError(f"the answer is not XML: {excerpt(text)}")
    ended = re.search(rb"</\s*(?:\w+:)?(?:Response|Error)\s*>\s*$", text) is not None
    if not ended and error.code in _UNFINISHED:
        return ResponseFormatError(f"the answer is cut off after {len(data):,} bytes ({error})", cut_off=True)
    return ResponseFormatError(f"the answer is not well-formed XML ({error}): {excerpt(text)}")


_UNFINISHED: Final = tuple(
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)


def _html_hint(text: bytes) -> str:
    title = re.search(rb"<title[^>]*>(.*?)</title>", text[:4000], re.IGNORECASE | re.DOTALL)
    named = f" titled {title[1].decode('utf-8', 'replace').strip()[:80]!r}" if title else ""
    return f"an HTML page{named} instead of an answer: does a proxy or a login page stand in between?"


def _refuse_doctype(data: bytes) -> None:
    """Raise if there is a DOCTYPE; the text ``<!DOCTYPE`` may also stand in CDATA or a comment."""
    is_narrow = data[:1] == b"<" and data[1:2] != b"\0"
    if is_narrow and b"<!DOCTYPE" not in data:
        return

    def refuse(*_: object) -> None:
        if re.search(rb"<html", data[:1000], re.IGNORECASE):
            raise ResponseFormatError(f"{_html_hint(data)}: {excerpt(data)}")
        raise ResponseFormatError(f"the answer has a DOCTYPE, which is refused: {excerpt(data)}")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError:
        return  # said better by the reader


def _strip_namespaces(root: Element) -> None:
    for element in root.iter():
        if isinstance(element.tag, str) and element.tag[:1] == "{":
            element.tag = element.tag.partition("}")[2]
