"""The suite on torch, where the plugin can be imported: everything passes or is a listed deviation."""

from __future__ import annotations

import pytest

import actreg
from actreg.conformance.runner import check

plugin = pytest.importorskip("actreg_torch.plugin")


@pytest.mark.parametrize("name", actreg.Registry().names())
def test_torch_keeps_every_law_or_its_deviation_is_listed(name):
    """No failure outside the listed regions, and nothing listed that no longer occurs."""
    registry = actreg.Registry(plugins=[plugin])
    records = check(name, registry, backends=["torch"])
    assert records
    assert [r.explain() for r in records if not r.ok] == []
