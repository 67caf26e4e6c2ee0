"""GELU: three forms that must not be taken for each other."""

from __future__ import annotations

import math

import numpy as np
import pytest

import actreg

# As D. Hendrycks and K. Gimpel define the forms, at 1, where no digits are lost.
AT_ONE = {
    "none": 0.5 * (1.0 + math.erf(math.sqrt(0.5))),
    "tanh": 0.5 * (1.0 + math.tanh(math.sqrt(2.0 / math.pi) * 1.044715)),
    "sigmoid": 1.0 / (1.0 + math.exp(-1.702)),
}


@pytest.mark.parametrize(("form", "at_one"), AT_ONE.items())
def test_each_form_has_its_own_value(form, at_one):
    """They differ at 1 by 1.5e-4 and more."""
    act = actreg.get("gelu", approximate=form)
    assert float(act(np.array(1.0))) == pytest.approx(at_one, rel=1e-15)


@pytest.mark.parametrize("wrong", [True, False, "erf", "exact", None])
def test_a_boolean_is_no_form(wrong):
    """Frameworks disagree about what True would mean."""
    with pytest.raises(actreg.ConfigError, match="approximate"):
        actreg.get("gelu", approximate=wrong)


def test_a_scalar_in_a_spec_is_the_form():
    """``gelu: tanh``."""
    assert actreg.get({"gelu": "tanh"}) == actreg.get("gelu", approximate="tanh")


@pytest.mark.parametrize("form", AT_ONE)
def test_derivative_is_that_of_the_value(form):
    """Central differences in float64."""
    act = actreg.get("gelu", approximate=form)
    x = np.linspace(-6.0, 6.0, 97)
    h = 1e-5
    np.testing.assert_allclose(act.derivative(x), (act(x + h) - act(x - h)) / (2 * h), rtol=0, atol=1e-9)
