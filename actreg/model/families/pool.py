"""Pooling over lines and images, in windows or to a size that is asked for."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from actreg.contracts.config import Config
from actreg.model.families.base import Cells, CellsPair, Count, Fitted, LayerKind, Misfit, Pair, Shape
from actreg.model.families.windows import image_of, line_of, window_counts


class Pool1d(Config):
    """A window over lines of shape (channels, length)."""

    kernel: Count = Field(description="length of the window")
    stride: Count | None = Field(None, description="steps between windows; the kernel by default")
    padding: Cells = Field(0, description="cells added on each side, at most half the kernel")


class Pool2d(Config):
    """A window over images of shape (channels, height, width)."""

    kernel: Pair = Field(description="height and width of the window; one integer for both")
    stride: Pair | None = Field(None, description="steps between windows; the kernel by default")
    padding: CellsPair = Field((0, 0), description="cells added on each side, at most half the kernel")


class AdaptivePool1d(Config):
    """As many bins over lines of shape (channels, length) as are asked for."""

    size: Count = Field(1, description="length after it; 1 pools over everything")


class AdaptivePool2d(Config):
    """As many bins over images of shape (channels, height, width) as are asked for."""

    size: Pair = Field((1, 1), description="height and width after it; one integer for both, 1 pools over everything")


def _pool1d(layer: Pool1d, shape: Shape) -> Fitted:
    channels, stride = line_of(shape)[0], layer.stride or layer.kernel
    counts = _pooled(shape, (layer.kernel,), (stride,), (layer.padding,))
    return Fitted((channels, *counts), {**layer.model_dump(), "stride": stride})


def _pool2d(layer: Pool2d, shape: Shape) -> Fitted:
    channels, stride = image_of(shape)[0], layer.stride or layer.kernel
    counts = _pooled(shape, layer.kernel, stride, layer.padding)
    return Fitted((channels, *counts), {**layer.model_dump(), "stride": stride})


def _pooled(shape: Shape, kernel: Shape, stride: Shape, padding: Shape) -> Shape:
    for pad, size in zip(padding, kernel, strict=True):
        if 2 * pad > size:
            raise Misfit(f"padding {pad} is more than half the kernel, {size}", "padding")
    return window_counts(shape, kernel, stride, padding, (1,) * len(kernel))


def _adaptive1d(layer: AdaptivePool1d, shape: Shape) -> Fitted:
    return Fitted((line_of(shape)[0], layer.size), layer.model_dump())


def _adaptive2d(layer: AdaptivePool2d, shape: Shape) -> Fitted:
    return Fitted((image_of(shape)[0], *layer.size), layer.model_dump())


KINDS: Final = (
    LayerKind("max_pool1d", Pool1d, _pool1d, main="kernel"),
    LayerKind("max_pool2d", Pool2d, _pool2d, main="kernel"),
    LayerKind("avg_pool1d", Pool1d, _pool1d, main="kernel"),
    LayerKind("avg_pool2d", Pool2d, _pool2d, main="kernel"),
    LayerKind("adaptive_avg_pool1d", AdaptivePool1d, _adaptive1d, main="size"),
    LayerKind("adaptive_avg_pool2d", AdaptivePool2d, _adaptive2d, main="size"),
    LayerKind("adaptive_max_pool1d", AdaptivePool1d, _adaptive1d, main="size"),
    LayerKind("adaptive_max_pool2d", AdaptivePool2d, _adaptive2d, main="size"),
)
