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
from actreg import Constant, Elementwise, Gated, Info, Param


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
    return actreg.Registry(plugins=[actreg_torch.plugin, Bump, Glu, Shaky, Ramp])


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
