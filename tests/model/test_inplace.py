"""In place only where nothing that is needed is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from actreg.model import ModelSpec, plan_of

RELU = "{relu: , inplace: true}"

ALLOWED = [
    (f"[linear: 8, {RELU}]", "[8]"),
    (f"[conv2d: {{out_channels: 1, kernel: 3}}, {RELU}]", "[1, 8, 8]"),
    (f"[conv2d: {{out_channels: 1, kernel: 3}}, flatten, {RELU}]", "[1, 8, 8]"),
    (f"[batch_norm, {RELU}]", "[8]"),
    (f"[layer_norm, dropout, {RELU}]", "[8]"),
    (f"[avg_pool2d: 2, {RELU}]", "[1, 8, 8]"),
    (f"[residual: [linear: 8], {RELU}]", "[8]"),
    (f"[residual: [linear: 8, {RELU}]]", "[8]"),
    (f"[linear: 8, residual: [linear: 8, {RELU}, linear: 8]]", "[8]"),
    ("[linear: 8, {act: relu, inplace: true}]", "[8]"),
    (f"[branches: {{merge: sum, of: [[linear: 8, {RELU}], []]}}]", "[8]"),
    (f"[branches: {{merge: mul, of: [[linear: 8], []]}}, {RELU}]", "[8]"),
    (f"[branches: {{merge: concat, of: [[linear: 8], []]}}, {RELU}]", "[8]"),
    (f"[residual: {{layers: [linear: 4, {RELU}], project: true}}]", "[8]"),
    (f"[repeat: {{times: 2, layers: [linear: 8, {RELU}]}}]", "[8]"),
]

REFUSED = [
    (f"[{RELU}]", "would overwrite the network's own input"),
    (f"[flatten, {RELU}]", "would overwrite the network's own input"),
    (f"[dropout, {RELU}]", "would overwrite the network's own input"),
    (f"[linear: 8, residual: [{RELU}, linear: 8]]", "the output of linear_1, which residual_1 reads as its skip"),
    (f"[linear: 8, residual: [dropout, {RELU}]]", "the output of linear_1, which residual_1 reads as its skip"),
    (f"[linear: 8, dropout, residual: [{RELU}]]", "the output of linear_1, which residual_1 reads as its skip"),
    (f"[linear: 8, residual: [residual: [{RELU}]]]", "which residual_1 reads as its skip"),
    (f"[residual: [{RELU}]]", "the network's own input, which residual_1 reads as its skip"),
    (f"[linear: 8, tanh, {RELU}]", "the output of tanh_1, which the backward pass of tanh_1 needs"),
    (f"[linear: 8, tanh, dropout, {RELU}]", "the output of tanh_1"),
    (f"[linear: 8, {RELU}, {RELU}]", "the output of relu_1"),
    (f"[linear: 8, branches: {{merge: sum, of: [[{RELU}], [tanh]]}}]", "which branches_1.2.tanh_1 reads"),
    (f"[linear: 8, branches: {{merge: mul, of: [[tanh], [{RELU}]]}}]", "which branches_1.1.tanh_1 reads"),
    (f"[{{linear: 8, as: a}}, {RELU}, add: a]", "the output of a, which add_1 reads"),
    (f"[{{linear: 8, as: a}}, {RELU}, {{dropout: , from: a}}]", "the output of a, which is the network's output"),
    ("[{linear: 8, as: a}, {tanh: , as: b}, {relu: , from: a, inplace: true}, add: b]", "which b reads"),
    ("[linear: 8, {silu: , inplace: true}]", "silu cannot work in place: its backward pass needs its input"),
    ("[linear: 8, {softmax: , inplace: true}]", "softmax cannot work in place"),
    ("[linear: 8, {{leaky_relu: {{negative_slope: -1.0}}, inplace: true}}]".replace("{{", "{").replace("}}", "}"),
     "leaky_relu cannot work in place"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "shape"), ALLOWED, ids=[text for text, _ in ALLOWED])
def test_in_place_is_allowed(layers: Callable[..., ModelSpec], text: str, shape: str) -> None:
    """And the plan says so."""
    assert any(node.inplace for node in plan_of(layers(text, shape)).nodes)


@pytest.mark.parametrize(("text", "fragment"), REFUSED, ids=[text for text, _ in REFUSED])
def test_in_place_is_refused(mistakes: Callable[..., list[str]], text: str, fragment: str) -> None:
    """One message, at the key, that names what would be lost."""
    source = f"actreg: 1\ninput: [8]\nlayers: {text}\n"
    found = mistakes(source)
    assert len(found) == 1, found
    line, column = (int(part) for part in found[0].split(":")[:2])
    assert source.splitlines()[line - 1][column - 1 :].startswith("inplace")
    assert fragment in found[0]


def test_a_pool_that_remembers_winners_keeps_its_output(mistakes: Callable[..., list[str]]) -> None:
    """max_pool2d may look at its output again."""
    (found,) = mistakes(f"actreg: 1\ninput: [1, 8, 8]\nlayers: [max_pool2d: 2, {RELU}]\n")
    assert "the output of max_pool2d_1" in found


def test_false_is_the_default(layers: Callable[..., ModelSpec]) -> None:
    """Nothing works in place unasked."""
    assert not any(node.inplace for node in plan_of(layers("[linear: 8, {relu: , inplace: false}, tanh]")).nodes)
