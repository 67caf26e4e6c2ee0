"""Networks of plans: real modules with the plan's names, which agree with the NumPy backend node by node."""

from __future__ import annotations

import copy
import io
import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import actreg
from actreg import INPUT, CapabilityError, Constant, InputError, Node, ParamSpec, Plan, UnknownNameError, WeightsError

# Dynamo makes an instance of torch.autograd.Function when it traces one, which torch itself deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")


def node(name: str, kind: str, *inputs: str, shape: Any, parameters: Any = None, **options: Any) -> Node:
    """A node, its parameters given as {name: shape}; those named running_… are buffers."""
    specs = tuple(
        ParamSpec(key, size, Constant(0.0), not key.startswith("running_")) for key, size in (parameters or {}).items()
    )
    return Node(name, kind, inputs, shape, options, specs)


def activation(name: str, act: Any, source: str, *, shape: Any, inplace: bool = False, **parameters: Any) -> Node:
    """An activation's node."""
    specs = tuple(ParamSpec(key, size, Constant(0.25)) for key, size in parameters.items())
    return Node(name, "activation", (source,), shape, {}, specs, act, inplace)


NORM = {"weight": (4,), "bias": (4,), "running_mean": (4,), "running_var": (4,)}
LAST = {"weight": (3, 4), "bias": (3,)}
PAIR = {"kernel": (2, 2), "stride": (2, 2), "padding": (0, 0)}


def big_plan() -> Plan:
    """Every kind of node, and a residual whose own name is a folder."""
    conv = {"out_channels": 4, "kernel": (3, 3), "stride": (1, 1), "padding": (1, 1), "groups": 2, "bias": True}
    conv["dilation"] = (1, 1)
    return Plan(
        (2, 8, 8),
        (
            node("conv", "conv2d", INPUT, shape=(4, 8, 8), parameters={"weight": (4, 1, 3, 3), "bias": (4,)}, **conv),
            node("stem.norm", "batch_norm", "conv", shape=(4, 8, 8), parameters=NORM, eps=1e-5, momentum=0.1),
            activation("relu", actreg.get("relu"), "stem.norm", shape=(4, 8, 8), inplace=True),
            node("max", "max_pool2d", "relu", shape=(4, 4, 4), **PAIR),
            activation("slopes", actreg.get("prelu", num_parameters=4), "max", shape=(4, 4, 4), weight=(4,)),
            node("mean", "avg_pool2d", "slopes", shape=(4, 2, 2), **PAIR),
            node("flat", "flatten", "mean", shape=(16,)),
            node("res.0", "layer_norm", "flat", shape=(16,), parameters={"weight": (16,), "bias": (16,)}),
            node("res.1", "linear", "res.0", shape=(16,), parameters={"weight": (16, 16)}, out_features=16, bias=False),
            activation("res.swish", actreg.get("silu", beta=2.0), "res.1", shape=(16,)),
            node("res", "add", "flat", "res.swish", shape=(16,)),
            node("drop", "dropout", "res", shape=(16,), p=0.5),
            activation("best", actreg.get("maxout", units=4), "drop", shape=(4,), weight=(16, 4, 2), bias=(4, 2)),
            node("bn", "batch_norm", "best", shape=(4,), parameters=NORM, eps=1e-5, momentum=0.1),
            node(
                "out",
                "linear",
                "bn",
                shape=(3,),
                parameters={"weight": (3, 4), "bias": (3,)},
                out_features=3,
                bias=True,
            ),
        ),
        seed=7,
    )


def fixed(plan: Plan) -> Plan:
    """The plan with the layer norm's option, whose name is also an argument of `node`."""
    nodes = [replace(n, options={"eps": 1e-5, "shape": (16,)}) if n.kind == "layer_norm" else n for n in plan.nodes]
    return replace(plan, nodes=tuple(nodes))


PLAN = fixed(big_plan())

UNKNOWN = Plan((1,), (Node("a", "rnn", (INPUT,), (1,)),))


def weights_of(plan: Plan, seed: int = 0) -> dict[str, np.ndarray]:
    """Random weights; variances are positive."""
    rng = np.random.default_rng(seed)
    return {
        name: np.abs(rng.normal(size=spec.shape)) + 0.5 if "running_var" in name else rng.normal(size=spec.shape) * 0.5
        for name, spec in plan.parameters()
    }


@pytest.fixture
def network(backend: Any) -> Any:
    """The big network in float64."""
    return backend.network(PLAN, weights_of(PLAN), dtype="float64")


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    """A batch of six."""
    return np.random.default_rng(1).normal(size=(6, 2, 8, 8))


