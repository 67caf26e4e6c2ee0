"""Shapes where several outputs become one: add, mul, concat."""

from __future__ import annotations

import math
from collections.abc import Sequence

from actreg.model.kinds import Misfit, Shape

IMAGE_AXES = 3
"""Axes of an image without the batch: channels, height, width."""


def added(shapes: Sequence[Shape]) -> Shape:
    """The shape of a sum, which all have; raises Misfit."""
    if len(set(shapes)) > 1:
        raise Misfit(f"a sum needs equal shapes, not {_listed(shapes)}")
    return shapes[0]


def multiplied(shapes: Sequence[Shape]) -> Shape:
    """The shape of a product: on each axis one size, or 1, which is stretched; raises Misfit."""
    if len({len(shape) for shape in shapes}) > 1:
        raise Misfit(f"a product needs as many axes in each, not {_listed(shapes)}")
    sizes = []
    for along in zip(*shapes, strict=True):
        size = max(along)
        if any(other not in (1, size) for other in along):
            raise Misfit(f"a product needs equal sizes, or 1, on each axis, not {_listed(shapes)}")
        sizes.append(size)
    return tuple(sizes)


def concatenated(shapes: Sequence[Shape], axis: int | None) -> tuple[Shape, int]:
    """The shape of what is put one after the other, and the axis with the batch counted; raises Misfit."""
    rank = len(shapes[0]) + 1
    if any(len(shape) + 1 != rank for shape in shapes):
        raise Misfit(f"concat needs as many axes in each, not {_listed(shapes)}")
    if axis is None:
        axis = 1 if rank == IMAGE_AXES + 1 else rank - 1
    if not -rank <= axis < rank:
        raise Misfit(f"axis {axis} is out of range for {rank} axes, batch counted", "axis")
    axis %= rank
    if axis == 0:
        raise Misfit("axis 0 is the batch, whose samples a layer may not mix", "axis")
    index = axis - 1
    rests = {(*shape[:index], *shape[index + 1 :]) for shape in shapes}
    if len(rests) > 1:
        raise Misfit(f"concat along axis {axis} needs equal sizes on the others, not {_listed(shapes)}")
    total = sum(shape[index] for shape in shapes)
    return (*shapes[0][:index], total, *shapes[0][index + 1 :]), axis


def strides(before: Shape, after: Shape) -> tuple[int, ...]:
    """The strides with which a 1×1 convolution makes images of one size from another; raises Misfit."""
    found = []
    for size, wanted in zip(before[1:], after[1:], strict=True):
        stride = math.ceil(size / wanted)
        if (size - 1) // stride + 1 != wanted:
            raise Misfit(f"no stride of a 1×1 convolution makes {wanted} of {size}: {after} of {before}", "project")
        found.append(stride)
    return tuple(found)


def _listed(shapes: Sequence[Shape]) -> str:
    return " and ".join(str(shape) for shape in shapes)
