"""Convolution means torch.nn.Conv2d, in blocks or at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actreg.backends.numpy.layers import conv
from actreg.backends.numpy.layers.conv import Conv2d

CASES = {
    "plain": (3, 4, (3, 3), (1, 1), (0, 0), 1),
    "dilated": (4, 6, (3, 2), (1, 1), (2, 0), 2, (2, 3)),
    "dilated and strided": (3, 3, (3, 3), (2, 2), (2, 2), 3, (2, 2)),
    "padded": (3, 4, (3, 3), (1, 1), (1, 1), 1),
    "strided": (3, 4, (3, 3), (2, 2), (1, 1), 1),
    "oblong": (2, 4, (1, 3), (2, 1), (0, 2), 1),
    "grouped": (4, 6, (3, 3), (1, 1), (1, 1), 2),
    "depthwise": (4, 8, (3, 3), (1, 1), (1, 1), 4),
    "pointwise": (3, 5, (1, 1), (1, 1), (0, 0), 1),
    "stride beyond the kernel": (2, 2, (2, 2), (3, 3), (0, 0), 1),
    "whole image": (2, 3, (7, 6), (1, 1), (0, 0), 1),
}


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("batch", [0, 1, 5])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_means_torchs_conv2d(case, batch, bias, agrees_with_torch):
    """Output and gradients are torch's."""
    nn = pytest.importorskip("torch").nn
    channels, out, kernel, stride, padding, groups, *rest = case
    dilation = rest[0] if rest else (1, 1)
    x = np.random.default_rng(0).standard_normal((batch, channels, 7, 6))
    module = nn.Conv2d(channels, out, kernel, stride, padding, dilation, groups, bias)
    agrees_with_torch(Conv2d(kernel, stride, padding, groups, dilation), module, x)


@pytest.mark.parametrize("limit", [1, 700, 10**9], ids=["one image", "a few images", "all images"])
def test_blocks_change_nothing(limit, monkeypatch, agrees_with_torch):
    """However many images a block holds, the result is torch's."""
    nn = pytest.importorskip("torch").nn
    monkeypatch.setattr(conv, "COLUMNS", limit)
    x = np.random.default_rng(0).standard_normal((7, 3, 5, 5))
    agrees_with_torch(Conv2d((3, 3), (1, 1), (1, 1), 1), nn.Conv2d(3, 4, 3, padding=1), x)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_the_pullback_is_the_adjoint(is_adjoint, data):
    """Central differences agree for any sizes, strides, paddings, dilations and groups."""
    pair = st.tuples(st.integers(1, 3), st.integers(1, 3))
    kernel, stride, dilation = data.draw(pair), data.draw(pair), data.draw(pair)
    padding = data.draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
    groups, each_in, each_out = (data.draw(st.integers(1, 3)) for _ in range(3))
    spans = ((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True))
    size = tuple(data.draw(st.integers(max(1, s - 2 * p), 8)) for s, p in zip(spans, padding, strict=True))
    rng = np.random.default_rng(0)
    x = rng.standard_normal((data.draw(st.integers(0, 3)), groups * each_in, *size))
    parameters = {"weight": rng.standard_normal((groups * each_out, each_in, *kernel))}
    if data.draw(st.booleans()):
        parameters["bias"] = rng.standard_normal(groups * each_out)
    is_adjoint(Conv2d(kernel, stride, padding, groups, dilation), (x,), parameters)
