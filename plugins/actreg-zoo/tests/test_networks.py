"""What is learned here is learned in networks from specs: gated units, and a polynomial along an axis."""

import numpy as np
import pytest

import actreg
from actreg import Optimizer

SPEC = {
    "actreg": 1,
    "input": [6],
    "layers": [
        {"linear": 12},
        {"xswiglu": {"gate": "first", "init": 0.25}},
        {"polynorm": {"eps": 0.25}},
        {"linear": 8},
        {"xgeglu": "interleaved"},
        {"linear": 3},
    ],
}
LEARNED = {"xswiglu_1.alpha": (1,), "polynorm_1.weight": (3,), "polynorm_1.bias": (1,), "xgeglu_1.alpha": (1,)}


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_networks_learn_the_parameters(backend):
    """Each has its name and shape in the network, and ten steps move it."""
    owner = actreg.default_registry().backend(backend)
    net = actreg.build(SPEC, backend=backend)
    start = owner.weights(net)
    assert {name: start[name].shape for name in LEARNED} == LEARNED
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((32, 6)).astype(np.float32), rng.integers(0, 3, 32)
    trainer = owner.trainer(net, Optimizer("sgd", {"lr": 0.1}), "cross_entropy")
    for _ in range(10):
        trainer.step(x, labels)
    after = owner.weights(net)
    assert [name for name in LEARNED if np.array_equal(start[name], after[name])] == []


def test_backends_agree_on_such_a_network():
    """Layer by layer, from the same weights."""
    assert actreg.verify(SPEC, backends=["numpy", "torch"]).ok
