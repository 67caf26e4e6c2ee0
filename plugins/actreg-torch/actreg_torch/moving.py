"""Layers that put values elsewhere or take some of them, which torch has as functions only."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn


class Reshape(nn.Module):
    """(N, …) -> (N, *shape), in C order."""

    def __init__(self, shape: Sequence[int]) -> None:
        super().__init__()
        self.shape = tuple(shape)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The same values in other sizes."""
        return x.reshape(x.shape[0], *self.shape)

    def extra_repr(self) -> str:
        """The sizes."""
        return str(self.shape)


class Permute(nn.Module):
    """The axes in another order; `axes` counts the batch, which stays in front."""

    def __init__(self, axes: Sequence[int]) -> None:
        super().__init__()
        self.axes = tuple(axes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """A view of x."""
        return x.permute(0, *self.axes)

    def extra_repr(self) -> str:
        """The order."""
        return str(self.axes)


class Select(nn.Module):
    """Entry `index` of `axis`, which is dropped. The axis counts the batch."""

    def __init__(self, index: int, axis: int) -> None:
        super().__init__()
        self.index, self.axis = index, axis

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """A view of x."""
        return x.select(self.axis, self.index)

    def extra_repr(self) -> str:
        """Index and axis."""
        return f"{self.index}, axis={self.axis}"


class Mean(nn.Module):
    """The mean over `axis`, which is dropped. The axis counts the batch."""

    def __init__(self, axis: int) -> None:
        super().__init__()
        self.axis = axis

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x without the axis."""
        return x.mean(self.axis)

    def extra_repr(self) -> str:
        """The axis."""
        return f"axis={self.axis}"
