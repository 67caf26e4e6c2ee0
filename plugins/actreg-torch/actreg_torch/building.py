"""A plan and its weights to a network.

Requirements:

- Weights are checked whole before anything is built.
- Nodes that share parameters have the same `nn.Parameter`s, as tied modules have.
- A node runs in place only where nothing else can see it: its input's memory is neither the caller's nor saved by the
  node that made it, and nothing else reads it, views of it included.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
from torch import nn

from actreg import INPUT, Backend, CapabilityError, Node, Plan, WeightsError, did_you_mean, suggest
from actreg_torch.convert import find_device, find_dtype
from actreg_torch.modules import fill
from actreg_torch.network import Network, Step
from actreg_torch.nodes import make_node
from actreg_torch.rounding import NAMES

_VIEWS: Final = frozenset({"flatten", "dropout", "reshape", "permute", "select"})
"""Kinds whose output may share its input's memory."""

_FRESH: Final = frozenset(
    (
        *("linear", "embedding", "conv1d", "conv2d", "avg_pool1d", "avg_pool2d"),
        *("adaptive_avg_pool1d", "adaptive_avg_pool2d", "batch_norm", "layer_norm", "rms_norm", "group_norm"),
        *("attention", "positional_embedding", "class_token", "mean", "add", "mul", "concat"),
    )
)
"""Kinds whose output is their own and is not kept for their gradient."""


def build_network(
    backend: Backend, plan: Plan, weights: Mapping[str, np.ndarray[Any, Any]], device: str | None, dtype: str
) -> Network:
    """The network of `plan` with copies of `weights`, in evaluation mode.

    Raises WeightsError where names or shapes do not fit, CapabilityError and UnknownNameError for a device or a dtype.
    """
    place = find_device(device)
    chosen = find_dtype(dtype, place)
    problems = _problems(plan, weights)
    if problems:
        raise WeightsError("weights", "; ".join(problems))
    # Read-only mappings do not pickle.
    plan = replace(plan, nodes=tuple(replace(node, options=dict(node.options)) for node in plan.nodes))
    network = Network(plan, make_steps(plan))
    shapes = {INPUT: tuple(plan.input_shape), **{node.name: tuple(node.shape) for node in plan.nodes}}
    modules: dict[str, nn.Module] = {}
    in_place = overwriting(plan)
    for node in plan.nodes:
        inplace = node.name in in_place
        module = make_node(backend, node, shapes[node.inputs[0]], place, NAMES[chosen], inplace=inplace)
        modules[node.name] = module
        if node.shares:
            _tie(module, modules[node.shares], node)
        else:
            fill(module, {spec.name: weights[f"{node.name}.{spec.name}"] for spec in node.parameters}, place, chosen)
        _attach(network, node.name, module)
    return network.to(place).eval()


def make_steps(plan: Plan) -> tuple[Step, ...]:
    """The nodes in their order, with what each lets go of."""
    last: dict[str, int] = {}
    for place, node in enumerate(plan.nodes):
        last.update(dict.fromkeys((node.name, *node.inputs), place))
    last.pop(plan.output, None)
    final: dict[int, list[str]] = {}
    for name, place in last.items():
        final.setdefault(place, []).append(name)
    return tuple(
        Step(
            node.name,
            tuple(node.name.split(".")),
            tuple(node.inputs),
            tuple(final.get(place, ())),
        )
        for place, node in enumerate(plan.nodes)
    )


def overwriting(plan: Plan) -> set[str]:
    """The nodes that ask to work in place and whose input's memory may be overwritten."""
    nodes = {node.name: node for node in plan.nodes}
    readers = Counter(name for node in plan.nodes for name in set(node.inputs))
    return {node.name for node in plan.nodes if node.inplace and _overwrites(plan, node, nodes, readers)}


def _overwrites(plan: Plan, node: Node, nodes: Mapping[str, Node], readers: Mapping[str, int]) -> bool:
    name = node.inputs[0]
    while True:
        if readers[name] != 1 or name == plan.output or name == INPUT:
            return False
        if nodes[name].kind not in _VIEWS:
            return nodes[name].kind in _FRESH
        name = nodes[name].inputs[0]


def _tie(module: nn.Module, owner: nn.Module, node: Node) -> None:
    """Gives a module the parameters and buffers of another, the same objects."""
    for spec in node.parameters:
        if spec.name in module._parameters:
            module._parameters[spec.name] = owner._parameters[spec.name]
        else:
            module._buffers[spec.name] = owner._buffers[spec.name]


def _attach(network: nn.Module, name: str, module: nn.Module) -> None:
    """Puts a module at its dotted path, whatever its parts are called; a node may have others below it."""
    parent = network
    *folders, last = name.split(".")
    for part in folders:
        if part not in parent._modules:
            _register(parent, part, nn.Module())
        child = parent._modules[part]
        assert child is not None
        parent = child
    below = parent._modules.get(last)
    _register(parent, last, module)
    for part, child in below._modules.items() if below is not None else ():
        module._modules[part] = child


def _register(parent: nn.Module, name: str, module: nn.Module) -> None:
    # A name such as "type" is also a method's, which add_module refuses; state of the module itself is out of reach.
    if name in parent.__dict__:
        raise CapabilityError(f"a node of a torch network can't be called {name!r}: every torch module has that itself")
    parent._modules[name] = module


def _problems(plan: Plan, weights: Mapping[str, Any]) -> list[str]:
    expected = {name: tuple(spec.shape) for name, spec in plan.parameters()}
    problems = []
    for name, shape in expected.items():
        if name not in weights:
            problems.append(f"{name} of shape {shape} is missing")
            continue
        array = np.asarray(weights[name])
        if array.shape != shape:
            problems.append(f"{name} must have shape {shape}, not {array.shape}")
        elif array.dtype.name not in NAMES.values():
            problems.append(f"{name} must be floating-point, not {array.dtype}")
    missing = [name for name in expected if name not in weights]
    for name in weights:
        if name not in expected:
            problems.append(f"{name} belongs to no node{did_you_mean(suggest(name, missing))}")
    return problems
