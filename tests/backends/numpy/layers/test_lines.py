"""Layers over lines mean torch's, through layers over images."""

from __future__ import annotations

import numpy as np
import pytest

from actreg.backends.numpy.layers.adaptive import AdaptiveAvgPool2d, AdaptiveMaxPool2d
from actreg.backends.numpy.layers.conv import Conv2d
from actreg.backends.numpy.layers.lines import OverLines
from actreg.backends.numpy.layers.pool import AvgPool2d, MaxPool2d

CONVS = {
    "plain": (4, 6, 3, 1, 0, 1, 1),
    "strided": (4, 6, 3, 2, 1, 1, 1),
    "dilated": (4, 6, 3, 1, 2, 2, 1),
    "grouped": (4, 6, 2, 1, 0, 1, 2),
    "depthwise": (4, 4, 3, 1, 1, 1, 4),
    "pointwise": (4, 6, 1, 1, 0, 1, 1),
}
POOLS = {
    "max": (MaxPool2d((1, 3), (1, 2), (0, 1)), "MaxPool1d", (3, 2, 1)),
    "avg": (AvgPool2d((1, 3), (1, 2), (0, 1)), "AvgPool1d", (3, 2, 1)),
    "adaptive avg": (AdaptiveAvgPool2d((1, 4)), "AdaptiveAvgPool1d", (4,)),
    "adaptive max": (AdaptiveMaxPool2d((1, 4)), "AdaptiveMaxPool1d", (4,)),
}


@pytest.mark.parametrize("batch", [0, 1, 3])
@pytest.mark.parametrize("case", CONVS.values(), ids=CONVS)
def test_convolution_means_torchs_conv1d(case, batch, agrees_with_torch):
    """Output and gradients are torch's."""
    nn = pytest.importorskip("torch").nn
    channels, out, kernel, stride, padding, dilation, groups = case
    module = nn.Conv1d(channels, out, kernel, stride, padding, dilation, groups)
    layer = OverLines(Conv2d((1, kernel), (1, stride), (0, padding), groups, (1, dilation)))
    agrees_with_torch(layer, module, np.random.default_rng(0).standard_normal((batch, channels, 11)))


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize(("layer", "theirs", "options"), POOLS.values(), ids=POOLS)
def test_pooling_means_torchs(layer, theirs, options, batch, agrees_with_torch):
    """Output and gradients are torch's, for values that repeat."""
    nn = pytest.importorskip("torch").nn
    x = np.random.default_rng(0).integers(-2, 3, (batch, 3, 11)).astype(np.float64)
    agrees_with_torch(OverLines(layer), getattr(nn, theirs)(*options), x)
