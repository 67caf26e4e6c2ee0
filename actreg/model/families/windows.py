"""How many windows fit: the arithmetic that convolutions and pools share."""

from __future__ import annotations

from actreg.model.families.base import Misfit, Shape


def line_of(shape: Shape) -> Shape:
    """A shape (channels, length); Misfit for another rank."""
    if len(shape) != 2:
        raise Misfit(f"it takes lines of shape (channels, length), not {shape}")
    return shape


def image_of(shape: Shape) -> Shape:
    """A shape (channels, height, width); Misfit for another rank."""
    if len(shape) != 3:
        raise Misfit(f"it takes images of shape (channels, height, width), not {shape}")
    return shape


def window_counts(shape: Shape, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape) -> Shape:
    """The windows that fit along each axis after the channels'; Misfit where none does."""
    counts = []
    for size, window, step, pad, apart in zip(shape[1:], kernel, stride, padding, dilation, strict=True):
        span = (window - 1) * apart + 1
        if size + 2 * pad < span:
            what = f"kernel {window}" if apart == 1 else f"kernel {window} with dilation {apart} spans {span}, which"
            raise Misfit(f"{what} is larger than the padded input, {size + 2 * pad} of shape {shape}", "kernel")
        counts.append((size + 2 * pad - span) // step + 1)
    return tuple(counts)
