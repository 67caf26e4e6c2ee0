"""Attention means torch.nn.MultiheadAttention, in blocks or at once; grouped queries, positions and dropout besides."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actreg.backends.numpy.layers import attention
from actreg.backends.numpy.layers.attention import Attention
from actreg.backends.numpy.layers.rotary import turned

PLAIN = Attention(heads=4, kv_heads=4, head_size=3, causal=False, rotary=None, dropout=0.0)


def parameters_of(layer: Attention, features: int, bias: bool = True) -> dict[str, np.ndarray]:
    """Random parameters."""
    rng = np.random.default_rng(5)
    packed, inner = (layer.heads + 2 * layer.kv_heads) * layer.head_size, layer.heads * layer.head_size
    shapes = {"in_proj_weight": (packed, features), "out_proj_weight": (features, inner)}
    if bias:
        shapes |= {"in_proj_bias": (packed,), "out_proj_bias": (features,)}
    return {name: rng.standard_normal(shape) for name, shape in shapes.items()}


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("causal", [True, False])
def test_it_means_torchs_module(causal, bias, batch, run):
    """Output and gradients are torch's, with the same parameters under the same names."""
    torch = pytest.importorskip("torch")
    layer, own = replace(PLAIN, causal=causal), parameters_of(PLAIN, 12, bias)
    module = torch.nn.MultiheadAttention(12, 4, bias=bias, batch_first=True, dtype=torch.float64)
    module.load_state_dict({name.replace("out_proj_", "out_proj."): torch.tensor(v) for name, v in own.items()})
    x = np.random.default_rng(0).standard_normal((batch, 7, 12))
    tensor = torch.tensor(x, requires_grad=True)
    mask = torch.triu(torch.ones(7, 7, dtype=torch.bool), diagonal=1) if causal else None
    expected, _ = module(tensor, tensor, tensor, attn_mask=mask, need_weights=False)
    y, pullback = layer.vjp((x,), own, run())
    grad = np.random.default_rng(1).standard_normal(y.shape)
    expected.backward(torch.tensor(grad))
    found = pullback(grad, True)
    np.testing.assert_allclose(y, expected.detach().numpy(), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found.inputs[0], tensor.grad.numpy(), rtol=1e-12, atol=1e-11)
    for name, parameter in module.named_parameters():
        ours = found.parameters[name.replace("out_proj.", "out_proj_")]
        np.testing.assert_allclose(ours, parameter.grad.numpy(), rtol=1e-12, atol=1e-11, err_msg=name)


@pytest.mark.parametrize("dropout", [0.0, 0.4], ids=["all", "dropout"])
@pytest.mark.parametrize("limit", [1, 5, 20, 80, 10**9])
def test_blocks_change_nothing(limit, dropout, monkeypatch, run):
    """However many scores a block holds, the result is the same to rounding, and so is what dropout draws."""
    layer = replace(PLAIN, kv_heads=2, causal=True, dropout=dropout)
    own, x = parameters_of(layer, 8), np.random.default_rng(0).standard_normal((3, 6, 8))
    expected, whole = layer.vjp((x,), own, run(True))
    theirs = whole(x, True)
    monkeypatch.setattr(attention, "SCORES", limit)
    y, pullback = layer.vjp((x,), own, run(True))
    np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-12)
    ours = pullback(x, True)
    np.testing.assert_allclose(ours.inputs[0], theirs.inputs[0], rtol=1e-11, atol=1e-11)
    for name, value in theirs.parameters.items():
        np.testing.assert_allclose(ours.parameters[name], value, rtol=1e-11, atol=1e-11)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_the_pullback_is_the_adjoint(is_adjoint, data):
    """Central differences agree for any heads, groups, sizes, positions and dropout."""
    groups, kv_heads = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 2))
    layer = Attention(
        heads=groups * kv_heads,
        kv_heads=kv_heads,
        head_size=data.draw(st.sampled_from([2, 4])),
        causal=data.draw(st.booleans()),
        rotary=data.draw(st.sampled_from([None, 100.0])),
        dropout=data.draw(st.sampled_from([0.0, 0.3])),
    )
    features, batch, tokens = (data.draw(st.integers(low, 4)) for low in (1, 0, 1))
    x = np.random.default_rng(0).standard_normal((batch, tokens, features))
    own = parameters_of(layer, features, data.draw(st.booleans()))
    is_adjoint(layer, (0.5 * x,), {name: 0.5 * value for name, value in own.items()}, data.draw(st.booleans()))


