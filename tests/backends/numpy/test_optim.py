"""Optimisers take torch.optim's steps, to rounding."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from actreg.backends.numpy.optim import make_stepper
from actreg.contracts.backend import Optimizer
from actreg.errors import ConfigError, UnknownNameError

SETTINGS = {
    "sgd": ("SGD", "sgd", {"lr": 0.1}),
    "sgd with momentum": ("SGD", "sgd", {"lr": 0.05, "momentum": 0.9}),
    "sgd with decay": ("SGD", "sgd", {"lr": 0.1, "weight_decay": 0.01}),
    "sgd with both": ("SGD", "sgd", {"lr": 0.05, "momentum": 0.8, "weight_decay": 0.1}),
    "adamw": ("AdamW", "adamw", {"lr": 0.01}),
    "adamw by default": ("AdamW", "adamw", {}),
    "adamw without decay": ("AdamW", "adamw", {"lr": 0.01, "weight_decay": 0.0}),
    "adamw that forgets": ("AdamW", "adamw", {"lr": 0.1, "betas": (0.3, 0.5), "eps": 1e-4}),
    "adamw without memory": ("AdamW", "adamw", {"lr": 0.1, "betas": (0.0, 0.0)}),
}
DTYPES = {"float64": 1e-12, "float32": 1e-5, "bfloat16": 0.1}


@pytest.mark.parametrize(("dtype", "tolerance"), DTYPES.items(), ids=DTYPES)
@pytest.mark.parametrize(("theirs", "ours", "settings"), SETTINGS.values(), ids=SETTINGS)
def test_twenty_steps_are_torchs(theirs, ours, settings, dtype, tolerance):
    """Every parameter after each of 20 steps on gradients of changing size."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    kept = np.dtype(ml_dtypes.bfloat16) if dtype == "bfloat16" else np.dtype(dtype)
    start = {"a": rng.standard_normal((3, 4)).astype(kept), "b": rng.standard_normal(5).astype(kept)}
    tensors = {name: torch.tensor(value.astype(float), dtype=getattr(torch, dtype)) for name, value in start.items()}
    optimizer = getattr(torch.optim, theirs)(list(tensors.values()), **settings)
    stepper = make_stepper(Optimizer(ours, settings))
    for step in range(20):
        size = 10.0 ** (step % 5 - 2)
        gradients = {name: (size * rng.standard_normal(value.shape)).astype(kept) for name, value in start.items()}
        for name, tensor in tensors.items():
            tensor.grad = torch.tensor(gradients[name].astype(float), dtype=tensor.dtype)
        optimizer.step()
        stepper.step(start, gradients)
        for name, tensor in tensors.items():
            np.testing.assert_allclose(
                start[name].astype(float), tensor.double().numpy(), rtol=tolerance, atol=tolerance
            )


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(("name", "more"), [("sgd", {"momentum": 0.9}), ("adamw", {})], ids=["sgd", "adamw"])
def test_steps_are_in_place_and_leave_gradients_alone(name, more, dtype):
    """The caller's array moves; its gradient does not change; state has the parameter's dtype."""
    parameter, gradient = np.ones((2, 3), dtype=dtype), np.full((2, 3), 0.5, dtype=dtype)
    stepper = make_stepper(Optimizer(name, {"lr": 0.1, "weight_decay": 0.1, **more}))
    for _ in range(3):
        stepper.step({"p": parameter}, {"p": gradient})
    assert np.all(parameter < 1.0)
    np.testing.assert_array_equal(gradient, 0.5)
    assert {array.dtype for array in stepper.state["p"].values()} == {np.dtype(dtype)}


def test_the_first_momentum_is_a_copy():
    """A caller who reuses the gradient's memory does not change the optimiser's."""
    stepper = make_stepper(Optimizer("sgd", {"lr": 0.1, "momentum": 0.9}))
    gradient = np.ones(2)
    stepper.step({"p": np.zeros(2)}, {"p": gradient})
    gradient[...] = 100.0
    np.testing.assert_array_equal(stepper.state["p"]["momentum"], 1.0)


WRONG = {
    "a negative rate": ("sgd", {"lr": -1.0}, "lr"),
    "an infinite rate": ("adamw", {"lr": float("inf")}, "lr"),
    "a rate that is text": ("sgd", {"lr": "0.1"}, "lr"),
    "a rate that is NaN": ("sgd", {"lr": float("nan")}, "lr"),
    "negative momentum": ("sgd", {"lr": 0.1, "momentum": -0.1}, "momentum"),
    "negative decay": ("adamw", {"weight_decay": -0.1}, "weight_decay"),
    "a beta of 1": ("adamw", {"betas": (0.9, 1.0)}, "betas"),
    "one beta": ("adamw", {"betas": (0.9,)}, "betas"),
    "a misspelt setting": ("sgd", {"lr": 0.1, "momentun": 0.9}, "did you mean 'momentum'"),
    "a setting of the other": ("sgd", {"lr": 0.1, "betas": (0.9, 0.99)}, "betas: unknown setting"),
    "internal state": ("sgd", {"lr": 0.1, "steps": 3}, "steps: unknown setting"),
}


@pytest.mark.parametrize(("name", "settings", "says"), WRONG.values(), ids=WRONG)
def test_wrong_settings_are_refused(name, settings, says):
    """The error names the setting."""
    with pytest.raises(ConfigError, match=says):
        make_stepper(Optimizer(name, settings))


def test_an_unknown_optimiser_gets_a_suggestion():
    """The error says which there are."""
    with pytest.raises(UnknownNameError, match=r"did you mean 'adamw'.*sgd, adamw"):
        make_stepper(Optimizer("adam", {}))
