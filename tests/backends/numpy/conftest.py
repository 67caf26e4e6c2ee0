"""What the tests of NumPy networks share: the backend, and plans in short notation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import actreg
from actreg.contracts.param import Constant, Uniform
from actreg.contracts.plan import INPUT, Node, ParamSpec, Plan
from actreg.model.kinds import KINDS
from actreg.registry import default_registry


@pytest.fixture(scope="session")
def backend() -> Any:
    """The default registry's NumPy backend."""
    return default_registry().backend("numpy")


def _affine(shape: tuple[int, ...], fan_in: int, bias: bool) -> tuple[ParamSpec, ...]:
    weight = ParamSpec("weight", shape, Uniform(fan_in))
    return (weight, ParamSpec("bias", shape[:1], Uniform(fan_in))) if bias else (weight,)


def _norm(shape: tuple[int, ...]) -> tuple[ParamSpec, ...]:
    return ParamSpec("weight", shape, Constant(1.0)), ParamSpec("bias", shape, Constant(0.0))


def _window_size(size: int, kernel: int, stride: int, padding: int) -> int:
    return (size + 2 * padding - kernel) // stride + 1


def make_node(name: str, kind: str, inputs: tuple[str, ...], shape: tuple[int, ...], /, **given: Any) -> Node:
    """A node of `kind` that reads values of `shape`; every default filled in. The first kinds are written out here, so
    that these tests do not hang on the specs' rules."""
    inplace = given.pop("inplace", False)
    if kind == "linear":
        out, bias = given["out"], given.get("bias", True)
        specs = _affine((out, shape[-1]), shape[-1], bias)
        return Node(name, kind, inputs, (*shape[:-1], out), {"out_features": out, "bias": bias}, specs)
    if kind in ("conv2d", "max_pool2d", "avg_pool2d"):
        kernel = given.get("kernel", 3 if kind == "conv2d" else 2)
        stride, padding = given.get("stride", 1 if kind == "conv2d" else kernel), given.get("padding", 0)
        sizes = tuple(_window_size(size, kernel, stride, padding) for size in shape[1:])
        options: dict[str, Any] = {"kernel": (kernel,) * 2, "stride": (stride,) * 2, "padding": (padding,) * 2}
        if kind != "conv2d":
            return Node(name, kind, inputs, (shape[0], *sizes), options)
        out, groups, bias = given["out"], given.get("groups", 1), given.get("bias", True)
        options |= {"out_channels": out, "groups": groups, "bias": bias, "dilation": (1, 1)}
        weight = (out, shape[0] // groups, kernel, kernel)
        return Node(name, kind, inputs, (out, *sizes), options, _affine(weight, weight[1] * kernel**2, bias))
    if kind == "batch_norm":
        mean = ParamSpec("running_mean", shape[:1], Constant(0.0), trainable=False)
        var = ParamSpec("running_var", shape[:1], Constant(1.0), trainable=False)
        return Node(name, kind, inputs, shape, {"eps": 1e-5, "momentum": 0.1}, (*_norm(shape[:1]), mean, var))
    if kind == "layer_norm":
        return Node(name, kind, inputs, shape, {"eps": 1e-5, "shape": shape[-1:]}, _norm(shape[-1:]))
    if kind == "dropout":
        return Node(name, kind, inputs, shape, {"p": given.get("p", 0.5)})
    if kind == "flatten":
        return Node(name, kind, inputs, (int(np.prod(shape)),))
    if kind in ("add", "mul"):
        return Node(name, kind, inputs, shape)
    if kind == "concat":
        return Node(name, kind, inputs, (len(inputs) * shape[0], *shape[1:]), {"axis": 1})
    if kind in KINDS:
        fitted = KINDS[kind].fit(KINDS[kind].options(**given), shape)
        return Node(name, kind, inputs, fitted.shape, fitted.options, fitted.parameters)
    act = actreg.get(kind, **given)
    specs = tuple(ParamSpec(own, param.sized(shape[0]), param.init) for own, param in act.parameters().items())
    return Node(name, "activation", inputs, shape, {}, specs, act, inplace)


@pytest.fixture(scope="session")
def node() -> Callable[..., Node]:
    """make_node(name, kind, inputs, shape, **options)."""
    return make_node


@pytest.fixture(scope="session")
def plan() -> Callable[..., Plan]:
    """plan(input_shape, (name, kind, options[, inputs]), …): each reads the one before unless it names its inputs."""

    def make(input_shape: tuple[int, ...], *layers: tuple[Any, ...], seed: int = 0) -> Plan:
        shapes = {INPUT: input_shape}
        nodes: list[Node] = []
        for name, kind, options, *rest in layers:
            inputs = rest[0] if rest else (nodes[-1].name if nodes else INPUT,)
            nodes.append(make_node(name, kind, inputs, shapes[inputs[0]], **options))
            shapes[name] = nodes[-1].shape
        return Plan(input_shape, tuple(nodes), seed)

    return make


@pytest.fixture(scope="session")
def weights() -> Callable[..., dict[str, np.ndarray]]:
    """weights(plan, seed): random values for every parameter; variances positive."""

    def make(plan: Plan, seed: int = 0) -> dict[str, np.ndarray]:
        rng = np.random.default_rng(seed)
        return {
            name: rng.uniform(0.5, 1.5, spec.shape) if name.endswith("var") else rng.uniform(-0.5, 0.5, spec.shape)
            for name, spec in plan.parameters()
        }

    return make
