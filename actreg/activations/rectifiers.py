"""Rectifiers: ReLU, Leaky ReLU, and PReLU, whose slope is learned."""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from actreg.contracts.config import Finite
from actreg.contracts.info import Info, Laws
from actreg.contracts.kinds import Elementwise
from actreg.contracts.param import FEATURES, Constant, Param


def _scaled_limit(slope: float) -> float:
    """The limit of slope·x at -inf: a signed zero where the slope is one."""
    return slope * -math.inf if slope != 0.0 else math.copysign(0.0, -math.copysign(1.0, slope))


class ReLU(Elementwise):
    """Rectified linear unit, max(x, 0). A unit whose input stays below 0 gets no gradient: it is dead.

    The derivative at 0 is 0. ReLU(-0.0) is +0.0.
    """

    info: ClassVar[Info] = Info(
        name="relu",
        latex=r"\operatorname{ReLU}(x) = \max(0, x)",
        paper="V. Nair, G. Hinton, Rectified Linear Units Improve Restricted Boltzmann Machines, ICML 2010",
    )

    def forward(self, xp: Any, x: Any) -> Any:
        """NaN passes the comparison and so propagates."""
        return xp.where(x <= 0, 0.0, x)

    def derivative(self, xp: Any, x: Any) -> Any:
        """The step function, 0 at 0."""
        return xp.where(x > 0, 1.0, 0.0)

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return x if x > 0 else mp.mpf(0)

    def laws(self) -> Laws:
        """One kink, at 0; rising; safe in place, because the sign survives."""
        return Laws(
            limits=(0.0, math.inf),
            at_zeros=(0.0, 0.0),
            derivative_limits=(0.0, 1.0),
            range=(0.0, math.inf),
            kinks={0.0: 0.0},
            monotone=True,
            derivative_from_output=True,
        )


class LeakyReLU(Elementwise):
    """Leaky rectified linear unit: x where x > 0, negative_slope·x below, so that no unit dies.

    The derivative at 0 is negative_slope.
    """

    info: ClassVar[Info] = Info(
        name="leaky_relu",
        aliases=("lrelu",),
        latex=r"\operatorname{LeakyReLU}(x) = \begin{cases} x & x > 0 \\ a x & x \le 0 \end{cases}",
        paper="A. Maas, A. Hannun, A. Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models, 2013",
        foreign={"alpha": "negative_slope", "slope": "negative_slope", "leak": "negative_slope"},
        main="negative_slope",
    )

    negative_slope: Finite = Field(0.01, description="slope for x <= 0")

    def forward(self, xp: Any, x: Any) -> Any:
        """The gate keeps a slope of 0 from making NaN at -inf."""
        return xp.where(x > 0, x, xp.gate(x, self.negative_slope))

    def derivative(self, xp: Any, x: Any) -> Any:
        """The same condition as forward."""
        return xp.where(x > 0, 1.0, self.negative_slope)

    def reference(self, mp: Any, x: Any) -> Any:
        """By definition."""
        return x if x > 0 else mp.mpf(self.negative_slope) * x

    def laws(self) -> Laws:
        """One kink, at 0; rising unless the slope is negative."""
        slope = self.negative_slope
        return Laws(
            limits=(_scaled_limit(slope), math.inf),
            at_zeros=(math.copysign(0.0, -math.copysign(1.0, slope)), math.copysign(0.0, slope)),
            derivative_limits=(slope, 1.0),
            range=(0.0 if slope <= 0 else -math.inf, math.inf),
            kinks={0.0: slope} if slope != 1.0 else {},
            monotone=slope >= 0,
            derivative_from_output=slope >= 0,
        )


class PReLU(Elementwise):
    """Parametric ReLU: x where x > 0, weight·x below; the weight is learned, one for all or one a channel.

    weight has shape (num_parameters,) and runs along `axis` of x. The derivatives at 0 are weight and 0.
    """

    info: ClassVar[Info] = Info(
        name="prelu",
        latex=r"\operatorname{PReLU}(x) = \begin{cases} x & x > 0 \\ w x & x \le 0 \end{cases}",
        paper="K. He, X. Zhang, S. Ren, J. Sun, Delving Deep into Rectifiers, 2015, arXiv:1502.01852",
        foreign={"channel": "axis", "alpha": "init", "negative_slope_init": "init", "init_alpha": "init", "w": "init"},
        main="num_parameters",
    )

    num_parameters: Annotated[int, Field(ge=1, le=1 << 24)] | Literal["each"] = Field(
        1, description="slopes: 1 for all, a number of channels, or each"
    )
    init: Finite = Field(0.25, description="initial slope for x <= 0")
    axis: int = Field(1, description="the channel axis of x, batch counted; negative from the end")

    def parameters(self) -> dict[str, Param]:
        """weight: the slopes."""
        size: int | Literal["features"] = FEATURES if self.num_parameters == "each" else self.num_parameters
        return {"weight": Param(shape=(size,), init=Constant(self.init), axis=self.axis)}

    def forward(self, xp: Any, x: Any, weight: Any) -> Any:
        """The gate keeps a slope of 0 from making NaN at -inf."""
        return xp.where(x > 0, x, xp.gate(x, weight))

    def derivative(self, xp: Any, x: Any, weight: Any) -> Any:
        """The same condition as forward."""
        return xp.where(x > 0, 1.0, weight)

    def parameter_derivatives(self, xp: Any, x: Any, weight: Any) -> dict[str, Any]:
        """dy/dweight is x where x is not above 0."""
        return {"weight": xp.where(x > 0, 0.0, x)}

    def reference(self, mp: Any, x: Any, weight: Any) -> Any:
        """By definition."""
        return x if x > 0 else weight * x

    def laws(self) -> Laws:
        """Those that hold for every weight, and at the initial one."""
        return Laws(
            limits=(_scaled_limit(self.init), math.inf),
            derivative_limits=(self.init, 1.0),
            kinks={0.0: self.init} if self.init != 1.0 else {},
            monotone=self.init >= 0,
        )
