"""Sweeps: the promise about our own kernels, over many inputs."""

from __future__ import annotations

import numpy as np
import pytest

import actreg
from actreg.conformance import fast
from actreg.conformance.formats import FORMATS
from actreg.conformance.sweeps import inputs, sweep

pytestmark = pytest.mark.skipif(fast.spare_bits() < 10, reason="no long double wider than float64")


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("name", sorted(fast.FORMULAS))
def test_own_kernels_are_correctly_rounded(name, dtype):
    """float32 over 100,000 bit patterns, the half precisions over all: 0.51 ulp forward, 1 ulp derivative."""
    value, derivative = sweep([name], 100_000, dtypes=[dtype], registry=actreg.Registry())
    assert value.reference_ulp < 1e-4
    assert derivative.reference_ulp < 1e-4
    assert value.max_ulp <= 0.51, str(value)
    assert derivative.max_ulp <= 1.0, str(derivative)


def test_inputs_meet_every_exponent():
    """A strided sweep of float32 leaves no exponent out."""
    x = np.concatenate(list(inputs(FORMATS["float32"], 100_000)))
    assert len(set(np.frexp(x[x != 0])[1].tolist())) >= 254
    assert len(next(iter(inputs(FORMATS["float16"], 10)))) == 63_488
