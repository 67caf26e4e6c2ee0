"""What holds for every kind of layer, over one table of cases."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from actreg.backends.numpy.layers.half import ThroughFloat32
from actreg.backends.numpy.layers.table import LAYERS, make_layer
from actreg.errors import CapabilityError, DefinitionError

CASES = {
    "linear": ((6,), {"out": 4}),
    "embedding": ((4,), {"rows": 9, "features": 3}),
    "conv1d": ((4, 7), {"out_channels": 6, "kernel": 3, "groups": 2, "dilation": 2, "padding": "same"}),
    "conv2d": ((4, 5, 5), {"out": 6, "padding": 1, "groups": 2}),
    "max_pool1d": ((3, 7), {"kernel": 3, "stride": 2, "padding": 1}),
    "max_pool2d": ((3, 5, 4), {"kernel": 3, "stride": 1, "padding": 1}),
    "avg_pool1d": ((3, 7), {"kernel": 2}),
    "avg_pool2d": ((3, 5, 4), {}),
    "adaptive_avg_pool1d": ((3, 7), {"size": 3}),
    "adaptive_avg_pool2d": ((3, 5, 4), {"size": (2, 3)}),
    "adaptive_max_pool1d": ((3, 7), {"size": 3}),
    "adaptive_max_pool2d": ((3, 5, 4), {"size": (2, 3)}),
    "batch_norm": ((3, 4), {}),
    "layer_norm": ((3, 4), {}),
    "rms_norm": ((3, 4), {}),
    "group_norm": ((6, 4), {"groups": 2}),
    "dropout": ((6,), {"p": 0.3}),
    "attention": ((5, 8), {"heads": 4, "kv_heads": 2, "causal": True, "rotary": 100.0, "dropout": 0.3}),
    "positional_embedding": ((5, 8), {}),
    "class_token": ((5, 8), {}),
    "flatten": ((3, 4), {}),
    "reshape": ((3, 4), {"shape": (2, -1)}),
    "permute": ((3, 4), {"axes": (2, 1)}),
    "select": ((3, 4), {"index": -1}),
    "mean": ((3, 4), {}),
    "add": ((3, 4), {}),
    "mul": ((3, 4), {}),
    "concat": ((3, 4), {}),
    "tanh": ((3, 4), {}),
    "softmax": ((3, 4), {}),
    "prelu": ((3, 4), {"num_parameters": 3}),
}
IDS = ("embedding",)
DTYPES = ("float16", "bfloat16", "float32", "float64")


@pytest.fixture
def layer_of(node, backend):
    """layer_of(kind, dtype, batch): the layer, its output's shape, its inputs and its parameters."""

    def make(kind, dtype="float64", batch=5):
        shape, options = CASES[kind]
        made = node("n", kind, ("a", "b") if kind in ("add", "mul", "concat") else ("a",), shape, **options)
        rng = np.random.default_rng(0)
        kept = backend.from_numpy(np.empty(0), dtype=dtype).dtype
        if kind in IDS:
            inputs = (rng.integers(0, options["rows"], (batch, *shape)),)
        else:
            inputs = tuple(rng.uniform(-2, 2, (batch, *shape)).astype(kept) for _ in made.inputs)
        parameters = {spec.name: rng.uniform(0.5, 1.5, spec.shape).astype(kept) for spec in made.parameters}
        return make_layer(made, kept, backend), made.shape, inputs, parameters

    return make


def test_every_layer_is_a_case():
    """A new kind of layer cannot be forgotten here."""
    assert set(LAYERS) <= set(CASES)


@pytest.mark.parametrize("batch", [0, 1, 5])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", CASES)
def test_shapes_and_dtypes_are_kept_and_inputs_untouched(kind, dtype, batch, layer_of, run):
    """For any batch and dtype: the output has the planned shape, gradients those of what they belong to."""
    layer, shape, inputs, parameters = layer_of(kind, dtype, batch)
    before = [x.copy() for x in inputs]
    y, pullback = layer.vjp(inputs, parameters, run())
    grad = np.ones_like(y)
    found = pullback(grad, True)
    assert y.shape == (batch, *shape)
    assert y.dtype == (parameters["weight"] if kind in IDS else inputs[0]).dtype
    for x, gradient in zip(() if kind in IDS else inputs, found.inputs, strict=True):
        assert (gradient.shape, gradient.dtype) == (x.shape, x.dtype)
    for x, old in zip(inputs, before, strict=True):
        np.testing.assert_array_equal(x, old)
    np.testing.assert_array_equal(grad, 1.0)
    assert set(found.parameters) == set(parameters) - {"running_mean", "running_var"}
    for name, gradient in found.parameters.items():
        assert (gradient.shape, gradient.dtype) == (parameters[name].shape, parameters[name].dtype)


