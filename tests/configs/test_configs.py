"""Every shipped spec that trains learns; every seed activation works in the main one."""

from __future__ import annotations

from pathlib import Path

import pytest

from actreg.model.initial import initial_weights
from actreg.model.plan import plan_of
from actreg.model.read import read_spec
from actreg.registry import default_registry
from actreg.training.data import load_data
from actreg.training.loop import train

CONFIGS = Path(__file__).parents[2] / "configs"
TRAINED = [path for path in sorted(CONFIGS.glob("*.yaml")) if "\ntrain:" in path.read_text("utf-8")]
ELEMENTWISE = ["sigmoid", "tanh", "relu", "leaky_relu", "elu", "prelu", "silu", "softplus"]
OTHERS = [("softmax", 85.0), ("{maxout: {units: 128, pieces: 2}}", 90.0), ("{maxout_pool: 2}", 90.0)]


def accuracy(path: Path, epochs: int, backend: str = "numpy", **overrides: str) -> float:
    spec = read_spec(path, overrides=overrides)
    plan, owner = plan_of(spec), default_registry().backend(backend)
    network = owner.network(plan, initial_weights(plan), dtype=spec.train.dtype)
    settings = spec.train.model_copy(update={"epochs": epochs})
    return 100 * train(owner, network, plan, load_data(spec, plan), settings).held_out.accuracy


@pytest.mark.parametrize("path", TRAINED, ids=lambda path: path.stem)
@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_each_config_learns_in_a_few_epochs(path: Path, backend: str) -> None:
    """Above 90 % after three epochs, on every backend."""
    if backend == "torch":
        pytest.importorskip("torch")
    assert accuracy(path, 3, backend) > 90


@pytest.mark.parametrize("act", ELEMENTWISE)
def test_each_seed_activation_learns_in_the_main_config(act: str) -> None:
    """Through ``--set act=…``."""
    assert accuracy(CONFIGS / "digits_mlp.yaml", 4, act=act) > 90


@pytest.mark.parametrize(("act", "floor"), OTHERS)
def test_the_other_kinds_learn_too(act: str, floor: float) -> None:
    """Softmax as a hidden layer learns slowly; maxout brings its own affine maps."""
    assert accuracy(CONFIGS / "digits_mlp.yaml", 6, act=act) > floor
