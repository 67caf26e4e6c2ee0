"""The namespace over NumPy: what is a function of the library alone is good to 2 ulp, ends and zeros included."""

import mpmath
import numpy as np

from actreg.backends.numpy.namespace import XP


def test_the_arc_tangent_is_good_to_two_ulp():
    """Of numbers from 1e-310 to 1e300; ±π/2 at the ends, and zeros keep their sign."""
    rng = np.random.default_rng(3)
    x = np.concatenate([rng.standard_normal(500) * 10.0 ** rng.integers(-310, 300, 500), rng.uniform(-4, 4, 500)])
    with mpmath.workprec(200):
        truth = [mpmath.atan(mpmath.mpf(v)) for v in x.tolist()]
        off = [abs(mpmath.mpf(y) - t) for y, t in zip(XP.atan(x).tolist(), truth, strict=True)]
        assert all(d <= 2 * np.spacing(abs(float(t))) for d, t in zip(off, truth, strict=True))
    ends = XP.atan(np.array([-np.inf, -0.0, 0.0, np.inf, np.nan]))
    np.testing.assert_array_equal(ends, [-np.pi / 2, -0.0, 0.0, np.pi / 2, np.nan])
    assert np.signbit(ends[:4]).tolist() == [True, True, False, False]
