"""Group and root-mean-square normalisation mean torch.nn.GroupNorm and RMSNorm."""

from __future__ import annotations

import numpy as np
import pytest

from actreg.backends.numpy.layers.group import GroupNorm
from actreg.backends.numpy.layers.rms import RMSNorm

ROWS = {"rows": ((4, 6), (6,)), "one row": ((1, 6), (6,)), "two axes": ((3, 4, 5), (4, 5)), "none": ((0, 6), (6,))}
GROUPS = {
    "one group": (1, (3, 6, 5)),
    "two groups": (2, (3, 6, 5, 2)),
    "a group each": (6, (3, 6, 5)),
    "no cells besides": (2, (3, 6)),
    "one sample": (3, (1, 6, 4)),
}


def _stirred(module):
    """Parameters away from 1 and 0."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(3)
    with torch.no_grad():
        for value in module.double().parameters():
            value.copy_(torch.tensor(rng.uniform(0.5, 1.5, value.shape)))
    return module


@pytest.mark.parametrize(("shape", "over"), ROWS.values(), ids=ROWS)
def test_rms_norm_means_torchs(shape, over, agrees_with_torch):
    """Output and gradients are torch's, over one trailing axis or several."""
    nn = pytest.importorskip("torch").nn
    x = np.random.default_rng(0).standard_normal(shape) + 2.0
    agrees_with_torch(RMSNorm(1e-3), _stirred(nn.RMSNorm(over, eps=1e-3)), x)


@pytest.mark.parametrize(("groups", "shape"), GROUPS.values(), ids=GROUPS)
def test_group_norm_means_torchs(groups, shape, agrees_with_torch):
    """Output and gradients are torch's, for any number of groups and axes."""
    nn = pytest.importorskip("torch").nn
    x = 2.0 * np.random.default_rng(0).standard_normal(shape) + 3.0
    agrees_with_torch(GroupNorm(groups, 1e-3), _stirred(nn.GroupNorm(groups, 6, eps=1e-3)), x)


@pytest.mark.parametrize(("groups", "shape"), [*GROUPS.values(), (2, (0, 6, 3))], ids=[*GROUPS, "none"])
def test_group_norms_pullback_is_the_adjoint(groups, shape, is_adjoint):
    """Central differences agree."""
    rng = np.random.default_rng(0)
    parameters = {name: rng.standard_normal(6) for name in ("weight", "bias")}
    is_adjoint(GroupNorm(groups, 1e-5), (rng.standard_normal(shape),), parameters)


@pytest.mark.parametrize(("shape", "over"), ROWS.values(), ids=ROWS)
def test_rms_norms_pullback_is_the_adjoint(shape, over, is_adjoint):
    """Central differences agree."""
    rng = np.random.default_rng(0)
    is_adjoint(RMSNorm(1e-6), (rng.standard_normal(shape),), {"weight": rng.standard_normal(over)})
