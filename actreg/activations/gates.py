"""A number times the sigmoid of another: what SiLU, GELU's approximations and gated units share.

Requirements:

- The tail is kept to the last subnormal number: the gate alone underflows some hundred times earlier than the product,
  -750·exp(-750) being a number while exp(-750) is none. So far below 0 the gate is taken at u + 64, a sum that is
  exact there, and exp(-64) goes last into the product.
- A gate of 0 gives a signed zero and not NaN, although x may be infinite.
"""

from __future__ import annotations

import math
from typing import Any, Final

from actreg.activations.compensated import has_spare, quotient, two_sum

_FAR: Final = -680.0
_SHIFT: Final = 64.0
_SCALE: Final = math.exp(-_SHIFT)
_GONE: Final = -1e4
_HUGE: Final = 1e300
_REACH: Final = 1e100


def sigmoid_gate(xp: Any, x: Any, u: Any, u_rest: Any = 0.0) -> Any:
    """x·sigmoid(u + u_rest), as x / (1 + exp(-u)): one rounding less than a product with the sigmoid.

    u_rest: what rounding u has lost, where u is no exact product.
    """
    near, scale = _lifted(xp, u)
    e = xp.exp(-near)
    if not has_spare(xp):
        e = e - xp.minimum(e, _HUGE) * u_rest
    # Far out the quotient is a signed zero, or NaN where both are infinite.
    return xp.where(u < _GONE, 0.0 * finite(xp, x), x / (1.0 + e)) * scale


def sigmoid_gate_slope(xp: Any, u: Any, rate: Any, u_rest: Any = 0.0, rate_rest: Any = 0.0) -> Any:
    """sigmoid(u) + rate·sigmoid'(u): the derivative of x·sigmoid(u), where rate = x·du/dx.

    One quotient over (1 + e)² with e = exp(-|u|), because two terms would cancel where the derivative is negative:
    1 + e·(1 + rate) above 0, e·(1 + rate + e) below, where the first sum that is exact goes first. The rests are what
    rounding u and rate has lost.
    """
    near, scale = _lifted(xp, u)
    if has_spare(xp):
        s, slope = xp.sigmoid_pair(near)
        return (s + xp.gate(rate, slope)) * scale
    rate, below = finite(xp, rate), u < 0.0
    e = xp.exp(-xp.abs(near))
    e_rest = e * xp.where(below, u_rest, -u_rest)
    whole, whole_rest = two_sum(1.0, 2.0 * e + e * e)
    more = 1.0 + rate
    sum_ = more + e
    close = rate > -1.0
    most = xp.where(below, xp.where(close, e, e * sum_), 1.0)
    rest = xp.where(below, xp.where(close, e * (rate + e), e * (e - (sum_ - more))), e * more)
    rest = rest + (e * rate_rest + e_rest * xp.where(below, sum_ + e, more))
    top = most + rest
    return quotient(top, rest - (top - most), whole, whole_rest + 2.0 * (1.0 + e) * e_rest) * scale


def finite(xp: Any, x: Any) -> Any:
    """x cut where it is huge, so that 0 times it is a signed zero, and no product in two parts overflows."""
    return xp.minimum(xp.maximum(x, -_REACH), _REACH)


def _lifted(xp: Any, u: Any) -> tuple[Any, Any]:
    """u, lifted where it is far below 0, and the factor by which that is put right: there sigmoid(u) is exp(u)."""
    far = u < _FAR
    return xp.where(far, u + _SHIFT, u), xp.where(far, _SCALE, 1.0)


def gate_reference(mp: Any, u: Any) -> Any:
    """sigmoid(u) by definition."""
    return 1 / (1 + mp.exp(-u))


def gated_reference(mp: Any, x: Any, gate: Any) -> Any:
    """x·gate, where an infinite x that meets a closed gate has the limit 0: an exponential beats a power."""
    return mp.mpf(0) if not gate else x * gate
