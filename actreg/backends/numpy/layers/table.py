"""The table of layers: which class computes which kind of node."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from actreg.backends.numpy.layers.activation import Activate, Activations
from actreg.backends.numpy.layers.adaptive import AdaptiveAvgPool2d, AdaptiveMaxPool2d
from actreg.backends.numpy.layers.attention import Attention
from actreg.backends.numpy.layers.base import Layer
from actreg.backends.numpy.layers.conv import Conv2d
from actreg.backends.numpy.layers.depthwise import DepthwiseConv2d
from actreg.backends.numpy.layers.dropout import Dropout
from actreg.backends.numpy.layers.group import GroupNorm
from actreg.backends.numpy.layers.half import ThroughFloat32
from actreg.backends.numpy.layers.join import Add, Concat, Mul
from actreg.backends.numpy.layers.linear import Linear
from actreg.backends.numpy.layers.lines import OverLines
from actreg.backends.numpy.layers.move import Mean, Permute, Reshape, Select
from actreg.backends.numpy.layers.norm import BatchNorm, LayerNorm
from actreg.backends.numpy.layers.pool import AvgPool2d, MaxPool2d
from actreg.backends.numpy.layers.rms import RMSNorm
from actreg.backends.numpy.layers.shape import Flatten
from actreg.backends.numpy.layers.tokens import ClassToken, Embedding, PositionalEmbedding
from actreg.contracts.plan import Node
from actreg.errors import CapabilityError, DefinitionError

Maker = Callable[[Node], Layer]


def _pair(node: Node, option: str) -> tuple[int, int]:
    given = node.options[option]
    first, second = given if isinstance(given, tuple | list) else (1, given)
    return int(first), int(second)


def _window(node: Node) -> dict[str, tuple[int, int]]:
    found = {option: _pair(node, option) for option in ("kernel", "stride")}
    padding = node.options["padding"]
    return {**found, "padding": tuple(padding) if isinstance(padding, tuple | list) else (0, padding)}


def _conv(node: Node) -> Layer:
    groups, dilation = node.options["groups"], _pair(node, "dilation")
    weight = node.parameters[0].shape
    if groups > 1 and weight[0] == groups and weight[1] == 1:
        return DepthwiseConv2d(**_window(node), dilation=dilation)
    return Conv2d(**_window(node), groups=groups, dilation=dilation)


def _attention(node: Node) -> Layer:
    names = ("heads", "kv_heads", "head_size", "causal", "rotary", "dropout")
    return Attention(**{name: node.options[name] for name in names})


def _over_lines(make: Maker) -> Maker:
    return lambda node: OverLines(make(node))


def _max_pool(node: Node) -> Layer:
    return MaxPool2d(**_window(node))


def _avg_pool(node: Node) -> Layer:
    return AvgPool2d(**_window(node))


def _adaptive_avg(node: Node) -> Layer:
    return AdaptiveAvgPool2d(_pair(node, "size"))


def _adaptive_max(node: Node) -> Layer:
    return AdaptiveMaxPool2d(_pair(node, "size"))


LAYERS: Final[dict[str, Maker]] = {
    "linear": lambda node: Linear(),
    "embedding": lambda node: Embedding(),
    "conv1d": _over_lines(_conv),
    "conv2d": _conv,
    "max_pool1d": _over_lines(_max_pool),
    "max_pool2d": _max_pool,
    "avg_pool1d": _over_lines(_avg_pool),
    "avg_pool2d": _avg_pool,
    "adaptive_avg_pool1d": _over_lines(_adaptive_avg),
    "adaptive_avg_pool2d": _adaptive_avg,
    "adaptive_max_pool1d": _over_lines(_adaptive_max),
    "adaptive_max_pool2d": _adaptive_max,
    "batch_norm": lambda node: BatchNorm(node.options["eps"], node.options["momentum"]),
    "layer_norm": lambda node: LayerNorm(node.options["eps"]),
    "rms_norm": lambda node: RMSNorm(node.options["eps"]),
    "group_norm": lambda node: GroupNorm(node.options["groups"], node.options["eps"]),
    "dropout": lambda node: Dropout(node.options["p"]),
    "attention": _attention,
    "positional_embedding": lambda node: PositionalEmbedding(),
    "class_token": lambda node: ClassToken(),
    "flatten": lambda node: Flatten(),
    "reshape": lambda node: Reshape(tuple(node.options["shape"])),
    "permute": lambda node: Permute(tuple(node.options["axes"])),
    "select": lambda node: Select(node.options["index"], node.options["axis"]),
    "mean": lambda node: Mean(node.options["axis"]),
    "add": lambda node: Add(),
    "mul": lambda node: Mul(),
    "concat": lambda node: Concat(node.options["axis"]),
}
"""Every kind but ``activation``, with the options of `actreg.contracts.plan.Node`."""

_EXACT: Final = frozenset({"concat", "flatten", "reshape", "permute", "select"})


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
    return ThroughFloat32(layer, dtype) if dtype.itemsize < 4 and node.kind not in _EXACT else layer
