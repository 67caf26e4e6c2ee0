"""Truth fast enough to be asked four thousand million times: formulas in float64, value and derivative at once.

Requirements:

- Independent: no formula is shared with `actreg.activations` or with a backend.
- Good to a thousandth of a float32's last place everywhere: `certify` measures that against mpmath, and every record
  of a sweep says what was measured. Beside a derivative's root a power series takes over (`roots`).
- About ten nanoseconds an input: the exponential is shared between value and derivative, and nothing branches.
- What mathematics leaves open comes from the activation's own laws: limits at ±inf and the derivative at a kink.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from actreg.conformance.exhaustive import roots
from actreg.conformance.formats import Array
from actreg.errors import CapabilityError

Pair = tuple[Array, Array]
Formula = Callable[[Any, Array], Pair]

_ROOT_HALF_PI: Final = 0.7978845608028653558798921198687
_UNDERFLOW: Final = 1e-300
"""What is too small for every narrow format and yet keeps its sign."""
_DENSITY: Final = 0.3989422804014326779399460599344

# exp(z²)·erfc(z)/2·(a + 3) for z = a/√2 as a polynomial in (a - 4)/(a + 4), a >= 0: interpolated at Chebyshev's nodes
# with 60 digits, good to 3e-14.
_TAIL: Final = (
    0.6608744891137666, -0.4374989204234366, 0.26275814540614295, -0.11481445062193882, 0.029531770678669293,
    0.0009519065158168082, -0.003987253071284188, 0.000992004604479126, 0.00032051951354354554, -0.0001855400750695266,
    -3.05218579633408e-05, 3.0513509171729364e-05, 4.938137310084977e-06, -5.092558183396117e-06,
    -1.1686536890268433e-06, 8.20303989913395e-07, 2.511579362222245e-07, -1.0974947586947435e-07,
    -3.022372864090474e-08, 8.695363691802628e-09,
)  # fmt: skip


def evaluate(act: Any, x: Array) -> Pair:
    """Value and derivative at x, float64 numbers of at most 24 bits; infinities and NaN included.

    A limit that the activation does not declare is NaN. CapabilityError where there is no formula.
    """
    name = act.info.name
    check(name)
    with np.errstate(all="ignore"):
        value, slope = FORMULAS[name](act, x)
    laws = act.laws()
    for kink, declared in laws.kinks.items():
        slope[x == kink] = declared
    if not np.isfinite(x).all():
        for bound, place in ((-np.inf, 0), (np.inf, 1)):
            value[x == bound] = np.nan if laws.limits is None else laws.limits[place]
            slope[x == bound] = np.nan if laws.derivative_limits is None else laws.derivative_limits[place]
        undefined = np.isnan(x)
        value[undefined] = slope[undefined] = np.nan
    return value, slope


def check(name: str, dtype: str = "float32") -> None:
    """Refuses what can't be swept: CapabilityError."""
    if name not in FORMULAS:
        raise CapabilityError(f"{name} has no fast truth; use check(), or one of {', '.join(sorted(FORMULAS))}")
    if dtype == "float64":
        raise CapabilityError("float64 can't be swept whole; use check(), or --sweep for its hard points")


def _step(x: Array, below: float) -> Array:
    return np.where(x > 0, 1.0, below)


def _expm1(x: Array) -> Array:
    # Where x <= 0. The library's own expm1 is what is under test.
    half = 0.5 * np.maximum(x, -100.0)
    return np.asarray(2.0 * np.sinh(half) * np.exp(half))


def _log1p_exp(x: Array) -> Array:
    # log(1 + e) = 2·artanh(e / (2 + e))
    e = np.exp(-np.abs(x))
    return np.asarray(np.maximum(x, 0.0) + 2.0 * np.arctanh(e / (2.0 + e)))


def _relu(act: Any, x: Array) -> Pair:
    return np.where(x > 0, x, 0.0), _step(x, 0.0)


def _leaky_relu(act: Any, x: Array) -> Pair:
    return np.where(x > 0, x, act.negative_slope * x), _step(x, act.negative_slope)


def _prelu(act: Any, x: Array) -> Pair:
    return np.where(x > 0, x, act.init * x), _step(x, act.init)


def _sigmoid(act: Any, x: Array) -> Pair:
    e = np.exp(-x)
    return 1.0 / (1.0 + e), 1.0 / (2.0 + e + 1.0 / e)


def _tanh(act: Any, x: Array) -> Pair:
    m = np.expm1(-2.0 * np.abs(x))
    cosh = np.cosh(x)
    return np.copysign(m / (2.0 + m), x), 1.0 / (cosh * cosh)


def _elu(act: Any, x: Array) -> Pair:
    return np.where(x > 0, x, act.alpha * _expm1(x)), np.where(x > 0, 1.0, act.alpha * np.exp(x))


def _celu(act: Any, x: Array) -> Pair:
    u = x / act.alpha
    return np.where(x > 0, x, act.alpha * _expm1(u)), np.where(x > 0, 1.0, np.exp(u))


def _selu(act: Any, x: Array) -> Pair:
    below = act.scale * act.alpha
    return np.where(x > 0, act.scale * x, below * _expm1(x)), np.where(x > 0, act.scale, below * np.exp(x))


def _softplus(act: Any, x: Array) -> Pair:
    straight, u = x > act.threshold / act.beta, act.beta * x
    return np.where(straight, x, _log1p_exp(u) / act.beta), np.where(straight, 1.0, 1.0 / (1.0 + np.exp(-u)))


def _log_sigmoid(act: Any, x: Array) -> Pair:
    return -_log1p_exp(-x), 1.0 / (1.0 + np.exp(x))


