"""Layers: canonical modules, our own, and everything that is done to modules."""

from __future__ import annotations

import copy
import io
import pickle
from typing import Any

import pytest
import torch
from actreg_torch.modules import ActivationModule
from torch import nn

import actreg
from actreg import CapabilityError, ConfigError, UnknownNameError

LAYERS = [
    ("sigmoid", {}, nn.Sigmoid, "Sigmoid()"),
    ("tanh", {}, nn.Tanh, "Tanh()"),
    ("relu", {}, nn.ReLU, "ReLU()"),
    ("leaky_relu", {"negative_slope": 0.2}, nn.LeakyReLU, "LeakyReLU(negative_slope=0.2)"),
    ("elu", {"alpha": 1.5}, nn.ELU, "ELU(alpha=1.5)"),
    ("prelu", {"num_parameters": "each"}, nn.PReLU, "PReLU(num_parameters=4)"),
    ("prelu", {"num_parameters": 4, "init": 0.1}, nn.PReLU, "PReLU(num_parameters=4)"),
    ("softmax", {"axis": 1}, nn.Softmax, "Softmax(dim=1)"),
    ("silu", {}, nn.SiLU, "SiLU()"),
    ("softplus", {"beta": 2.0, "threshold": 9.0}, nn.Softplus, "Softplus(beta=2.0, threshold=9.0)"),
    ("maxout", {"units": 3}, ActivationModule, "ActivationModule(maxout, units=3, pieces=2)"),
    ("maxout_pool", {}, ActivationModule, None),
    ("silu", {"beta": 2.0}, ActivationModule, None),
    ("silu", {"trainable": True}, ActivationModule, None),
    ("prelu", {"num_parameters": 4, "axis": -1}, ActivationModule, None),
    ("bump", {}, ActivationModule, "ActivationModule(bump)"),
    ("test_glu", {"gate": "second"}, ActivationModule, None),
    ("ramp", {}, ActivationModule, None),
]
IDS = [f"{name} {config}" for name, config, *_ in LAYERS]
every = pytest.mark.parametrize(("name", "config"), [entry[:2] for entry in LAYERS], ids=IDS)
# Dynamo makes an instance of torch.autograd.Function when it traces one, which torch itself deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")


@pytest.fixture(scope="module")
def x() -> torch.Tensor:
    """A batch of five."""
    return torch.randn(5, 4, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def layer(registry: actreg.Registry) -> Any:
    """Makes torch layers for four features."""
    return lambda name, **config: registry.layer(name, backend="torch", features=4, **config)


@pytest.mark.parametrize(("name", "config", "kind", "text"), LAYERS, ids=IDS)
def test_the_module(layer: Any, name: str, config: dict[str, Any], kind: type, text: str | None) -> None:
    """The canonical module where torch has that mathematics; its text shows the options."""
    made = layer(name, **config)
    assert type(made) is kind
    assert text is None or repr(made) == text


@every
def test_it_computes_the_activation(
    registry: actreg.Registry, layer: Any, x: torch.Tensor, name: str, config: dict[str, Any]
) -> None:
    """The module is the activation with its own parameters, which start at the declared values and get gradients."""
    made = layer(name, **config)
    act = registry.get(name, **config)
    assert dict(made.named_parameters()).keys() == act.parameters().keys()
    initial = actreg.initial.initial_values(act, 4, 0)
    for key, value in made.named_parameters():
        assert torch.equal(value, torch.from_numpy(initial[key]).float())
    y = made(x)
    torch.testing.assert_close(y, registry.apply(act, x, **dict(made.named_parameters())))
    y.sum().backward() if y.requires_grad else None
    assert all(value.grad is not None for value in made.parameters())


@every
def test_copies(layer: Any, x: torch.Tensor, name: str, config: dict[str, Any]) -> None:
    """deepcopy gives an independent module; state_dict goes through torch.save and loads with weights_only."""
    made = layer(name, **config)
    twin = copy.deepcopy(made)
    assert torch.equal(twin(x), made(x))
    for value in twin.parameters():
        nn.init.constant_(value, 0.7)
    buffer = io.BytesIO()
    torch.save(twin.state_dict(), buffer)
    buffer.seek(0)
    made.load_state_dict(torch.load(buffer, weights_only=True))
    assert torch.equal(twin(x), made(x))
    wide = made.to(torch.float64)
    assert wide(x.double()).dtype == torch.float64
    assert made.to(torch.bfloat16)(x.bfloat16()).dtype == torch.bfloat16


@pytest.mark.parametrize(("name", "config"), [entry[:2] for entry in LAYERS[:15]], ids=IDS[:15])
@pytest.mark.usefixtures("installed")
def test_pickle(x: torch.Tensor, name: str, config: dict[str, Any]) -> None:
    """A pickled layer of the default registry comes back."""
    made = actreg.layer(name, backend="torch", features=4, **config)
    assert torch.equal(pickle.loads(pickle.dumps(made))(x), made(x))


@every
def test_compile(layer: Any, x: torch.Tensor, name: str, config: dict[str, Any]) -> None:
    """torch.compile takes the whole graph, forward and backward."""
    made = layer(name, **config)
    torch.compiler.reset()
    compiled = torch.compile(made, fullgraph=True, backend="aot_eager")
    gradients = []
    for call in (made, compiled):
        point = x.clone().requires_grad_()
        y = call(point)
        gradients.append(torch.autograd.grad(y.square().sum(), [point, *made.parameters()]))
        torch.testing.assert_close(y, made(x))
    for got, want in zip(*gradients, strict=True):
        torch.testing.assert_close(got, want)


@pytest.mark.usefixtures("installed")
def test_a_bare_activation_compiles_once_it_was_called(x: torch.Tensor) -> None:
    """As one graph; the first call loads the backend."""
    act = actreg.get("silu")
    expected = act(x)
    torch.compiler.reset()
    compiled = torch.compile(lambda v: act(v), fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x), expected)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "config"), [("silu", {"beta": 2.0}), ("maxout", {"units": 3})])
