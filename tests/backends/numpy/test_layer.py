"""An activation as a NumPy layer."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import actreg


@pytest.mark.parametrize("name", ["sigmoid", "relu", "prelu", "silu", "softmax", "maxout_pool"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_a_layer_is_the_activation_with_its_parameters(name: str, dtype: str) -> None:
    """The same bits, pickled and copied ones too."""
    layer = actreg.layer(name, dtype=dtype)
    x = actreg.default_registry().backend("numpy").from_numpy(np.linspace(-2, 2, 12).reshape(3, 4), dtype=dtype)
    expected = layer.activation(x, **layer.parameters)
    for twin in (layer, pickle.loads(pickle.dumps(layer)), copy.deepcopy(layer)):
        assert twin(x).tobytes() == expected.tobytes()
    assert layer(x).dtype == x.dtype


def test_parameters_are_shaped_by_config_and_features() -> None:
    """A number of channels, each channel of the input, and the maxout's three-dimensional weight."""
    assert actreg.layer("prelu", num_parameters=64).parameters["weight"].tolist() == [0.25] * 64
    assert actreg.layer("prelu", num_parameters="each", features=3).parameters["weight"].shape == (3,)
    maxout = actreg.layer("maxout", units=5, pieces=3, features=4)
    assert {name: array.shape for name, array in maxout.parameters.items()} == {"weight": (4, 5, 3), "bias": (5, 3)}
    assert 0.4 < np.abs(maxout.parameters["weight"]).max() <= 0.5
    with pytest.raises(actreg.ConfigError, match="pass features="):
        actreg.layer("maxout", units=5)


def test_a_seed_decides_initial_values() -> None:
    """Equal seeds give equal weights; another seed others."""
    one, two, three = (actreg.layer("maxout", features=3, seed=seed).parameters["weight"] for seed in (1, 1, 2))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, three)


def test_layers_share_nothing() -> None:
    """Two sites, two slopes."""
    one, two = actreg.layer("prelu"), actreg.layer("prelu")
    one.parameters["weight"][...] = 9.0
    assert two.parameters["weight"].tolist() == [0.25]


def test_a_trainable_beta_is_a_parameter() -> None:
    """swish learns its sharpness where asked."""
    layer = actreg.layer("swish", beta=1.5, trainable=True, dtype="float64")
    assert layer.parameters["beta"].tolist() == [1.5]
    x = np.array([-1.0, 0.5, 2.0])
    y, pullback = layer.vjp(x)
    assert y == pytest.approx(x / (1 + np.exp(-1.5 * x)))
    s = 1 / (1 + np.exp(-1.5 * x))
    assert pullback(np.ones_like(x))["beta"] == pytest.approx([np.sum(x * x * s * (1 - s))])
    assert not actreg.layer("swish").parameters


def test_in_place_where_it_is_sound() -> None:
    """relu overwrites its input; silu, whose derivative needs it, refuses."""
    x = np.array([-1.0, 1.0], dtype=np.float32)
    assert actreg.layer("relu", inplace=True)(x) is x
    assert x.tolist() == [0.0, 1.0]
    with pytest.raises(actreg.CapabilityError, match="in place"):
        actreg.layer("silu", inplace=True)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"backend": "nunpy"}, actreg.UnknownNameError, "did you mean 'numpy'"),
        ({"device": "cuda"}, actreg.CapabilityError, "'cpu', not 'cuda'"),
        ({"dtype": "float23"}, actreg.UnknownNameError, "did you mean 'float32'"),
    ],
)
def test_a_wrong_place_is_refused(options: dict[str, Any], error: type[Exception], words: str) -> None:
    """Backends, devices and dtypes."""
    with pytest.raises(error, match=words):
        actreg.layer("relu", **options)
