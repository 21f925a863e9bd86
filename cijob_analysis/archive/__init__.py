"""The archive: what the service said, kept in Delta Lake tables, for when it has forgotten."""

from cijob_analysis.archive.archive import Archive

__all__ = ["Archive"]
