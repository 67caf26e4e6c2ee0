"""Every kind of layer: shapes and counts against hand-computed values, and what each refuses."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from actreg.contracts.param import Normal, Uniform
from actreg.model import ModelSpec, plan_of, total_parameters
from actreg.model.kinds import FAMILIES, KINDS

Layers = Callable[..., ModelSpec]
IDS = "{shape: [5], dtype: int64}"

# Layers, the input, the output, and the number of trainable elements.
SHAPES = [
    ("[embedding: {rows: 10, features: 3}]", IDS, (5, 3), 30),
    ("[embedding: {rows: 10, features: 3}]", "{shape: [2, 5], dtype: int64}", (2, 5, 3), 30),
    ("[conv1d: {out_channels: 4, kernel: 3}]", "[2, 9]", (4, 7), 28),
    ("[conv1d: {out_channels: 4, kernel: 3, stride: 2, padding: 1, groups: 2, bias: false}]", "[2, 9]", (4, 5), 12),
    ("[conv1d: {out_channels: 1, kernel: 3, dilation: 4}]", "[2, 9]", (1, 1), 7),
    ("[conv1d: {out_channels: 1, kernel: 5, padding: same, dilation: 3}]", "[2, 9]", (1, 9), 11),
    ("[conv2d: {out_channels: 4, kernel: [3, 5], padding: same}]", "[2, 9, 7]", (4, 9, 7), 124),
    ("[conv2d: {out_channels: 4, kernel: 2, padding: same, dilation: 2}]", "[1, 9, 7]", (4, 9, 7), 20),
    ("[conv2d: {out_channels: 4, kernel: 3, dilation: [1, 2], groups: 4}]", "[4, 9, 7]", (4, 7, 3), 40),
    ("[max_pool1d: 2]", "[3, 9]", (3, 4), 0),
    ("[avg_pool1d: {kernel: 3, stride: 2, padding: 1}]", "[3, 9]", (3, 5), 0),
    ("[adaptive_avg_pool1d]", "[3, 9]", (3, 1), 0),
    ("[adaptive_max_pool1d: 4]", "[3, 9]", (3, 4), 0),
    ("[adaptive_avg_pool2d]", "[3, 9, 7]", (3, 1, 1), 0),
    ("[adaptive_avg_pool2d: 12]", "[3, 9, 7]", (3, 12, 12), 0),
    ("[adaptive_max_pool2d: [2, 3]]", "[3, 9, 7]", (3, 2, 3), 0),
    ("[rms_norm]", "[4, 8]", (4, 8), 8),
    ("[rms_norm: [4, 8]]", "[4, 8]", (4, 8), 32),
    ("[group_norm: 2]", "[4, 8, 8]", (4, 8, 8), 8),
    ("[attention: 2]", "[5, 8]", (5, 8), 4 * 8 * 8 + 4 * 8),
    ("[attention: {heads: 2, bias: false}]", "[5, 8]", (5, 8), 4 * 8 * 8),
    ("[attention: {heads: 2, bias: false, out_bias: true}]", "[5, 8]", (5, 8), 4 * 8 * 8 + 8),
    ("[attention: {heads: 4, kv_heads: 2, bias: false}]", "[5, 8]", (5, 8), 2 * 8 * 8 + 2 * 4 * 8),
    ("[attention: {heads: 2, head_size: 6}]", "[5, 8]", (5, 8), (36 * 8 + 36) + (8 * 12 + 8)),
    ("[positional_embedding]", "[5, 8]", (5, 8), 40),
    ("[positional_embedding: sinusoidal]", "[5, 7]", (5, 7), 0),
    ("[class_token]", "[5, 8]", (6, 8), 8),
    ("[reshape: [4, 6]]", "[2, 3, 4]", (4, 6), 0),
    ("[reshape: [2, -1]]", "[2, 3, 4]", (2, 12), 0),
    ("[permute: [3, 1, 2]]", "[2, 3, 4]", (4, 2, 3), 0),
    ("[select: 4]", "[5, 8]", (8,), 0),
    ("[select: {index: -1, axis: -1}]", "[5, 8]", (5,), 0),
    ("[mean]", "[5, 8]", (8,), 0),
    ("[mean: 2]", "[5, 8]", (5,), 0),
]

# A layer, the input, the column of its mistake on line 3, and words of the message.
MISFITS = [
    ("[linear: {out_features: 3, gain: -1}]", "[8]", 42, "greater than or equal to 0"),
    ("[embedding: {rows: 0, features: 3}]", IDS, 28, "greater than or equal to 1"),
    ("[conv1d: {out_channels: 4, kernel: 3}]", "[2, 9, 9]", 10, "lines of shape (channels, length), not (2, 9, 9)"),
    ("[conv1d: {out_channels: 4, kernel: 3, groups: 2}]", "[3, 9]", 55, "groups 2 does not divide the 3 input"),
    ("[conv1d: {out_channels: 1, kernel: 3, dilation: 5}]", "[3, 9]", 44, "with dilation 5 spans 11, which is larger"),
    ("[conv1d: {out_channels: 1, kernel: 4, padding: same}]", "[3, 9]", 56, "windows of odd size, not (4,)"),
    ("[conv2d: {out_channels: 1, kernel: 3, padding: same, stride: 2}]", "[1, 9, 9]", 56, "needs stride 1"),
    ("[conv2d: {out_channels: 1, kernel: 3, padding: valid}]", "[1, 9, 9]", 56, "'same'"),
    ("[max_pool1d: {kernel: 3, padding: 2}]", "[3, 9]", 43, "padding 2 is more than half the kernel"),
    ("[max_pool1d: 10]", "[3, 9]", 22, "larger than the padded input"),
    ("[adaptive_avg_pool2d: 2]", "[3, 9]", 10, "images of shape"),
    ("[adaptive_max_pool1d: 0]", "[3, 9]", 31, "greater than or equal to 1"),
    ("[rms_norm: [9]]", "[4, 8]", 20, "is not how the input ends"),
    ("[group_norm: 3]", "[4, 8]", 22, "groups 3 does not divide the 4 channels"),
    ("[group_norm]", "[4, 8]", 10, "groups: field required"),
    ("[attention: 3]", "[5, 8]", 21, "heads 3 does not divide the 8 features"),
    ("[attention: {heads: 4, kv_heads: 3}]", "[5, 8]", 42, "kv_heads 3 does not divide the 4 heads"),
    ("[attention: {heads: 8, rotary: 100}]", "[5, 8]", 40, "turn pairs, and a head has 1 features"),
    ("[attention: {heads: 4, dropout: 1.0}]", "[5, 8]", 41, "less than 1"),
    ("[attention: 2]", "[8]", 10, "tokens of shape (tokens, features), not (8,)"),
    ("[positional_embedding: fixed]", "[5, 8]", 32, "'learned' or 'sinusoidal'"),
    ("[class_token]", "[5]", 10, "tokens of shape"),
    ("[reshape: [5, -1]]", "[8]", 19, "8 elements of shape (8,) do not make (5, -1)"),
    ("[reshape: [3, 3]]", "[8]", 19, "do not make (3, 3)"),
    ("[reshape: [-1, -1]]", "[8]", 19, "only one size can be -1"),
    ("[reshape: [-2, 4]]", "[8]", 19, "sizes are positive"),
    ("[reshape: [0, -1]]", "[8]", 19, "sizes are positive"),
    ("[permute: [0, 1]]", "[5, 8]", 19, "axes are 1, 2 in some order"),
    ("[permute: [1]]", "[5, 8]", 19, "axes are 1, 2 in some order"),
    ("[select: 5]", "[5, 8]", 18, "index 5 is out of range for axis 1 of size 5"),
    ("[select: {axis: 0}]", "[5, 8]", 25, "axis 0 is the batch"),
    ("[mean: 3]", "[5, 8]", 16, "axis 3 is out of range for 3 axes"),
    ("[mean]", "[5]", 10, "nothing would be left"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "shape", "output", "count"), SHAPES, ids=[f"{t} on {s}" for t, s, *_ in SHAPES])
def test_shapes_and_counts(layers: Layers, text: str, shape: str, output: tuple[int, ...], count: int) -> None:
    """As computed by hand."""
    plan = plan_of(layers(text, shape))
    assert plan.output_shape == output
    assert total_parameters(plan) == count


@pytest.mark.parametrize(("text", "shape", "column", "fragment"), MISFITS, ids=[f"{t} on {s}" for t, s, *_ in MISFITS])
def test_what_does_not_fit_is_located(
    mistakes: Callable[..., list[str]], text: str, shape: str, column: int, fragment: str
) -> None:
    """One message, at the option where there is one."""
    found = mistakes(f"actreg: 1\ninput: {shape}\nlayers: {text}\n")
    assert len(found) == 1, found
    assert found[0].startswith(f"3:{column}: "), found
    assert fragment in found[0]


def test_every_kind_is_in_one_family() -> None:
    """The table has every row once."""
    assert len(KINDS) == sum(len(rows) for rows in FAMILIES.values())


def test_every_option_is_described() -> None:
    """So that documents and editors can say what it is."""
    for kind in KINDS.values():
        assert kind.options.__doc__
        assert all(field.description for field in kind.options.model_fields.values()), kind.name
        assert kind.main is None or kind.main in kind.options.model_fields


def test_a_kind_that_keeps_shapes_does(layers: Layers) -> None:
    """`keeps_shape` is what the rule does, so that checking may go on after a mistake."""
    given = {"group_norm": "group_norm: 2", "attention": "attention: 2"}
    for name, kind in KINDS.items():
        if kind.keeps_shape:
            shape = "[4, 6]"
            assert plan_of(layers(f"[{given.get(name, name)}]", shape)).output_shape == (4, 6), name


def test_initial_weights_follow_the_options(layers: Layers) -> None:
    """SIREN's hidden layers (Sitzmann et al., 2020, arXiv:2006.09661) are uniform in ±sqrt(6 / n) / omega."""
    text = "[{linear: {out_features: 4, gain: $(6 ** 0.5 / 30)}}]"
    (node,) = plan_of(layers(text, "[24]")).nodes
    assert [spec.init for spec in node.parameters] == [Uniform(24, 6**0.5 / 30), Uniform(24)]
    assert node.parameters[0].init.bound() == pytest.approx((6 / 24) ** 0.5 / 30, rel=1e-15)
    (table,) = plan_of(layers("[embedding: {rows: 9, features: 2, std: 0.5}]", IDS)).nodes
    assert table.parameters[0].init == Normal(0.5)


def test_the_vocabulary_is_the_smallest_embeddings(layers: Layers) -> None:
    """Which ids an input may hold; none where it holds numbers."""
    assert plan_of(layers("[embedding: {rows: 9, features: 2}]", IDS)).vocabulary == 9
    assert plan_of(layers("[linear: 2]", "[3]")).vocabulary is None
