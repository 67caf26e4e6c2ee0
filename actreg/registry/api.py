"""Versions of the plugin interface: what a plugin says it was written for, and whether this host speaks it."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from actreg.hookspecs import API, OLDEST_API
from actreg.registry.sources import Origin
from actreg.version import __version__


def why_not(found: Any, origin: Origin) -> str:
    """Why a plugin's interface can't be spoken, in words; empty where it can.

    found: a plugin (``api = 1`` is an attribute of it), or an object whose module says it. None given means 1.
    """
    version = _said(found)
    if isinstance(version, bool) or not isinstance(version, int):
        return f"its api is {version!r}; say api = {API}, the version of the plugin interface that it was written for"
    spoken = f"this actreg {__version__} speaks {OLDEST_API} to {API}" if OLDEST_API < API else f"{API} is spoken here"
    written = f"it was written for version {version} of the plugin interface"
    if version > API:
        return f"{written}, and {spoken}: upgrade actreg"
    return f"{written}, and {spoken}: upgrade {origin.distribution}" if version < OLDEST_API else ""


def _said(found: Any) -> Any:
    home = found
    if isinstance(found, type) or not hasattr(found, "api"):
        home = sys.modules.get(getattr(found, "__module__", ""), found)
    version = getattr(home, "api", API)
    # A package may well have a module of that name.
    return API if isinstance(version, ModuleType) else version
