"""The page: a template, a style sheet and a script; a policy in it allows these two by their hashes, and no other."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from cijob_analysis import __version__

if TYPE_CHECKING:
    from cijob_analysis.report.faults import Embedded
    from cijob_analysis.report.parts import Section

_UNSEEN: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
"""Control characters, and those that turn the direction of a text around."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """What is on the page.

    Attributes
    ----------
    title, summary : str
        Above all, and the whole in a sentence.
    as_of, zone : str
        When it was true, and the zone of all times.
    is_complete : bool
        Whether nothing is missing.
    sections : tuple of Section
        In their order.
    embedded : Embedded or None
        Failed and slow rows as data.
    """

    title: str
    summary: str
    as_of: str
    zone: str
    is_complete: bool
    sections: tuple[Section, ...]
    embedded: Embedded | None


def render(page: Page) -> str:
    """Return `page` as HTML in which nothing of the service's is markup."""
    from jinja2 import Environment
    from markupsafe import Markup

    def as_text(value: Any) -> Any:
        return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    style, script, template = (
        files(__package__).joinpath(name).read_text("utf-8") for name in ("page.css", "page.js", "page.html.jinja")
    )
    environment = Environment(autoescape=True, finalize=as_text, trim_blocks=True, lstrip_blocks=True)
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return environment.from_string(template).render(
        page=page,
        policy=Markup(policy),  # noqa: S704 - our own files and their hashes
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
        data=Markup(page.embedded.json) if page.embedded else None,  # noqa: S704 - it has no <, > or &
        raw=lambda text: Markup("{}").format(text),  # escaped, but with all its characters
        version=__version__,
    )


def visible(text: str) -> str:
    r"""Return `text` with what cannot be seen, or turns it around, written out: ``\u202e``."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
