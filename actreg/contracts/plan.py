"""A plan: a network as a list of wired nodes, between a spec and a backend.

Requirements:

- Holds everything that a backend needs to build the network, and nothing of any array library.
- Nodes stand in an order in which they can run; each names the nodes it reads, so that residuals, branches and
  skips need no special case.
- Names are dotted paths, stable when a layer is inserted elsewhere; parameters are ``node.parameter``.
- A parameter that several nodes use is one parameter, under the name of the node that owns it: drawn, counted and
  stored once, its gradients summed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from actreg.contracts.activation import Activation
from actreg.contracts.param import Constant, Normal, Uniform

INPUT: Final = "input"
"""The name under which nodes read the network's input."""


@dataclass(frozen=True)
class ParamSpec:
    """A parameter or a buffer of a node: its name within the node, shape and initial value."""

    name: str
    shape: tuple[int, ...]
    init: Constant | Uniform | Normal
    trainable: bool = True


@dataclass(frozen=True)
class Node:
    """One step of a network.

    name: dotted path, unique in the plan.
    kind: ``linear``, ``conv2d``, …, ``activation``, ``add``.
    inputs: names of earlier nodes, or `INPUT`.
    shape: of the output, without the batch axis.
    options: what the kind needs, with every default filled in.
    activation: the instance, where kind is ``activation``; one instance a node.
    inplace: the output may overwrite the input (the planner has proved that nothing else reads it).
    shares: the earlier node whose parameters and buffers these are, name by name and of the same shapes; that node
        owns them (it shares with no other). Empty for a node with parameters of its own.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    shape: tuple[int, ...]
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    parameters: tuple[ParamSpec, ...] = ()
    activation: Activation | None = None
    inplace: bool = False
    shares: str = ""

    @property
    def owner(self) -> str:
        """The node under whose name the parameters go: itself, or the one that it shares with."""
        return self.shares or self.name


@dataclass(frozen=True)
class Plan:
    """A network: the input's shape without the batch axis, the nodes, and the seed of the initial weights.

    input_dtype: ``int64`` where the input holds token ids, which embeddings alone read; None: the network's own dtype.
    """

    input_shape: tuple[int, ...]
    nodes: tuple[Node, ...]
    seed: int = 0
    input_dtype: str | None = None

    @property
    def output(self) -> str:
        """The node whose output is the network's."""
        return self.nodes[-1].name if self.nodes else INPUT

    @property
    def output_shape(self) -> tuple[int, ...]:
        """The shape of the network's output, without the batch axis."""
        return self.nodes[-1].shape if self.nodes else self.input_shape

    @property
    def vocabulary(self) -> int | None:
        """How many ids an input of token ids may hold, 0 and up: what its smallest embedding has. None: no ids."""
        tables = [node for node in self.nodes if node.kind == "embedding" and INPUT in node.inputs]
        return min((int(node.options["rows"]) for node in tables), default=None)

    def parameters(self) -> Iterator[tuple[str, ParamSpec]]:
        """Every parameter and buffer once, with its full name, ``node.parameter``."""
        for node in self.nodes:
            for spec in node.parameters if not node.shares else ():
                yield f"{node.name}.{spec.name}", spec
