"""Initial weights of a plan.

Requirements:

- The same on every backend and on every machine: each parameter is drawn by itself, keyed by seed and name, so that
  neither order nor neighbours matter.
- Drawn in float64, rounded once to the dtype asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from actreg.contracts.plan import Plan
from actreg.formula.initial import draw

if TYPE_CHECKING:
    import numpy as np


def initial_weights(plan: Plan, *, seed: int | None = None, dtype: str = "float64") -> dict[str, np.ndarray]:
    """Every parameter and buffer of a plan by its full name, ``node.parameter``.

    seed: the plan's own by default. dtype: ``float64``, ``float32``, ``float16`` or ``bfloat16``.
    """
    chosen = plan.seed if seed is None else seed
    return {name: _rounded(draw(name, spec.shape, spec.init, chosen), dtype) for name, spec in plan.parameters()}


def _rounded(array: np.ndarray, dtype: str) -> np.ndarray:
    import numpy as np

    if dtype == "float64":
        return array
    if dtype != "bfloat16":
        return array.astype(dtype)
    import ml_dtypes

    # ml_dtypes rounds float64 to bfloat16 through float32, that is twice; a first rounding to odd makes that exact.
    near = array.astype(np.float32)
    toward_zero = np.where(np.abs(near) > np.abs(array), np.nextafter(near, np.float32(0)), near)
    odd = np.where(toward_zero != array, (toward_zero.view(np.uint32) | 1).view(np.float32), toward_zero)
    return odd.astype(ml_dtypes.bfloat16)
