"""Convolutions over lines and images."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from actreg.contracts.config import Config
from actreg.contracts.param import Uniform
from actreg.contracts.plan import ParamSpec
from actreg.model.families.base import (
    GAIN,
    ONE_FOR_ALL,
    Cells,
    Count,
    Fitted,
    Gain,
    LayerKind,
    Misfit,
    Pair,
    Shape,
    as_pair,
)
from actreg.model.families.windows import image_of, line_of, window_counts


def _padding(value: Any) -> Any:
    return value if isinstance(value, str) else as_pair(value)


_SAME = "zeros added on each side; same: as many as keep the size (stride 1, odd windows)"


class Conv1d(Config):
    """Cross-correlation over lines of shape (channels, length)."""

    out_channels: Count = Field(description="channels after it")
    kernel: Count = Field(description="length of the window")
    stride: Count = Field(1, description="steps between windows")
    padding: Cells | Literal["same"] = Field(0, description=_SAME)
    dilation: Count = Field(1, description="steps between the cells of one window")
    groups: Count = Field(1, description="groups of channels that do not mix; divides both channel counts")
    bias: bool = Field(True, description="whether it adds a learned bias for each channel")
    gain: Gain = Field(1.0, description=GAIN)


class Conv2d(Config):
    """Cross-correlation over images of shape (channels, height, width)."""

    out_channels: Count = Field(description="channels after it")
    kernel: Pair = Field(description="height and width of the window; one integer for both")
    stride: Pair = Field((1, 1), description="steps between windows")
    padding: Annotated[tuple[Cells, Cells] | Literal["same"], BeforeValidator(_padding), ONE_FOR_ALL] = Field(
        (0, 0), description=_SAME
    )
    dilation: Pair = Field((1, 1), description="steps between the cells of one window")
    groups: Count = Field(1, description="groups of channels that do not mix; divides both channel counts")
    bias: bool = Field(True, description="whether it adds a learned bias for each channel")
    gain: Gain = Field(1.0, description=GAIN)


def _conv1d(layer: Conv1d, shape: Shape) -> Fitted:
    line_of(shape)
    padding: Any = layer.padding if layer.padding == "same" else (layer.padding,)
    fitted = _conv(layer, shape, (layer.kernel,), (layer.stride,), padding, (layer.dilation,))
    return Fitted(fitted.shape, {**fitted.options, "padding": fitted.options["padding"][0]}, fitted.parameters)


def _conv2d(layer: Conv2d, shape: Shape) -> Fitted:
    image_of(shape)
    return _conv(layer, shape, layer.kernel, layer.stride, layer.padding, layer.dilation)


def _conv(
    layer: Conv1d | Conv2d,
    shape: Shape,
    kernel: Shape,
    stride: Shape,
    padding: Shape | Literal["same"],
    dilation: Shape,
) -> Fitted:
    channels = shape[0]
    for what, count in (("input", channels), ("output", layer.out_channels)):
        if count % layer.groups:
            raise Misfit(f"groups {layer.groups} does not divide the {count} {what} channels", "groups")
    pads = _same(kernel, stride, dilation) if isinstance(padding, str) else padding
    sizes = window_counts(shape, kernel, stride, pads, dilation)
    per_group = channels // layer.groups
    fan_in = per_group * math.prod(kernel)
    parameters = [ParamSpec("weight", (layer.out_channels, per_group, *kernel), Uniform(fan_in, layer.gain))]
    if layer.bias:
        parameters.append(ParamSpec("bias", (layer.out_channels,), Uniform(fan_in)))
    return Fitted((layer.out_channels, *sizes), {**layer.model_dump(), "padding": pads}, tuple(parameters))


def _same(kernel: Shape, stride: Shape, dilation: Shape) -> Shape:
    """The padding on each side with which a window at every cell keeps the size."""
    spans = tuple((size - 1) * step for size, step in zip(kernel, dilation, strict=True))
    if any(step != 1 for step in stride):
        raise Misfit("padding: same needs stride 1: give the padding as a number", "padding")
    if any(span % 2 for span in spans):
        raise Misfit(f"padding: same needs windows of odd size, not {tuple(span + 1 for span in spans)}", "padding")
    return tuple(span // 2 for span in spans)


def _cost(options: Mapping[str, Any], before: Shape, after: Shape) -> int:
    kernel = options["kernel"]
    window = math.prod(kernel) if isinstance(kernel, tuple) else int(kernel)
    return math.prod(after) * window * before[0] // int(options["groups"])


KINDS: Final = (
    LayerKind("conv1d", Conv1d, _conv1d, main="out_channels", multiply_adds=_cost),
    LayerKind("conv2d", Conv2d, _conv2d, main="out_channels", multiply_adds=_cost),
)
