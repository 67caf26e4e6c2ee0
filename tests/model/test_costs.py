"""Multiply-adds against hand-computed and published values."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from actreg.contracts.plan import INPUT
from actreg.model import ModelSpec, plan_of
from actreg.model.costs import multiply_adds

CASES = [
    ("[linear: 5]", "[8]", 40),
    ("[linear: {out_features: 5, bias: false}]", "[3, 8]", 120),
    ("[conv2d: {out_channels: 4, kernel: [3, 5], stride: 2, padding: [1, 2]}]", "[2, 9, 10]", 4 * 5 * 5 * 2 * 15),
    ("[conv2d: {out_channels: 6, kernel: 3, groups: 2}]", "[4, 8, 8]", 6 * 6 * 6 * 2 * 9),
    ("[conv2d: {out_channels: 4, kernel: 3, groups: 4}]", "[4, 8, 8]", 4 * 6 * 6 * 9),
    ("[conv1d: {out_channels: 4, kernel: 3}]", "[2, 9]", 4 * 7 * 2 * 3),
    ("[attention: 2]", "[5, 8]", 4 * 5 * 8 * 8 + 2 * 5 * 5 * 8),
    ("[attention: {heads: 4, kv_heads: 2}]", "[5, 8]", 5 * 8 * (16 + 8) + 2 * 5 * 5 * 8),
    ("[attention: {heads: 2, head_size: 6, causal: true}]", "[5, 8]", 5 * 8 * (36 + 12) + 2 * 5 * 5 * 12),
    ("[embedding: {rows: 10, features: 3}]", "{shape: [5], dtype: int64}", 0),
    ("[maxout: {units: 5, pieces: 3}]", "[7]", 5 * 3 * 7),
    ("[maxout: {units: 5, pieces: 3}]", "[2, 7]", 2 * 5 * 3 * 7),
    ("[batch_norm, relu, dropout: 0.5, max_pool2d: 2, flatten]", "[3, 4, 4]", 0),
    ("[residual: [linear: 8]]", "[8]", 64),
]


@pytest.mark.parametrize(("text", "shape", "count"), CASES, ids=[f"{t} on {s}" for t, s, _ in CASES])
def test_products_of_matrices_are_counted(layers: Callable[..., ModelSpec], text: str, shape: str, count: int) -> None:
    """As computed by hand; nothing else counts."""
    plan = plan_of(layers(text, shape))
    shapes = {INPUT: plan.input_shape, **{node.name: node.shape for node in plan.nodes}}
    assert sum(multiply_adds(node, shapes[node.inputs[0]]) for node in plan.nodes) == count
