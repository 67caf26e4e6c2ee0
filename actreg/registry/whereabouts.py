"""Where installed things are looked for: everywhere on `sys.path` but where Python happens to have been started.

``python -c``, ``python -m`` and notebooks put the working directory first by themselves. A ``.dist-info`` or a module
that lies about there must neither become a plugin nor stand in for one.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any


def path() -> list[str]:
    """`sys.path` without a working directory that nobody put there."""
    return sys.path[1:] if _started_here() else list(sys.path)


def loader(point: EntryPoint) -> Callable[[], Any]:
    """Loads an entry point, from where it is installed."""

    def load() -> Any:
        _import_installed(point.module.partition(".")[0])
        return point.load()

    return load


def _started_here() -> bool:
    if sys.flags.safe_path or not sys.path:
        return False
    try:
        return sys.path[0] in ("", os.getcwd())
    except OSError:  # the directory is gone
        return False


def _import_installed(top: str) -> None:
    """Imports a top-level module that the working directory would hide."""
    if not _started_here() or top in sys.modules:
        return
    here = Path(sys.path[0] or os.getcwd())
    if not (here / f"{top}.py").is_file() and not (here / top).is_dir():
        return
    found = _elsewhere(top)
    if found is None or found.loader is None:
        return
    module = importlib.util.module_from_spec(found)
    sys.modules[top] = module
    try:
        found.loader.exec_module(module)
    except BaseException:
        del sys.modules[top]
        raise


def _elsewhere(top: str) -> ModuleSpec | None:
    # Editable installs have finders of their own.
    others = [finder for finder in sys.meta_path if finder is not PathFinder]
    specs = (finder.find_spec(top, None) for finder in others)
    return PathFinder.find_spec(top, path()) or next((spec for spec in specs if spec is not None), None)
