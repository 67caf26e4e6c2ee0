"""The table of nodes: which torch.nn module computes which kind.

Requirements:

- Canonical modules, made on the meta device: values come from outside, so nothing is drawn only to be overwritten.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import torch
from torch import nn

from actreg import Backend, CapabilityError, DefinitionError, Node
from actreg_torch.modules import activation_module

Shape = tuple[int, ...]
_BATCH_NORMS: Final = {1: nn.BatchNorm1d, 2: nn.BatchNorm1d, 3: nn.BatchNorm2d, 4: nn.BatchNorm3d}


class Add(nn.Module):
    """The sum of two inputs."""

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """a + b."""
        return a + b


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
    return MODULES[node.kind](node, shape)


def _pair(node: Node, option: str) -> tuple[int, int]:
    first, second = node.options[option]
    return int(first), int(second)


def _linear(node: Node, shape: Shape) -> nn.Module:
    return nn.Linear(shape[-1], node.options["out_features"], bias=node.options["bias"], device="meta")


def _conv2d(node: Node, shape: Shape) -> nn.Module:
    return nn.Conv2d(
        shape[0],
        node.options["out_channels"],
        _pair(node, "kernel"),
        stride=_pair(node, "stride"),
        padding=_pair(node, "padding"),
        groups=node.options["groups"],
        bias=node.options["bias"],
        device="meta",
    )


def _pool(make: Callable[..., nn.Module]) -> Callable[[Node, Shape], nn.Module]:
    def made(node: Node, shape: Shape) -> nn.Module:
        return make(_pair(node, "kernel"), stride=_pair(node, "stride"), padding=_pair(node, "padding"))

    return made


def _batch_norm(node: Node, shape: Shape) -> nn.Module:
    if len(shape) not in _BATCH_NORMS:
        raise CapabilityError(f"node {node.name!r}: batch_norm takes 1 to 4 axes besides the batch's, not {len(shape)}")
    make: Any = _BATCH_NORMS[len(shape)]
    module: nn.Module = make(shape[0], eps=node.options["eps"], momentum=node.options["momentum"], device="meta")
    module._buffers["num_batches_tracked"] = torch.tensor(0)
    return module


def _layer_norm(node: Node, shape: Shape) -> nn.Module:
    return nn.LayerNorm(list(node.options["shape"]), eps=node.options["eps"], device="meta")


MODULES: Final[dict[str, Callable[[Node, Shape], nn.Module]]] = {
    "linear": _linear,
    "conv2d": _conv2d,
    "max_pool2d": _pool(nn.MaxPool2d),
    "avg_pool2d": _pool(nn.AvgPool2d),
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "dropout": lambda node, shape: nn.Dropout(node.options["p"]),
    "flatten": lambda node, shape: nn.Flatten(),
    "add": lambda node, shape: Add(),
}
"""Every kind but ``activation``, with the options of `actreg.Node`."""
