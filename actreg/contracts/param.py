"""Parameters that an activation or a layer owns: shape, initial value, axis."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

FEATURES: Final = "features"
"""In a `Param`'s shape: the size of the input along the parameter's axis, known when a layer is bound."""


@dataclass(frozen=True)
class Constant:
    """Every element starts at `value`."""

    value: float


@dataclass(frozen=True)
class Uniform:
    """Elements start uniform in ±gain·sqrt(1 / fan_in); a gain of 1 is torch's default for affine layers.

    He et al., 2015, arXiv:1502.01852, with the gain that torch chose. `fan_in` may be `FEATURES`.
    """

    fan_in: int | Literal["features"]
    gain: float = 1.0

    def bound(self, features: int | None = None) -> float:
        """Half the width of the interval."""
        fan_in = features if self.fan_in == FEATURES else self.fan_in
        if not isinstance(fan_in, int):
            raise ValueError("the fan-in is the number of input features, which is not known here")
        return self.gain / math.sqrt(fan_in) if fan_in > 0 else 0.0


@dataclass(frozen=True)
class Normal:
    """Elements start normal, with mean 0 and standard deviation `std`."""

    std: float


@dataclass(frozen=True)
class Param:
    """A learnable parameter of an activation.

    shape: sizes, each at least 1 and never empty (sharded training refuses 0-d parameters); `FEATURES` stands for
        the size of the input along `axis`.
    init: how it starts.
    axis: the axis of x (batch counted) whose size `FEATURES` is; along which, of an elementwise activation, a 1-d
        parameter of more than one element runs.
    """

    shape: tuple[int | Literal["features"], ...]
    init: Constant | Uniform
    axis: int = 1

    def __post_init__(self) -> None:
        if not self.shape:
            raise ValueError("a parameter is never 0-d: use shape (1,)")
        for size in self.shape:
            if size != FEATURES and (not isinstance(size, int) or size < 1):
                raise ValueError(f"sizes are positive integers or FEATURES, not {size!r}")

    def sized(self, features: int | None) -> tuple[int, ...]:
        """The shape with `FEATURES` filled in; ValueError where it is needed and not known."""
        sizes: list[int] = []
        for size in self.shape:
            if isinstance(size, int):
                sizes.append(size)
            elif features is None:
                raise ValueError("its size follows the input: pass features=, the size of the input's channel axis")
            else:
                sizes.append(features)
        return tuple(sizes)