def test_names_and_modules(network: Any) -> None:
    """state_dict has the plan's names; nodes are torch's own modules at their paths, in evaluation mode."""
    names = {name for name, _ in PLAN.parameters()}
    extra = {"stem.norm.num_batches_tracked", "bn.num_batches_tracked"}
    assert set(network.state_dict()) == names | extra
    assert {name for name, _ in network.named_parameters()} == {n for n in names if "running_" not in n}
    kinds = {name: type(module) for name, module in network.named_modules()}
    assert kinds["conv"] is nn.Conv2d
    assert (kinds["stem.norm"], kinds["bn"]) == (nn.BatchNorm2d, nn.BatchNorm1d)
    assert (kinds["relu"], kinds["slopes"], kinds["res.0"]) == (nn.ReLU, nn.PReLU, nn.LayerNorm)
    assert isinstance(network, nn.Module)
    assert not network.training


def test_weights_come_back(backend: Any, network: Any) -> None:
    """Every parameter and buffer of the plan with its bits, as copies."""
    given, back = weights_of(PLAN), backend.weights(network)
    assert given.keys() == back.keys()
    for name, array in given.items():
        assert np.array_equal(array, back[name])
        back[name][...] = 0.0
    assert np.array_equal(backend.weights(network)["out.bias"], given["out.bias"])


def test_nodes_agree_with_numpy(registry: actreg.Registry, backend: Any, network: Any, x: np.ndarray) -> None:
    """Every node's output is the NumPy network's to rounding, and the last is what the module gives."""
    other = registry.backend("numpy")
    expected = other.outputs(other.network(PLAN, weights_of(PLAN), dtype="float64"), x)
    found = backend.outputs(network, x)
    assert list(found) == list(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-12, atol=1e-12, err_msg=name)
    assert np.array_equal(network(torch.from_numpy(x)).detach().numpy(), found["out"])


def test_outputs_leave_modes_alone(backend: Any, network: Any, x: np.ndarray) -> None:
    """`outputs` evaluates without dropout whatever the modes are, and every module keeps its own."""
    expected = backend.outputs(network, x, ["out"])["out"]
    network.train()
    network.drop.eval()
    assert np.array_equal(backend.outputs(network, x, ["out"])["out"], expected)
    assert network.training
    assert not network.drop.training


def test_outputs_of_nodes_that_are_overwritten(backend: Any, network: Any, x: np.ndarray) -> None:
    """A node before an in-place one is reported as it was, and the caller's input is never touched."""
    before = x.copy()
    found = backend.outputs(network, x, ["stem.norm", INPUT])
    assert found["stem.norm"].min() < 0.0
    assert np.array_equal(found[INPUT], before)
    assert np.array_equal(x, before)


@pytest.mark.parametrize(
    ("nodes", "inplace"),
    [
        ([("act", INPUT)], False),
        ([("flatten", INPUT), ("act", "n0")], False),
        ([("linear", INPUT), ("act", "n0")], True),
        ([("linear", INPUT), ("dropout", "n0"), ("act", "n1")], True),
        ([("linear", INPUT), ("act", "n0"), ("add", "n0", "n1")], False),
        ([("linear", INPUT), ("flatten", "n0"), ("act", "n1"), ("add", "n0", "n2")], False),
        ([("linear", INPUT), ("tanh", "n0"), ("act", "n1")], False),
    ],
)
def test_in_place_only_where_nobody_sees_it(backend: Any, nodes: Any, inplace: bool) -> None:
    """Not over the caller's input, a skip's source, or an output that a gradient needs."""
    made = []
    for number, (kind, *inputs) in enumerate(nodes):
        name = f"n{number}"
        if kind == "act":
            made.append(activation(name, actreg.get("relu"), inputs[0], shape=(3,), inplace=True))
        elif kind == "tanh":
            made.append(activation(name, actreg.get("tanh"), inputs[0], shape=(3,)))
        elif kind == "linear":
            sizes = {"weight": (3, 3)}
            made.append(node(name, kind, *inputs, shape=(3,), parameters=sizes, out_features=3, bias=False))
        else:
            made.append(node(name, kind, *inputs, shape=(3,), **({"p": 0.5} if kind == "dropout" else {})))
    plan = Plan((3,), tuple(made))
    network = backend.network(plan, weights_of(plan))
    assert [module.inplace for module in network.modules() if isinstance(module, nn.ReLU)] == [inplace]
    x = torch.randn(4, 3)
    before = x.clone()
    network.train()(x).sum().backward() if inplace else network(x)
    assert torch.equal(x, before)


