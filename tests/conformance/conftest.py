"""Who catches a mutant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import actreg
from actreg.conformance import check

BASE = actreg.Registry()


def verdicts(what: Any, by: str, dtype: str, only: str) -> list[Any]:
    """The records of one check, on NumPy or on the backend given, in one dtype."""
    if isinstance(what, type) and issubclass(what, actreg.Backend):

        class Plugin:
            """The backend's."""

            @actreg.hookimpl
            def actreg_backends(self) -> list[Any]:
                """It alone."""
                return [what]

        return check(only, actreg.Registry(plugins=[Plugin()]), [what.name], [dtype], [by])
    return check(what, BASE, ["numpy"], [dtype], [by])


@pytest.fixture
def caught() -> Callable[..., None]:
    """caught(mutant, by, honest): the check fails for the mutant and tells why; it passes for the honest twin.

    only: the activation with which a backend is tried.
    """

    def caught(mutant: Any, by: str, honest: Any, dtype: str = "float32", only: str = "") -> None:
        failed = [record for record in verdicts(mutant, by, dtype, only) if record.verdict == "fail"]
        assert failed, f"{by} lets it pass"
        for record in failed:
            assert record.reason or (record.expected and record.got and record.worst_input_hex)
            assert record.reproduction
        twins = verdicts(honest, by, dtype, only)
        assert twins, f"{by} does not look at the honest twin"
        assert [record.explain() for record in twins if not record.ok] == []

    return caught
