"""The table of layers: which class computes which kind of node."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from actreg.backends.numpy.layers.activation import Activate, Activations
from actreg.backends.numpy.layers.base import Layer
from actreg.backends.numpy.layers.conv import Conv2d
from actreg.backends.numpy.layers.dropout import Dropout
from actreg.backends.numpy.layers.half import ThroughFloat32
from actreg.backends.numpy.layers.linear import Linear
from actreg.backends.numpy.layers.norm import BatchNorm, LayerNorm
from actreg.backends.numpy.layers.pool import AvgPool2d, MaxPool2d
from actreg.backends.numpy.layers.shape import Add, Flatten
from actreg.contracts.plan import Node
from actreg.errors import CapabilityError, DefinitionError


def _pair(node: Node, option: str) -> tuple[int, int]:
    first, second = node.options[option]
    return int(first), int(second)


def _window(node: Node) -> dict[str, tuple[int, int]]:
    return {option: _pair(node, option) for option in ("kernel", "stride", "padding")}


LAYERS: Final[dict[str, Callable[[Node], Layer]]] = {
    "linear": lambda node: Linear(),
    "conv2d": lambda node: Conv2d(**_window(node), groups=node.options["groups"]),
    "max_pool2d": lambda node: MaxPool2d(**_window(node)),
    "avg_pool2d": lambda node: AvgPool2d(**_window(node)),
    "batch_norm": lambda node: BatchNorm(node.options["eps"], node.options["momentum"]),
    "layer_norm": lambda node: LayerNorm(node.options["eps"]),
    "dropout": lambda node: Dropout(node.options["p"]),
    "flatten": lambda node: Flatten(),
    "add": lambda node: Add(),
}
"""Every kind but ``activation``, with the options of `actreg.contracts.plan.Node`."""

_EXACT: Final = frozenset({"flatten"})


def make_layer(node: Node, dtype: np.dtype[np.generic], activations: Activations) -> Layer:
    """The layer of a node, for arrays of `dtype`.

    Raises CapabilityError for a kind that this backend does not know, DefinitionError for an activation node without
    an activation.
    """
    if node.kind == "activation":
        if node.activation is None:
            raise DefinitionError(f"node {node.name!r} is an activation, but carries none")
        return Activate(node.activation, activations)
    if node.kind not in LAYERS:
        known = ", ".join(sorted([*LAYERS, "activation"]))
        raise CapabilityError(f"node {node.name!r}: the NumPy backend has no layer {node.kind!r} (it has {known})")
    layer = LAYERS[node.kind](node)
    return ThroughFloat32(layer) if dtype.itemsize < 4 and node.kind not in _EXACT else layer
