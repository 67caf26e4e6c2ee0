"""Judges of a layer: torch's layer of the same meaning, and finite differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from actreg.backends.numpy.layers.base import Layer, Run


def make_run(training: bool = False) -> Run:
    """A run with a fresh generator."""
    return Run(training, np.random.default_rng(0))


@pytest.fixture(scope="session")
def run() -> Callable[..., Run]:
    """run(training)."""
    return make_run


def _close(ours: np.ndarray, theirs: np.ndarray, what: str, tolerance: float) -> None:
    assert ours.shape == theirs.shape, what
    scale = max(1.0, float(np.max(np.abs(theirs[np.isfinite(theirs)]), initial=0.0)))
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance * scale, err_msg=what)


@pytest.fixture(scope="session")
def agrees_with_torch() -> Callable[..., None]:
    """agrees_with_torch(layer, module, x, training): output and every gradient, to 1e-12 of the largest value.

    The layer gets the module's parameters and buffers; buffers are compared after the pass.
    """
    torch = pytest.importorskip("torch")

    def check(layer: Layer, module: Any, x: np.ndarray, training: bool = False, tolerance: float = 1e-12) -> None:
        module = module.double().train(training)
        state = {name: value.numpy().copy() for name, value in module.state_dict().items() if value.ndim}
        tensor = torch.tensor(x, requires_grad=True)
        expected = module(tensor)
        grad = np.random.default_rng(1).standard_normal(expected.shape)
        expected.backward(torch.tensor(grad))

        before = x.copy()
        y, pullback = layer.vjp((x,), state, make_run(training))
        gradients = pullback(grad, True)
        np.testing.assert_array_equal(x, before)
        _close(y, expected.detach().numpy(), "output", tolerance)
        _close(gradients.inputs[0], tensor.grad.numpy(), "gradient of x", tolerance)
        named = dict(module.named_parameters())
        assert set(gradients.parameters) == set(named)
        for name, parameter in named.items():
            _close(gradients.parameters[name], parameter.grad.numpy(), f"gradient of {name}", tolerance)
        for name in layer.buffers:
            _close(state[name], module.state_dict()[name].numpy(), name, tolerance)

    return check


@pytest.fixture(scope="session")
def is_adjoint() -> Callable[..., None]:
    """is_adjoint(layer, inputs, parameters, training): the pullback against central differences, in float64."""

    def check(
        layer: Layer,
        inputs: tuple[np.ndarray, ...],
        parameters: dict[str, np.ndarray] | None = None,
        training: bool = False,
        step: float = 1e-5,
    ) -> None:
        rng = np.random.default_rng(2)
        parameters = parameters or {}
        buffers = {name: parameters[name] for name in layer.buffers}
        arrays = [*inputs, *(array for name, array in parameters.items() if name not in buffers)]
        names = [name for name in parameters if name not in buffers]
        directions = [rng.standard_normal(array.shape) for array in arrays]

        def value(shift: float) -> tuple[np.ndarray, Any]:
            moved = [array + shift * way for array, way in zip(arrays, directions, strict=True)]
            own = dict(zip(names, moved[len(inputs) :], strict=True))
            fresh = {name: array.copy() for name, array in buffers.items()}
            return layer.vjp(tuple(moved[: len(inputs)]), {**own, **fresh}, make_run(training))

        y, pullback = value(0.0)
        grad = rng.standard_normal(y.shape)
        found = pullback(grad, True)
        gradients = [*found.inputs, *(found.parameters[name] for name in names)]
        ours = sum(float(np.sum(g * way)) for g, way in zip(gradients, directions, strict=True))
        slope = float(np.sum(grad * (value(step)[0] - value(-step)[0]))) / (2 * step)
        assert ours == pytest.approx(slope, rel=1e-6, abs=1e-6 * max(1.0, np.sqrt(y.size)))

    return check
