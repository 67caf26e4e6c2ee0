"""Names of nodes stay when something else changes."""

from __future__ import annotations

from collections.abc import Callable

from actreg.model import ModelSpec, plan_of

Layers = Callable[..., ModelSpec]


def names(spec: ModelSpec) -> list[str]:
    """The names of the nodes of a spec's plan."""
    return [node.name for node in plan_of(spec).nodes]


def test_kind_and_ordinal(layers: Layers) -> None:
    """Counted among the same kind in the same scope; an alias counts as what it names."""
    text = "[linear: 8, relu, linear: 8, ReLU, repeat: {times: 2, layers: [linear: 8, residual: [relu]]}, linear: 2]"
    assert names(layers(text)) == [
        "linear_1", "relu_1", "linear_2", "relu_2",
        "repeat_1.1.linear_1", "repeat_1.1.residual_1.relu_1", "repeat_1.1.residual_1.add",
        "repeat_1.2.linear_1", "repeat_1.2.residual_1.relu_1", "repeat_1.2.residual_1.add",
        "linear_3",
    ]  # fmt: skip


def test_a_layer_of_another_kind_renames_nothing(layers: Layers) -> None:
    """What is inserted elsewhere leaves names alone."""
    before = names(layers("[linear: 8, relu, linear: 8]"))
    after = names(layers("[dropout, linear: 8, tanh, relu, residual: [linear: 8], linear: 8]"))
    assert set(before) <= set(after)


def test_naming_a_layer_renames_no_other(layers: Layers) -> None:
    """A named layer still counts."""
    assert names(layers("[{linear: 8, as: stem}, linear: 8]")) == ["stem", "linear_2"]


def test_containers_can_be_named(layers: Layers) -> None:
    """The name is the scope's; names are free in another scope."""
    text = "[{repeat: {times: 2, layers: [{relu: , as: x}]}, as: body}, {residual: [{tanh: , as: x}], as: skip}]"
    assert names(layers(text)) == ["body.1.x", "body.2.x", "skip.x", "skip.add"]
