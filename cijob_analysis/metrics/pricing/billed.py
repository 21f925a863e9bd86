"""What the answer about a task, its ``extra``, says of what the task is billed by."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from cijob_analysis.metrics.pricing.prices import AUDIO_ONLY, SIZES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_CODECS: Final = {"h264": "H.264", "avc": "H.264", "h265": "H.265", "hevc": "H.265", "vp8": "VP8", "vp9": "VP9"}
"""What the price list calls a codec, by its name in an answer."""

_DOCUMENTS: Final = {"jpg": "image", "jpeg": "image", "png": "image", "html": "html"}

_DECODER: Final = json.JSONDecoder()


class Told(NamedTuple):
    """What came out of a task, as price lists call it.

    Attributes
    ----------
    items : tuple of str
        Its names, the most exact one first.
    reason : str
        Why there is none.
    """

    items: tuple[str, ...]
    reason: str = ""


_NO_MEDIA: Final = Told((), "codec and size of its result are not in the answer")
_SEVERAL: Final = Told((), "its result has several videos, and the price list does not say which one counts")
_NO_DOCUMENT: Final = Told((), "what it turned the document into is not in the answer")
NOTHING: Final = Told((), "which of its prices applies is not in the answer")


def media(extra: object) -> Told:
    """Return the codec and the size of the video that a task made, or that it is audio only."""
    streams = _element(extra, "MediaInfo", "Stream")
    video = streams.get("Video")
    if isinstance(video, dict) and video:
        return _told_of(video)
    if isinstance(video, list):
        told = {_told_of(one) for one in video if isinstance(one, dict)}
        return told.pop() if len(told) == 1 else _SEVERAL
    return Told((AUDIO_ONLY,)) if streams.get("Audio") and not video else _NO_MEDIA


def _told_of(video: dict[str, Any]) -> Told:
    return _video(str(video.get("CodecName")), str(video.get("Width")), str(video.get("Height")))


@lru_cache(maxsize=4096)
def _video(codec: str, width: str, height: str) -> Told:
    try:
        short_side = min(float(width), float(height))
    except ValueError:
        return _NO_MEDIA
    if codec in ("", "None") or not short_side > 0:
        return _NO_MEDIA
    size = next((name for name, most in SIZES.items() if short_side <= most), f"above {[*SIZES][-1]}")
    return Told((f"{_CODECS.get(codec.lower(), codec)} {size}", size))


def document(extra: object) -> Told:
    """Return what a task turned a document into."""
    target = _element(extra, "DocProcess").get("TgtType")
    if not isinstance(target, str):
        return _NO_DOCUMENT
    return Told((_DOCUMENTS.get(target.lower(), target),))


def pages(extra: object) -> float:
    """Return how many pages of a document a task made; NaN if nobody knows."""
    try:
        return float(str(_element(extra, "DocProcessResult").get("SuccPageCount")))
    except ValueError:
        return np.nan


class _Doubt(NamedTuple):
    """Why the minutes of a result do not tell what a task cost: an answer that holds all of `texts`."""

    reason: str
    texts: tuple[str, ...]
    only: frozenset[str] = frozenset()
    """Types of tasks; none for all."""
    but: frozenset[str] = frozenset()


_DOUBTS: Final = (
    _Doubt(
        "it adds a digital watermark, which is billed apart",
        ('"DigitalWatermark": {',),
        but=frozenset({"DigitalWatermark", "ExtractDigitalWatermark"}),
    ),
    _Doubt(
        "it makes two files, and how long the second one plays is not in the answer",
        ('"AuObject": "', '"Object": "'),
        only=frozenset({"VoiceSeparate"}),
    ),
    _Doubt(
        "it ran in a queue for speed transcoding, which has prices of its own", ('"QueueType": "SpeedTranscoding"',)
    ),
)


def doubts(task_type: str, extras: Sequence[object]) -> list[tuple[str, NDArray[np.bool_]]]:
    """Return why the minutes of a result do not tell what tasks of a type cost, each with where that is so."""
    texts = [extra if isinstance(extra, str) else "" for extra in extras]
    found = []
    for reason, parts, only, but in _DOUBTS:
        if task_type not in but and (not only or task_type in only):
            holds = np.array([parts[0] in text for text in texts], bool)
            for part in parts[1:]:
                holds &= np.array([part in text for text in texts], bool)
            found.append((reason, holds))
    return found


def _element(extra: object, first: str, *below: str) -> dict[str, Any]:
    """Return the element `first`, or the one that its names lead to `below` it; an empty one if it is not there.

    The rest of the text is not decoded, which would take most of the time. A name with its quotation marks and a colon
    is an element's: in texts, quotation marks have a backslash.
    """
    if not isinstance(extra, str):
        return {}
    key = f'"{first}": '
    begin = extra.find(key)
    if begin < 0:
        return {}
    try:
        value, _ = _DECODER.raw_decode(extra, begin + len(key))
    except (ValueError, RecursionError):
        return {}
    for name in below:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
