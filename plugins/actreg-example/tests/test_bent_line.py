"""bent_line: values that anybody can check by hand."""

import numpy as np
import pytest

import actreg


@pytest.mark.parametrize(
    ("config", "x", "y", "slope"),
    [
        ({}, 2.0, 2.0, 1.0),
        ({}, -2.0, -0.5, 0.25),
        ({"fall": 0.5}, -2.0, -1.0, 0.5),
        ({"rise": 3.0}, 2.0, 6.0, 3.0),
    ],
)
def test_known_values(config, x, y, slope):
    """Value and derivative, at the default options and others."""
    act = actreg.get("bent_line", **config)
    assert act(np.array([x])).tolist() == [y]
    assert act.derivative(np.array([x])).tolist() == [slope]


def test_bad_options_are_refused():
    """A slope that is not positive is an error that names the option."""
    with pytest.raises(actreg.ConfigError, match="fall"):
        actreg.get("bent_line", fall=-1.0)
