"""Fixtures: a registry with the torch plugin and with the activations of an imaginary author."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any, ClassVar

import actreg_torch.plugin
import numpy as np
import pytest
import torch

import actreg
from actreg import Axiswise, Constant, Elementwise, Gated, Info, Param


class Bump(Elementwise):
    """x / (1 + |x|), without a derivative."""

    info: ClassVar[Info] = Info(name="bump")

    def forward(self, xp: Any, x: Any) -> Any:
        return x / (1.0 + xp.abs(x))

    def reference(self, mp: Any, x: Any) -> Any:
        return x / (1 + abs(x))


class Glu(Gated):
    """b · sigmoid(a)."""

    info: ClassVar[Info] = Info(name="test_glu")

    def forward(self, xp: Any, a: Any, b: Any) -> Any:
        return b * xp.sigmoid(a)

    def pullback(self, xp: Any, a: Any, b: Any, grad: Any) -> dict[str, Any]:
        value, slope = xp.sigmoid_pair(a)
        return {"a": grad * b * slope, "b": grad * value}

    def reference(self, mp: Any, a: Any, b: Any) -> Any:
        return b / (1 + mp.exp(-a))


class Ranged(Gated):
    """b · (sigmoid(a) + c · tanh(a)), c learned; the host sums its gradient."""

    info: ClassVar[Info] = Info(name="test_ranged")

    def parameters(self) -> dict[str, Param]:
        return {"c": Param(shape=(1,), init=Constant(0.25))}

    def forward(self, xp: Any, a: Any, b: Any, c: Any) -> Any:
        return b * (xp.sigmoid(a) + c * xp.tanh(a))

    def pullback(self, xp: Any, a: Any, b: Any, grad: Any, c: Any) -> dict[str, Any]:
        value, slope = xp.sigmoid_pair(a)
        t, rise = xp.tanh_pair(a)
        return {"a": grad * b * (slope + c * rise), "b": grad * (value + c * t), "c": grad * b * t}

    def reference(self, mp: Any, a: Any, b: Any, c: Any) -> Any:
        return b * (1 / (1 + mp.exp(-a)) + c * mp.tanh(a))


class Rms(Axiswise):
    """weight · x / √(mean x² + 1) + bias, both learned, weight along the axis; the host sums their gradients."""

    info: ClassVar[Info] = Info(name="test_rms")

    def parameters(self) -> dict[str, Param]:
        return {
            "weight": Param(shape=(actreg.FEATURES,), init=Constant(1.5), axis=-1),
            "bias": Param(shape=(1,), init=Constant(-0.5)),
        }

    def forward(self, xp: Any, x: Any, weight: Any, bias: Any) -> Any:
        return weight * x / self._root(xp, x) + bias

    def pullback(self, xp: Any, x: Any, y: Any, grad: Any, weight: Any, bias: Any) -> dict[str, Any]:
        root, scaled = self._root(xp, x), grad * weight
        n = x / root
        return {"x": (scaled - n * xp.sum(scaled * n) / x.shape[-1]) / root, "weight": grad * n, "bias": grad}

    @staticmethod
    def _root(xp: Any, x: Any) -> Any:
        return xp.sqrt(xp.sum(x * x) / x.shape[-1] + 1.0)

    def reference(self, mp: Any, xs: Any, weight: Any, bias: Any) -> Any:
        root = mp.sqrt(mp.fsum(x * x for x in xs) / len(xs) + 1)
        return [w * x / root + bias[0] for x, w in zip(xs, weight, strict=True)]


class Shaky(Elementwise):
    """x times noise in training, x / 2 in evaluation."""

    info: ClassVar[Info] = Info(name="shaky")

    def noise(self) -> Any:
        return "uniform"

    def forward(self, xp: Any, x: Any, noise: Any = None) -> Any:
        return x * (0.5 if noise is None else noise)

    def reference(self, mp: Any, x: Any) -> Any:
        return x / 2


class Ramp(Elementwise):
    """scale · softplus(x + shift), both learned, one for each channel of axis 1; no derivatives."""

    info: ClassVar[Info] = Info(name="ramp")

    def parameters(self) -> dict[str, Param]:
        return {
            "scale": Param(shape=(actreg.FEATURES,), init=Constant(1.5)),
            "shift": Param(shape=(1,), init=Constant(-0.5)),
        }

    def forward(self, xp: Any, x: Any, scale: Any, shift: Any) -> Any:
        return scale * xp.softplus(x + shift)

    def reference(self, mp: Any, x: Any, scale: Any, shift: Any) -> Any:
        return scale * mp.log1p(mp.exp(x + shift))


@pytest.fixture(scope="session")
def registry() -> actreg.Registry:
    """The torch plugin, and an author's activations."""
    return actreg.Registry(plugins=[actreg_torch.plugin, Bump, Glu, Ranged, Rms, Shaky, Ramp])


@pytest.fixture(scope="session")
def backend(registry: actreg.Registry) -> Any:
    """The torch backend."""
    return registry.backend("torch")


@pytest.fixture
def parameters(backend: Any) -> Any:
    """Initial parameters of an activation for inputs whose channel axis has some size, as tensors."""

    def make(act: Any, features: int, dtype: str = "float64", device: str = "cpu") -> dict[str, torch.Tensor]:
        values = actreg.initial.initial_values(act, features, 3)
        rng = np.random.default_rng(0)
        return {
            name: backend.from_numpy(value + 0.1 * rng.standard_normal(value.shape), dtype=dtype, device=device)
            for name, value in values.items()
        }

    return make


@pytest.fixture(scope="session")
def architectures() -> Any:
    """The models of `architectures.py`."""
    spec = importlib.util.spec_from_file_location("architectures", Path(__file__).with_name("architectures.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["architectures"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def installed() -> None:
    """For what asks the default registry, which knows installed plugins alone."""
    if "torch" not in actreg.default_registry().backend_names():
        pytest.skip("the plugin is not installed, only importable")