def test_grouped_queries_are_heads_that_repeat_keys():
    """Two heads to a key head give what four key heads, equal in pairs, give."""
    few = replace(PLAIN, kv_heads=2)
    own, x = parameters_of(few, 8), np.random.default_rng(0).standard_normal((2, 5, 8))
    queries, keys, values = np.split(own["in_proj_weight"].reshape(8, 3, 8), [4, 6])
    repeated = [queries, np.repeat(keys, 2, axis=0), np.repeat(values, 2, axis=0)]
    bias = [
        np.repeat(part, times, axis=0)
        for part, times in zip(np.split(own["in_proj_bias"].reshape(8, 3), [4, 6]), (1, 2, 2), strict=True)
    ]
    every = {
        **own,
        "in_proj_weight": np.concatenate(repeated).reshape(36, 8),
        "in_proj_bias": np.concatenate(bias).ravel(),
    }
    np.testing.assert_allclose(few.evaluate((x,), own), PLAIN.evaluate((x,), every), rtol=1e-13, atol=1e-13)


def test_a_causal_token_sees_nothing_after_it():
    """Changing a later token changes no earlier output by a bit."""
    layer = replace(PLAIN, causal=True, head_size=2, rotary=100.0)
    own, x = parameters_of(layer, 8), np.random.default_rng(0).standard_normal((1, 6, 8))
    changed = x.copy()
    changed[0, 4] += 10.0
    before, after = layer.evaluate((x,), own), layer.evaluate((changed,), own)
    np.testing.assert_array_equal(before[0, :4], after[0, :4])
    assert not np.any(before[0, 4:] == after[0, 4:])


def test_large_scores_do_not_overflow():
    """Scores of a thousand are no infinity."""
    own = parameters_of(PLAIN, 12)
    y = PLAIN.evaluate((1e3 * np.random.default_rng(0).standard_normal((1, 5, 12)),), own)
    assert np.all(np.isfinite(y))


def test_memory_does_not_grow_with_the_square_of_tokens(monkeypatch, run):
    """All scores would be 16 MiB here; a pass there and back holds a fraction of that."""
    monkeypatch.setattr(attention, "SCORES", 1 << 14)
    layer = Attention(heads=2, kv_heads=2, head_size=4, causal=True, rotary=None, dropout=0.0)
    own, x = parameters_of(layer, 8), np.random.default_rng(0).standard_normal((1, 1024, 8))
    tracemalloc.start()
    try:
        y, pullback = layer.vjp((x,), own, run())
        pullback(y, True)
        assert tracemalloc.get_traced_memory()[1] < 2 * 2**20
    finally:
        tracemalloc.stop()


def test_rotary_positions_are_sus():
    """Pair (i, i + size / 2) is turned by place · base^(-2i / size); only distances matter to products."""
    x = np.random.default_rng(0).standard_normal((2, 9, 6))
    y = turned(x, 50.0)
    for place in range(9):
        for i in range(3):
            angle = place * 50.0 ** (-2 * i / 6)
            pair = (x[0, place, i] + 1j * x[0, place, i + 3]) * np.exp(1j * angle)
            np.testing.assert_allclose([y[0, place, i], y[0, place, i + 3]], [pair.real, pair.imag], rtol=1e-12)
    np.testing.assert_allclose(turned(y, 50.0, back=True), x, rtol=1e-12, atol=1e-14)
    same = np.broadcast_to(x[:1, :1], (1, 9, 6))
    products = turned(same, 50.0)[0] @ turned(same, 50.0)[0].T
    np.testing.assert_allclose(np.diag(products, 2), products[0, 2], rtol=1e-12)


def test_dropout_zeroes_weights_and_keeps_their_mean(run):
    """In training alone; the draw depends on the generator."""
    layer = replace(PLAIN, dropout=0.5)
    own, x = parameters_of(layer, 12), np.random.default_rng(0).standard_normal((2, 5, 12))
    evaluated = layer.evaluate((x,), own)
    np.testing.assert_array_equal(layer.vjp((x,), own, run(False))[0], evaluated)
    trained = run(True)
    draws = [layer.vjp((x,), own, trained)[0] for _ in range(3000)]
    assert not np.array_equal(draws[0], draws[1])
    spread = np.std(draws, axis=0) / np.sqrt(len(draws))
    assert np.all(np.abs(np.mean(draws, axis=0) - evaluated) < 5 * spread)
