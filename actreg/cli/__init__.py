"""The command line: ``actreg …``.

Requirements:

- Exit 0: fine; 1: the thing checked fell short; 2: bad input. An interrupted training ends with 130.
- A user's mistake is one line on standard error for each finding, never wrapped, without markup, and no traceback.
- Listings go to standard output, are not wrapped or cut when piped, and have ``--json``.
- Nothing heavy is imported before a command needs it: ``list`` and ``check`` load no array library.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; the exit status. arguments: those of the process when None."""
    from actreg.cli.app import execute

    try:
        status = execute(list(sys.argv[1:] if arguments is None else arguments))
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # Whoever read us has had enough; the interpreter must not complain at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
