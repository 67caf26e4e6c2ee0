"""Residuals with projections, branches, joins, gated units: their nodes, shapes and mistakes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from actreg.contracts.plan import Node
from actreg.model import ModelSpec, plan_of, total_parameters

Layers = Callable[..., ModelSpec]
HEAD = "actreg: 1\ninput: [8]\n"

# Layers, the input, the output, and the number of trainable elements.
SHAPES = [
    ("[residual: {layers: [linear: 4], project: true}]", "[8]", (4,), 36 + 36),
    ("[residual: {layers: [linear: 8], project: true}]", "[8]", (8,), 72),
    ("[residual: {layers: [linear: 4], project: norm}]", "[8]", (4,), 36 + 32 + 8),
    ("[residual: {layers: [linear: 4], project: true}]", "[3, 8]", (3, 4), 36 + 36),
    ("[residual: {layers: [max_pool2d: 2], project: true}]", "[3, 8, 6]", (3, 4, 3), 9 + 3),
    ("[residual: {layers: [conv2d: {out_channels: 5, kernel: 1, bias: false}], project: norm}]", "[3, 7, 7]",
     (5, 7, 7), 15 + 15 + 10),
    ("[residual: {layers: [conv2d: {out_channels: 5, kernel: 3, stride: [1, 2], padding: 1}], project: norm}]",
     "[3, 7, 7]", (5, 7, 4), 140 + 15 + 10),
    ("[residual: {layers: [linear: 4], shortcut: [linear: 4, relu]}]", "[8]", (4,), 36 + 36),
    ("[branches: {merge: concat, of: [[linear: 3], [], [linear: 2, relu]]}]", "[8]", (13,), 27 + 18),
    ("[branches: {merge: concat, of: [[], []]}]", "[3, 5, 6]", (6, 5, 6), 0),
    ("[branches: {merge: concat, of: [[], []], axis: -1}]", "[3, 5, 6]", (3, 5, 12), 0),
    ("[branches: {merge: concat, of: [[], []], axis: 1}]", "[5, 6]", (10, 6), 0),
    ("[branches: {merge: sum, of: [[linear: 8], [relu], []]}]", "[8]", (8,), 72),
    ("[branches: {merge: mul, of: [[], [avg_pool2d: 4]]}]", "[3, 4, 4]", (3, 4, 4), 0),
    ("[gated: {hidden: 5, act: silu}]", "[8]", (5,), 90),
    ("[gated: {hidden: 5, act: {prelu: {num_parameters: 1}}, bias: false}]", "[2, 8]", (2, 5), 81),
    ("[{linear: 3, as: a}, linear: 3, concat: a]", "[8]", (6,), 27 + 12),
    ("[{linear: 3, as: a}, {linear: 3, as: b}, {linear: 3, from: a}, add: [a, b]]", "[8]", (3,), 27 + 12 + 12),
    ("[linear: 3, concat: {of: [input], axis: 1}]", "[8]", (11,), 27),
]  # fmt: skip


@pytest.mark.parametrize(("text", "shape", "output", "count"), SHAPES, ids=[f"{t} on {s}" for t, s, *_ in SHAPES])
def test_shapes_and_counts(layers: Layers, text: str, shape: str, output: tuple[int, ...], count: int) -> None:
    """As computed by hand."""
    plan = plan_of(layers(text, shape))
    assert plan.output_shape == output
    assert total_parameters(plan) == count


# Layers, and the nodes that they make: name, kind, inputs.
NODES = [
    ("[residual: {layers: [linear: 4], project: norm}]",
     [("residual_1.linear_1", "linear", "input"), ("residual_1.shortcut.linear", "linear", "input"),
      ("residual_1.shortcut.batch_norm", "batch_norm", "residual_1.shortcut.linear"),
      ("residual_1.add", "add", "residual_1.linear_1 residual_1.shortcut.batch_norm")]),
    ("[{residual: {layers: [linear: 4], shortcut: [linear: 4]}, as: r}]",
     [("r.linear_1", "linear", "input"), ("r.shortcut.linear_1", "linear", "input"),
      ("r.add", "add", "r.linear_1 r.shortcut.linear_1")]),
    ("[branches: {merge: sum, of: [[relu, {tanh: , as: x}], [], [relu]]}]",
     [("branches_1.1.relu_1", "activation", "input"), ("branches_1.1.x", "activation", "branches_1.1.relu_1"),
      ("branches_1.3.relu_1", "activation", "input"),
      ("branches_1.add", "add", "branches_1.1.x input branches_1.3.relu_1")]),
    ("[gated: {hidden: 4, act: silu}]",
     [("gated_1.gate", "linear", "input"), ("gated_1.act", "activation", "gated_1.gate"),
      ("gated_1.up", "linear", "input"), ("gated_1.mul", "mul", "gated_1.act gated_1.up")]),
    ("[{relu: , as: a}, tanh, {mul: [a, input], as: m}, {add: m, from: a}]",
     [("a", "activation", "input"), ("tanh_1", "activation", "a"), ("m", "mul", "tanh_1 a input"),
      ("add_1", "add", "a m")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "nodes"), NODES, ids=[text for text, _ in NODES])
def test_nodes(layers: Layers, text: str, nodes: list[tuple[str, str, str]]) -> None:
    """Names, kinds and what each reads."""
    found = [(node.name, node.kind, " ".join(node.inputs)) for node in plan_of(layers(text)).nodes]
    assert found == nodes


def test_a_projection_has_the_stride_that_fits(layers: Layers) -> None:
    """On each axis by itself, without a bias where a norm follows."""
    text = "[residual: {layers: [conv2d: {out_channels: 5, kernel: 3, stride: [1, 2], padding: 1}], project: norm}]"
    nodes: dict[str, Node] = {node.name: node for node in plan_of(layers(text, "[3, 7, 7]")).nodes}
    options = nodes["residual_1.shortcut.conv2d"].options
    assert (options["kernel"], options["stride"], options["padding"], options["bias"]) == (
        (1, 1),
        (1, 2),
        (0, 0),
        False,
    )


# Layers on an input of [8], where, and what must be said.
MISTAKES = [
    ("[residual: [linear: 4]]", 10, "project: true puts a projection on the skip"),
    ("[residual: {layers: [linear: 4], project: tru}]", 51, "residual: project: "),
    ("[residual: {layers: [linear: 4], shortcut: [linear: 3]}]", 10, "make (4,) of (8,), its shortcut (3,)"),
    ("[residual: {layers: [linear: 4], shortcut: [linear: 4], project: true}]", 10, "exclude each other"),
    ("[residual: {layers: [linear: 4], shortcut: []}]", 52, "residual: shortcut is a list of layers, not an empty one"),
    ("[residual: {layers: [relu], shortcut: [reluu]}]", 48, "unknown layer 'reluu'"),
    ("[branches: [relu]]", 20, "branches takes {merge: concat, of: [[…], […]]}, not a list"),
    ("[branches: {merge: sum, of: [[relu]]}]", 37, "of is a list of two branches or more, [[…], […]], not 1"),
    ("[branches: {merge: sum, of: relu}]", 37, "not 'relu'"),
    ("[branches: {merge: sum, of: [relu, []]}]", 38, "branches: of: a branch is a list of layers, not 'relu'"),
    ("[branches: {of: [[relu], []]}]", 10, "branches: merge: field required"),
    ("[branches: {merge: cat, of: [[relu], []]}]", 28, "'concat', 'sum' or 'mul', not 'cat'"),
    ("[branches: {merg: sum, of: [[relu], []]}]", 21, "did you mean 'merge'?"),
    ("[branches: {merge: sum, of: [[relu], [linear: 3]]}]", 10, "a sum needs equal shapes, not (8,) and (3,)"),
    ("[branches: {merge: mul, of: [[relu], [linear: 3]]}]", 10, "a product needs equal sizes, or 1, on each axis"),
    ("[branches: {merge: concat, axis: 3, of: [[], []]}]", 42, "axis 3 is out of range for 2 axes"),
    ("[branches: {merge: concat, axis: 0, of: [[], []]}]", 42, "axis 0 is the batch"),
    ("[branches: {merge: sum, axis: 1, of: [[], []]}]", 10, "axis is an option of concat"),
    ("[branches: {merge: sum, of: [[reluu], []]}]", 39, "unknown layer 'reluu'"),
    ("[gated: 5]", 10, "gated: act: field required"),
    ("[gated: {hidden: 5, act: reluu}]", 34, "unknown activation 'reluu'"),
    ("[gated: {hidden: 5, act: silu, gate: 3}]", 40, "unknown option (options: hidden, act, bias)"),
    ("[gated: {hidden: 5, act: halver}]", 34, "gated: halver: it halves axis -1, whose size 5 is odd"),
    ("[gated: {hidden: 6, act: halver}]", 34, "a gate keeps the shape"),
    ("[gated: {hidden: 0, act: silu}]", 26, "greater than or equal to 1"),
    ("[add: x]", 15, "add: unknown name 'x' (nothing before it has a name)"),
    ("[{relu: , as: stem}, add: [stm]]", 36, "did you mean 'stem'?"),
    ("[{linear: 3, as: a}, linear: 4, add: a]", 41, "a sum needs equal shapes, not (4,) and (3,)"),
    ("[add: []]", 15, "at least 1 item"),
    ("[add: 3]", 15, "add: of: "),
    ("[add]", 10, "add: of: field required"),
    ("[{relu: , from: x}]", 25, "from: unknown name 'x' (nothing before it has a name)"),
    ("[{relu: , as: a}, {relu: , from: b, as: c}, {tanh: , as: b}]", 42, "'b' is the layer on line 3, which"),
    ("[{relu: , as: a, from: a}]", 32, "from: 'a' is this layer itself"),
    ("[{residual: [{relu: , from: a}], as: a}]", 37, "from: 'a' is a layer around this, not before it"),
    ("[{relu: , as: a}, residual: [{tanh: , from: b}, {tanh: , as: b}]]", 53, "which stands after this"),
    ("[residual: [{tanh: , as: b}], {relu: , from: b}]", 54, "from: unknown name 'b'"),
    ("[linear: 3, {relu: , from: input}]", 10, "nothing reads the output of linear_1"),
    ("[{linear: 3, share: w}]", 29, "share: unknown name 'w'"),
    ("[{linear: 3, as: w}, {linear: 3, share: w}]", 49, "weight (3, 3), bias (3,), the other's weight (3, 8)"),
    ("[{linear: 8, as: w}, {linear: {out_features: 8, bias: false}, share: w}]", 78, "(it shares with w on line 3)"),
    ("[{relu: , as: w}, {linear: 8, share: w}]", 46, "the other layer has no parameters"),
    ("[{linear: 8, as: w}, {relu: , share: w}]", 46, "this layer has no parameters"),
    ("[{linear: 8, as: w}, {residual: [linear: 8], share: w}]", 61, "alone has parameters in"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "column", "fragment"), MISTAKES, ids=[f"{t} @{c}" for t, c, _ in MISTAKES])
def test_a_mistake(mistakes: Callable[..., list[str]], text: str, column: int, fragment: str) -> None:
    """Exactly one message, at the place of the mistake."""
    found = mistakes(f"{HEAD}layers: {text}\n")
    assert len(found) == 1, found
    assert found[0].startswith(f"3:{column}: "), found
    assert fragment in found[0]
