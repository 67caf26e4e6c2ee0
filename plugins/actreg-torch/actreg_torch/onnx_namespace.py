"""The namespace of operations for ONNX: torch operations that every ONNX runtime computes well in double.

Requirements:

- Made of exp, log, floor, sqrt, comparisons and arithmetic alone. onnxruntime has no Erf, Softplus, Sinh, Cosh or Atan
  in double, its Sigmoid in double is 0 from -39 on and its Tanh is 7 ulp off; ONNX itself has neither expm1 nor log1p,
  which torch.onnx writes as exp(x) - 1 and log(1 + x).
- Constants stay double: torch.onnx rounds Python numbers to float32, so that 0.01·x is 0.0099999998·x.
- A zero whose sign matters comes from the second branch of `where`: onnxruntime's Where loses that of the first.
- Good to some ulp of double, infinities, NaN and signed zeros included, so that the result rounds once to float32.

Methods: expm1 and log1p after W. Kahan (N. Higham, Accuracy and Stability of Numerical Algorithms, 2002, section
1.14.1); erfc as exp(-x²) / (1 + 2x) times a Chebyshev series in (x - k)/(x + k) (M. Shepherd, J. Laframboise, 1981,
doi:10.1090/S0025-5718-1981-0595058-X); the series are interpolants computed with mpmath at sixty digits.
"""

from __future__ import annotations

import math
import struct
from typing import Any, Final

import torch
from torch.overrides import TorchFunctionMode

from actreg_torch.namespace import TorchNamespace

Tensor = torch.Tensor
_K: Final = 3.75
_FAR: Final = 40.0
_SQRT_HALF: Final = math.sqrt(0.5)
_DENSITY: Final = 1.0 / math.sqrt(2.0 * math.pi)
_ERFC: Final = (
    *(1.1775789345674017, -0.004590054580646478, -0.08424913336651792, 0.05920993999819189, -0.026658668435305753),
    *(0.009074997670705265, -0.002413163540417608, 0.0004907758365258086, -6.916973302501207e-05),
    *(4.13902798607301e-06, 7.74038306619849e-07, -2.1886401049234397e-07, 1.076499946567091e-08),
    *(4.521959811218287e-09, -7.754400208831351e-10, -6.318088340886684e-11, 2.86879501093067e-11),
    *(1.9455868545777347e-13, -9.65469674843344e-13, 3.25254814814874e-14, 3.3478119482868056e-14),
    *(-1.864562880419313e-15, -1.2507950530688648e-15, 7.418235256624044e-17, 5.068148904796111e-17),
)
"""(1 + 2x)·exp(x²)·erfc(x) in Chebyshev polynomials of t = (x - k)/(x + k)."""
_ERF: Final = (
    *(0.9754769393826541, -0.14226120510371365, 0.010035582187599796, -0.0005768764699767485, 2.741993125219606e-05),
    *(-1.1043175507344507e-06, 3.8488755420345036e-08, -1.1808582533875466e-09, 3.2334215826050907e-11),
    *(-7.991015947004549e-13, 1.7990725113961456e-14, -3.718635487818693e-16),
)
"""erf(x)/x for |x| <= 1 in Chebyshev polynomials of 2x² - 1."""
_ATAN: Final = (
    *(0.9734102303447442, -0.02595272048264835, 0.0006189529749236903, -1.753749333545473e-05, 5.405768595016133e-07),
    *(-1.7519588845815832e-08, 5.870281888102748e-10, -2.01424319791343e-11, 7.035532200059104e-13),
    *(-2.491686527572419e-14, 8.922736554855606e-16, -3.2243077275353524e-17),
)
"""atan(x)/x for |x| <= tan(π/8) in Chebyshev polynomials of 2x²/tan²(π/8) - 1."""
_TAN2: Final = (math.sqrt(2.0) - 1.0) ** 2


class ExactConstants(TorchFunctionMode):
    """Turns Python numbers that float32 does not hold into tensors of float64, on their way into an operation."""

    def __init__(self, device: torch.device) -> None:
        super().__init__()
        self.device = device

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = kwargs or {}
        if any(isinstance(arg, Tensor) for arg in args):
            args = tuple(self.exact(arg) for arg in args)
        return function(*args, **given)

    def exact(self, value: Any) -> Any:
        """The value; a tensor for a float that loses bits in float32."""
        if not isinstance(value, float) or not math.isfinite(value) or _in_float32(value):
            return value
        return torch.tensor(value, dtype=torch.float64, device=self.device)


