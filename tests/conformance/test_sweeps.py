"""Sweeps: the promise about our own kernels, over many inputs."""

from __future__ import annotations

import pytest

import actreg
from actreg.conformance.exhaustive import truth
from actreg.conformance.sweeps import sweep
from actreg.errors import CapabilityError


@pytest.mark.parametrize("name", sorted(truth.FORMULAS))
def test_own_kernels_are_correctly_rounded(name):
    """float32 over 100,000 bit patterns: 0.51 ulp forward, 1 ulp derivative."""
    value, derivative = sweep([name], 100_000, registry=actreg.Registry())
    assert value.points > 99_000
    assert max(value.reference_ulp, derivative.reference_ulp) < 1e-4
    assert value.max_ulp <= 0.51, str(value)
    assert derivative.max_ulp <= 1.0, str(derivative)


def test_float64_is_measured_at_hard_points():
    """Against arbitrary precision; beside the root of its derivative ulps count for nothing."""
    value, derivative = sweep(["silu"], 400, dtypes=["float64"], registry=actreg.Registry())
    assert value.points >= 400
    assert 0.5 < value.max_ulp < 4.0
    assert derivative.grade == "bounded"
    assert derivative.worst_input == pytest.approx(-1.2784645, abs=1e-6)


def test_both_directions_of_every_cell_are_told():
    """Rows in the order that was asked for, and progress."""
    told = []
    rows = sweep(["relu", "tanh"], 1000, dtypes=["float16", "float32"], progress=lambda *at: told.append(at))
    assert [(r.activation, r.dtype, r.direction) for r in rows] == [
        (name, dtype, direction)
        for name in ("relu", "tanh")
        for dtype in ("float16", "float32")
        for direction in ("value", "derivative")
    ]
    assert told == [(k, 4) for k in (1, 2, 3, 4)]


def test_what_runs_along_an_axis_is_refused():
    """The error says what can be swept."""
    with pytest.raises(CapabilityError, match="softmax has no fast truth"):
        sweep(["softmax"])
