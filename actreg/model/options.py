"""The options of what a layer can be besides one node of a plan: containers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

<<<<<<< HEAD
from actreg.contracts.config import Config, Finite, Positive
from actreg.model.limits import MAX_ELEMENTS


def _pair(value: Any) -> Any:
    """An integer for both axes, or a list of two."""
    if isinstance(value, int) and not isinstance(value, bool):
        return (value, value)
    if isinstance(value, (list, tuple)) and len(value) == 2:
        return tuple(value)
    raise ValueError("input should be an integer, or a list of two: [height, width]")


def _sizes(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


Count = Annotated[int, Field(ge=1, le=MAX_ELEMENTS)]
Sizes = Annotated[tuple[Count, ...], BeforeValidator(_sizes), Field(min_length=1)]
Pair = Annotated[tuple[Count, Count], BeforeValidator(_pair)]
Padding = Annotated[tuple[Annotated[int, Field(ge=0, le=MAX_ELEMENTS)], ...], BeforeValidator(_pair)]


class Linear(Config):
    """y = x W^T + b along the last axis."""

    out_features: Count = Field(description="size of the last axis after it")
    bias: bool = Field(True, description="whether it adds a learned bias")


class Conv2d(Config):
    """Cross-correlation over images of shape (channels, height, width)."""

    out_channels: Count = Field(description="channels after it")
    kernel: Pair = Field(description="height and width of the window; one integer for both")
    stride: Pair = Field((1, 1), description="steps between windows")
    padding: Padding = Field((0, 0), description="zeros added on each side")
    groups: Count = Field(1, description="groups of channels that do not mix; divides both channel counts")
    bias: bool = Field(True, description="whether it adds a learned bias for each channel")


class Pool2d(Config):
    """A window over images of shape (channels, height, width)."""

    kernel: Pair = Field(description="height and width of the window; one integer for both")
    stride: Pair | None = Field(None, description="steps between windows; the kernel by default")
    padding: Padding = Field((0, 0), description="cells added on each side, at most half the kernel")


class BatchNorm(Config):
    """Normalises each channel (axis 1) over the batch. Ioffe and Szegedy, 2015, arXiv:1502.03167."""

    eps: Positive = Field(1e-5, description="added to the variance")
    momentum: Annotated[float, Field(ge=0.0, le=1.0)] = Field(0.1, description="weight of a new batch's statistics")


class LayerNorm(Config):
    """Normalises each sample over its trailing axes. Ba, Kiros and Hinton, 2016, arXiv:1607.06450."""

    shape: Sizes | None = Field(None, description="sizes of the trailing axes it covers; the last axis by default")
    eps: Positive = Field(1e-5, description="added to the variance")


class Dropout(Config):
    """Zeroes elements in training and scales the rest. Srivastava et al., 2014, JMLR 15."""

    p: Annotated[Finite, Field(ge=0.0, lt=1.0)] = Field(0.5, description="the share of elements that is zeroed")


class Flatten(Config):
    """One axis in place of all but the batch's."""
=======
from actreg.contracts.config import Config
from actreg.model.limits import MAX_TIMES


class Repeat(Config):
    """The same layers several times, each time with weights of their own."""

    times: Annotated[int, Field(ge=1, le=MAX_TIMES)] = Field(description="how often")
>>>>>>> 96890e0 (Layers of every family on both backends: tokens, attention, pooling, normalisation, shapes; what each costs)
