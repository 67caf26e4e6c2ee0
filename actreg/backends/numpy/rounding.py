"""From a dtype to float64 and back, rounding once.

Requirements:

- Widening is exact. Narrowing rounds to nearest, ties to even, exactly once: NumPy's float64 → float16 and float32 do,
  ml_dtypes' float64 → bfloat16 goes through float32 and so rounds twice. There the first step rounds to odd
  (S. Boldo, G. Melquiond, 2008, doi:10.1109/TC.2008.75), which keeps the second one right.
- Subnormals and the signs of zeros are kept; NaN stays NaN.
"""

from __future__ import annotations

from typing import Any, Final

import ml_dtypes
import numpy as np

BFLOAT16: Final = np.dtype(ml_dtypes.bfloat16)
DTYPES: Final[dict[str, np.dtype[Any]]] = {
    "float16": np.dtype(np.float16),
    "bfloat16": BFLOAT16,
    "float32": np.dtype(np.float32),
    "float64": np.dtype(np.float64),
}
NAMES: Final = {dtype: name for name, dtype in DTYPES.items()}
FLOAT64: Final = DTYPES["float64"]


def widen(x: Any) -> Any:
    """x as a float64 array; x itself where it is one already, in C order."""
    return np.ascontiguousarray(x, dtype=np.float64) if x.ndim else np.asarray(x, dtype=np.float64)


def narrow(x: Any, dtype: np.dtype[Any]) -> Any:
    """float64 rounded once to `dtype`."""
    if dtype == FLOAT64:
        return x
    if dtype == BFLOAT16:
        return round_to_odd(x).astype(BFLOAT16)
    return np.asarray(x).astype(dtype)


def round_to_odd(x: Any) -> Any:
    """float64 to float32, rounded to odd: truncated, with the last bit set where anything was lost."""
    x = np.asarray(x, dtype=np.float64)
    nearest = x.astype(np.float32)
    back = nearest.astype(np.float64)
    lost = (back != x) & ~np.isnan(x)
    bits = nearest.view(np.uint32)
    truncated = bits - (lost & (np.abs(back) > np.abs(x))).astype(np.uint32)
    return (truncated | lost.astype(np.uint32)).view(np.float32)


def cast(array: Any, dtype: str | None) -> Any:
    """A copy in C order, rounded once to the named dtype; in its own dtype where that is None."""
    array = np.asarray(array)
    if dtype is None or array.dtype == DTYPES[dtype]:
        return np.array(array, order="C")
    return np.array(narrow(widen(array), DTYPES[dtype]), order="C")
