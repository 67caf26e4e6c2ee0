"""torch's own functions for activations: which configurations they serve, and with which modules."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import actreg

SERVED = [
    ("gelu", {}, nn.GELU),
    ("gelu", {"approximate": "tanh"}, nn.GELU),
    ("mish", {}, nn.Mish),
    ("selu", {}, nn.SELU),
    ("celu", {"alpha": 0.5}, nn.CELU),
    ("log_sigmoid", {}, nn.LogSigmoid),
    ("softsign", {}, nn.Softsign),
    ("tanh_shrink", {}, nn.Tanhshrink),
    ("hard_swish", {}, nn.Hardswish),
    ("identity", {}, nn.Identity),
    ("log_softmax", {"axis": 1}, nn.LogSoftmax),
]


@pytest.mark.parametrize(("name", "config", "module"), SERVED, ids=[f"{name} {config}" for name, config, _ in SERVED])
def test_the_canonical_module_and_the_function_agree(name, config, module):
    """A layer is torch's own module with the same options; out= is filled with the same bits."""
    layer = actreg.layer(name, backend="torch", **config)
    assert type(layer) is module
    x = torch.linspace(-4.0, 4.0, 24).reshape(4, 6)
    y = actreg.get(name, **config)(x)
    assert torch.equal(layer(x), y)
    out = torch.empty_like(x)
    assert actreg.get(name, **config)(x, out=out) is out
    assert torch.equal(out, y)
    assert y.data_ptr() != x.data_ptr()


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("gelu", {"approximate": "sigmoid"}),
        ("selu", {"scale": 1.0}),
        ("hard_sigmoid", {}),
        ("glu", {"gate": "second"}),
        ("sine", {}),
    ],
)
def test_other_mathematics_is_not_given_to_torch(name, config):
    """Its functions lack these options; the formula runs."""
    act = actreg.get(name, **config)
    assert actreg.default_registry().kernel(act, "torch", "cpu", "float32") is None