def _silu(act: Any, x: Array) -> Pair:
    return _gated(x, act.beta)


def _gated(x: Array, beta: float) -> Pair:
    # x·sigmoid(beta·x)
    u = beta * x
    cut = np.maximum(u, -300.0)
    power = np.exp(-cut)
    slope = (1.0 + power * (1.0 + cut)) / (1.0 + power) / (1.0 + power)
    return x / (1.0 + power), roots.SILU.patch(slope, x, beta)


def _mish(act: Any, x: Array) -> Pair:
    # tanh(log(1 + 1/e)) = (1 + 2e) / (1 + 2e + 2e²)
    cut = np.maximum(x, -150.0)
    e = np.exp(-cut)
    below = 1.0 + 2.0 * e * (1.0 + e)
    gate = (1.0 + 2.0 * e) / below
    slope = gate + 4.0 * cut * (1.0 + e) * (e / below) ** 2
    return np.where(x < -150.0, -_UNDERFLOW, x * gate), roots.MISH.patch(slope, x)


def _gelu(act: Any, x: Array) -> Pair:
    if act.approximate == "tanh":
        return _gelu_tanh(x)
    if act.approximate == "sigmoid":
        return _gated(x, 1.702)
    size = np.abs(x)
    density = np.exp(-0.5 * x * x)
    # The polynomial isn't exactly 1/2 at 0, where half of an odd subnormal is a tie.
    t = (size - 4.0) / (size + 4.0)
    tail = np.full_like(t, _TAIL[-1])
    for coefficient in _TAIL[-2::-1]:
        tail *= t
        tail += coefficient
    tail *= density / (size + 3.0)
    square = x * x
    centre = 0.5 + _DENSITY * x * (1.0 - square * (1 / 6 - square * (1 / 40 - square / 336)))
    below = np.where(size < 0.0625, centre, np.where(x < 0, tail, 1.0 - tail))
    far = np.clip(x, -100.0, 100.0)
    return np.where(x < -100.0, -_UNDERFLOW, x * below), roots.GELU.patch(below + far * (_DENSITY * density), x)


def _gelu_tanh(x: Array) -> Pair:
    cut = np.clip(x, -30.0, 30.0)
    square = cut * cut
    e = np.exp(-2.0 * _ROOT_HALF_PI * cut * (1.0 + 0.044715 * square))
    gate = 1.0 / (1.0 + e)
    slope = gate + cut * (2.0 * _ROOT_HALF_PI) * (1.0 + 3.0 * 0.044715 * square) / (2.0 + e + 1.0 / e)
    return np.where(x < -30.0, -_UNDERFLOW, x * gate), roots.GELU_TANH.patch(slope, x)


def _softsign(act: Any, x: Array) -> Pair:
    below = 1.0 / (1.0 + np.abs(x))
    return x * below, below * below


def _hard_sigmoid(act: Any, x: Array) -> Pair:
    low, high = -act.offset / act.slope, (1.0 - act.offset) / act.slope
    # x has 24 bits, so that the first product is exact, and beside the lower bend so is the sum.
    coarse = float(np.float32(act.slope))
    line = (coarse * x + act.offset) + (act.slope - coarse) * x
    inside = (x > low) & (x < high)
    return np.where(inside, line, np.where(x >= high, 1.0, 0.0)), np.where(inside, act.slope, 0.0)


def _hard_swish(act: Any, x: Array) -> Pair:
    slope = np.where(np.abs(x) < 3.0, (2.0 * x + 3.0) / 6.0, _step(x, 0.0))
    return np.where(x > 3.0, x, x * np.maximum(x + 3.0, 0.0) / 6.0), slope


def _tanh_shrink(act: Any, x: Array) -> Pair:
    m = np.expm1(-2.0 * np.abs(x))
    tanh = np.copysign(m / (2.0 + m), x)
    s = np.minimum(x * x, 1.0)
    series = x * s / 3.0 * (1.0 - s * (2 / 5 - s * (17 / 105 - s * (62 / 945 - s * (1382 / 51975)))))
    return np.where(np.abs(x) < 0.0625, series, x - tanh), tanh * tanh


def _sine(act: Any, x: Array) -> Pair:
    # The angle is high + low exactly: what rounding it loses can be many periods.
    high = act.omega * x
    if act.omega == float(np.float32(act.omega)):
        return np.sin(high), act.omega * np.cos(high)
    coarse = float(np.float32(act.omega))
    low = (coarse * x - high) + (act.omega - coarse) * x
    sin, cos, sin_low, cos_low = np.sin(high), np.cos(high), np.sin(low), np.cos(low)
    return sin * cos_low + cos * sin_low, act.omega * (cos * cos_low - sin * sin_low)


def _identity(act: Any, x: Array) -> Pair:
    return x.copy(), np.ones_like(x)


FORMULAS: Final[dict[str, Formula]] = {
    "celu": _celu,
    "elu": _elu,
    "gelu": _gelu,
    "hard_sigmoid": _hard_sigmoid,
    "hard_swish": _hard_swish,
    "identity": _identity,
    "leaky_relu": _leaky_relu,
    "log_sigmoid": _log_sigmoid,
    "mish": _mish,
    "prelu": _prelu,
    "relu": _relu,
    "selu": _selu,
    "sigmoid": _sigmoid,
    "silu": _silu,
    "sine": _sine,
    "softplus": _softplus,
    "softsign": _softsign,
    "tanh": _tanh,
    "tanh_shrink": _tanh_shrink,
}
"""Every function of one variable, by canonical name."""
