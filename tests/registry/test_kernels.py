"""Choosing kernels: priority, declining, conflicts, and what explain shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import actreg
from actreg import Bound, Kernel, Registry


def constant(value: float) -> Bound:
    """A kernel that gives itself away."""

    def forward(x: Any, out: Any = None) -> Any:
        result = np.full_like(x, value)
        if out is None:
            return result
        out[...] = result
        return out

    return Bound(forward, lambda x, y, grad: {"x": grad * value})


def kernel(value: float, priority: int, **kwargs: Any) -> Kernel:
    """A kernel for tanh on NumPy."""
    bind = kwargs.pop("bind", lambda act, device, dtype: constant(value))
    return Kernel("tanh", "numpy", bind, f"kernel {value:g}", priority=priority, **kwargs)


class Plugin:
    """A plugin of kernels."""

    def __init__(self, *kernels: Kernel) -> None:
        self.kernels = kernels

    @actreg.hookimpl
    def actreg_kernels(self) -> list[Kernel]:
        return list(self.kernels)


def result(*kernels: Kernel, dtype: str = "float32") -> float:
    """What tanh(0.5) gives with these kernels; the formula gives 0.46."""
    registry = Registry(plugins=[Plugin(*kernels)])
    return round(float(registry.apply(registry.get("tanh"), np.array([0.5], dtype))[0]), 2)


def test_the_highest_priority_wins() -> None:
    """Whatever the order."""
    assert result(kernel(1, 1), kernel(2, 30), kernel(3, 5)) == 2.0


def test_a_kernel_may_decline() -> None:
    """Then the next one, and at last the formula."""
    declining = kernel(1, 90, bind=lambda *_: None)
    assert result(declining, kernel(2, 5)) == 2.0
    assert result(declining) == 0.46


def test_a_kernel_applies_where_it_says() -> None:
    """Devices and dtypes that it does not name are not its work."""
    assert result(kernel(1, 5, dtypes=frozenset({"float64"}))) == 0.46
    assert result(kernel(1, 5, dtypes=frozenset({"float64"})), dtype="float64") == 1.0
    assert result(kernel(1, 5, devices=frozenset({"cuda"}))) == 0.46
    assert kernel(1, 5, devices=frozenset({"cuda"})).applies("cuda:1", "float32")


def test_equal_priorities_are_an_error() -> None:
    """It names both, and only where both accept."""
    with pytest.raises(actreg.KernelConflictError, match=r"kernel 1 of Plugin and kernel 2 of Plugin"):
        result(kernel(1, 7), kernel(2, 7))
    assert result(kernel(1, 7), kernel(2, 7, bind=lambda *_: None)) == 1.0


def test_pullback_and_derivative_are_the_kernels() -> None:
    """What is used is what is differentiated."""
    registry = Registry(plugins=[Plugin(kernel(4, 7))])
    act, x = registry.get("tanh"), np.array([0.5])
    y, pullback = registry.vjp(act, x)
    assert (y.tolist(), pullback(np.array([2.0]))["x"].tolist()) == ([4.0], [8.0])
    assert registry.derivative(act, x).tolist() == [4.0]
    assert registry.apply(act, x, out=x) is x
    assert x.tolist() == [4.0]


def test_explain_shows_winner_and_losers() -> None:
    """Highest priority first, the formula last."""
    registry = Registry(plugins=[Plugin(kernel(1, 1), kernel(2, 30))])
    lines = [line for line in registry.explain("tanh").kernels if line.backend == "numpy"]
    assert [line.provider for line in lines] == ["kernel 2", "kernel 1", "the formula, interpreted"]
    assert registry.explain("tanh").as_dict()["kernels"][0]["priority"] == 30
    assert "kernel 2" in str(registry.explain("tanh"))


def raising(*_: Any) -> Bound:
    """A bind that fails."""
    raise OSError("no compiler")


@pytest.mark.parametrize(
    ("bind", "why"), [(raising, "raised OSError: no compiler"), (lambda *_: 7, "returned int, neither Bound nor None")]
)
def test_a_kernel_that_fails_is_left_out(bind: Any, why: str) -> None:
    """With one warning that names its plugin, the next one runs; its plugin is broken from then on, as explained."""
    registry = Registry(plugins=[Plugin(kernel(1, 90, bind=bind), kernel(2, 5))])
    act = registry.get("tanh")
    with pytest.warns(
        RuntimeWarning, match=rf"broken plugin Plugin: its kernel kernel 1 for tanh {why}.*DISABLE"
    ) as told:
        registry.apply(act, np.array([0.5]))
    assert len(told) == 1
    assert registry.apply(act, np.array([0.5], "float32")).tolist() == [2.0]
    assert [p.reason for p in registry.plugins() if p.broken] == [f"its kernel kernel 1 for tanh {why}"]
    assert any(why in line for line in registry.explain("tanh").unusable)
    assert registry.explain("relu").unusable == ()


def test_a_kernel_that_fails_is_an_error_in_strict_mode() -> None:
    """Of the plugin, with the cause."""
    plugins = Registry(plugins=[Plugin(kernel(1, 90, bind=raising))]).plugins()
    registry = Registry.from_plugins(plugins, strict=True)
    with pytest.raises(actreg.BrokenPluginError, match=r"Plugin.*no compiler"):
        registry.apply(registry.get("tanh"), np.array([0.5]))
