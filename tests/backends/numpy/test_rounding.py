"""Rounding once."""

from __future__ import annotations

from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actreg.backends.numpy.rounding import BFLOAT16, DTYPES, cast, narrow, round_to_odd, widen


def nearest_bfloat16(value: float) -> float:
    """The nearest bfloat16, ties to even, by exact rational arithmetic."""
    bits = int(np.float32(value).view(np.uint32)) & 0xFFFF0000
    best = None
    for candidate in (bits - 0x10000, bits, bits + 0x10000):
        if not 0 <= candidate <= 0xFFFFFFFF:
            continue
        number = float(np.uint32(candidate).view(np.float32))
        if not np.isfinite(number):
            continue
        key = (abs(Fraction(number) - Fraction(value)), (candidate >> 16) & 1)
        if best is None or key < best[0]:
            best = (key, number)
    assert best is not None
    return best[1]


@given(st.floats(-3e38, 3e38))
def test_bfloat16_is_rounded_once(value: float) -> None:
    """float64 to bfloat16 is the nearest, although ml_dtypes goes through float32."""
    assert float(narrow(np.array([value]), BFLOAT16)[0]) == nearest_bfloat16(value)


def test_double_rounding_would_be_seen() -> None:
    """A value just above a tie, by less than float32 can tell: rounding twice loses it."""
    value = np.array([1.0 + 2.0**-8 + 2.0**-40])
    assert float(value.astype(BFLOAT16)[0]) == 1.0
    assert float(narrow(value, BFLOAT16)[0]) == 1.0 + 2.0**-7


@pytest.mark.parametrize("name", DTYPES)
def test_special_values_pass(name: str) -> None:
    """Infinities, NaN, signed zeros, overflow to infinity."""
    values = np.array([np.inf, -np.inf, np.nan, 0.0, -0.0, 1e308, -1e308])
    with np.errstate(over="ignore"):
        result = widen(narrow(values, DTYPES[name]))
    expected = values if name == "float64" else np.array([np.inf, -np.inf, np.nan, 0.0, -0.0, np.inf, -np.inf])
    assert np.array_equal(result, expected, equal_nan=True)
    assert np.array_equal(np.signbit(result[:5]), np.signbit(values[:5]))


@given(st.floats(allow_nan=False, allow_infinity=False, width=64))
def test_round_to_odd_brackets(value: float) -> None:
    """The result is exact, or the odd one of the two float32 around the value."""
    with np.errstate(over="ignore", under="ignore"):
        result = round_to_odd(np.array([value]))[0]
    if float(result) != value:
        assert int(result.view(np.uint32)) & 1 == 1
        assert abs(float(result)) <= abs(value) or abs(float(np.nextafter(result, np.float32(0)))) < abs(value)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_every_half_survives_widening(dtype: str) -> None:
    """Exhaustively: widen and narrow give the same bits back."""
    halves = np.arange(65536, dtype=np.uint16).view(ml_dtypes.bfloat16 if dtype == "bfloat16" else np.float16)
    with np.errstate(invalid="ignore"):
        back = narrow(widen(halves), DTYPES[dtype])
    finite = ~np.isnan(halves.astype(np.float32))
    assert np.array_equal(back[finite].view(np.uint16), halves[finite].view(np.uint16))


def test_cast_copies() -> None:
    """A cast owns its memory even where nothing changes."""
    x = np.ones((2, 3), dtype=np.float32, order="F")
    y = cast(x, "float32")
    assert not np.shares_memory(x, y)
    assert y.flags.c_contiguous
