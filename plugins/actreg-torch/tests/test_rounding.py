"""Narrowing rounds once."""

from __future__ import annotations

import math
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
import torch
from actreg_torch.rounding import narrow, wide_dtype
from hypothesis import given
from hypothesis import strategies as st


def neighbours(value: float, dtype: type) -> list[float]:
    """The values of a dtype around a value, by search over all its bit patterns."""
    with np.errstate(invalid="ignore"):
        every = np.arange(1 << 16, dtype=np.uint16).view(dtype).astype(np.float64)
    every = np.unique(every[np.isfinite(every)])
    place = int(np.searchsorted(every, value))
    return [float(every[i]) for i in (place - 1, place) if 0 <= i < len(every)]


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
@given(x=st.floats(-60000.0, 60000.0))
def test_a_half_is_the_nearest(name: str, x: float) -> None:
    """No value of the narrower dtype is nearer than the one that is given."""
    numpy_type = np.float16 if name == "float16" else ml_dtypes.bfloat16
    got = float(narrow(torch.tensor(x, dtype=torch.float64), getattr(torch, name)))
    exact = Fraction(x)
    assert abs(Fraction(got) - exact) == min(abs(Fraction(near) - exact) for near in neighbours(x, numpy_type))


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (1.0 + 2.0**-8 + 2.0**-40, 1.0 + 2.0**-7),
        (1.0 + 2.0**-8 - 2.0**-40, 1.0),
        (-0.0, -0.0),
        (0.0, 0.0),
        (-1e-300, -0.0),
        (math.inf, math.inf),
        (1e300, math.inf),
        (-1e300, -math.inf),
    ],
)
def test_special_values(x: float, expected: float) -> None:
    """What float32 in between would round twice; overflow, underflow and signs of zeros."""
    got = float(narrow(torch.tensor(x, dtype=torch.float64), torch.bfloat16))
    assert got == expected
    assert math.copysign(1.0, got) == math.copysign(1.0, expected)


def test_nan_stays_nan() -> None:
    """NaN in, NaN out."""
    assert torch.isnan(narrow(torch.tensor(math.nan, dtype=torch.float64), torch.float16))


def test_the_gradient_passes() -> None:
    """Rounding has the identity for its gradient, though it goes through bits."""
    x = torch.tensor([1.001, -3.3], dtype=torch.float64, requires_grad=True)
    (grad,) = torch.autograd.grad(narrow(x, torch.bfloat16).sum(), x)
    assert grad.tolist() == [1.0, 1.0]


@pytest.mark.parametrize(("device", "dtype"), [("cpu", torch.float64), ("cuda", torch.float64), ("mps", torch.float32)])
def test_the_wide_dtype(device: str, dtype: torch.dtype) -> None:
    """float64, but where a device has none."""
    assert wide_dtype(torch.device(device)) == dtype
