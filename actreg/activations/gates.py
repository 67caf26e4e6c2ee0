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

_FAR: Final = -680.0
_SHIFT: Final = 64.0
_SCALE: Final = math.exp(-_SHIFT)


def sigmoid_gate(xp: Any, x: Any, u: Any) -> Any:
    """x·sigmoid(u)."""
    near, scale = _lifted(xp, u)
    return xp.gate(x, xp.sigmoid(near)) * scale


def sigmoid_gate_slope(xp: Any, u: Any, rate: Any) -> Any:
    """sigmoid(u) + rate·sigmoid'(u): the derivative of x·sigmoid(u), where rate = x·du/dx."""
    near, scale = _lifted(xp, u)
    s, slope = xp.sigmoid_pair(near)
    return (s + xp.gate(rate, slope)) * scale


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
