"""The table of layer kinds: options, main option, what happens to the shape, what is learned.

Requirements:

- A new kind of layer is one row here (with its options and a shape rule), and one builder in each backend.
- Shapes are without the batch axis; the rules know no array library.
- A rule that does not fit raises `Misfit`, which may name the option to point at.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from actreg.contracts.config import Config
from actreg.contracts.param import Constant, Uniform
from actreg.contracts.plan import ParamSpec
from actreg.model import options as opt

Shape = tuple[int, ...]


class Misfit(ValueError):
    """A layer that cannot take the shape that reaches it; `option` is the one to point at, if any."""

    def __init__(self, message: str, option: str | None = None) -> None:
        super().__init__(message)
        self.option = option


@dataclass(frozen=True)
class Fitted:
    """A layer on a given input: the shape after it, its options with every default filled in, its parameters."""

    shape: Shape
    options: Mapping[str, Any]
    parameters: tuple[ParamSpec, ...] = ()


@dataclass(frozen=True)
class LayerKind:
    """One kind of layer. `main` is the option that a bare scalar sets; `keeps_shape`: whatever its options are."""

    name: str
    options: type[Config]
    fit: Callable[[Any, Shape], Fitted]
    main: str | None = None
    keeps_shape: bool = False


def _linear(layer: opt.Linear, shape: Shape) -> Fitted:
    size = shape[-1]
    parameters = [ParamSpec("weight", (layer.out_features, size), Uniform(size))]
    if layer.bias:
        parameters.append(ParamSpec("bias", (layer.out_features,), Uniform(size)))
    return Fitted((*shape[:-1], layer.out_features), layer.model_dump(), tuple(parameters))


def _conv2d(layer: opt.Conv2d, shape: Shape) -> Fitted:
    channels = _image(shape)[0]
    for what, count in (("input", channels), ("output", layer.out_channels)):
        if count % layer.groups:
            raise Misfit(f"groups {layer.groups} does not divide the {count} {what} channels", "groups")
    height, width = _windows(shape, layer.kernel, layer.stride, layer.padding)
    per_group = channels // layer.groups
    fan_in = per_group * layer.kernel[0] * layer.kernel[1]
    parameters = [ParamSpec("weight", (layer.out_channels, per_group, *layer.kernel), Uniform(fan_in))]
    if layer.bias:
        parameters.append(ParamSpec("bias", (layer.out_channels,), Uniform(fan_in)))
    return Fitted((layer.out_channels, height, width), layer.model_dump(), tuple(parameters))


def _pool2d(layer: opt.Pool2d, shape: Shape) -> Fitted:
    channels = _image(shape)[0]
    for pad, size in zip(layer.padding, layer.kernel, strict=True):
        if 2 * pad > size:
            raise Misfit(f"padding {pad} is more than half the kernel, {size}", "padding")
    stride = layer.stride or layer.kernel
    height, width = _windows(shape, layer.kernel, stride, layer.padding)
    return Fitted((channels, height, width), {**layer.model_dump(), "stride": stride})


def _image(shape: Shape) -> Shape:
    if len(shape) != 3:
        raise Misfit(f"it takes images of shape (channels, height, width), not {shape}")
    return shape


def _windows(shape: Shape, kernel: Shape, stride: Shape, padding: Shape) -> Shape:
    sizes = []
    for size, window, step, pad in zip(shape[1:], kernel, stride, padding, strict=True):
        if size + 2 * pad < window:
            raise Misfit(
                f"kernel {window} is larger than the padded input, {size + 2 * pad} of shape {shape}", "kernel"
            )
        sizes.append((size + 2 * pad - window) // step + 1)
    return tuple(sizes)


def _batch_norm(layer: opt.BatchNorm, shape: Shape) -> Fitted:
    if len(shape) > 3:
        raise Misfit(f"it takes (channels), (channels, length) or (channels, height, width), not {shape}")
    channels = (shape[0],)
    parameters = (
        ParamSpec("weight", channels, Constant(1.0)),
        ParamSpec("bias", channels, Constant(0.0)),
        ParamSpec("running_mean", channels, Constant(0.0), trainable=False),
        ParamSpec("running_var", channels, Constant(1.0), trainable=False),
    )
    return Fitted(shape, layer.model_dump(), parameters)


def _layer_norm(layer: opt.LayerNorm, shape: Shape) -> Fitted:
    over = layer.shape or shape[-1:]
    if shape[-len(over) :] != over:
        raise Misfit(f"its shape {over} is not how the input ends, {shape}", "shape")
    parameters = (ParamSpec("weight", over, Constant(1.0)), ParamSpec("bias", over, Constant(0.0)))
    return Fitted(shape, {**layer.model_dump(), "shape": over}, parameters)


def _dropout(layer: opt.Dropout, shape: Shape) -> Fitted:
    return Fitted(shape, layer.model_dump())


def _flatten(layer: opt.Flatten, shape: Shape) -> Fitted:
    return Fitted((math.prod(shape),), layer.model_dump())


KINDS: Final[dict[str, LayerKind]] = {
    kind.name: kind
    for kind in (
        LayerKind("linear", opt.Linear, _linear, main="out_features"),
        LayerKind("conv2d", opt.Conv2d, _conv2d, main="out_channels"),
        LayerKind("max_pool2d", opt.Pool2d, _pool2d, main="kernel"),
        LayerKind("avg_pool2d", opt.Pool2d, _pool2d, main="kernel"),
        LayerKind("batch_norm", opt.BatchNorm, _batch_norm, keeps_shape=True),
        LayerKind("layer_norm", opt.LayerNorm, _layer_norm, main="shape", keeps_shape=True),
        LayerKind("dropout", opt.Dropout, _dropout, main="p", keeps_shape=True),
        LayerKind("flatten", opt.Flatten, _flatten),
    )
}
"""Every kind of layer that stands for one node of a plan; containers and activations are read apart."""
