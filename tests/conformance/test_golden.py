"""Golden cases: the printed numbers of the activation guide, to four decimals, on NumPy and on torch."""

from __future__ import annotations

import numpy as np
import pytest

import actreg

X = [-2.0, -1.0, 0.0, 1.0, 2.0]
CASES = [
    ("sigmoid", {}, X, [0.1192, 0.2689, 0.5, 0.7311, 0.8808]),
    ("tanh", {}, X, [-0.9640, -0.7616, 0.0, 0.7616, 0.9640]),
    ("relu", {}, X, [0.0, 0.0, 0.0, 1.0, 2.0]),
    ("leaky_relu", {}, X, [-0.02, -0.01, 0.0, 1.0, 2.0]),
    ("leaky_relu", {"negative_slope": 0.1}, X, [-0.2, -0.1, 0.0, 1.0, 2.0]),
    ("elu", {}, X, [-0.8647, -0.6321, 0.0, 1.0, 2.0]),
    ("softplus", {}, X, [0.1269, 0.3133, 0.6931, 1.3133, 2.1269]),
    ("silu", {}, X, [-0.2384, -0.2689, 0.0, 0.7311, 1.7616]),
    ("softmax", {}, [1.0, 2.0, 3.0], [0.0900, 0.2447, 0.6652]),
    ("maxout_pool", {}, [1.0, 9.0, 5.0, 3.0], [9.0, 5.0]),
    ("maxout_pool", {"layout": "strided"}, [1.0, 9.0, 5.0, 3.0], [5.0, 9.0]),
]


def _backend(name):
    if name == "numpy":
        return actreg.Registry().backend("numpy")
    plugin = pytest.importorskip("actreg_torch.plugin")
    return actreg.Registry(plugins=[plugin]).backend("torch")


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize(("name", "config", "x", "expected"), CASES, ids=lambda v: str(v)[:40])
def test_printed_values(backend, name, config, x, expected):
    """The values that a textbook prints."""
    library = _backend(backend)
    got = library.apply(actreg.get(name, **config), library.from_numpy(np.array(x), dtype="float32"), {})
    np.testing.assert_allclose(library.to_numpy(got), expected, atol=5e-5)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_prelu_with_its_initial_slope(backend):
    """prelu starts with slope 0.25."""
    library = _backend(backend)
    x, weight = (library.from_numpy(np.array(v), dtype="float32") for v in ([X], [0.25]))
    got = library.apply(actreg.get("prelu"), x, {"weight": weight})
    np.testing.assert_allclose(library.to_numpy(got), [[-0.5, -0.25, 0.0, 1.0, 2.0]])
