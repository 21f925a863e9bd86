"""The command `cijob`: the package from a shell."""

from cijob_analysis.cli import archiving, diagnosing, fetching, handing
from cijob_analysis.cli.app import app, main

__all__ = ["app", "archiving", "diagnosing", "fetching", "handing", "main"]
