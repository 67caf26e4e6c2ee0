"""pytest's way into actreg's conformance suite: ``pytest --actreg-plugin=DISTRIBUTION --pyargs actreg.conformance``.

pytest imports this module wherever actreg is installed, in runs that have nothing to do with it. So it lies outside of
the package, imports nothing, and adds options only; what they ask for is in `actreg.conformance.pytest_plugin`.
"""

from __future__ import annotations

from typing import Any

_OPTIONS = (
    ("plugin", "DISTRIBUTION", "test everything that this distribution provides"),
    ("backend", "NAME", "only on this backend"),
    ("dtype", "NAME", "only in this dtype"),
    ("check", "NAME", "only this check"),
)


def pytest_addoption(parser: Any) -> None:
    """The options, each of which may be repeated."""
    group = parser.getgroup("actreg", "actreg: conformance (with --pyargs actreg.conformance)")
    for name, metavar, text in _OPTIONS:
        group.addoption(f"--actreg-{name}", action="append", metavar=metavar, help=f"{text}; may be repeated")
    group.addoption(
        "--actreg-expect",
        action="append",
        metavar="CHECK=REASON",
        help="an announced failure: it must fail, and its name must match; may be repeated",
    )


def pytest_configure(config: Any) -> None:
    """Loads the suite where it is asked for; UsageError where it is asked for by halves."""
    if config.getoption("actreg_plugin"):
        from actreg.conformance import pytest_plugin

        pytest_plugin.require_target(config)
        config.pluginmanager.register(pytest_plugin, "actreg-conformance")
