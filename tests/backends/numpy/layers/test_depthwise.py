"""Depthwise convolution means torch.nn.Conv2d with as many groups as channels, and is what such a node becomes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actreg.backends.numpy.layers import depthwise
from actreg.backends.numpy.layers.conv import Conv2d
from actreg.backends.numpy.layers.depthwise import DepthwiseConv2d
from actreg.backends.numpy.layers.lines import OverLines
from actreg.backends.numpy.layers.table import make_layer

CASES = {
    "plain": ((3, 3), (1, 1), (0, 0), (1, 1)),
    "padded and strided": ((5, 3), (2, 1), (2, 1), (1, 1)),
    "dilated": ((3, 2), (1, 2), (2, 0), (2, 3)),
    "pointwise": ((1, 1), (1, 1), (0, 0), (1, 1)),
}


@pytest.mark.parametrize("limit", [1, 300, 10**9], ids=["a channel", "some channels", "all channels"])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("batch", [0, 1, 4])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_means_torchs_conv2d(case, batch, bias, limit, monkeypatch, agrees_with_torch):
    """Output and gradients are torch's, in whatever blocks."""
    nn = pytest.importorskip("torch").nn
    monkeypatch.setattr(depthwise, "BLOCK", limit)
    kernel, stride, padding, dilation = case
    module = nn.Conv2d(5, 5, kernel, stride, padding, dilation, 5, bias)
    x = np.random.default_rng(0).standard_normal((batch, 5, 7, 6))
    agrees_with_torch(DepthwiseConv2d(*case), module, x)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_the_pullback_is_the_adjoint(is_adjoint, data):
    """Central differences agree for any sizes, strides, paddings and dilations."""
    pair = st.tuples(st.integers(1, 3), st.integers(1, 3))
    kernel, stride, dilation = data.draw(pair), data.draw(pair), data.draw(pair)
    padding = data.draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
    spans = ((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True))
    size = tuple(data.draw(st.integers(max(1, s - 2 * p), 8)) for s, p in zip(spans, padding, strict=True))
    channels, rng = data.draw(st.integers(1, 3)), np.random.default_rng(0)
    x = rng.standard_normal((data.draw(st.integers(0, 3)), channels, *size))
    parameters = {"weight": rng.standard_normal((channels, 1, *kernel)), "bias": rng.standard_normal(channels)}
    is_adjoint(DepthwiseConv2d(kernel, stride, padding, dilation), (x,), parameters)


@pytest.mark.parametrize(
    ("kind", "shape", "out", "expected"),
    [
        ("conv2d", (4, 5, 5), 4, DepthwiseConv2d),
        ("conv2d", (4, 5, 5), 8, Conv2d),
        ("conv1d", (4, 5), 4, DepthwiseConv2d),
        ("conv1d", (4, 5), 8, Conv2d),
    ],
)
def test_a_node_with_a_filter_a_channel_becomes_one(kind, shape, out, expected, node, backend):
    """And no other: several filters a channel are a product of matrices."""
    given = {"out": out} if kind == "conv2d" else {"out_channels": out, "kernel": 3}
    layer = make_layer(node("n", kind, ("a",), shape, groups=4, **given), np.dtype(np.float64), backend)
    assert type(layer.inner if isinstance(layer, OverLines) else layer) is expected
