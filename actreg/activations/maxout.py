"""Maxout: the learned layer, and the pooling form over groups of features."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from actreg.contracts.info import Info, Laws
from actreg.contracts.kinds import Expanding, Projection
from actreg.contracts.param import FEATURES, Param, Uniform

_PAPER = "I. Goodfellow, D. Warde-Farley, M. Mirza, A. Courville, Y. Bengio, Maxout Networks, 2013, arXiv:1302.4389"
Units = Annotated[int, Field(ge=1, le=1 << 24)]
Pieces = Annotated[int, Field(ge=1, le=4096)]


class Maxout(Projection):
    """Maxout: each unit is the largest of `pieces` affine maps of the input, z_ij = x·W_..ij + b_ij.

    weight, the paper's W, has shape (d, units, pieces) and bias (units, pieces), where d is the size of x's last axis,
    which becomes `units`. The
    gradient goes to the winning piece alone, the first on ties.
    """

    info: ClassVar[Info] = Info(
        name="maxout",
        latex=r"h_i(x) = \max_{j \in [1, k]} \left( x^\top W_{\cdot i j} + b_{ij} \right)",
        paper=_PAPER,
        foreign={"num_units": "units", "out_features": "units", "groups": "pieces", "pool_size": "pieces"},
        main="units",
    )

    units: Units = Field(1, description="number of outputs, m")
    pieces: Pieces = Field(2, description="affine pieces for each output, k")

    def output_size(self, size: int) -> int:
        """The number of units."""
        return self.units

    def parameters(self) -> dict[str, Param]:
        """weight (the paper's W) and bias, uniform in ±1/sqrt(d)."""
        init = Uniform(FEATURES)
        return {
            "weight": Param(shape=(FEATURES, self.units, self.pieces), init=init, axis=-1),
            "bias": Param(shape=(self.units, self.pieces), init=init, axis=-1),
        }

    def _pieces(self, xp: Any, x: Any, weight: Any, bias: Any) -> Any:
        flat = xp.matmul(x, xp.reshape(weight, (weight.shape[0], self.units * self.pieces)))
        return xp.reshape(flat, (x.shape[0], self.units, self.pieces)) + bias

    def forward(self, xp: Any, x: Any, weight: Any, bias: Any) -> Any:
        """x of shape (rows, d) gives (rows, units)."""
        return xp.pick_max(self._pieces(xp, x, weight, bias))[0]

    def pullback(self, xp: Any, x: Any, y: Any, grad: Any, weight: Any, bias: Any) -> dict[str, Any]:
        """Only the winning piece passes the gradient."""
        _, won = xp.pick_max(self._pieces(xp, x, weight, bias))
        dz = xp.where(won, xp.reshape(grad, (*grad.shape, 1)), 0.0)
        flat = xp.reshape(dz, (x.shape[0], self.units * self.pieces))
        columns = xp.reshape(weight, (weight.shape[0], self.units * self.pieces))
        return {
            "x": xp.matmul(flat, xp.moveaxis(columns, 0, 1)),
            "weight": xp.reshape(xp.matmul(xp.moveaxis(x, 0, 1), flat), tuple(weight.shape)),
            "bias": xp.reshape(xp.sum(dz, axis=0), tuple(bias.shape)),
        }

    def reference(self, mp: Any, xs: Any, weight: Any, bias: Any) -> list[Any]:
        """By definition, for one row."""
        return [
            max(
                mp.fsum(x * weight[feature][i][j] for feature, x in enumerate(xs)) + bias[i][j]
                for j in range(self.pieces)
            )
            for i in range(self.units)
        ]

    def laws(self) -> Laws:
        """Convex and piecewise linear; nothing that one input decides."""
        return Laws()


class MaxoutPool(Expanding):
    """Maxout as pooling: the largest of each group of `pieces` features, without weights of its own.

    layout: ``consecutive`` groups neighbours, so [1, 9, 5, 3] in pairs gives [9, 5]; ``strided`` takes every
    n/pieces-th feature, which gives [5, 9]. The gradient goes to the first winner.
    """

    info: ClassVar[Info] = Info(
        name="maxout_pool",
        latex=r"h_i(x) = \max_{j \in [1, k]} x_{ij}",
        paper=_PAPER,
        foreign={"num_units": "pieces", "groups": "pieces", "pool_size": "pieces", "dim": "axis"},
        main="pieces",
    )

    pieces: Pieces = Field(2, description="features in a group, k")
    layout: Literal["consecutive", "strided"] = Field("consecutive", description="which features form a group")

    def output_size(self, size: int) -> int:
        """size / pieces."""
        if size % self.pieces:
            raise ValueError(f"{size} features are no multiple of {self.pieces} pieces")
        return size // self.pieces

    def _groups(self, xp: Any, x: Any) -> Any:
        count, lead = self.output_size(x.shape[-1]), tuple(x.shape[:-1])
        if self.layout == "consecutive":
            return xp.reshape(x, (*lead, count, self.pieces))
        return xp.moveaxis(xp.reshape(x, (*lead, self.pieces, count)), -2, -1)

    def forward(self, xp: Any, x: Any) -> Any:
        """The largest of each group."""
        return xp.pick_max(self._groups(xp, x))[0]

    def pullback(self, xp: Any, x: Any, y: Any, grad: Any) -> dict[str, Any]:
        """Only the first winner of a group passes the gradient."""
        _, won = xp.pick_max(self._groups(xp, x))
        spread = xp.where(won, xp.reshape(grad, (*grad.shape, 1)), 0.0)
        if self.layout == "strided":
            spread = xp.moveaxis(spread, -1, -2)
        return {"x": xp.reshape(spread, tuple(x.shape))}

    def reference(self, mp: Any, xs: Any) -> list[Any]:
        """By definition."""
        count = self.output_size(len(xs))
        if self.layout == "consecutive":
            return [max(xs[i * self.pieces : (i + 1) * self.pieces]) for i in range(count)]
        return [max(xs[i::count]) for i in range(count)]

    def laws(self) -> Laws:
        """Every value is one of the inputs."""
        return Laws(winner="first")
