"""Types of nodes: how long their tasks run, and in which category of queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class NodeType:
    """How tasks of a type behave.

    Attributes
    ----------
    median_s, spread : float
        Median of the run time [s], and the standard deviation of its logarithm for objects alike.
    growth : float
        Power of the object's duration with which the run time grows.
    category : str
        Of the queue where they run.
    """

    median_s: float
    spread: float
    growth: float = 0.7
    category: str = "Transcoding"


NODE_TYPES: Final = {
    "Transcode": NodeType(42, 0.35),
    "Animation": NodeType(11, 0.3),
    "Snapshot": NodeType(5, 0.4, 0.2),
    "Segment": NodeType(7, 0.3),
    "Concat": NodeType(12, 0.3),
    "StreamPack": NodeType(6, 0.3, 0.3),
    "MediaInfo": NodeType(2, 0.3, 0.0),
    "SDRtoHDR": NodeType(110, 0.4),
    "VideoMontage": NodeType(90, 0.4, category="AIProcess"),
    "SmartCover": NodeType(14, 0.4, 0.4, "AIProcess"),
    "NoiseReduction": NodeType(20, 0.3, category="AIProcess"),
    "PicProcess": NodeType(2, 0.5, 0.0, "PicProcessing"),
    "SpeechRecognition": NodeType(55, 0.4, category="Speeching"),
    "DocProcess": NodeType(9, 0.6, 0.0, "DocProcessing"),
    "FileCompress": NodeType(15, 0.6, 0.0, "FileProcessing"),
}
OTHER: Final = NodeType(20, 0.4)
"""All other types."""


def node_type(name: str) -> NodeType:
    """Return how tasks of the type `name` behave."""
    return NODE_TYPES.get(name, OTHER)
