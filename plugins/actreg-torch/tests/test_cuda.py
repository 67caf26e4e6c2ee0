"""The same on CUDA, where there is one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import actreg
from actreg import INPUT, InputError, Node, Optimizer, Plan

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here"),
]
EVERY = [
    ("sigmoid", {}),
    ("tanh", {}),
    ("relu", {}),
    ("leaky_relu", {}),
    ("elu", {}),
    ("prelu", {"num_parameters": 4}),
    ("softmax", {}),
    ("silu", {}),
    ("silu", {"beta": 2.0}),
    ("softplus", {}),
    ("maxout", {"units": 3}),
    ("maxout_pool", {}),
]
every = pytest.mark.parametrize(("name", "config"), EVERY, ids=[f"{name} {config}" for name, config in EVERY])


@every
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_it_agrees_with_the_cpu(
    registry: actreg.Registry, parameters: Any, name: str, config: dict[str, Any], dtype: str
) -> None:
    """Values and gradients are the CPU's to a few ULP."""
    act = registry.get(name, **config)
    kind = getattr(torch, dtype)
    x = torch.randn(64, 4, generator=torch.Generator().manual_seed(0)).to(kind)
    close = {"rtol": 16 * torch.finfo(kind).eps, "atol": 16 * torch.finfo(kind).eps}
    y, pullback = registry.vjp(act, x, **parameters(act, 4, dtype))
    on_gpu, gpu_pullback = registry.vjp(act, x.cuda(), **parameters(act, 4, dtype, "cuda"))
    torch.testing.assert_close(on_gpu.cpu(), y, **close)
    expected, found = pullback(torch.ones_like(y)), gpu_pullback(torch.ones_like(on_gpu))
    torch.testing.assert_close(found["x"].cpu(), expected["x"], **close)


@every
def test_layers(registry: actreg.Registry, name: str, config: dict[str, Any]) -> None:
    """A layer is made on the device, or moved there."""
    made = registry.layer(name, backend="torch", features=4, device="cuda", **config)
    x = torch.randn(5, 4)
    moved = registry.layer(name, backend="torch", features=4, **config).to("cuda")
    assert torch.equal(made(x.cuda()), moved(x.cuda()))


def test_overlap_and_devices_are_checked(registry: actreg.Registry) -> None:
    """A partial overlap in device memory, an out and a parameter on another device."""
    x = torch.zeros(10, device="cuda")
    for out in (x[1:9], torch.zeros(8)):
        with pytest.raises(InputError):
            registry.apply(registry.get("relu"), x[:8], out=out)
    with pytest.raises(InputError, match="move it first"):
        registry.apply(registry.get("prelu"), x, weight=torch.ones(1))


def test_training(backend: Any) -> None:
    """A network with dropout trains on the device, reproducibly."""
    nodes = (
        Node("drop", "dropout", (INPUT,), (4,), {"p": 0.3}),
        Node("act", "activation", ("drop",), (4,), {}, (), actreg.get("softplus")),
    )
    x = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)
    curves = []
    for _ in range(2):
        network = backend.network(Plan((4,), nodes, 3), {}, device="cuda")
        trainer = backend.trainer(network, Optimizer("sgd", {"lr": 0.1}), "mse")
        curves.append([trainer.step(x, x) for _ in range(3)])
    assert curves[0] == curves[1]
    assert len(set(curves[0])) > 1


@pytest.mark.parametrize("dtype", ["bfloat16", "float32", "float64"])
def test_a_network_of_tokens_agrees_with_the_cpu(registry: actreg.Registry, dtype: str) -> None:
    """Embedding, positions and grouped, rotary, causal attention; an id that is no row is refused, not an assertion."""
    text = """
actreg: 1
input: {shape: [9], dtype: int64}
layers:
  - embedding: {rows: 20, features: 16}
  - positional_embedding: sinusoidal
  - attention: {heads: 4, kv_heads: 2, causal: true, rotary: 10000}
  - class_token
  - rms_norm
  - mean
  - linear: 5
"""
    ids = np.random.default_rng(0).integers(0, 20, (3, 9))
    backend = registry.backend("torch")
    here, there = (
        actreg.build(text, backend="torch", device=device, dtype=dtype, registry=registry) for device in ("cpu", "cuda")
    )
    near, far = (backend.outputs(network, ids)["linear_1"].astype(np.float64) for network in (here, there))
    unit = {"bfloat16": 2.0**-8, "float32": 2.0**-21, "float64": 2.0**-44}[dtype]
    assert np.abs(near - far).max() <= 16 * unit * np.abs(near).max()
    with pytest.raises(InputError, match="token id 20 is no row"):
        backend.outputs(there, np.full((1, 9), 20))
