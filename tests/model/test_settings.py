"""What is set from outside: variables, layers by their names, their options; and what is said of mistakes in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from actreg.contracts.plan import Node
from actreg.model import ModelSpec, plan_of

SPEC = """\
actreg: 1
input: [8]
vars: {width: 6, act: tanh}
blocks: {mlp: {params: {n: 5}, layers: [{linear: $n, as: up}, {act: $act, as: curve}]}}
layers:
  - {linear: $width, as: stem}
  - {act: relu, as: first}
  - {act: $act, as: second}
  - {tanh: , as: third}
  - {use: mlp, as: body}
  - {residual: [{linear: {out_features: 5, bias: false}, as: x}], as: left}
  - {residual: [{linear: 5, as: x}], as: right}
  - {prelu: each, as: slope}
"""

# What is set, the node that changes, and what is true of it then.
CHANGES: list[tuple[dict[str, Any], str, Callable[[Node], bool]]] = [
    ({"width": "9"}, "stem", lambda n: n.shape == (9,)),
    ({"stem": "7"}, "stem", lambda n: n.shape == (7,)),
    ({"stem": "$(width * 2)"}, "stem", lambda n: n.shape == (12,)),
    ({"stem.out_features": "7"}, "stem", lambda n: n.shape == (7,)),
    ({"stem.bias": "false"}, "stem", lambda n: n.shape == (6,) and not n.options["bias"]),
    ({"stem.bias": False, "stem.out_features": 3}, "stem", lambda n: n.shape == (3,) and not n.options["bias"]),
    ({"stem": "{out_features: 7, bias: false}"}, "stem", lambda n: n.shape == (7,) and not n.options["bias"]),
    ({"stem": "{layer_norm: {eps: 0.5}}"}, "stem", lambda n: n.kind == "layer_norm" and n.options["eps"] == 0.5),
    ({"stem": "dropout"}, "stem", lambda n: n.kind == "dropout"),
    ({"first": "silu"}, "first", lambda n: n.activation.info.name == "silu"),
    ({"first": "{leaky_relu: {negative_slope: 0.5}}"}, "first", lambda n: n.activation.negative_slope == 0.5),
    ({"second": "silu"}, "second", lambda n: n.activation.info.name == "silu"),
    ({"third": "silu"}, "third", lambda n: n.activation.info.name == "silu"),
    ({"third": "{leaky_relu: {negative_slope: 0.5}}"}, "third", lambda n: n.activation.negative_slope == 0.5),
    ({"third": "leaky_relu", "third.negative_slope": "0.5"}, "third", lambda n: n.activation.negative_slope == 0.5),
    ({"first": "leaky_relu", "first.negative_slope": "0.5"}, "first", lambda n: n.activation.negative_slope == 0.5),
    ({"left.x.bias": "true"}, "left.x", lambda n: n.options["bias"]),
    ({"right.x": "{linear: {out_features: 5, bias: false}}"}, "right.x", lambda n: not n.options["bias"]),
    ({"up.bias": "false"}, "body.up", lambda n: not n.options["bias"]),
    ({"slope": "1"}, "slope", lambda n: n.parameters[0].shape == (1,)),
    ({"slope.init": "0.75"}, "slope", lambda n: n.activation.init == 0.75 and n.parameters[0].shape == (5,)),
]


@pytest.mark.parametrize(("overrides", "name", "holds"), CHANGES, ids=[str(o) for o, *_ in CHANGES])
def test_what_is_set(
    read: Callable[..., ModelSpec], overrides: dict[str, Any], name: str, holds: Callable[[Node], bool]
) -> None:
    """By variable, by layer, by option; again when it is read from what was kept."""
    spec = read(SPEC, overrides=overrides)
    for again in (spec, read(spec), read(spec.text, overrides=spec.overrides)):
        node = next(node for node in plan_of(again).nodes if node.name == name)
        assert holds(node), node


def test_a_parameter_of_a_call(read: Callable[..., ModelSpec]) -> None:
    """Set by the call's name; the residuals follow it."""
    text = SPEC.replace("linear: 5, as", "linear: $in, as").replace("out_features: 5", "out_features: $in")
    nodes = {node.name: node for node in plan_of(read(text, overrides={"body.n": "3"})).nodes}
    assert nodes["body.up"].shape == (3,)


MISTAKES = [
    ({"widht": "3"}, "3:7: no variable or layer 'widht' to set", "did you mean 'width'"),
    ({"stm": "3"}, "3:7: no variable or layer 'stm' to set", "did you mean 'stem'?"),
    ({"stm.bias": "3"}, "3:7: no variable or layer 'stm.bias' to set", "did you mean 'stem'?"),
    ({"stem.outfeatures": "3"}, "6:5: linear: outfeatures: unknown option", "did you mean 'out_features'? (from --set"),
    ({"stem.out_features": "x"}, "6:5: linear: out_features: ", "not 'x' (from --set stem.out_features=x)"),
    ({"stem": "{out_feature: 3}"}, "6:5: linear: out_feature: unknown option", "(from --set stem={out_feature: 3})"),
    ({"stem": "[1"}, "1:1: --set stem=[1: this is not YAML", ""),
    ({"first": "reluu"}, "7:5: unknown activation 'reluu'", "(from --set first=reluu)"),
    ({"second.alpha": "3"}, "8:6: the activation is a variable's: set the variable", "(--set second.alpha=3)"),
    ({"body.m": "3"}, "10:5: mlp: unknown parameter 'm'", "(from --set body.m=3)"),
    ({"x": "3"}, "11:17: 2 layers are named 'x', on lines 11, 12", "(--set x=3)"),
    ({"left.y": "3"}, "11:5: residual: y: unknown option", "(from --set left.y=3)"),
]


@pytest.mark.parametrize(("overrides", "start", "end"), MISTAKES, ids=[str(o) for o, *_ in MISTAKES])
def test_a_mistake(mistakes: Callable[..., list[str]], overrides: dict[str, str], start: str, end: str) -> None:
    """One message, at the layer, that quotes the setting."""
    (found,) = mistakes(SPEC, overrides=overrides)
    assert found.startswith(start), found
    assert end in found


def test_a_layer_that_several_names_reach_is_one(read: Callable[..., ModelSpec]) -> None:
    """An alias is the same layer at every use."""
    text = "actreg: 1\ninput: [8]\nlayers: [residual: [&a {linear: 8, as: x}], residual: [*a]]\n"
    nodes = plan_of(read(text, overrides={"x.bias": "false"})).nodes
    assert [node.options["bias"] for node in nodes if node.kind == "linear"] == [False, False]
