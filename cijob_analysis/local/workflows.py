"""The workflows of a generated workload: their nodes, and where each one's tasks run."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final
from uuid import UUID

from cijob_analysis.local import recipes
from cijob_analysis.local.nodetypes import node_type
from cijob_analysis.local.topology import END, START, Node, Workflow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True)
class Outline:
    """Nodes of a workflow by short names, and what follows what.

    Attributes
    ----------
    nodes : mapping of str to str
        Types by short names, each after those that it waits for.
    edges : tuple of (str, str)
        Short names, ``Start`` and ``End`` among them.
    fragile : frozenset of str
        Short names of the nodes that break on one kind of file.
    """

    nodes: Mapping[str, str]
    edges: tuple[tuple[str, str], ...]
    fragile: frozenset[str] = frozenset()


OUTLINES: Final = {
    "hls-ladder": Outline(
        {"cut": "Segment", "high": "Transcode", "low": "Transcode", "pack": "StreamPack", "cover": "Snapshot"},
        (
            *((START, "cut"), ("cut", "high"), ("cut", "low"), ("high", "pack"), ("low", "pack"), ("pack", END)),
            *((START, "cover"), ("cover", END)),
        ),
        frozenset({"high"}),
    ),
    "cover-thumbs": Outline(
        {"frames": "Snapshot", "webp": "PicProcess"}, ((START, "frames"), ("frames", "webp"), ("webp", END))
    ),
    "ugc-frames": Outline(
        {"frames": "Snapshot", "preview": "Animation"},
        ((START, "frames"), (START, "preview"), ("frames", END), ("preview", END)),
    ),
    "podcast-denoise": Outline(
        {"clean": "NoiseReduction", "aac": "Transcode", "text": "SpeechRecognition"},
        ((START, "clean"), ("clean", "aac"), ("aac", "text"), ("text", END)),
    ),
    "course-captions": Outline(
        {"mp4": "Transcode", "text": "SpeechRecognition", "cover": "SmartCover"},
        ((START, "mp4"), ("mp4", "text"), ("mp4", "cover"), ("text", END), ("cover", END)),
        frozenset({"cover"}),
    ),
}
"""By the names of `recipes.RECIPES`."""


def workflow_of(
    name: str, workflow_id: str, queue_ids: Mapping[str, str], created_at: datetime
) -> tuple[Workflow, frozenset[str]]:
    """Return a workflow and the names of its fragile nodes; `queue_ids` are those of the queues by their names."""
    outline = OUTLINES[name]
    random = Random(workflow_id)  # noqa: S311 - ids, no secrets
    own = next(recipe.queue for recipe in recipes.RECIPES if recipe.name == name)
    names = {START: START, END: END}
    nodes = []
    for short, kind in outline.nodes.items():
        names[short] = f"{kind}_{random.randrange(1_600_000_000_000, 1_800_000_000_000)}"
        nodes.append(node_of(names[short], kind, queue_ids[queue_of(kind, own)], f"{name}-{short}", random))
    workflow = Workflow(
        workflow_id=workflow_id,
        name=name,
        nodes=tuple(nodes),
        edges=tuple((names[begin], names[end]) for begin, end in outline.edges),
        created_at=created_at,
        updated_at=created_at,
    )
    return workflow, frozenset(names[short] for short in outline.fragile)


def node_of(name: str, kind: str, queue_id: str, template_name: str, random: Random) -> Node:
    """Return a node with a template of its own."""
    output = f"out/{template_name}/${{RunId}}/${{InputName}}.${{Ext}}"
    return Node(
        name=name,
        type=kind,
        queue_id=queue_id,
        template_id="t1" + UUID(int=random.getrandbits(128), version=4).hex,
        template_name=template_name,
        output_object=None if kind in recipes.WITHOUT_OUTPUT else output,
    )


def queue_of(kind: str, own: str) -> str:
    """Return the name of the queue where tasks of a type run, in a workflow whose queue is `own`."""
    category = node_type(kind).category
    return own if recipes.CATEGORIES[own] == category else recipes.DEFAULT_QUEUES[category]
