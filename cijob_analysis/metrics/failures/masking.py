"""Messages without what differs from object to object, so that equal faults read alike."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

MASKS: Final = (
    (r"[ \t\r\n\f\v]{2,}|[\t\r\n\f\v]", " "),
    # Hosts before paths: the dot before com is not that of a file's extension.
    (r"(?:[0-9A-Za-z-]{1,63}\.)+(?:com|cn|net|org)(?::[0-9]+)?", "<host>"),
    # Keys may hold blanks: up to an extension, if one follows, else to the end of the word.
    # I/O and n/a are none.
    (
        r'(?:[^ "/]{2,100}/|[^ "/]/[^ "/]{2})[^":;,]{0,160}?\.[A-Za-z][0-9A-Za-z]{1,4}[^ ",;:)]*',
        "<path>",
    ),
    (r'(?:[^ "/]{2,100}/|[^ "/]/[^ "/])[^ ",;:)]+', "<path>"),
    (r"<path>(?: <path>)+", "<path>"),
    (r'[^ "]{1,100}\.(?:mp[0-9]|m[0-9][auv][0-9]?|mov|mkv|flv|avi|ts|webm|wmv|wav|aac|flac)', "<path>"),
    (r'[^ "]{1,100}\.(?:jpe?g|png|gif|webp|heic|avif|pdf|docx?|pptx?|xlsx?|zip|txt|csv|json)', "<path>"),
    (r'"[^"]*"', "<text>"),
    (r"[ (=:,]'[^']+'", " <text>"),
    (r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9:.]+(?:Z|[+-][0-9]{2}:?[0-9]{2})?", "<time>"),
    (r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "<id>"),
    (r"[a-z]?[0-9a-f]{16,}", "<id>"),
    (r"[A-Za-z_]{0,40}[0-9][0-9A-Za-z_=-]{15,}", "<id>"),
    (r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?::[0-9]+)?", "<ip>"),
    (r"[0-9]+(?:\.[0-9]+)? ?[KMGTkmgt]i?B", "<size>"),
    (r"[0-9]+x[0-9a-fA-F]+", "<n>"),
    (r"[0-9]+(?:[.:][0-9]+)*", "<n>"),
)
"""Regular expressions and what stands in their place, to be applied one after the other.

Plain enough for the regular expressions of other engines (RE2, Rust, Java): neither lookaround nor back references,
and no class, such as ``\\w`` or ``\\b``, of which they have different opinions. No digit is treated unlike another,
and none is left at the end.
"""

_COMPILED: Final = tuple((re.compile(expression), mask) for expression, mask in MASKS)
_ZEROS: Final = bytes.maketrans(b"123456789", b"0" * 9)


def masked(texts: Sequence[str]) -> list[str]:
    """Return `texts` with ``<id>``, ``<path>``, ``<n>`` … in place of ids, keys, numbers and the like.

    All digits are masked alike, so texts that differ in digits only, as most do, are masked once.

    Parameters
    ----------
    texts : sequence of str
        Error messages, none missing.

    Returns
    -------
    list of str
        The masked texts, in the order of `texts`.
    """
    known: dict[bytes, str] = {}
    result = []
    for text in texts:
        shape = text.encode("utf-8", "surrogatepass").translate(_ZEROS)  # as bytes ten times faster than as str
        pattern = known.get(shape)
        if pattern is None:
            pattern = known[shape] = _masked(shape.decode("utf-8", "surrogatepass"))
        result.append(pattern)
    return result


def _masked(text: str) -> str:
    for expression, mask in _COMPILED:
        text = expression.sub(mask, text)
    return text