@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")
def test_inductor(layer: Any, x: torch.Tensor, name: str, config: dict[str, Any]) -> None:
    """The default compiler gives the same values to rounding."""
    made = layer(name, **config)
    torch.compiler.reset()
    torch.testing.assert_close(torch.compile(made, fullgraph=True)(x), made(x))


@every
@pytest.mark.parametrize("strict", [False, True])
def test_export(layer: Any, x: torch.Tensor, name: str, config: dict[str, Any], strict: bool) -> None:
    """torch.export gives a program with the same outputs, for other batch sizes too."""
    made = layer(name, **config)
    batch = torch.export.Dim("batch", min=2, max=64)
    program = torch.export.export(made, (x,), dynamic_shapes=({0: batch},), strict=strict)
    more = torch.cat([x, -x])
    torch.testing.assert_close(program.module()(more), made(more))


@pytest.mark.parametrize(
    ("name", "config"), [("relu", {}), ("leaky_relu", {}), ("leaky_relu", {"negative_slope": 0.0})]
)
def test_in_place(layer: Any, name: str, config: dict[str, Any]) -> None:
    """Overwrites its input, and still trains."""
    made, x = layer(name, inplace=True, **config), torch.tensor([-1.0, 2.0])
    expected = layer(name, **config)(x)
    with torch.no_grad():
        assert made(x).data_ptr() == x.data_ptr()
    assert torch.equal(x, expected)
    leaf = torch.tensor([-1.0, 2.0], requires_grad=True)
    (grad,) = torch.autograd.grad(made(leaf * 1).sum(), leaf)
    assert grad.tolist() == [pytest.approx(config.get("negative_slope", 0.01 if name != "relu" else 0.0)), 1.0]


@pytest.mark.parametrize(("name", "config"), [("sigmoid", {}), ("silu", {}), ("leaky_relu", {"negative_slope": -1.0})])
def test_in_place_is_refused(layer: Any, name: str, config: dict[str, Any]) -> None:
    """Where the derivative is lost with the input."""
    with pytest.raises(CapabilityError, match="in place"):
        layer(name, inplace=True, **config)


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"dtype": "flaot32"}, UnknownNameError, "did you mean 'float32'"),
        ({"device": "gpu"}, UnknownNameError, "unknown device"),
        ({"num_parameters": "each", "features": None}, ConfigError, "features"),
    ],
)
def test_options_that_are_refused(registry: actreg.Registry, options: dict[str, Any], error: Any, match: str) -> None:
    """A misspelt dtype or device, a size that nobody gave."""
    with pytest.raises(error, match=match):
        registry.layer("prelu", backend="torch", **options)


def test_a_stochastic_layer(layer: Any) -> None:
    """It draws in training mode from torch's generator, and never in evaluation."""
    made, x = layer("shaky"), torch.ones(50, requires_grad=True)
    torch.manual_seed(1)
    first = made(x)
    torch.manual_seed(1)
    assert torch.equal(made(x), first)
    assert first.std() > 0.2
    assert torch.equal(torch.autograd.grad(first.sum(), x)[0], first.detach())
    assert torch.equal(made.eval()(x), torch.full((50,), 0.5))


def test_the_layer_costs_nothing(layer: Any) -> None:
    """A canonical module is torch's own class, without hooks or wrappers."""
    made = layer("relu")
    assert type(made).forward is nn.ReLU.forward
    assert not made._forward_hooks
    assert not made._forward_pre_hooks
