"""Shared parameters: one parameter under its owner's name, drawn, counted and stored once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from actreg.contracts.plan import Plan
from actreg.model import ModelSpec, initial_weights, load, open_model, plan_of, rows, save, total_parameters
from actreg.model.provenance import provenance
from actreg.registry import Registry

TIED = """\
actreg: 1
input: {shape: [5], dtype: int64}
blocks: {mlp: {params: {n: 7}, layers: [layer_norm, linear: $n, prelu, linear: $in]}}
layers:
  - {embedding: {rows: 11, features: 4}, as: tokens}
  - {use: mlp, as: first}
  - repeat: {times: 3, layers: [residual: [{use: mlp, share: first}]]}
  - {use: mlp, share: first, as: second}
  - {use: mlp, share: second}
  - {linear: {out_features: 11, bias: false}, share: tokens}
"""
COUNT = 44 + 8 + 35 + 1 + 32


@pytest.fixture
def plan(read: Callable[..., ModelSpec]) -> Plan:
    """The plan of a network with a tied embedding and one block called six times."""
    return plan_of(read(TIED))


def test_nodes_say_whose_parameters_they_have(plan: Plan) -> None:
    """The owner's name, never that of another which shares; nothing where there are no parameters."""
    shares = {node.name: node.shares for node in plan.nodes}
    assert shares["linear_1"] == "tokens"
    assert shares["repeat_1.3.residual_1.mlp_1.linear_2"] == "first.linear_2"
    assert shares["mlp_3.linear_1"] == "first.linear_1"
    assert shares["second.prelu_1"] == "first.prelu_1"
    assert shares["repeat_1.1.residual_1.add"] == shares["tokens"] == shares["first.linear_1"] == ""


def test_a_parameter_is_listed_and_counted_once(plan: Plan) -> None:
    """Under its owner's name."""
    names = [name for name, _ in plan.parameters()]
    assert names == [
        "tokens.weight", "first.layer_norm_1.weight", "first.layer_norm_1.bias", "first.linear_1.weight",
        "first.linear_1.bias", "first.prelu_1.weight", "first.linear_2.weight", "first.linear_2.bias",
    ]  # fmt: skip
    assert total_parameters(plan) == COUNT == sum(row.parameters for row in rows(plan))
    weights = initial_weights(plan)
    assert list(weights) == names
    assert sum(value.size for value in weights.values()) == COUNT


def test_a_shared_parameter_counts_once_for_the_bound(layers: Callable[..., ModelSpec]) -> None:
    """Thirty times forty million are no thousand million where they are the same."""
    share = "repeat: {times: 30, layers: [{linear: 6000, share: w}]}"
    assert total_parameters(plan_of(layers(f"[{{linear: 6000, as: w}}, {share}]", "[6000]"))) == 6000 * 6001


def test_stored_once_and_loaded_everywhere(
    read: Callable[..., ModelSpec], registry: Registry, tmp_path: Path, plan: Plan
) -> None:
    """A weight file has the owner's alone; the network of it computes the same."""
    spec = read(TIED)
    weights = initial_weights(plan)
    network = registry.backend("numpy").network(plan, weights, dtype="float64")
    save(tmp_path / "w.safetensors", spec, plan, weights, provenance(plan, registry, "numpy"))
    assert set(open_model(tmp_path / "w.safetensors", registry=registry).stored.weights) == set(weights)
    again = load(tmp_path / "w.safetensors", registry=registry)
    x = np.arange(10).reshape(2, 5)
    np.testing.assert_array_equal(again(x), network(x))


def test_a_file_with_includes_is_whole(read: Callable[..., ModelSpec], registry: Registry, tmp_path: Path) -> None:
    """Its weights load with the included file gone."""
    (tmp_path / "part.yaml").write_text("actreg: 1\nvars: {n: 3}\nlayers: [linear: $n]\n", encoding="utf-8")
    main = tmp_path / "main.yaml"
    main.write_text("actreg: 1\ninput: [2]\nblocks: {p: {include: part.yaml}}\nlayers: [use: p]\n", encoding="utf-8")
    spec = read(main)
    plan = plan_of(spec)
    save(tmp_path / "w.safetensors", spec, plan, initial_weights(plan), provenance(plan, registry, "numpy"))
    (tmp_path / "part.yaml").unlink()
    main.unlink()
    assert load(tmp_path / "w.safetensors", registry=registry)(np.ones((1, 2))).shape == (1, 3)
