"""Two specs compared: what was done to the text is what the difference says, and no more."""

from __future__ import annotations

import time
from typing import Any

import pytest

from actreg.model.diff import SpecDiff, compare
from actreg.model.read import read_spec

BASE = """actreg: 1
input: [8]
vars: {width: 6}
layers:
  - linear: $width
  - relu
  - {linear: 6, as: middle}
  - repeat: {times: 2, layers: [linear: 6, tanh]}
  - residual: [layer_norm, linear: 6]
  - linear: 3
train: {epochs: 5, optimizer: {adamw: {lr: 1e-3}}}
"""


def diff(*edits: tuple[str, str]) -> SpecDiff:
    """BASE against BASE with texts replaced."""
    text = BASE
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return compare(read_spec(BASE), read_spec(text))


def lines(found: SpecDiff) -> list[str]:
    """Everything that differs, as people read it."""
    return [str(item) for item in (*found.settings, *found.layers)]


def test_a_spec_is_the_same_as_itself() -> None:
    """Also where only comments, quotes and the order of keys differ."""
    found = diff(("input: [8]\nvars: {width: 6}", '# a comment\nvars: {"width": 6}\ninput: [8]'))
    assert found.same
    assert lines(found) == []


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ([("  - relu\n", "")], ["- relu_1: relu"]),
        ([("  - relu\n", "  - relu\n  - dropout: 0.1\n")], ["+ dropout_1: dropout"]),
        ([("layers:\n", "layers:\n  - linear: 8\n  - relu\n")], ["+ linear_1: linear", "+ relu_1: relu"]),
        (
            [("  - relu", "  - leaky_relu: 0.2")],
            ["~ relu_1 → leaky_relu_1: kind relu → leaky_relu(negative_slope=0.2)"],
        ),
        ([("times: 2", "times: 3")], ["+ repeat_1.3.linear_1: linear", "+ repeat_1.3.tanh_1: tanh"]),
        (
            [("width: 6", "width: 9")],
            [
                "vars.width 6 → 9",
                "~ linear_1: out_features 6 → 9; shape 6 → 9; parameters 54 → 81",
                "~ relu_1: shape 6 → 9",
                "~ middle: parameters 42 → 60",
            ],
        ),
        (
            [("linear: 3", "linear: {out_features: 3, bias: false}")],
            ["~ linear_3: bias true → false; parameters 21 → 18"],
        ),
        ([("epochs: 5", "epochs: 6")], ["train.epochs 5 → 6"]),
        ([("lr: 1e-3", "lr: 2e-3")], ["train.optimizer.adamw.lr 0.001 → 0.002"]),
        ([("input: [8]", "input: [8]\nseed: 3")], ["seed 0 → 3"]),
        ([("as: middle", "as: centre")], []),
    ],
)
def test_an_edit_is_what_the_difference_says(edits: Any, expected: list[str]) -> None:
    """A layer taken out, put in, changed; what follows from it and nothing else."""
    found = diff(*edits)
    assert lines(found) == expected
    assert not found.same


def test_another_name_is_told_apart() -> None:
    """Automatic names that moved, and names that were given."""
    found = diff(("layers:\n", "layers:\n  - linear: 8\n"))
    assert found.renamed == {"linear_1": "linear_2", "linear_3": "linear_4"}
    assert diff(("as: middle", "as: centre")).renamed == {"middle": "centre"}


def test_another_source_is_seen() -> None:
    """The skip around a layer that moves: the sum reads something else."""
    found = compare(
        read_spec("actreg: 1\ninput: [4]\nlayers: [tanh, residual: [linear: 4], relu]\n"),
        read_spec("actreg: 1\ninput: [4]\nlayers: [residual: [tanh, linear: 4], relu]\n"),
    )
    changed = {layer.after: layer for layer in found.layers if layer.change == "changed"}
    assert [str(item) for item in changed["residual_1.add"].differences] == [
        "reads residual_1.linear_1, residual_1.tanh_1 → residual_1.linear_1, input"
    ]


def test_thousands_of_layers_are_compared_in_time() -> None:
    """With changes at both ends and in the middle."""
    layers = ["linear: 4", "relu"] * 1500
    other = ["tanh", *layers[:1500], "sigmoid", *layers[1500:], "elu"]
    first, second = (
        read_spec("actreg: 1\ninput: [4]\nlayers:\n" + "".join(f"  - {layer}\n" for layer in some))
        for some in (layers, other)
    )
    start = time.perf_counter()
    found = compare(first, second)
    assert time.perf_counter() - start < 10
    assert found.count("added") == 3
