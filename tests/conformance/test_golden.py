"""Golden cases: the numbers printed in the activation guide that the project began from, on NumPy and on torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import actreg

PAIR = [-0.8189, -0.3774]
SOFTMAX = [[0.6004, 1.7824, 0.5624], [-1.1716, 1.4398, 1.2255]]
SILU = [[-1.3611, -0.1617, 0.7590], [1.0899, -0.2989, -1.0174]]
SOFTPLUS = [[0.7168, -0.1710, 2.3648], [-1.7137, -0.3790, 0.2916]]
CASES: list[tuple[str, dict[str, Any], Any, Any]] = [
    ("sigmoid", {}, [-0.1523, 0.2635], [0.4620, 0.5655]),
    ("tanh", {}, PAIR, [-0.6744, -0.3604]),
    ("leaky_relu", {"negative_slope": 0.1}, PAIR, [-0.0819, -0.0377]),
    ("elu", {}, PAIR, [-0.5591, -0.3143]),
    ("prelu", {}, PAIR, [-0.2047, -0.0943]),
    ("softmax", {"axis": 1}, SOFTMAX, [[0.1914, 0.6243, 0.1843], [0.0390, 0.5318, 0.4292]]),
    ("silu", {}, SILU, [[-0.2777, -0.0743, 0.5170], [0.8157, -0.1273, -0.2702]]),
    ("softplus", {}, SOFTPLUS, [[1.1145, 0.6113, 2.4546], [0.1657, 0.5215, 0.8495]]),
    # As printed in other places: Keras's two gelu functions at 1, SELU at 20, torch's glu, the minimum of hard swish.
    ("gelu", {}, [1.0], [0.841345]),
    ("gelu", {"approximate": "tanh"}, [1.0], [0.841192]),
    ("selu", {}, [20.0], [21.0140]),
    ("glu", {"gate": "second"}, [10.0, 20.0, 0.0, 100.0], [5.0, 20.0]),
    ("geglu", {"gate": "second"}, [1.0, 2.0, -3.0, 4.0], [-0.00405, 7.99975]),
    ("hard_swish", {}, [-1.5], [-0.375]),
    ("celu", {}, PAIR, [-0.5591, -0.3143]),
    ("softsign", {}, [-3.0, 1.0], [-0.75, 0.5]),
]


def library(name: str) -> Any:
    """A backend, or a skip that names what is absent."""
    if name == "torch":
        pytest.importorskip("actreg_torch")
    return actreg.default_registry().backend(name)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize(("name", "config", "x", "expected"), CASES, ids=[case[0] for case in CASES])
def test_printed_values(backend: str, name: str, config: dict[str, Any], x: Any, expected: Any) -> None:
    """To the four decimals printed: inputs and outputs were both rounded, so one unit of the last place is allowed."""
    owner = library(backend)
    weight = {"weight": owner.from_numpy(np.array([0.25]), dtype="float32")} if name == "prelu" else {}
    got = owner.apply(actreg.get(name, **config), owner.from_numpy(np.array(x), dtype="float32"), weight)
    np.testing.assert_allclose(owner.to_numpy(got), expected, rtol=0, atol=1.01e-4)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_relu_in_place_changes_its_input(backend: str) -> None:
    """The guide's last example."""
    owner = library(backend)
    x = owner.from_numpy(np.array([-0.5, 0.25]), dtype="float32")
    assert actreg.get("relu")(x, out=x) is x
    assert owner.to_numpy(x).tolist() == [0.0, 0.25]
