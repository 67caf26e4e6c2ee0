"""Plans: shapes and sizes against hand-computed values, and nothing shared between nodes."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from actreg.contracts.param import Constant, Uniform
from actreg.model import ModelSpec, plan_of, rows, total_parameters

Layers = Callable[..., ModelSpec]

# Layers, the input, the output, and the number of trainable elements.
SHAPES = [
    ("[linear: 5]", "[8]", (5,), 45),
    ("[linear: {out_features: 5, bias: false}]", "[3, 8]", (3, 5), 40),
    ("[flatten]", "[2, 3, 4]", (24,), 0),
    ("[conv2d: {out_channels: 4, kernel: 3}]", "[1, 8, 8]", (4, 6, 6), 40),
    ("[conv2d: {out_channels: 4, kernel: [3, 5], stride: 2, padding: [1, 2]}]", "[2, 9, 10]", (4, 5, 5), 124),
    ("[conv2d: {out_channels: 6, kernel: 3, groups: 2, bias: false}]", "[4, 8, 8]", (6, 6, 6), 108),
    ("[max_pool2d: 2]", "[3, 9, 8]", (3, 4, 4), 0),
    ("[avg_pool2d: {kernel: 3, stride: 2, padding: 1}]", "[3, 8, 8]", (3, 4, 4), 0),
    ("[batch_norm]", "[6]", (6,), 12),
    ("[batch_norm]", "[4, 8, 8]", (4, 8, 8), 8),
    ("[layer_norm]", "[4, 8]", (4, 8), 16),
    ("[layer_norm: [4, 8]]", "[2, 4, 8]", (2, 4, 8), 64),
    ("[dropout: 0.1, relu]", "[2, 3]", (2, 3), 0),
    ("[halver]", "[3, 8]", (3, 4), 0),
    ("[{halver: {axis: 1}}]", "[6, 8]", (3, 8), 0),
    ("[doubler]", "[3, 4]", (3, 8), 0),
    ("[maxout: {units: 5, pieces: 3}]", "[7]", (5,), 5 * 3 * 7 + 15),
    ("[maxout_pool: 4]", "[8]", (2,), 0),
    ("[prelu]", "[8]", (8,), 1),
    ("[prelu: each]", "[4, 8, 8]", (4, 8, 8), 4),
    ("[{prelu: {num_parameters: each, axis: -1}}]", "[4, 6]", (4, 6), 6),
    ("[learned: 8]", "[8]", (8,), 8),
    ("[weighed]", "[8]", (8,), 3),
    ("[{weighed: {axis: 1}}]", "[4, 8]", (4, 8), 3),
    ("[residual: [linear: 4, relu, linear: 8]]", "[8]", (8,), 36 + 40),
    ("[repeat: {times: 3, layers: [linear: 8]}]", "[8]", (8,), 3 * 72),
]


@pytest.mark.parametrize(("text", "shape", "output", "count"), SHAPES, ids=[f"{t} on {s}" for t, s, *_ in SHAPES])
def test_shapes_and_counts(layers: Layers, text: str, shape: str, output: tuple[int, ...], count: int) -> None:
    """As computed by hand."""
    plan = plan_of(layers(text, shape))
    assert plan.output_shape == output
    assert total_parameters(plan) == count
    assert sum(row.parameters for row in rows(plan)) == count


def test_defaults_are_filled_in(layers: Layers) -> None:
    """A backend needs to know none."""
    plan = plan_of(layers("[conv2d: {out_channels: 4, kernel: 3}, max_pool2d: 2, flatten, layer_norm]", "[1, 8, 8]"))
    conv, pool, _, norm = plan.nodes
    assert conv.options == {
        "out_channels": 4, "kernel": (3, 3), "stride": (1, 1), "padding": (0, 0), "dilation": (1, 1),
        "groups": 1, "bias": True, "gain": 1.0,
    }  # fmt: skip
    assert pool.options == {"kernel": (2, 2), "stride": (2, 2), "padding": (0, 0)}
    assert norm.options == {"eps": 1e-5, "shape": (36,)}


def test_parameters_and_buffers(layers: Layers) -> None:
    """Shapes, initial values, and what is trained."""
    plan = plan_of(layers("[conv2d: {out_channels: 6, kernel: [3, 2], groups: 2}, batch_norm]", "[4, 8, 8]"))
    found = {name: (spec.shape, spec.init, spec.trainable) for name, spec in plan.parameters()}
    assert found == {
        "conv2d_1.weight": ((6, 2, 3, 2), Uniform(12), True),
        "conv2d_1.bias": ((6,), Uniform(12), True),
        "batch_norm_1.weight": ((6,), Constant(1.0), True),
        "batch_norm_1.bias": ((6,), Constant(0.0), True),
        "batch_norm_1.running_mean": ((6,), Constant(0.0), False),
        "batch_norm_1.running_var": ((6,), Constant(1.0), False),
    }


def test_a_fan_in_that_follows_the_input_is_a_number_in_the_plan(layers: Layers) -> None:
    """Maxout's initial values are drawn without knowing the layer."""
    plan = plan_of(layers("[maxout: 3]", "[16]"))
    assert {spec.init for _, spec in plan.parameters()} == {Uniform(16)}
    assert Uniform(16).bound() == 1 / math.sqrt(16)


def test_every_node_has_an_activation_of_its_own(layers: Layers) -> None:
    """Equal, never the same object; also across plans of one spec."""
    spec = layers("[repeat: {times: 3, layers: [prelu: 1]}]")
    instances = [node.activation for plan in (plan_of(spec), plan_of(spec)) for node in plan.nodes]
    assert len({id(act) for act in instances}) == 6
    assert all(act == instances[0] for act in instances)


def test_nodes_read_what_comes_before(layers: Layers) -> None:
    """A chain, and a sum of branch and skip."""
    plan = plan_of(layers("[linear: 8, residual: [relu, residual: [tanh]], linear: 2]"))
    assert [(node.name, node.inputs) for node in plan.nodes] == [
        ("linear_1", ("input",)),
        ("residual_1.relu_1", ("linear_1",)),
        ("residual_1.residual_1.tanh_1", ("residual_1.relu_1",)),
        ("residual_1.residual_1.add", ("residual_1.residual_1.tanh_1", "residual_1.relu_1")),
        ("residual_1.add", ("residual_1.residual_1.add", "linear_1")),
        ("linear_2", ("residual_1.add",)),
    ]


def test_the_table_names_given_options(layers: Layers) -> None:
    """Those that were written, not the defaults."""
    plan = plan_of(layers("[{leaky_relu: {negative_slope: 0.5}}, relu, prelu: each, linear: 3]"))
    kinds = [row.kind for row in rows(plan)]
    assert kinds == ["leaky_relu(negative_slope=0.5)", "relu", "prelu(num_parameters=each)", "linear"]
