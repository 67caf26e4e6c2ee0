"""Networks: torch modules that run the nodes of a plan.

Requirements:

- Every node is a submodule at its own dotted path, so that `state_dict` has the plan's names and a submodule can be
  looked up, hooked or replaced.
- A value is dropped once its last reader has run.
- Compiles, exports, copies and pickles whole.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from actreg import INPUT, InputError, Plan, UnknownNameError
from actreg_torch.convert import from_numpy, to_numpy
from actreg_torch.rounding import NAMES


@dataclass(frozen=True)
class Step:
    """A node: its name, its path in the tree of modules, what it reads, and what nobody reads after it."""

    name: str
    path: tuple[str, ...]
    inputs: tuple[str, ...]
    last_reads: tuple[str, ...]


class Network(nn.Module):
    """A network, made by `build_network`; maps x of shape (batch, *plan.input_shape) to (batch, *plan.output_shape)."""

    def __init__(self, plan: Plan, steps: tuple[Step, ...]) -> None:
        super().__init__()
        self._plan = plan
        self._steps = steps
        self._input_shape = tuple(plan.input_shape)

    @property
    def plan(self) -> Plan:
        """What the network computes."""
        return self._plan

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The output. Raises InputError for an x of another shape."""
        if not torch.compiler.is_compiling():
            self._check(x)
        values = {INPUT: x}
        for step in self._steps:
            values[step.name] = self._run(step, values)
            for name in step.last_reads:
                del values[name]
        return values[self._plan.output]

    def evaluate(self, x: torch.Tensor, nodes: Collection[str]) -> dict[str, torch.Tensor]:
        """The outputs of the named nodes in the current mode, each a tensor of its own."""
        self._check(x)
        values = {INPUT: x}
        kept = {INPUT: x.clone()} if INPUT in nodes else {}
        for step in self._steps:
            values[step.name] = value = self._run(step, values)
            if step.name in nodes:
                kept[step.name] = value.clone()
            for name in step.last_reads:
                del values[name]
        return kept

    def _run(self, step: Step, values: dict[str, torch.Tensor]) -> torch.Tensor:
        module: Any = self
        for part in step.path:
            module = module._modules[part]
        result: torch.Tensor = module(*[values[name] for name in step.inputs])
        return result

    def _check(self, x: Any) -> None:
        if not isinstance(x, torch.Tensor) or x.ndim == 0 or tuple(x.shape[1:]) != self._input_shape:
            sizes = ", ".join(("batch", *map(str, self._input_shape)))
            given = f"shape {tuple(x.shape)}" if isinstance(x, torch.Tensor) else type(x).__name__
            raise InputError(f"the network takes a tensor of shape ({sizes}), not {given}")
        if self._plan.input_dtype is not None:
            check_ids(x, self._plan.vocabulary)


def check_ids(x: torch.Tensor, vocabulary: int | None) -> None:
    """Refuses token ids that are none, which on CUDA would end the process; InputError."""
    if x.is_floating_point() or x.is_complex() or x.dtype == torch.bool:
        raise InputError(f"the network takes token ids, not {x.dtype}: ids are integers")
    if vocabulary is None or not x.numel():
        return
    lowest, highest = (int(bound) for bound in torch.aminmax(x))
    if lowest < 0 or highest >= vocabulary:
        wrong = lowest if lowest < 0 else highest
        raise InputError(f"token id {wrong} is no row of the embedding: ids go from 0 to {vocabulary - 1}")


def network_weights(network: Network) -> dict[str, np.ndarray[Any, Any]]:
    """Copies of every parameter and buffer of the plan, by full name."""
    state = network.state_dict()
    return {name: to_numpy(state[name]) for name, _ in network.plan.parameters()}


def network_outputs(
    network: Network, x: np.ndarray[Any, Any], nodes: Sequence[str] | None = None
) -> dict[str, np.ndarray[Any, Any]]:
    """The outputs of the named nodes (all by default, in the plan's order), in evaluation mode.

    x: any floating-point dtype, rounded once to the network's; integers for token ids. Raises InputError,
    UnknownNameError.
    """
    every = [node.name for node in network.plan.nodes]
    names = every if nodes is None else list(nodes)
    for name in names:
        if name not in (INPUT, *every):
            raise UnknownNameError("node", name, [INPUT, *every])
    with InMode(network), torch.no_grad():
        found = network.evaluate(as_input(network, x), names)
    return {name: to_numpy(found[name]) for name in names}


def as_input(network: Network, x: Any) -> torch.Tensor:
    """x as a tensor in the network's dtype and on its device, token ids as int64; InputError for another array."""
    own = next((tensor for tensor in network.state_dict().values() if tensor.is_floating_point()), None)
    device = own.device if own is not None else torch.device("cpu")
    if network.plan.input_dtype is not None:
        if not isinstance(x, np.ndarray) or not np.issubdtype(x.dtype, np.integer):
            given = x.dtype if isinstance(x, np.ndarray) else type(x).__name__
            raise InputError(f"the network takes token ids, a NumPy array of integers, not {given}")
        return from_numpy(x.astype(np.int64), device, None)
    if not isinstance(x, np.ndarray) or x.dtype.name not in NAMES.values():
        given = x.dtype if isinstance(x, np.ndarray) else type(x).__name__
        raise InputError(f"the network takes a floating-point NumPy array, not {given}")
    return from_numpy(x, device, own.dtype if own is not None else None)


class InMode:
    """Puts every module into one mode for a while; afterwards each has its own again."""

    def __init__(self, network: nn.Module, training: bool = False) -> None:
        self._network = network
        self._training = training
        self._modes: list[tuple[nn.Module, bool]] = []

    def __enter__(self) -> None:
        self._modes = [(module, module.training) for module in self._network.modules()]
        self._network.train(self._training)

    def __exit__(self, *error: object) -> None:
        for module, mode in self._modes:
            module.training = mode
