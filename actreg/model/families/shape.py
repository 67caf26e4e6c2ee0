"""Layers that move values about, or take some of them."""

from __future__ import annotations

import math
from typing import Final

from pydantic import Field

from actreg.contracts.config import Config
from actreg.model.families.base import Fitted, Integers, LayerKind, Misfit, Shape, index_of


class Flatten(Config):
    """One axis in place of all but the batch's."""


class Reshape(Config):
    """Other sizes for the same values, in C order."""

    shape: Integers = Field(description="sizes after it, without the batch; one may be -1: whatever is left")


class Permute(Config):
    """The axes in another order."""

    axes: Integers = Field(description="the input's axes in their new order; the batch is axis 0 and stays: [2, 1]")


class Select(Config):
    """One entry of an axis, which is dropped: one token of many."""

    index: int = Field(0, description="which entry; negative ones count from the end")
    axis: int = Field(1, description="the axis it is taken from, batch counted")


class Mean(Config):
    """The mean over an axis, which is dropped."""

    axis: int = Field(1, description="the axis, batch counted")


def _flatten(layer: Flatten, shape: Shape) -> Fitted:
    return Fitted((math.prod(shape),), layer.model_dump())


def _reshape(layer: Reshape, shape: Shape) -> Fitted:
    if any(size < 1 and size != -1 for size in layer.shape):
        raise Misfit(f"sizes are positive, or -1 for the rest, not {layer.shape}", "shape")
    if layer.shape.count(-1) > 1:
        raise Misfit(f"only one size can be -1, not {layer.shape}", "shape")
    total, known = math.prod(shape), math.prod(size for size in layer.shape if size != -1)
    if total % known or (-1 not in layer.shape and total != known):
        raise Misfit(f"{total} elements of shape {shape} do not make {layer.shape}", "shape")
    after = tuple(total // known if size == -1 else size for size in layer.shape)
    return Fitted(after, {"shape": after})


def _permute(layer: Permute, shape: Shape) -> Fitted:
    every = tuple(range(1, len(shape) + 1))
    if tuple(sorted(layer.axes)) != every:
        raise Misfit(f"axes are {', '.join(map(str, every))} in some order for shape {shape}, not {layer.axes}", "axes")
    return Fitted(tuple(shape[axis - 1] for axis in layer.axes), layer.model_dump())


def _select(layer: Select, shape: Shape) -> Fitted:
    place = index_of(layer.axis, shape)
    if len(shape) < 2:
        raise Misfit(f"nothing would be left of shape {shape}", "axis")
    if not -shape[place] <= layer.index < shape[place]:
        raise Misfit(f"index {layer.index} is out of range for axis {layer.axis} of size {shape[place]}", "index")
    options = {"index": layer.index % shape[place], "axis": place + 1}
    return Fitted((*shape[:place], *shape[place + 1 :]), options)


def _mean(layer: Mean, shape: Shape) -> Fitted:
    place = index_of(layer.axis, shape)
    if len(shape) < 2:
        raise Misfit(f"nothing would be left of shape {shape}", "axis")
    return Fitted((*shape[:place], *shape[place + 1 :]), {"axis": place + 1})


KINDS: Final = (
    LayerKind("flatten", Flatten, _flatten),
    LayerKind("reshape", Reshape, _reshape, main="shape"),
    LayerKind("permute", Permute, _permute, main="axes"),
    LayerKind("select", Select, _select, main="index"),
    LayerKind("mean", Mean, _mean, main="axis"),
)
