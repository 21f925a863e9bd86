"""The command as a whole: how it ends, whatever happens."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cijob_analysis import __version__
from cijob_analysis.exceptions import CIJobError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cijob_analysis.snapshot import Snapshot

FAILED, USAGE, SERVICE, INCOMPLETE = 1, 2, 3, 4
"""Exit codes besides 0; the help of the command says what they mean."""

_CLICK_EXCEPTION: Final[Any] = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")
"""What typer raises for bad usage: click's own, or, of late, that of a click inside of it."""

_INTERRUPTED: Final = 128 + signal.SIGINT
_CLOSED_PIPE: Final = 128 + 13  # SIGPIPE, which not every system has

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a trace's locals may be keys
    rich_markup_mode=None,
    help=(
        "Explore Tencent Cloud Infinite (CI) batch jobs. Exit codes: 0 all is well; 1 jobs failed, where --fail-on "
        "asks; 2 something asked for cannot be, or a file cannot be written; 3 the service or the network; 4 what was "
        "read is not complete; 130 Ctrl-C."
    ),
)


def _show_version(is_asked: bool) -> None:
    if is_asked:
        print(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command; what we expect to go wrong is one line on standard error, and an exit code."""
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit) as error:
        # Whoever read it has seen enough. Typer may have seen that before, and then only exits, with 1.
        if isinstance(error, SystemExit) and error.code != 1:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_CLOSED_PIPE)
    except _CLICK_EXCEPTION as error:
        error.show()
        code = error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        code = _INTERRUPTED
    except CIJobError as error:
        print(f"cijob: {error}", file=sys.stderr)
        code = USAGE if isinstance(error, ConfigurationError) else SERVICE
    except OSError as error:
        print(f"cijob: {_said(error)}", file=sys.stderr)
        code = USAGE
    if code == _INTERRUPTED:  # which newer versions of typer return by themselves
        print("cijob: interrupted", file=sys.stderr)
    sys.exit(code if isinstance(code, int) else 0)


def ended(snapshot: Snapshot, fail_on: Iterable[str] = ()) -> None:
    """End the command as `snapshot` is: 1 if a row of it is in a state of `fail_on`, 4 if it is not complete."""
    from cijob_analysis.schema import LEVELS

    wanted = list(fail_on)
    if any(getattr(snapshot, level)["state"].isin(wanted).any() for level in LEVELS):
        raise typer.Exit(FAILED)
    if not snapshot.is_complete:
        raise typer.Exit(INCOMPLETE)


def _said(error: OSError) -> str:
    """Return what an error of the file system says, without its number."""
    if error.strerror is None:
        return str(error)
    return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
