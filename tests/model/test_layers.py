"""Mistakes in specs: each gives one message, at its line and column, that says what to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from actreg.model import ModelSpec, plan_of

HEAD = "actreg: 1\ninput: [8]\n"

# What is written in place of a list of layers on line 3 (from column 9), where, and what must be said.
LAYERS = [
    ("[lineer: 3]", 10, "unknown layer 'lineer'; did you mean 'linear'"),
    ("[Linear: 3]", 10, "unknown layer 'Linear'; did you mean 'linear'"),
    ("[reluu]", 10, "unknown layer 'reluu'; did you mean 'relu'"),
    ("[relu@nobody]", 10, "nobody"),
    ("[{leaky_relu: {negativ_slope: 0.1}}]", 24, "did you mean 'negative_slope'?"),
    ("[{leaky_relu: {negative_slope: abc}}]", 40, "negative_slope: input should be a valid number, not 'abc'"),
    ("[{leaky_relu: {negative_slope: .nan}}]", 40, "finite"),
    ("[relu: 3]", 16, "relu takes its options as a mapping"),
    ("[linear]", 10, "linear: out_features: field required"),
    ("[linear: ~]", 10, "linear: out_features: field required"),
    ("[linear: 0]", 18, "linear: out_features: input should be greater than or equal to 1, not 0"),
    ("[linear: 1e1]", 18, "valid integer, not 10.0"),
    ("[linear: '3']", 18, "valid integer, not '3'"),
    ("[linear: {out_features: 3, bias: no}]", 42, "write true or false"),
    ("[linear: {out_feature: 3}]", 19, "(options: out_features, bias, gain); did you mean 'out_features'?"),
    ("[{linear: 3, bias: false}]", 22, "bias is an option of linear: put it below"),
    ("[{linear: 3, inplce: true}]", 22, "unknown key 'inplce'"),
    ("[{linear: 3, inplce: true}]", 22, "did you mean 'inplace'?"),
    ("[{linear: 3, relu: }]", 22, "two kinds in one layer, linear and relu"),
    ("[{as: x}]", 10, "a layer without a kind"),
    ("[{}]", 10, "a layer without a kind"),
    ("[5]", 10, "a layer is a name or one key with its options, not 5"),
    ("[[relu]]", 10, "not a list"),
    ("[~]", 10, "not nothing"),
    ("[]", 9, "layers is a list of layers, not an empty one"),
    ("relu", 9, "layers is a list of layers, not 'relu'"),
    ("[{relu: , from: 3}]", 25, "from: the name of an earlier layer, not 3"),
    ("[{linear: 8, share: [x]}]", 29, "share: the name of an earlier layer, not a list"),
    ("[use: mlp]", 15, "unknown block 'mlp' (the spec has no blocks)"),
    ("[use: 3]", 15, "use: the name of a block, not 3"),
    ("[{relu: , with: {}}]", 19, "with stands beside use alone"),
    ("[{with: {}}]", 11, "unknown layer 'with'"),
    ("[{relu: , as: 3}]", 23, "as: a name has letters, digits and _"),
    ("[{relu: , as: a.b}]", 23, "as: a name has letters, digits and _"),
    ("[{relu: , as: input}]", 23, "the name 'input' is reserved"),
    ("[{relu: , as: x}, {tanh: , as: x}]", 40, "the name 'x' is taken, on line 3, column 23"),
    ("[relu, {tanh: , as: relu_1}]", 29, "'relu_1' is the automatic name of the layer on line 3"),
    ("[{linear: 3, inplace: true}]", 22, "inplace is for activations"),
    ("[linear: 3, {relu: , inplace: on}]", 39, "inplace: true or false, not 'on'"),
    ("[act]", 10, "act is a name or one key with its options"),
    ("[act: [relu]]", 15, "not a list"),
    ("[act: reluu]", 15, "unknown activation 'reluu'"),
    ("[act: linear]", 15, "unknown activation 'linear'"),
    ("[act: {relu: , tanh: }]", 15, "not 2 keys"),
    ("[repeat: 3]", 18, "repeat takes {times: …, layers: […]}"),
    ("[repeat: {times: 3}]", 10, "repeat: layers: field required"),
    ("[repeat: {layers: [relu]}]", 10, "repeat: times: field required"),
    ("[repeat: {times: 0, layers: [relu]}]", 26, "greater than or equal to 1, not 0"),
    ("[repeat: {times: 10001, layers: [relu]}]", 26, "less than or equal to 10000"),
    ("[repeat: {time: 3, layers: [relu], times: 1}]", 19, "did you mean 'times'?"),
    ("[residual: []]", 20, "residual is a list of layers, not an empty one"),
    ("[residual: {layer: [relu]}]", 21, "did you mean 'layers'?"),
    ("[residual: {}]", 10, "residual: layers: field required"),
    ("[residual: {layers: [relu], skip: 1}]", 37, "unknown option (options: layers, project, shortcut)"),
    ("[repeat: {times: 2, layrs: [relu]}]", 29, "did you mean 'layers'?"),
    ("[conv2d: {out_channel: 3, kernel: 3}]", 19, "did you mean 'out_channels'?"),
    ("[residual: [linear: 4]]", 10, "its layers make (4,) of (8,)"),
    ("[conv2d: {out_channels: 3, kernel: 3}]", 10, "it takes images of shape (channels, height, width), not (8,)"),
    ("[max_pool2d: [1, 2, 3]]", 22, "an integer, or a list of two"),
    ("[layer_norm: [4]]", 22, "layer_norm: its shape (4,) is not how the input ends, (8,)"),
    ("[dropout: 1.0]", 19, "less than 1"),
    ("[softmax: {axis: 0}]", 26, "axis 0 is the batch"),
    ("[softmax: {axis: -2}]", 26, "axis -2 is the batch"),
    ("[softmax: {axis: 2}]", 26, "axis 2 is out of range for 2 axes"),
    ("[softmax: {dim: 1}]", 20, "did you mean 'axis'?"),
    ("[linear: 7, halver]", 21, "halver: it halves axis -1, whose size 7 is odd"),
    ("[linear: 5, doubler]", 21, "doubler: five cannot be doubled"),
    ("[learned: 3]", 10, "learned: weight has 3 elements, but axis 1 has size 8"),
    ("[learned: {axis: 2}]", 10, "axis 2 is out of range"),
    ("[learned: {axis: 0}]", 10, "axis 0 is the batch"),
    ("[faulty]", 10, "faulty failed: ZeroDivisionError: oh; no"),
    ("[linear: 8, {faulty: {where: laws}, inplace: true}]", 22, "faulty failed: RuntimeError: no laws"),
    ("[linear: 2147483648, linear: 2]", 10, "more than 2147483648 elements"),
    ("[linear: 200000000, linear: 5]", 10, "the network has more than 1000000000 parameters here"),
    ("[repeat: {times: 10000, layers: [repeat: {times: 10000, layers: [relu]}]}]", 10, "more than 30000 nodes"),
    ("[linear: $(8 / 2)]", 18, "not 4.0; // divides without a remainder"),
    ("[linear: $width]", 19, "unknown variable 'width' (the spec has no vars)"),
    ("[linear: $(8 +* 2)]", 23, "'*' is not expected here"),
    ("[linear: $(min(8, 2))]", 18, "quote the whole expression"),
    ("[linear: '$(min(8, 2)']", 19, "unclosed"),
    ("[linear: a$(8)]", 18, "valid integer, not 'a$(8)'"),
    ("[linear: $(8)8]", 22, "a $(…) stands alone"),
    ("[linear: '${w}']", 19, "write $name or $(…)"),
    ("[linear: $]", 18, "'$' is no variable"),
    ("[linear: $$x]", 18, "valid integer, not '$x'"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "column", "fragment"), LAYERS, ids=[f"{t} @{c}" for t, c, _ in LAYERS])
def test_a_mistake_in_a_layer(mistakes: Callable[..., list[str]], text: str, column: int, fragment: str) -> None:
    """Exactly one message, at the place of the mistake."""
    found = mistakes(f"{HEAD}layers: {text}\n")
    assert len(found) == 1, found
    assert found[0].startswith(f"3:{column}: "), found
    assert fragment in found[0]


def test_names_of_layers_are_reserved(layers: Callable[..., ModelSpec]) -> None:
    """`dropout` is the layer; the activation of that name is reached through act."""
    plan = plan_of(layers("[dropout, act: dropout]"))
    assert [node.kind for node in plan.nodes] == ["dropout", "activation"]


@pytest.mark.parametrize(
    "text",
    [
        "[leaky_relu: {negative_slope: 0.1}]",
        "[leaky_relu: 0.1]",
        "[act: {leaky_relu: {negative_slope: 0.1}}]",
        "[{leaky_relu: {negative_slope: 0.1}, as: x}]",
        "[LeakyReLU: {negative_slope: 0.1}]",
    ],
)
def test_every_form_of_an_activation(layers: Callable[..., ModelSpec], registry: object, text: str) -> None:
    """Bare, with options, through act, by alias."""
    if ": 0.1]" in text and registry.find("leaky_relu").info.main is None:  # type: ignore[attr-defined]
        pytest.skip("leaky_relu has no main option")
    (node,) = plan_of(layers(text)).nodes
    assert node.activation == registry.get("leaky_relu", negative_slope=0.1)  # type: ignore[attr-defined]


def test_an_integer_stands_for_a_float(layers: Callable[..., ModelSpec]) -> None:
    """As everywhere in configs."""
    (node,) = plan_of(layers("[leaky_relu: {negative_slope: 0}]")).nodes
    assert node.activation is not None
    assert node.activation.model_dump() == {"negative_slope": 0.0}


def test_nothing_follows_from_a_mistake(mistakes: Callable[..., list[str]]) -> None:
    """After a broken layer no shape is known, and no message is made from one."""
    found = mistakes(f"{HEAD}layers: [lineer: 3, conv2d: {{out_channels: 1, kernel: 9}}, {{softmax: {{axis: 7}}}}]\n")
    assert len(found) == 1, found


def test_a_broken_activation_keeps_the_shape(mistakes: Callable[..., list[str]]) -> None:
    """An activation with a wrong option still maps a shape to itself, so later mistakes are seen."""
    found = mistakes(f"{HEAD}layers: [leaky_relu: {{slope: 1}}, softmax: {{axis: 5}}]\n")
    assert len(found) == 2, found
