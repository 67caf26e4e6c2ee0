"""From a dtype to a wider one and back, rounding once.

Requirements:

- Formulas run in float64 whatever x's dtype, except on devices that have none (Apple's mps): there they run in float32,
  and results are good to a few ULP, not to half a one.
- Widening is exact. Narrowing rounds to nearest, ties to even, exactly once: torch's float64 → float16 and → bfloat16
  go through float32 and so round twice; here that step rounds to odd (S. Boldo, G. Melquiond, 2008,
  doi:10.1109/TC.2008.75), which keeps the second one right.
- Both directions are differentiable any number of times, and traceable.
"""

from __future__ import annotations

from typing import Final

import torch

DTYPES: Final[dict[str, torch.dtype]] = {
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
    "float32": torch.float32,
    "float64": torch.float64,
}
NAMES: Final = {dtype: name for name, dtype in DTYPES.items()}
WITHOUT_FLOAT64: Final = frozenset({"mps"})
"""Types of device that have no float64."""


def wide_dtype(device: torch.device) -> torch.dtype:
    """The dtype in which formulas run on a device."""
    return torch.float32 if device.type in WITHOUT_FLOAT64 else torch.float64


def widen(x: torch.Tensor) -> torch.Tensor:
    """x in the dtype in which formulas run; x itself where it has it."""
    return x.to(wide_dtype(x.device))


def narrow(x: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """x rounded once to `dtype`; its gradient passes unchanged."""
    if x.dtype == torch.float64 and dtype in (torch.float16, torch.bfloat16):
        return _to_odd(x).to(dtype)
    return x.to(dtype)


def _to_odd(x: torch.Tensor) -> torch.Tensor:
    """float64 to float32: truncated, with the last bit set where anything was lost."""
    nearest = x.to(torch.float32)
    value, near = x.detach(), nearest.detach()
    back = near.to(torch.float64)
    lost = torch.logical_and(torch.ne(back, value), torch.isfinite(back))
    above = torch.logical_and(lost, torch.gt(torch.abs(back), torch.abs(value)))
    odd = ((near.view(torch.int32) - above.to(torch.int32)) | lost.to(torch.int32)).view(torch.float32)
    # Neighbours differ by an exact float32; subtracted, because -0.0 + 0.0 would lose the sign.
    return nearest - torch.where(lost, near - odd, torch.zeros_like(near))
