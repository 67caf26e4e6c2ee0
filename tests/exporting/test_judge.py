"""Judging an exported file: ulp, infinities, NaN, zeros, the yardstick of networks."""

from __future__ import annotations

import numpy as np
import pytest

from actreg.exporting import judge


def single(value: float) -> np.ndarray:
    """One float32."""
    return np.array([value], dtype=np.float32)


@pytest.mark.parametrize(
    ("got", "want", "ulp"),
    [
        (1.0, 1.0, 0.0),
        (np.nextafter(np.float32(1), np.float32(2)), 1.0, 1.0),
        (-1e-45, 1e-45, 2.0),
        (0.0, -0.0, 0.0),
        (np.nan, np.nan, 0.0),
        (np.nan, 1.0, np.inf),
        (np.inf, np.float32(3.4028235e38), np.inf),
        (np.inf, np.inf, 0.0),
        (-np.inf, np.inf, np.inf),
    ],
)
def test_ulp_counts_floats_between(got: float, want: float, ulp: float) -> None:
    """Through zero; a NaN or an infinity is no neighbour."""
    assert judge.ulp_between(single(got), single(want)).tolist() == [ulp]


def test_a_finding_names_the_worst_place() -> None:
    """The x where it is worst, what came and what should have; zeros of the other sign apart."""
    x = np.array([-20.0, 0.5, -0.0], dtype=np.float32)
    want = np.array([2e-9, 1.0, -0.0], dtype=np.float32)
    got = np.array([0.0, 1.0, 0.0], dtype=np.float32)
    found = judge.activation("sigmoid", x, got, want)
    assert not found.exact
    assert found.x == -20.0
    assert found.signs == 1
    assert "at x = -20.0: 0.0, not 1.99" in str(found)
    assert judge.activation("sigmoid", x, want, want).exact


def test_a_network_may_err_as_our_own_does_and_not_much_more() -> None:
    """Four times our float32 error passes, a thousand times fails, NaN fails."""
    want = np.array([1.0, 2.0])
    own = (want + 1e-6).astype(np.float32)
    for error, exact in ((3e-6, True), (1e-3, False), (np.nan, False)):
        (found,) = judge.network({"network": ((want + error).astype(np.float32), own, want)})
        assert found.exact is exact
