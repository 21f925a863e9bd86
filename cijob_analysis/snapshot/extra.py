"""Extras: libraries that are imported when they are used, and named when they are missing."""

from __future__ import annotations

from importlib import import_module

from cijob_analysis.exceptions import ConfigurationError


def need(*libraries: str, extra: str = "archive") -> None:
    """Import `libraries` of the extra `extra`.

    Raises
    ------
    ConfigurationError
        One is not installed; the message has the command that installs it.
    """
    for library in libraries:
        try:
            import_module(library)
        except ImportError as error:
            raise ConfigurationError(
                f'this needs {library}, which is not installed: pip install "cijob-analysis[{extra}]"'
            ) from error