@pytest.mark.parametrize("kind", CASES)
def test_evaluation_gives_what_vjp_gives_outside_training(kind, layer_of, run):
    """The same values to rounding."""
    layer, _, inputs, parameters = layer_of(kind)
    np.testing.assert_allclose(
        layer.evaluate(inputs, parameters), layer.vjp(inputs, parameters, run())[0], rtol=1e-14, atol=1e-14
    )


@pytest.mark.parametrize("kind", CASES)
def test_the_order_in_memory_does_not_matter(kind, layer_of, run):
    """Strided inputs and gradients give what contiguous ones give."""
    layer, _, inputs, parameters = layer_of(kind)
    y, pullback = layer.vjp(inputs, parameters, run())
    strided = tuple(np.asfortranarray(x) for x in inputs)
    y_strided, pullback_strided = layer.vjp(strided, parameters, run())
    np.testing.assert_allclose(y_strided, y, rtol=1e-13, atol=1e-13)
    grad = np.random.default_rng(1).standard_normal(y.shape)
    found, other = pullback(grad, True), pullback_strided(np.asfortranarray(grad), True)
    for ours, theirs in zip(other.inputs, found.inputs, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("training", [False, True], ids=["evaluation", "training"])
@pytest.mark.parametrize("kind", CASES)
def test_a_pullback_is_linear_and_can_be_called_again(kind, training, layer_of, run):
    """Twice the gradient gives twice the result, from one pullback."""
    layer, _, inputs, parameters = layer_of(kind)
    y, pullback = layer.vjp(inputs, parameters, run(training))
    grad = np.random.default_rng(1).standard_normal(y.shape)
    once, twice = pullback(grad, True), pullback(2.0 * grad, True)
    for first, second in zip(once.inputs, twice.inputs, strict=True):
        np.testing.assert_array_equal(second, 2.0 * first)
    for name, value in once.parameters.items():
        np.testing.assert_array_equal(twice.parameters[name], 2.0 * value)


@pytest.mark.parametrize("kind", [kind for kind in CASES if kind not in ("tanh", "softmax", "prelu")])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_float32_rounded_once(kind, dtype, layer_of, run):
    """Values, gradients and buffers of a narrow layer are the float32 layer's, rounded."""
    narrow, _, inputs, parameters = layer_of(kind, dtype)
    wide = narrow.inner if isinstance(narrow, ThroughFloat32) else narrow
    wide_parameters = {name: array.astype(np.float32) for name, array in parameters.items()}
    y, pullback = narrow.vjp(inputs, parameters, run(True))
    wide_inputs = inputs if kind in IDS else tuple(x.astype(np.float32) for x in inputs)
    expected, wide_pullback = wide.vjp(wide_inputs, wide_parameters, run(True))
    np.testing.assert_array_equal(y, expected.astype(y.dtype))
    for name, array in parameters.items():
        np.testing.assert_array_equal(array, wide_parameters[name].astype(array.dtype))
    found, wanted = pullback(y, True), wide_pullback(y.astype(np.float32), True)
    for ours, theirs in zip(found.inputs, wanted.inputs, strict=True):
        np.testing.assert_array_equal(ours, theirs.astype(y.dtype))
    for name, array in found.parameters.items():
        np.testing.assert_array_equal(array, wanted.parameters[name].astype(array.dtype))


def test_an_unknown_kind_is_named(node, backend):
    """The error says which node, which kind, and which kinds there are."""
    odd = replace(node("mix", "flatten", ("a",), (3,)), kind="mixer")
    with pytest.raises(CapabilityError, match=r"'mix'.*'mixer'.*batch_norm"):
        make_layer(odd, np.dtype(np.float32), backend)


def test_an_activation_node_without_an_activation_is_refused(node, backend):
    """A plan that is wired wrongly is reported where it is built."""
    empty = replace(node("act", "flatten", ("a",), (3,)), kind="activation")
    with pytest.raises(DefinitionError, match="'act'"):
        make_layer(empty, np.dtype(np.float32), backend)
