"""Networks compute what their plan says, own what they hold, and copy."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from actreg.backends.numpy.network import NumpyNetwork, as_input, build_network, network_outputs, network_weights
from actreg.contracts.plan import INPUT, Plan
from actreg.errors import CapabilityError, InputError, UnknownNameError, WeightsError

RESIDUAL = (
    ("conv", "conv2d", {"out": 4, "padding": 1}),
    ("norm", "batch_norm", {}),
    ("act", "prelu", {"num_parameters": 4}),
    ("pool", "max_pool2d", {}),
    ("inner", "conv2d", {"out": 4, "padding": 1}),
    ("curve", "tanh", {}),
    ("join", "add", {}, ("curve", "pool")),
    ("drop", "dropout", {"p": 0.25}),
    ("flat", "flatten", {}),
    ("head", "linear", {"out": 3}),
)


@pytest.fixture
def made(plan, weights, backend):
    """made(dtype): a small residual network with every sort of state."""

    def make(dtype: str = "float64", seed: int = 7) -> NumpyNetwork:
        made_plan = plan((2, 6, 6), *RESIDUAL, seed=seed)
        return build_network(made_plan, weights(made_plan), dtype, backend)

    return make


def _x(batch: int = 4, dtype: str = "float64") -> np.ndarray:
    return np.random.default_rng(0).standard_normal((batch, 2, 6, 6)).astype(dtype)


@pytest.mark.parametrize("training", [False, True], ids=["evaluation", "training"])
def test_it_agrees_with_the_same_network_in_torch(training, plan, weights, backend):
    """Output, every gradient and moved statistics, to 1e-12; the dropout's rate is 0, so that both draw nothing."""
    torch = pytest.importorskip("torch")
    from torch import nn

    still = [
        (name, kind, {"p": 0.0} if kind == "dropout" else options, *rest) for name, kind, options, *rest in RESIDUAL
    ]
    made = plan((2, 6, 6), *still)
    network = build_network(made, weights(made), "float64", backend).train(training)
    parts = {"conv": nn.Conv2d(2, 4, 3, padding=1), "norm": nn.BatchNorm2d(4), "act": nn.PReLU(4)}
    parts |= {"inner": nn.Conv2d(4, 4, 3, padding=1), "head": nn.Linear(36, 3)}
    theirs = nn.ModuleDict(parts).double().train(training)
    theirs.load_state_dict({name: torch.tensor(a) for name, a in network_weights(network).items()}, strict=False)

    x = torch.tensor(_x(), requires_grad=True)
    pooled = nn.functional.max_pool2d(theirs["act"](theirs["norm"](theirs["conv"](x))), 2)
    expected = theirs["head"]((torch.tanh(theirs["inner"](pooled)) + pooled).flatten(1))
    grad = np.random.default_rng(1).standard_normal(expected.shape)
    expected.backward(torch.tensor(grad))

    y, pullback = network.vjp(_x())
    np.testing.assert_allclose(y, expected.detach().numpy(), rtol=1e-12, atol=1e-12)
    wanted = {"x": x.grad, **{name: parameter.grad for name, parameter in theirs.named_parameters()}}
    found = pullback(grad)
    assert set(found) == set(wanted)
    for name, gradient in found.items():
        np.testing.assert_allclose(gradient, wanted[name].numpy(), rtol=1e-12, atol=1e-11, err_msg=name)
    for name, array in network.buffers.items():
        np.testing.assert_allclose(array, theirs.state_dict()[name].numpy(), rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("batch", [0, 1, 4])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_every_dtype_and_batch_runs_forwards_and_back(dtype, batch, made, backend):
    """Output and gradients have the network's dtype and the right shapes, in evaluation mode."""
    network = made(dtype)
    x = backend.from_numpy(_x(batch), dtype=dtype)
    y, pullback = network.vjp(x)
    gradients = pullback(np.ones_like(y))
    assert (y.shape, y.dtype) == ((batch, 3), x.dtype)
    assert gradients["x"].shape == x.shape
    assert set(gradients) == {"x", *network.parameters}
    for name, array in network.parameters.items():
        assert (gradients[name].shape, gradients[name].dtype) == (array.shape, array.dtype)
    np.testing.assert_allclose(network(x).astype(float), y.astype(float), rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("training", [False, True], ids=["evaluation", "training"])
def test_the_pullback_is_the_adjoint_of_the_whole(training, made):
    """Central differences agree, in the input and in every parameter, through residual, norm and dropout."""
    network, x = made().train(training), _x()
    rng = np.random.default_rng(1)
    ways = {"x": rng.standard_normal(x.shape)}
    ways |= {name: rng.standard_normal(array.shape) for name, array in network.parameters.items()}

    def value(shift: float):
        moved = copy.deepcopy(network)
        for name, array in moved.parameters.items():
            array += shift * ways[name]
        return moved.vjp(x + shift * ways["x"])

    y, pullback = value(0.0)
    grad = rng.standard_normal(y.shape)
    ours = sum(float(np.sum(gradient * ways[name])) for name, gradient in pullback(grad).items())
    slope = float(np.sum(grad * (value(1e-6)[0] - value(-1e-6)[0]))) / 2e-6
    assert ours == pytest.approx(slope, rel=1e-6)


def test_it_evaluates_at_first_and_training_is_a_mode(made):
    """Evaluation repeats itself and moves nothing; training draws and moves statistics."""
    network, x = made(), _x()
    before = network_weights(network)
    np.testing.assert_array_equal(network(x), network(x))
    assert all(np.array_equal(array, before[name]) for name, array in network_weights(network).items())
    assert network.train() is network
    assert np.any(network(x) != network(x))
    moved = {name for name, array in network_weights(network).items() if not np.array_equal(array, before[name])}
    assert moved == set(network.buffers) == {"norm.running_mean", "norm.running_var"}
    np.testing.assert_array_equal(network.eval()(x), network(x))


def test_the_seed_repeats_the_noise(made):
    """A network starts with its plan's seed; `seed` restarts it; another seed draws otherwise."""
    x = _x()
    first, other = made(seed=7).train(), made(seed=8).train()
    y = first(x)
    assert np.any(first(x) != y)
    first.seed(7)
    np.testing.assert_array_equal(first(x), y)
    assert np.any(other(x) != y)
    other.seed(7)
    np.testing.assert_array_equal(other(x), y)


def test_parameters_are_the_networks_own(made, weights):
    """Changing one in place changes the network; the weights it was built from are untouched, and so are copies."""
    network, x = made(), _x()
    given, y = network_weights(network), network(x)
    network.parameters["head.bias"] += 1.0
    np.testing.assert_allclose(network(x), y + 1.0, rtol=1e-12)
    assert not np.array_equal(given["head.bias"], network.parameters["head.bias"])
    np.testing.assert_array_equal(given["head.bias"], weights(network.plan)["head.bias"])


def test_outputs_of_every_node(made):
    """In the plan's order, in evaluation mode even in training, and each an array of its own."""
    network, x = made().train(), _x()
    found = network_outputs(network, x)
    assert list(found) == [node.name for node in network.plan.nodes]
    for node in network.plan.nodes:
        assert found[node.name].shape == (4, *node.shape)
        assert found[node.name].flags.c_contiguous
    np.testing.assert_array_equal(found["drop"], found["join"])
    np.testing.assert_array_equal(found["head"], network.eval()(x))
    np.testing.assert_allclose(found["join"], found["curve"] + found["pool"])
    assert set(network_outputs(network, x, ["pool", INPUT])) == {"pool", INPUT}


def test_outputs_take_another_float_dtype(made):
    """NumPy arrays cross between backends: x is rounded to the network's dtype there, and only there."""
    network, x = made("float32"), _x()
    found = network_outputs(network, x, ["head"])["head"]
    np.testing.assert_array_equal(found, network(x.astype(np.float32)))
    assert as_input(network, x.astype(np.float32)).dtype == np.float32


def test_an_unknown_node_gets_a_suggestion(made):
    """The error names the nearest node."""
    with pytest.raises(UnknownNameError, match="did you mean 'conv'"):
        network_outputs(made(), _x(), ["conf"])


WRONG = {
    "another shape": (np.zeros((4, 2, 6, 5)), r"float64 of shape \(batch, 2, 6, 6\), not shape \(4, 2, 6, 5\)"),
    "no batch": (np.zeros((2, 6, 6)), r"not shape \(2, 6, 6\)"),
    "no axes": (np.zeros(()), r"not shape \(\)"),
    "another dtype": (np.zeros((4, 2, 6, 6), dtype=np.float32), r"not float32: convert it with x.astype\('float64'\)"),
    "integers": (np.zeros((4, 2, 6, 6), dtype=int), "not int64"),
    "a list": ([[0.0]], "not list"),
}


@pytest.mark.parametrize(("x", "says"), WRONG.values(), ids=WRONG)
def test_a_wrong_input_is_refused(x, says, made):
    """The error names what is expected and what was given, in every pass."""
    for call in (made(), made().train(), made().vjp):
        with pytest.raises(InputError, match=says):
            call(x)


@pytest.mark.parametrize("x", [[[0.0]], np.zeros((4, 2, 6, 6), dtype=int)], ids=["list", "integers"])
def test_outputs_refuse_what_is_no_float_array(x, made):
    """Integers are no measurements: the caller scales and converts them."""
    with pytest.raises(InputError, match="floating-point"):
        network_outputs(made(), x)


@pytest.mark.parametrize("grad", [np.ones((4, 2)), np.ones((4, 3), dtype=np.float32)], ids=["shape", "dtype"])
def test_a_wrong_gradient_is_refused(grad, made):
    """The pullback names the output's shape and dtype."""
    _, pullback = made().vjp(_x())
    with pytest.raises(InputError, match=r"float64 of shape \(4, 3\)"):
        pullback(grad)


def test_wrong_weights_and_dtypes_are_refused(plan, weights, backend):
    """Building checks them."""
    small = plan((3,), ("head", "linear", {"out": 2}))
    with pytest.raises(WeightsError, match=r"head\.bias of shape \(2,\) is missing"):
        build_network(small, {"head.weight": np.zeros((2, 3))}, "float32", backend)
    with pytest.raises(CapabilityError, match="'int8'"):
        build_network(small, weights(small), "int8", backend)


@pytest.mark.parametrize("of", [copy.deepcopy, copy.copy, lambda network: pickle.loads(pickle.dumps(network))])
def test_copies_are_equal_and_independent(of, made):
    """Arrays, mode, and the place in the stream of noise."""
    network, x = made().train(), _x()
    network(x)
    twin = of(network)
    assert twin.training
    np.testing.assert_array_equal(twin(x), network(x))
    twin.parameters["head.bias"] += 1.0
    assert np.all(twin.parameters["head.bias"] == network.parameters["head.bias"] + 1.0)
    assert repr(twin) == repr(network)


IN_PLACE = {
    "after a linear": (("lin", "linear", {"out": 4}), ("act", "relu", {"inplace": True})),
    "on the input itself": (("act", "relu", {"inplace": True}),),
    "on a view of the input": (("flat", "flatten", {}), ("act", "relu", {"inplace": True})),
    "on a view of what is still read": (
        ("lin", "linear", {"out": 4}),
        ("flat", "flatten", {}),
        ("act", "relu", {"inplace": True}),
        ("join", "add", {}, ("act", "lin")),
    ),
}


@pytest.mark.parametrize("layers", IN_PLACE.values(), ids=IN_PLACE)
def test_in_place_changes_memory_and_no_value(layers, plan, weights, backend):
    """Neither x nor a value that is still read is overwritten, and gradients are right."""
    kept = tuple(
        (name, kind, {**options, "inplace": False} if kind == "relu" else options, *rest)
        for name, kind, options, *rest in layers
    )
    ours, theirs = (plan((4,), *way) for way in (layers, kept))
    network = build_network(ours, weights(ours), "float64", backend)
    reference = build_network(theirs, weights(theirs), "float64", backend)
    x = np.random.default_rng(0).standard_normal((5, 4))
    before = x.copy()
    for way in (network, lambda x: network.vjp(x)[0]):
        np.testing.assert_array_equal(way(x), reference(x))
        np.testing.assert_array_equal(x, before)
    names = [node.name for node in ours.nodes]
    for name, value in network_outputs(network, x, names).items():
        np.testing.assert_array_equal(value, network_outputs(reference, x, names)[name])
    gradients = [net.vjp(x)[1](np.ones((5, 4))) for net in (network, reference)]
    for name, gradient in gradients[0].items():
        np.testing.assert_array_equal(gradient, gradients[1][name])


def test_in_place_saves_the_memory(plan, weights, backend, monkeypatch):
    """Where nothing else reads it, the activation writes over its input."""
    small = plan((4,), ("lin", "linear", {"out": 4}), ("act", "relu", {"inplace": True}))
    network = build_network(small, weights(small), "float64", backend)
    outs = []
    apply = type(backend).apply
    monkeypatch.setattr(
        type(backend),
        "apply",
        lambda self, act, x, p, *, out=None, generator=None: (
            outs.append(out is x),
            apply(self, act, x, p, out=out, generator=generator),
        )[1],
    )
    network(np.ones((2, 4)))
    assert outs == [True]


@pytest.mark.parametrize("layers", [(), (("flat", "flatten", {}),), (("drop", "dropout", {}),)], ids=str)
def test_an_output_never_shares_the_inputs_memory(layers, plan, backend):
    """Changing the output leaves x as it was, even where the network is the identity."""
    network = build_network(plan((4,), *layers), {}, "float64", backend)
    x = np.ones((2, 4))
    for y in (network(x), network.vjp(x)[0], *network_outputs(network, x, [INPUT]).values()):
        assert not np.shares_memory(x, y)
        np.testing.assert_array_equal(y, x)


def test_an_empty_plan_is_the_identity(backend):
    """Its gradient is the incoming one."""
    network = build_network(Plan((4,), ()), {}, "float64", backend)
    grad = np.arange(8.0).reshape(2, 4)
    np.testing.assert_array_equal(network.vjp(np.ones((2, 4)))[1](grad)["x"], grad)


def test_overflow_on_the_way_is_no_warning(plan, weights, backend):
    """inf and NaN pass through layers quietly, forwards and back."""
    small = plan((4,), ("lin", "linear", {"out": 4}), ("norm", "layer_norm", {}), ("soft", "softmax", {}))
    network = build_network(small, weights(small), "float32", backend)
    x = np.full((2, 4), 3e38, dtype=np.float32)
    x[1] = np.inf
    y, pullback = network.vjp(x)
    pullback(np.full_like(y, 3e38))
    network(x)


def test_its_looks_list_the_layers(made):
    """dtype, input, number of parameters, and each node with its shape."""
    text = repr(made("float32"))
    assert text.splitlines()[0] == "NumpyNetwork(float32, input (2, 6, 6), 347 parameters)"
    assert "  join: add of curve, pool -> (4, 3, 3)" in text
    assert len(text.splitlines()) == 1 + len(RESIDUAL)
