"""The shipped architectures are the published ones: in size, and as functions, on both backends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from actreg.contracts.plan import INPUT, Plan
from actreg.model import initial_weights, plan_of, read_spec, total_parameters
from actreg.model.costs import multiply_adds
from actreg.registry import default_registry

torch = pytest.importorskip("torch")

CONFIGS = Path(__file__).parents[2] / "configs"

# Config, the sizes of the published model, its number of parameters, and who published it.
PUBLISHED = [
    ("lenet5", {}, 61_706, "the sum of figure 2's layers; also Dive into Deep Learning, section 7.6"),
    ("resnet18_cifar", {}, 11_173_962, "github.com/kuangliu/pytorch-cifar"),
    (
        "vit_tiny",
        {"size": 224, "patch": 16, "width": 192, "depth": 12, "heads": 3, "classes": 1000},
        5_717_416,
        "timm's vit_tiny_patch16_224",
    ),
    (
        "gpt2_small",
        {"width": 768, "depth": 12, "heads": 12, "context": 1024, "vocab": 50257},
        124_439_808,
        "github.com/openai/gpt-2, the model 124M",
    ),
    (
        "llama_block",
        {"width": 4096, "heads": 32, "kv_heads": 8, "hidden": 14336},
        218_112_000,
        "a 32nd of the 8,030,261,248 of Llama 3 8B less tables and last norm",
    ),
    ("siren", {}, 198_401, "github.com/vsitzmann/siren, explore_siren.ipynb"),
    ("mobilenet_v3_small", {}, 2_542_856, "torchvision's mobilenet_v3_small"),
]

# Config, sizes at which a pass takes a moment, and the batch.
SMALL = [
    ("lenet5", {"size": 28}, 3),
    ("resnet18_cifar", {"width": 4}, 2),
    ("vit_tiny", {"size": 32, "patch": 8, "width": 24, "depth": 2, "heads": 3, "classes": 7}, 2),
    ("gpt2_small", {"vocab": 50, "context": 9, "width": 24, "depth": 2, "heads": 3}, 2),
    ("llama_block", {"tokens": 9, "width": 32, "heads": 8, "kv_heads": 2, "hidden": 40}, 2),
    ("siren", {}, 20),
    ("mobilenet_v3_small", {"size": 33, "classes": 5}, 2),
]


def planned(name: str, **sizes: Any) -> Plan:
    return plan_of(read_spec(CONFIGS / f"{name}.yaml", overrides=sizes))


def stirred(plan: Plan) -> dict[str, np.ndarray]:
    """Initial weights, moved away from their zeros and ones."""
    rng = np.random.default_rng(0)
    weights = initial_weights(plan)
    for name, value in weights.items():
        if name.endswith((".weight", ".bias", "_bias", "running_mean")) and value.ndim == 1:
            value += 0.1 * rng.standard_normal(value.shape)
        elif name.endswith("running_var"):
            value *= rng.uniform(0.5, 1.5, value.shape)
    return weights


def sample(plan: Plan, batch: int) -> np.ndarray:
    rng, shape = np.random.default_rng(1), (batch, *plan.input_shape)
    if plan.vocabulary is not None:
        return rng.integers(0, plan.vocabulary, shape)
    return rng.uniform(-1, 1, shape)


def close(ours: np.ndarray, theirs: np.ndarray, what: str) -> None:
    """To 1e-12 of the largest value."""
    scale = float(np.max(np.abs(theirs)))
    np.testing.assert_allclose(ours, theirs, rtol=0.0, atol=1e-12 * scale, err_msg=what)


def loaded(twin: Any, plan: Plan, weights: Mapping[str, np.ndarray]) -> Any:
    """The twin with our weights, which it has in the same order."""
    own = {name: value for name, value in twin.state_dict().items() if not name.endswith("num_batches_tracked")}
    names = [name for name, _ in plan.parameters()]
    assert len(own) == len(names)
    twin.load_state_dict(
        {theirs: torch.tensor(weights[ours]) for theirs, ours in zip(own, names, strict=True)}, strict=False
    )
    return twin


def padded(name: str, x: np.ndarray) -> np.ndarray:
    """LeNet's twin takes images as large as the paper's."""
    space = (32 - x.shape[-1]) // 2
    return np.pad(x, ((0, 0), (0, 0), (space, space), (space, space))) if name == "lenet5" else x


@pytest.mark.parametrize(("name", "sizes", "count", "source"), PUBLISHED, ids=[name for name, *_ in PUBLISHED])
def test_parameters_are_as_many_as_published(
    twins: Mapping[str, Callable[..., Any]], name: str, sizes: dict[str, int], count: int, source: str
) -> None:
    """At full size, in the spec and in the twin."""
    assert total_parameters(planned(name, **sizes)) == count, source
    with torch.device("meta"):
        twin = twins[name](**sizes)
    assert sum(parameter.numel() for parameter in twin.parameters()) == count, source


def test_llama_3_8b_is_32_blocks_and_its_tables() -> None:
    """Dubey et al., 2024: a vocabulary of 128,256 in and out, and one more norm, make the published 8,030,261,248."""
    block = total_parameters(planned("llama_block", width=4096, heads=32, kv_heads=8, hidden=14336))
    assert 32 * block + 2 * 128_256 * 4096 + 4096 == 8_030_261_248


@pytest.mark.parametrize(
    ("name", "figure", "last", "source"),
    [
        ("mobilenet_v3_small", 56e6, 1e6, "Howard et al., 2019, table 3"),
        ("resnet18_cifar", 0.56e9, 0.01e9, "the usual figure for this stem"),
        ("vit_tiny", 1.3e9, 0.1e9, "timm's table of results, vit_tiny_patch16_224"),
    ],
)
def test_multiply_adds_are_as_many_as_published(name: str, figure: float, last: float, source: str) -> None:
    """To the last digit that was published."""
    plan = planned(name)
    shapes = {INPUT: plan.input_shape, **{node.name: node.shape for node in plan.nodes}}
    total = sum(multiply_adds(node, shapes[node.inputs[0]]) for node in plan.nodes)
    assert abs(total - figure) < last, source


@pytest.mark.parametrize(("name", "sizes", "batch"), SMALL, ids=[name for name, *_ in SMALL])
def test_it_is_the_published_function_on_both_backends(
    twins: Mapping[str, Callable[..., Any]], name: str, sizes: dict[str, int], batch: int
) -> None:
    """With the same weights the twin, NumPy and torch agree in float64, outputs and every gradient."""
    plan = planned(name, **sizes)
    weights, x = stirred(plan), sample(plan, batch)
    y, pullback = default_registry().backend("numpy").network(plan, weights, dtype="float64").vjp(x)
    grad = np.random.default_rng(2).standard_normal(y.shape)
    found = pullback(grad)

    network = default_registry().backend("torch").network(plan, weights, dtype="float64")
    tensor = torch.tensor(x, requires_grad=plan.input_dtype is None)
    theirs = network(tensor)
    close(y, theirs.detach().numpy(), "output")
    theirs.backward(torch.tensor(grad))
    if plan.input_dtype is None:
        close(found.pop("x"), tensor.grad.numpy(), "gradient of x")
    named = dict(network.named_parameters())
    assert found.keys() == named.keys()
    for key, value in found.items():
        close(value, named[key].grad.numpy(), f"gradient of {key}")

    twin = loaded(twins[name](**sizes).double().eval(), plan, weights)
    expected = twin(torch.tensor(padded(name, x)))
    close(y, expected.detach().numpy(), "the twin's output")
    expected.backward(torch.tensor(grad))
    trained = [key for key, spec in plan.parameters() if spec.trainable]
    for key, parameter in zip(trained, twin.parameters(), strict=True):
        close(found[key], parameter.grad.numpy(), f"the twin's gradient of {key}")


@pytest.mark.parametrize("name", [name for name, *_ in SMALL])
def test_it_builds_as_it_is_shipped(name: str) -> None:
    """On both backends, which make the same of one sample in float64."""
    plan = planned(name)
    weights, x = initial_weights(plan), sample(plan, 1)
    made = []
    for backend in map(default_registry().backend, ("numpy", "torch")):
        network = backend.network(plan, weights, dtype="float64")
        made.append(backend.outputs(network, x, [plan.output])[plan.output])
    close(made[0], made[1], "output")


@pytest.mark.parametrize(("name", "sizes", "batch"), SMALL, ids=[name for name, *_ in SMALL])
def test_another_activation_is_one_setting_away(name: str, sizes: dict[str, int], batch: int) -> None:
    """``--set act=mish`` reaches every site and makes a network that runs."""
    option = "late" if name == "mobilenet_v3_small" else "act"
    plan = planned(name, **sizes, **{option: "mish"})
    used = {node.activation.info.name for node in plan.nodes if node.activation is not None}
    assert used == ({"mish", "relu", "hard_sigmoid"} if option == "late" else {"mish"})
    network = default_registry().backend("numpy").network(plan, initial_weights(plan))
    x = sample(plan, batch)
    y = network(x if plan.input_dtype else x.astype(np.float32))
    assert np.all(np.isfinite(y))


def test_siren_starts_as_its_paper_says() -> None:
    """Section 3.2: the first layer uniform in ±1 / n, the others in ±sqrt(6 / n) / omega; so that with sin(omega x)
    every layer's input is spread alike."""
    plan = planned("siren", width=64)
    weights = initial_weights(plan)
    matrices = {name: value for name, value in weights.items() if value.ndim == 2}
    bounds = [0.5, *[(6 / 64) ** 0.5 / 30] * 4]
    for value, bound in zip(matrices.values(), bounds, strict=True):
        assert 0.9 * bound < np.abs(value).max() <= bound
    network = default_registry().backend("numpy").network(plan, weights, dtype="float64")
    outputs = network.evaluate(np.random.default_rng(0).uniform(-1, 1, (2000, 2)), [n.name for n in plan.nodes])
    spreads = [np.std(value) for name, value in outputs.items() if "sine" in name]
    assert len(spreads) == 4
    assert all(0.6 < spread < 0.8 for spread in spreads)  # of an arcsine distribution: 0.71
