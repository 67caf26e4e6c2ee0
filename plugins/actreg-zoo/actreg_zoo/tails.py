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
