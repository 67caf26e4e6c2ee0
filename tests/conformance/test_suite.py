"""The suite itself, run on every built-in activation: one test for each law of each cell."""

from __future__ import annotations

import pytest

import actreg
from actreg.conformance.runner import cells, run
from actreg.contracts.transforms import CAPABILITIES

REGISTRY = actreg.Registry()
CELLS = list(cells(REGISTRY.names(), REGISTRY))


@pytest.mark.parametrize("cell", CELLS, ids=lambda c: f"{c[0].case} on {c[0].backend} in {c[0].dtype}: {c[1].name}")
def test_built_in_activations_keep_every_law(cell):
    """Each law holds for each configuration in each dtype on NumPy; only what NumPy does not declare is skipped."""
    record = run(*cell)
    lacking = set(CAPABILITIES) - REGISTRY.backend("numpy").capabilities
    assert record.verdict == "pass" or record.capability in lacking, record.explain()


def test_every_activation_and_dtype_is_met():
    """No cell of the matrix is left out."""
    met = {(s.case.name, s.dtype) for s, _ in CELLS}
    dtypes = REGISTRY.backend("numpy").dtypes()
    assert met == {(name, dtype) for name in REGISTRY.names() for dtype in dtypes}
