"""The error function on NumPy: within 2 ulp of mpmath, tails and subnormal numbers included."""

from __future__ import annotations

import importlib.util
import warnings
from pathlib import Path

import numpy as np
import pytest

from actreg.backends.numpy import error_function as ef

mpmath = pytest.importorskip("mpmath")
MP = mpmath.mp.clone()
MP.prec = 200
SCRIPT = Path(__file__).parents[3] / "scripts" / "fit_normal_tail.py"

FUNCTIONS = {
    "erf": (ef.erf, MP.erf),
    "erfc": (ef.erfc, MP.erfc),
    "normal distribution": (lambda x: ef.normal_pair(x)[0], lambda x: MP.erfc(-x / MP.sqrt(2)) / 2),
    "normal density": (lambda x: ef.normal_pair(x)[1], lambda x: MP.exp(-x * x / 2) / MP.sqrt(2 * MP.pi)),
}
SPANS = [(-9.0, -1.0), (-1.0, 1.0), (-1e-3, 1e-3), (1.0, 6.0), (6.0, 27.3), (-38.6, -9.0)]


def worst(f, truth, x):
    """The largest error in ulp."""
    errors = []
    for at, got in zip(x.tolist(), f(x).tolist(), strict=True):
        true = truth(MP.mpf(at))
        if true:
            errors.append(abs(MP.mpf(got) - true) / MP.ldexp(1, max(MP.frexp(true)[1] - 53, -1074)))
    return float(max(errors))


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("span", SPANS, ids=str)
def test_within_two_ulp(name, span):
    """At 500 points of each span; 1.2e5 of each function were measured once, 1.9 ulp at most."""
    x = np.random.Generator(np.random.Philox(key=5)).uniform(*span, 500)
    with np.errstate(all="ignore"):
        assert worst(*FUNCTIONS[name], x) <= 2.0


def test_limits_and_zeros():
    """Values at ±inf and far out, signs of zeros, and NaN; `errstate` is the caller's."""
    x = np.array([-np.inf, -1e308, -0.0, 0.0, 5e-324, 1e308, np.inf, np.nan])
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(ef.erf(x), [-1, -1, -0.0, 0, 5e-324, 1, 1, np.nan])
        assert np.signbit(ef.erf(np.array([-0.0])))[0]
        np.testing.assert_array_equal(ef.erfc(x), [2, 2, 1, 1, 1, 0, 0, np.nan])
        np.testing.assert_array_equal(ef.normal_pair(x)[0], [0, 0, 0.5, 0.5, 0.5, 1, 1, np.nan])
        np.testing.assert_array_equal(ef.normal_pair(x)[1][[0, 1, 5, 6, 7]], [0, 0, 0, 0, np.nan])


def test_the_last_numbers_of_the_tail():
    """The distribution is a subnormal number to -38.4 and 0 from -38.6 down; so is erfc at 27.2 and 27.3."""
    with np.errstate(all="ignore"):
        assert ef.normal_pair(np.array([-38.4]))[0][0] == 6.6e-323
        assert ef.normal_pair(np.array([-38.6]))[0][0] == 0.0
        assert ef.erfc(np.array([27.2]))[0] == pytest.approx(float(MP.erfc(27.2)), abs=5e-324)
        assert ef.erfc(np.array([27.3]))[0] == 0.0


def test_values_do_not_depend_on_the_array():
    """One element, many, and 0-d give the same bits."""
    x = np.linspace(-6.0, 6.0, 101)
    for f in (ef.erf, ef.erfc, lambda v: ef.normal_pair(v)[0]):
        assert [float(f(np.array(v))) for v in x] == f(x).tolist()


def test_the_table_is_what_its_script_makes():
    """Byte for byte."""
    spec = importlib.util.spec_from_file_location("fit_normal_tail", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.OUTPUT.read_text(encoding="utf-8") == script.text()


def test_no_operation_warns():
    """Under the caller's errstate."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("error")
        for f in (ef.erf, ef.erfc, ef.normal_pair):
            f(np.array([np.nan, np.inf, 1e308, 5e-324]))
