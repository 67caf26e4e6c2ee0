"""The table of layers: parameters and memory add up to what can be counted by hand."""

from __future__ import annotations

import pytest

from actreg.model.plan import plan_of
from actreg.model.read import read_spec
from actreg.model.table import peak_bytes, rows, total_parameters

PLAN = plan_of(
    read_spec(
        "actreg: 1\ninput: [4]\nlayers: [linear: 10, {relu: , inplace: true}, residual: [linear: 10], linear: 2]\n"
    )
)


def test_rows_have_parameters_and_memory() -> None:
    """Weights and biases; products; four bytes a number; no memory for a layer that works in place."""
    assert [(row.name, row.parameters, row.multiply_adds, row.activation_bytes) for row in rows(PLAN)] == [
        ("linear_1", 50, 40, 40),
        ("relu_1", 0, 0, 0),
        ("residual_1.linear_1", 110, 100, 40),
        ("residual_1.add", 0, 0, 40),
        ("linear_2", 22, 20, 8),
    ]
    assert total_parameters(PLAN) == 182


@pytest.mark.parametrize(("dtype", "size"), [("float64", 8), ("float32", 4), ("float16", 2), ("bfloat16", 2)])
def test_the_peak_is_what_must_be_held_at_once(dtype: str, size: int) -> None:
    """Around the sum: what the skip kept, the branch's output and the sum itself."""
    assert peak_bytes(PLAN, dtype) == 30 * size


def test_shared_weights_count_once_and_multiply_twice() -> None:
    """Under the layer that owns them; token ids take eight bytes each."""
    layers = "[embedding: {rows: 9, features: 4}, {linear: 4, as: a}, {linear: 4, share: a}]"
    plan = plan_of(read_spec(f"actreg: 1\ninput: {{shape: [6], dtype: int64}}\nlayers: {layers}\n"))
    assert [(row.parameters, row.multiply_adds) for row in rows(plan)] == [(36, 0), (20, 96), (0, 96)]
    assert total_parameters(plan) == 56
    assert peak_bytes(plan) == 2 * 6 * 4 * 4