@pytest.mark.parametrize("how", ["deepcopy", "pickle", "compile", "export", "state_dict"])
def test_what_is_done_to_modules(
    backend: Any, network: Any, x: np.ndarray, how: str, request: pytest.FixtureRequest
) -> None:
    """Copying, pickling, compiling, exporting and loading all give the same outputs."""
    batch = torch.from_numpy(x)
    expected = network(batch)
    if how == "deepcopy":
        other = copy.deepcopy(network)
    elif how == "pickle":
        request.getfixturevalue("installed")
        other = pickle.loads(pickle.dumps(network))
    elif how == "compile":
        torch.compiler.reset()
        other = torch.compile(network, fullgraph=True, backend="aot_eager")
    elif how == "export":
        sizes = ({0: torch.export.Dim("batch", min=2, max=64)},)
        other = torch.export.export(network, (batch,), dynamic_shapes=sizes).module()
        assert other(batch[:3]).shape == (3, 3)
    else:
        buffer = io.BytesIO()
        torch.save(network.state_dict(), buffer)
        buffer.seek(0)
        other = backend.network(PLAN, weights_of(PLAN, seed=5), dtype="float64")
        other.load_state_dict(torch.load(buffer, weights_only=True))
    torch.testing.assert_close(other(batch), expected)


@pytest.mark.parametrize("name", ["type", "forward.x", "float.0"])
def test_a_node_may_be_called_as_a_method_is(backend: Any, name: str) -> None:
    """Names that torch's modules use themselves run, train and load all the same."""
    sizes = {"weight": (3, 4), "bias": (3,)}
    plan = Plan((4,), (node(name, "linear", INPUT, shape=(3,), parameters=sizes, out_features=3, bias=True),))
    network = backend.network(plan, weights_of(plan))
    assert set(network.state_dict()) == {f"{name}.weight", f"{name}.bias"}
    x = torch.randn(2, 4)
    assert torch.equal(copy.deepcopy(network).train()(x), network(x))


def test_a_name_that_no_module_can_have(backend: Any) -> None:
    """State of every torch module is refused as a node's name, instead of failing inside torch."""
    plan = Plan((4,), (node("a.training", "flatten", INPUT, shape=(4,)),))
    with pytest.raises(CapabilityError, match="'training'"):
        backend.network(plan, {})


def test_a_replaced_submodule_is_used(network: Any, x: np.ndarray) -> None:
    """The tree of modules is what runs: replacing one changes the output."""
    network.out = nn.Linear(4, 3, dtype=torch.float64)
    nn.init.zeros_(network.out.weight)
    assert torch.equal(network(torch.from_numpy(x)), network.out.bias.expand(6, 3))


def test_values_are_dropped_early(network: Any) -> None:
    """No step keeps what a later one does not read."""
    kept = {INPUT}
    most = 0
    for step in network._steps:
        kept.add(step.name)
        most = max(most, len(kept))
        kept -= set(step.last_reads)
    assert kept == {"out"}
    assert most == 3


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_dtypes(backend: Any, x: np.ndarray, dtype: str) -> None:
    """A network of any float dtype takes NumPy input of any other."""
    network = backend.network(PLAN, weights_of(PLAN), dtype=dtype)
    assert backend.outputs(network, x, ["out"])["out"].dtype.name == dtype


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda w: w.pop("out.bias"), r"out.bias of shape \(3,\) is missing"),
        (lambda w: w.update({"out.biass": w.pop("out.bias")}), "did you mean 'out.bias'"),
        (lambda w: w.update({"out.bias": np.zeros(4)}), r"must have shape \(3,\), not \(4,\)"),
        (lambda w: w.update({"out.bias": np.zeros(3, int)}), "floating-point"),
    ],
)
def test_weights_that_do_not_fit(backend: Any, change: Any, match: str) -> None:
    """Missing, misspelt, misshapen and integer weights are named."""
    given = weights_of(PLAN)
    change(given)
    with pytest.raises(WeightsError, match=match):
        backend.network(PLAN, given)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda b, n: n(torch.zeros(2, 3)), InputError, r"shape \(batch, 2, 8, 8\)"),
        (lambda b, n: n(np.zeros((1, 2, 8, 8))), InputError, "ndarray"),
        (lambda b, n: b.outputs(n, np.zeros((1, 2, 8, 8), int)), InputError, "floating-point"),
        (lambda b, n: b.outputs(n, np.zeros((1, 2, 8, 8)), ["uot"]), UnknownNameError, "did you mean 'out'"),
        (
            lambda b, n: b.network(Plan((1,), (Node("a", "rnn", (INPUT,), (1,)),)), {}),
            CapabilityError,
            "no layer 'rnn'",
        ),
    ],
)
def test_what_it_refuses(backend: Any, network: Any, call: Any, error: Any, match: str) -> None:
    """Each mistake gets an error that names it."""
    with pytest.raises(error, match=match):
        call(backend, network)
