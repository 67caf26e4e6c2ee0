"""The table of nodes: which torch.nn module computes which kind.

Requirements:

- Canonical modules, made on the meta device: values come from outside, so nothing is drawn only to be overwritten.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

import torch
from torch import nn

from actreg import Backend, CapabilityError, DefinitionError, Node
from actreg_torch.modules import activation_module
from actreg_torch.moving import Mean, Permute, Reshape, Select
from actreg_torch.tokens import Attention, ClassToken, PositionalEmbedding

Shape = tuple[int, ...]
_BATCH_NORMS: Final = {1: nn.BatchNorm1d, 2: nn.BatchNorm1d, 3: nn.BatchNorm2d, 4: nn.BatchNorm3d}


class Add(nn.Module):
    """The sum of its inputs."""

    def forward(self, first: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        """Summed from the first to the last."""
        for other in others:
            first = first + other
        return first


class Mul(nn.Module):
    """The product of its inputs; an axis of size 1 is stretched."""

    def forward(self, first: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        """Multiplied from the first to the last."""
        for other in others:
            first = first * other
        return first


class Concat(nn.Module):
    """Its inputs one after the other along an axis, the batch counted."""

    def __init__(self, axis: int) -> None:
        super().__init__()
        self.axis = axis

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        """From the first to the last."""
        return torch.cat(inputs, dim=self.axis)

    def extra_repr(self) -> str:
        """The axis."""
        return f"axis={self.axis}"


def make_node(
    backend: Backend, node: Node, shape: Shape, device: torch.device, dtype: str, *, inplace: bool
) -> nn.Module:
    """The module of a node whose first input has `shape`, without the batch axis.

    Raises CapabilityError for a kind that this backend does not know, DefinitionError for an activation node without
    an activation.
    """
    if node.kind == "activation":
        if node.activation is None:
            raise DefinitionError(f"node {node.name!r} is an activation, but carries none")
        shapes = {spec.name: tuple(spec.shape) for spec in node.parameters}
        return activation_module(backend, node.activation, shapes, device, dtype, inplace=inplace)
    if node.kind not in MODULES:
        known = ", ".join(sorted([*MODULES, "activation"]))
        raise CapabilityError(f"node {node.name!r}: the torch backend has no layer {node.kind!r} (it has {known})")
    module = MODULES[node.kind](node, shape)
    wide = torch.float64 if dtype == "float64" else torch.float32
    for name in module._non_persistent_buffers_set:  # tables, made in float64
        module._buffers[name] = cast(torch.Tensor, module._buffers[name]).to(wide)
    return module


Maker = Callable[[Node, Shape], nn.Module]


def _linear(node: Node, shape: Shape) -> nn.Module:
    return nn.Linear(shape[-1], node.options["out_features"], bias=node.options["bias"], device="meta")


def _embedding(node: Node, shape: Shape) -> nn.Module:
    # Its own initial values would be drawn only to be overwritten.
    rows, features = node.options["rows"], node.options["features"]
    return nn.Embedding(rows, features, _weight=torch.empty(rows, features, device="meta"))


def _conv(make: Callable[..., nn.Module]) -> Maker:
    def made(node: Node, shape: Shape) -> nn.Module:
        windows = {name: node.options[name] for name in ("stride", "padding", "dilation", "groups", "bias")}
        return make(shape[0], node.options["out_channels"], node.options["kernel"], **windows, device="meta")

    return made


def _pool(make: Callable[..., nn.Module]) -> Maker:
    def made(node: Node, shape: Shape) -> nn.Module:
        return make(node.options["kernel"], stride=node.options["stride"], padding=node.options["padding"])

    return made


def _adaptive(make: Callable[..., nn.Module]) -> Maker:
    return lambda node, shape: make(node.options["size"])


def _batch_norm(node: Node, shape: Shape) -> nn.Module:
    if len(shape) not in _BATCH_NORMS:
        raise CapabilityError(f"node {node.name!r}: batch_norm takes 1 to 4 axes besides the batch's, not {len(shape)}")
    make: Any = _BATCH_NORMS[len(shape)]
    module: nn.Module = make(shape[0], eps=node.options["eps"], momentum=node.options["momentum"], device="meta")
    module._buffers["num_batches_tracked"] = torch.tensor(0)
    return module


def _layer_norm(node: Node, shape: Shape) -> nn.Module:
    return nn.LayerNorm(list(node.options["shape"]), eps=node.options["eps"], device="meta")


def _rms_norm(node: Node, shape: Shape) -> nn.Module:
    return nn.RMSNorm(list(node.options["shape"]), eps=node.options["eps"], device="meta")


def _group_norm(node: Node, shape: Shape) -> nn.Module:
    return nn.GroupNorm(node.options["groups"], shape[0], eps=node.options["eps"], device="meta")


MODULES: Final[dict[str, Maker]] = {
    "linear": _linear,
    "embedding": _embedding,
    "conv1d": _conv(nn.Conv1d),
    "conv2d": _conv(nn.Conv2d),
    "max_pool1d": _pool(nn.MaxPool1d),
    "max_pool2d": _pool(nn.MaxPool2d),
    "avg_pool1d": _pool(nn.AvgPool1d),
    "avg_pool2d": _pool(nn.AvgPool2d),
    "adaptive_avg_pool1d": _adaptive(nn.AdaptiveAvgPool1d),
    "adaptive_avg_pool2d": _adaptive(nn.AdaptiveAvgPool2d),
    "adaptive_max_pool1d": _adaptive(nn.AdaptiveMaxPool1d),
    "adaptive_max_pool2d": _adaptive(nn.AdaptiveMaxPool2d),
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "rms_norm": _rms_norm,
    "group_norm": _group_norm,
    "dropout": lambda node, shape: nn.Dropout(node.options["p"]),
    "attention": lambda node, shape: Attention(node.options, shape),
    "positional_embedding": lambda node, shape: PositionalEmbedding(node.options["table"], shape),
    "class_token": lambda node, shape: ClassToken(shape[-1]),
    "flatten": lambda node, shape: nn.Flatten(),
    "reshape": lambda node, shape: Reshape(node.options["shape"]),
    "permute": lambda node, shape: Permute(node.options["axes"]),
    "select": lambda node, shape: Select(node.options["index"], node.options["axis"]),
    "mean": lambda node, shape: Mean(node.options["axis"]),
    "add": lambda node, shape: Add(),
    "mul": lambda node, shape: Mul(),
    "concat": lambda node, shape: Concat(node.options["axis"]),
}
"""Every kind but ``activation``, with the options of `actreg.Node`."""
