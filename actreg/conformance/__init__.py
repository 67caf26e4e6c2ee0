"""The conformance suite: every activation × backend × dtype against the truth, for insiders and outsiders alike.

``actreg.conformance.check(MyActivation)`` returns records, and ``test_it = actreg.conformance.suite("my-package")`` is
the suite as pytest's tests. Nothing but `suite` needs pytest, and importing this loads no array library.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "Distribution": "scope",
    "Record": "record",
    "Row": "report",
    "SweepRow": "sweeps",
    "check": "runner",
    "matrix": "report",
    "suite": "pytest_plugin",
    "sweep": "sweeps",
    "text": "report",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'actreg.conformance' has no attribute {name!r}")
    return getattr(import_module(f"actreg.conformance.{_HOMES[name]}"), name)


__all__ = ["Distribution", "Record", "Row", "SweepRow", "check", "matrix", "suite", "sweep", "text"]