class OnnxNamespace(TorchNamespace):
    """`xp` for formulas that are exported to ONNX, in float64."""

    def __init__(self, device: torch.device) -> None:
        super().__init__(torch.float64, device)

    def array(self, x: Any) -> Tensor:
        """x as a tensor of its own or of float64."""
        return x if isinstance(x, Tensor) else torch.tensor(x, dtype=torch.float64, device=self.device)

    def isinf(self, x: Any) -> Any:
        """By comparison: torch.onnx looks at the number in float32."""
        return torch.eq(torch.abs(self.array(x)), math.inf)

    def isnan(self, x: Any) -> Any:
        """By comparison, likewise."""
        x = self.array(x)
        return torch.ne(x, x)

    def sign(self, x: Any) -> Any:
        """-1, 0 or 1; NaN of NaN."""
        x = self.array(x)
        return torch.where(torch.gt(x, 0), 1.0, torch.where(torch.lt(x, 0), -1.0, x))

    def atan(self, x: Any) -> Any:
        """The arc tangent: of 1/|x| from the right angle where |x| > 1, and twice that of half the angle."""
        x = self.array(x)
        size = torch.abs(x)
        steep = torch.gt(size, 1.0)
        t = torch.where(steep, 1.0 / size, size)
        half = t / (1.0 + torch.sqrt(1.0 + t * t))
        near = 2.0 * half * _clenshaw(_ATAN, half * half * (2.0 / _TAN2) - 1.0)
        near = torch.where(torch.lt(t, 1e-9), t, near)
        found = torch.where(steep, 0.5 * math.pi - near, near)
        return torch.where(torch.ne(x, 0), torch.where(torch.lt(x, 0), -found, found), x)

    def expm1(self, x: Any) -> Any:
        """exp(x) - 1."""
        x = self.array(x)
        u = torch.exp(x)
        less = u - 1.0
        scaled = less * (x / torch.log(u))
        moved = torch.where(torch.eq(less, -1.0), less, torch.where(torch.eq(u, math.inf), u, scaled))
        return torch.where(torch.ne(u, 1.0), moved, x)

    def log1p(self, x: Any) -> Any:
        """log(1 + x)."""
        x = self.array(x)
        u = 1.0 + x
        scaled = torch.log(u) * (x / (u - 1.0))
        return torch.where(torch.ne(u, 1.0), torch.where(torch.eq(u, math.inf), u, scaled), x)

    def sinh(self, x: Any) -> Any:
        """(e + e/(e + 1))/2 with e = expm1(|x|), and exp(|x|/2)²/2 where that would overflow."""
        x = self.array(x)
        size = torch.abs(x)
        e = self.expm1(size)
        half = torch.exp(0.5 * size)
        found = torch.where(torch.gt(size, 40.0), 0.5 * half * half, 0.5 * (e + e / (e + 1.0)))
        return torch.where(torch.ne(x, 0), torch.where(torch.lt(x, 0), -found, found), x)

    def cosh(self, x: Any) -> Any:
        """(h² + h⁻²)/2 with h = exp(|x|/2)."""
        half = torch.exp(0.5 * torch.abs(self.array(x)))
        return 0.5 * half * half + 0.5 / half / half

    def tanh(self, x: Any) -> Any:
        """-e/(2 + e) with e = expm1(-2|x|)."""
        x = self.array(x)
        e = self.expm1(-2.0 * torch.abs(x))
        found = -e / (2.0 + e)
        return torch.where(torch.ne(x, 0), torch.where(torch.lt(x, 0), -found, found), x)

    def tanh_pair(self, x: Any) -> tuple[Any, Any]:
        """tanh and its slope."""
        return self.tanh(x), super().tanh_pair(x)[1]

    def softplus(self, x: Any) -> Any:
        """max(x, 0) + log1p(exp(-|x|))."""
        x = self.array(x)
        return self.maximum(x, 0.0) + self.log1p(self._decay(x))

    def erfc(self, x: Any) -> Any:
        """1 - erf(x)."""
        x = self.array(x)
        size = self.minimum(torch.abs(x), _FAR)
        series = _clenshaw(_ERFC, (size - _K) / (size + _K)) / (1.0 + 2.0 * size)
        # x² is rounded; in two parts, of which one is exact, exp does not magnify that.
        coarse = torch.floor(size * 16.0) * 0.0625
        found = torch.exp(-coarse * coarse) * torch.exp((coarse - size) * (coarse + size)) * series
        return torch.where(torch.lt(x, 0), 2.0 - found, found)

    def erf(self, x: Any) -> Any:
        """The error function."""
        x = self.array(x)
        near = torch.where(torch.le(torch.abs(x), 1.0), x, torch.zeros_like(x))
        small = near * _clenshaw(_ERF, 2.0 * near * near - 1.0)
        far = 1.0 - self.erfc(torch.abs(x))
        return torch.where(torch.le(torch.abs(x), 1.0), small, torch.where(torch.lt(x, 0), -far, far))

    def normal_pair(self, x: Any) -> tuple[Any, Any]:
        """The standard normal's distribution and density."""
        x = self.array(x)
        return 0.5 * self.erfc(x * -_SQRT_HALF), _DENSITY * torch.exp(-0.5 * (x * x))

    def max(self, x: Any, *, axis: int = -1) -> Any:
        """The largest along an axis, kept; NaN where one is, which ONNX's ReduceMax may lose."""
        top = super().max(x, axis=axis)
        lost = torch.sum(torch.ne(x, x).to(torch.float64), dim=axis, keepdim=True)
        return torch.where(torch.gt(lost, 0.0), math.nan, top)

    def pick_max(self, x: Any, *, axis: int = -1) -> tuple[Any, Any]:
        """The largest along an axis, dropped, and the mask of its first winner; a NaN wins."""
        wins = torch.logical_or(torch.eq(x, self.max(x, axis=axis)), torch.ne(x, x))
        won = torch.logical_and(wins, torch.eq(torch.cumsum(wins.to(torch.int64), dim=axis), 1))
        index = torch.argmax(won.to(torch.int32), dim=axis, keepdim=True)
        return torch.squeeze(torch.gather(x, axis, index), dim=axis), won


def _in_float32(value: float) -> bool:
    try:
        return bool(struct.unpack("f", struct.pack("f", value))[0] == value)
    except OverflowError:
        return False


def _clenshaw(coefficients: tuple[float, ...], t: Tensor) -> Tensor:
    """The Chebyshev series at t."""
    twice = t + t
    last: Any = 0.0
    before: Any = 0.0
    for coefficient in reversed(coefficients[1:]):
        last, before = coefficient + twice * last - before, last
    found: Tensor = coefficients[0] + t * last - before
    return found
