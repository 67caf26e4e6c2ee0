"""Gates that close exponentially: x·g(x), kept down to the last subnormal number.

Requirements:

- A gate underflows before its product with x does: exp(-750) is no number, 750·exp(-750) is one. Far below 0 the gate
  is taken at x + 64, a sum that is exact there, and exp(-64) goes into the product last.
- At -inf a closed gate gives a signed zero and not NaN.
- Nothing but `xp` and Python numbers, so that every backend and the dual numbers can follow.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

FAR: Final = -600.0
SHIFT: Final = 64.0
SCALE: Final = math.exp(-SHIFT)
_REACH: Final = 1e100
_BELOW: Final = -35.0
"""Below, the normal distribution is taken by its asymptotic series, which there has every digit."""
_DENSITY: Final = 1.0 / math.sqrt(2.0 * math.pi)


def lifted(xp: Any, u: Any) -> tuple[Any, Any]:
    """u, raised by 64 where it is far below 0, and the factor that puts right whatever goes as exp(u) there."""
    far = u < FAR
    return xp.where(far, u + SHIFT, u), xp.where(far, SCALE, 1.0)


def inside(xp: Any, x: Any) -> Any:
    """x cut to ±1e100, so that 0 times it is 0."""
    return xp.minimum(xp.maximum(x, -_REACH), _REACH)


def gated(xp: Any, x: Any, gate: Callable[[Any, Any], Any]) -> Any:
    """x·gate(x), where gate(xp, x) goes as exp(x) far below 0."""
    near, scale = lifted(xp, x)
    return xp.gate(x, gate(xp, near)) * scale


def gated_slope(xp: Any, x: Any, pair: Callable[[Any, Any], tuple[Any, Any]]) -> Any:
    """gate + x·gate', where pair(xp, x) gives both."""
    near, scale = lifted(xp, x)
    gate, slope = pair(xp, near)
    return (gate + xp.gate(x, slope)) * scale


def times_sech2(xp: Any, factor: Any, u: Any) -> Any:
    """factor·sech²(u); 0 where sech² is, however large the factor."""
    near, scale = lifted(xp, -2.0 * xp.abs(u))
    e = xp.exp(near)
    return xp.gate(factor, 4.0 * e / (1.0 + (2.0 * e + e * e))) * scale


def times_bell(xp: Any, factor: Any, u: Any) -> Any:
    """factor·exp(-u²); 0 where the exponential is, however large the factor."""
    near, scale = lifted(xp, -u * u)
    return xp.gate(factor, xp.exp(near)) * scale


def silu(xp: Any, x: Any, u: Any) -> Any:
    """x·sigmoid(u)."""
    near, scale = lifted(xp, u)
    return xp.gate(x, xp.sigmoid(near)) * scale


def silu_slope(xp: Any, u: Any, more: Any = 0.0) -> Any:
    """sigmoid(u) + (u + more)·sigmoid'(u)."""
    near, scale = lifted(xp, u)
    s, slope = xp.sigmoid_pair(near)
    return (s + xp.gate(u + more, slope)) * scale


def normal_reference(mp: Any, x: Any) -> Any:
    """Φ(x); beyond ±100 what no format tells from it, since erfc takes mpmath a long time there."""
    if abs(x) > 100:
        return mp.mpf(1) if x > 0 else mp.exp(-x * x / 2)
    return mp.erfc(-x / mp.sqrt(2)) / 2


def gelu_pair(xp: Any, x: Any) -> tuple[Any, Any, Any]:
    """GELU, x·Φ(x), and its slope, Φ(x) + x·φ(x), and the factor that both still want: 1 unless x is far below 0.

    There Φ(x) is φ(x)/|x| times a series in 1/x² (M. Abramowitz, I. Stegun, 1964, 26.2.12).
    """
    cdf, density = xp.normal_pair(x)
    far = x < _BELOW
    near, scale = lifted(xp, xp.where(far, -0.5 * x * x, 0.0))
    bell, inverse = _DENSITY * xp.exp(near), 1.0 / xp.where(far, x * x, 1.0)
    series = 1.0
    for odd in (11.0, 9.0, 7.0, 5.0, 3.0, 1.0):
        series = 1.0 - odd * inverse * series
    value = xp.where(far, -bell * series, xp.gate(x, cdf))
    slope = xp.where(far, xp.gate(x, bell) * (1.0 - inverse * series), cdf + xp.gate(x, density))
    return value, slope, scale
