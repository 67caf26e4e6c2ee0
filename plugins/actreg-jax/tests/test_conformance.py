"""The conformance suite on JAX: two activations daily, in float32; every one in every dtype with ``-m exhaustive``."""

from __future__ import annotations

import pytest

import actreg
from actreg.conformance import check

pytest.importorskip("jax")
plugin = pytest.importorskip("actreg_jax.plugin")
REGISTRY = actreg.Registry(plugins=[plugin])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["silu", "softmax"])
def test_jax_keeps_every_law(name: str) -> None:
    """Nothing fails, and there is no deviation to list: the mathematics is our own."""
    records = check(name, REGISTRY, ["jax"], ["float32"])
    assert len(records) > 30
    assert [r.explain() for r in records if r.verdict not in ("pass", "skipped")] == []


@pytest.mark.exhaustive
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("name", REGISTRY.names())
def test_jax_keeps_every_law_in_every_dtype(name: str, dtype: str) -> None:
    """The whole suite: half an hour of one core, most of it compiling."""
    records = check(name, REGISTRY, ["jax"], [dtype])
    assert [r.explain() for r in records if r.verdict not in ("pass", "skipped")] == []
