"""The command `cijob`: the package from a shell."""

from cijob_analysis.cli.commands import app, main

__all__ = ["app", "main"]
