"""Blocks: parameters, ``$in``, calls within calls, and mistakes at their own place."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from actreg.contracts.plan import Plan
from actreg.model import ModelSpec, plan_of, total_parameters

HEAD = "actreg: 1\ninput: [8]\n"

MLP = """\
actreg: 1
input: [8]
vars: {factor: 4, act: silu}
blocks:
  mlp:
    params: {hidden: $(in * factor), act: $act}
    layers: [layer_norm, linear: $hidden, act: $act, linear: $in]
layers:
  - use: mlp
  - {use: mlp, with: {hidden: 5, act: {leaky_relu: {negative_slope: 0.5}}}, as: small}
  - linear: $(in // 2)
  - repeat: {times: 2, layers: [residual: [use: mlp]]}
"""


@pytest.fixture
def plan(read: Callable[..., ModelSpec]) -> Callable[[str], Plan]:
    """The plan of a spec's text."""
    return lambda text: plan_of(read(text))


def test_calls_bind_parameters(plan: Callable[[str], Plan]) -> None:
    """Defaults follow what enters the block; what is given replaces them; names begin with the block's."""
    nodes = {node.name: node for node in plan(MLP).nodes}
    assert list(nodes)[:8] == [
        "mlp_1.layer_norm_1", "mlp_1.linear_1", "mlp_1.silu_1", "mlp_1.linear_2",
        "small.layer_norm_1", "small.linear_1", "small.leaky_relu_1", "small.linear_2",
    ]  # fmt: skip
    shapes = {name: node.shape for name, node in nodes.items() if "linear" in name}
    assert shapes == {
        "mlp_1.linear_1": (32,), "mlp_1.linear_2": (8,), "small.linear_1": (5,), "small.linear_2": (8,),
        "linear_1": (4,),
        "repeat_1.1.residual_1.mlp_1.linear_1": (16,), "repeat_1.1.residual_1.mlp_1.linear_2": (4,),
        "repeat_1.2.residual_1.mlp_1.linear_1": (16,), "repeat_1.2.residual_1.mlp_1.linear_2": (4,),
    }  # fmt: skip


SIZES = [
    ("[linear: $(in // 2), linear: $(in // 2)]", "[16]", (4,)),
    ("[residual: [linear: 3, linear: $in]]", "[16]", (16,)),
    ("[branches: {merge: sum, of: [[linear: 3, linear: $in], []]}]", "[16]", (16,)),
    ("[repeat: {times: 3, layers: [linear: $(in + 1)]}]", "[2]", (5,)),
    ("[residual: [repeat: {times: 2, layers: [linear: 3, linear: $in]}]]", "[9]", (9,)),
    ("[repeat: {times: $(in // 4), layers: [linear: $(in + 1)]}]", "[8]", (10,)),
    ("[conv2d: {out_channels: $(2 * in), kernel: 1}]", "[3, 5, 7]", (6, 5, 7)),
    ("[gated: {hidden: $(in * 3), act: {leaky_relu: {negative_slope: $(1 / in)}}}]", "[4]", (12,)),
    ("[act: {leaky_relu: {negative_slope: $(1 / in)}}, linear: $in]", "[5, 4]", (5, 4)),
    ("[{residual: {layers: [linear: $(in * 2)], project: true}}, linear: $in]", "[4]", (8,)),
]


@pytest.mark.parametrize(("text", "shape", "output"), SIZES, ids=[text for text, *_ in SIZES])
def test_in(layers: Callable[..., ModelSpec], text: str, shape: str, output: tuple[int, ...]) -> None:
    """Of what enters the innermost block, residual or branch; outside of these, of what enters the layer."""
    assert plan_of(layers(text, shape)).output_shape == output


def test_in_of_a_caller_and_of_a_block(plan: Callable[[str], Plan]) -> None:
    """In `with` it is the caller's, in a default and in the body the block's."""
    text = """\
actreg: 1
input: [8]
blocks:
  inner: {params: {a: , b: $in}, layers: [linear: $a, linear: $b, linear: $in]}
  outer: [linear: 5, {use: inner, with: {a: $in}}, linear: $in]
layers: [use: outer]
"""
    assert [node.shape for node in plan(text).nodes] == [(5,), (8,), (5,), (5,), (8,)]


def test_blocks_take_lists_and_mappings_and_other_blocks(plan: Callable[[str], Plan]) -> None:
    """Parameters are any value: a number, an activation, the name of a block."""
    text = """\
actreg: 1
input: [8]
blocks:
  up: [linear: 16]
  down: [linear: 4]
  body: {params: {first: up, rest: [relu, tanh]}, layers: [use: $first, residual: $rest]}
layers: [use: body, {use: body, with: {first: down, rest: [silu]}}]
"""
    assert [node.name for node in plan(text).nodes] == [
        "body_1.up_1.linear_1", "body_1.residual_1.relu_1", "body_1.residual_1.tanh_1", "body_1.residual_1.add",
        "body_2.down_1.linear_1", "body_2.residual_1.silu_1", "body_2.residual_1.add",
    ]  # fmt: skip


def test_calls_have_weights_of_their_own(plan: Callable[[str], Plan]) -> None:
    """Two calls, twice the parameters."""
    text = HEAD + "blocks: {b: [linear: 8]}\nlayers: [use: b, use: b]\n"
    assert total_parameters(plan(text)) == 2 * 72


# A block of line 3 and the layers of line 4, where, and what must be said.
MISTAKES = [
    ("{b: {params: {n: }, layers: [linear: $n]}}", "[use: b]", 4, 15, "b: the parameter n is missing"),
    ("{b: {params: {size: 3}, layers: [linear: $size]}}", "[{use: b, with: {sise: 3}}]", 4, 26, "did you mean 'size'?"),
    ("{b: {params: {size: }, layers: [linear: $size]}}", "[{use: b, with: {sise: 3}}]", 4, 26, "did you mean 'size'?"),
    ("{b: [relu]}", "[{use: b, with: {x: 3}}]", 4, 26, "b: unknown parameter 'x' (it has none)"),
    ("{b: [relu]}", "[{use: b, with: [3]}]", 4, 25, "with: a mapping of parameters to values, not a list"),
    ("{b: [relu]}", "[{use: b, wiht: {}}]", 4, 19, "did you mean 'with'?"),
    ("{b: [relu]}", "[{use: b, inplace: true}]", 4, 19, "inplace is for activations: use writes"),
    ("{mlp: [relu]}", "[use: mpl]", 4, 15, "unknown block 'mpl' (there are mlp); did you mean 'mlp'?"),
    ("{mlp: [relu]}", "[mlp]", 4, 10, "unknown layer 'mlp': a block is called with use: mlp"),
    ("{b: [reluu]}", "[use: b, use: b]", 3, 14, "unknown layer 'reluu'; did you mean 'relu'"),
    ("{b: [reluu]}", "[relu]", 3, 14, "unknown layer 'reluu'"),
    ("{b: {params: {n: }, layers: [linear: {out_feature: $n}]}}", "[relu]", 3, 47, "did you mean 'out_features'?"),
    ("{b: [halver, halver]}", "[use: b, use: b]", 3, 22, "whose size 1 is odd (in b, called on line 4)"),
    ("{b: [use: b]}", "[use: b]", 3, 19, "a block cannot call itself: b → b"),
    ("{b: [use: c], c: [use: b]}", "[use: b]", 3, 32, "a block cannot call itself: b → c → b"),
    ("{b: [use: b]}", "[relu]", 3, 19, "a block cannot call itself: b → b"),
    ("{b: []}", "[use: b]", 3, 13, "b: layers is a list of layers, not an empty one"),
    ("{b: 3}", "[use: b]", 3, 13, "the block b is {params: …, layers: […]}, or a list of layers, not 3"),
    ("{b: {layer: [relu]}}", "[use: b]", 3, 14, "did you mean 'layers'?"),
    ("{b: {params: {}}}", "[use: b]", 3, 10, "the block b has no layers"),
    ("{b: {params: [n], layers: [relu]}}", "[use: b]", 3, 22, "params is a mapping of names to values, not a list"),
    ("{b: {params: {in: 3}, layers: [relu]}}", "[use: b]", 3, 23, "the name 'in' is reserved"),
    ("{b-c: [relu]}", "[relu]", 3, 10, "'b-c' is no name for a block"),
    ("[b]", "[relu]", 3, 9, "blocks is a mapping of names to values, not a list"),
    ("{b: {params: {n: $m, m: 3}, layers: [linear: $n]}}", "[use: b]", 3, 27, "unknown variable 'm'"),
    ("{b: {params: {n: x}, layers: [linear: $n]}}", "[use: b]", 3, 47, "valid integer, not 'x' (from $n, line 3)"),
    ("{b: {params: {n: }, layers: [linear: $n]}}", "[{use: b, with: {n: x}}]", 3, 46, "(from $n, line 4)"),
    ("{b: {params: {n: $(in / 3)}, layers: [linear: $n]}}", "[use: b]", 3, 55, "valid integer, not 2.66"),
    ("{b: [linear: $(in - 8)]}", "[use: b]", 3, 22, "greater than or equal to 1, not 0 (in b, called on line 4)"),
    ("{b: [linear: $(im - 8)]}", "[use: b]", 3, 24, "unknown variable 'im'"),
    ("{b: [relu]}", "[{residual: {layers: [linear: $(in * 2)]}}]", 4, 11, "its layers make (16,) of (8,)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("blocks", "text", "line", "column", "fragment"), MISTAKES, ids=[f"{b} {t}" for b, t, *_ in MISTAKES]
)
def test_a_mistake(
    mistakes: Callable[..., list[str]], blocks: str, text: str, line: int, column: int, fragment: str
) -> None:
    """One message, at its place: in the block, or at the call that is wrong."""
    found = mistakes(f"{HEAD}blocks: {blocks}\nlayers: {text}\n")
    assert len(found) == 1, found
    assert found[0].startswith(f"{line}:{column}: "), found
    assert fragment in found[0]


def test_in_has_no_meaning_outside_of_layers(mistakes: Callable[..., list[str]]) -> None:
    """Not in variables, not in sections."""
    found = mistakes("actreg: 1\ninput: [$in]\nvars: {w: $(in * 2), in: 3}\nlayers: [linear: $w]\nseed: $in\n")
    assert [item.partition(" ")[0] for item in found] == ["2:10:", "3:13:", "3:22:", "5:8:"]
    assert all("$in is the size of what enters a layer" in item for item in found)


def test_nothing_follows_from_a_size_that_is_not_known(mistakes: Callable[..., list[str]]) -> None:
    """After a mistake `$in` is unknown, and says nothing more; what does not follow it is still checked."""
    blocks = "blocks: {b: {params: {n: $in}, layers: [linear: $n, tanhh]}}"
    found = mistakes(f"{HEAD}{blocks}\nlayers: [lineer: 3, linear: $in, use: b, {{linear: $in, inplce: 1}}]\n")
    assert [item.partition(": ")[0] for item in found] == ["3:53", "4:10", "4:56"]


@pytest.mark.parametrize("argument", ["", ", with: {n: $(n + 1)}", ", with: {n: $(2 * n + 1)}"])
def test_calls_that_double_at_every_level_cost_little(mistakes: Callable[..., list[str]], argument: str) -> None:
    """Thirty levels would be a thousand million layers: refused, or counted, in less than a second or two."""
    levels = [
        f"  b{n}: {{params: {{n: 1}}, layers: [{{use: b{n + 1}{argument}}}, {{use: b{n + 1}, with: {{n: $n}}}}]}}\n"
        for n in range(30)
    ]
    text = HEAD + "blocks:\n" + "".join(levels) + "  b30: {params: {n: 1}, layers: [dropout]}\nlayers: [use: b0]\n"
    start = time.process_time()
    (found,) = mistakes(text)
    assert "more than" in found
    assert time.process_time() - start < 3.0
