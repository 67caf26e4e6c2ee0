"""The sites of models in the style of well-known ones: every one, exactly; and the model stays as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import actreg

SOURCE = Path(__file__).with_name("architectures.py").read_text("utf-8").splitlines()


def line(text: str) -> int:
    """The only line of architectures.py with this text."""
    (found,) = [number for number, source in enumerate(SOURCE, 1) if text in source]
    return found


def brief(report: Any) -> list[tuple[str, str, str, int]]:
    """Path, what, activation, number of calls."""
    return [(site.path, site.what, site.label(), len(site.calls)) for site in report.sites]


GELU = "gelu(approximate='tanh')"
EXPECTED: dict[str, list[tuple[str, str, str, int]]] = {
    "vgg": [(path, "nn.ReLU", "relu", 1) for path in ("features.1", "features.5", "classifier.1")],
    "resnet": [
        ("relu", "nn.ReLU", "relu", 1),
        *((f"{layer}.relu", "nn.ReLU", "relu", 2) for layer in ("layer1.0", "layer1.1", "layer2.0")),
    ],
    "googlenet": [
        ("", "torch.relu", "relu", 1),
        *((path, "F.relu", "relu", 1) for path in ("stem", "branch1", "branch3")),
    ],
    "mamba": [
        site
        for layer in ("layers.0", "layers.1")
        for site in (
            (layer, "F.silu", "silu", 1),
            (layer, "F.softplus", "softplus", 1),
            (layer, "F.silu", "silu", 1),
            (f"{layer}.act", "nn.SiLU", "silu", 0),
        )
    ],
    "encoder": [
        ("", "F.gelu", "gelu(approximate='tanh')", 1),
        *(
            site
            for layer in ("encoder.layers.0", "encoder.layers.1")
            for site in (
                (f"{layer}.activation", "F.relu", "relu", 1),
                (f"{layer}.self_attn", "F.multi_head_attention_forward", "softmax", 1),
            )
        ),
    ],
    "mobilenet": [
        *((path, "nn.Hardswish", "hard_swish", 1) for path in ("stem.2", "block.1", "block.3")),
        ("block.4.activation", "nn.ReLU", "relu", 1),
        ("block.4.scale_activation", "nn.Hardsigmoid", "hard_sigmoid", 1),
        ("classifier.1", "nn.Hardswish", "hard_swish", 1),
    ],
    "preact": [("block.relu1", "nn.ReLU", "relu", 1), ("block.relu2", "nn.ReLU", "relu", 1)],
    "gpt": [
        site
        for block in ("h.0", "h.1")
        for site in ((block, "F.softmax", "softmax(axis=-1)", 1), (f"{block}.mlp.act", "NewGELU", GELU, 1))
    ],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_every_site_is_accounted_for(name: str, architectures: Any) -> None:
    """Modules, called or not; functions; functions on attributes; fused operations; custom modules."""
    model, x = architectures.make(name)
    assert brief(actreg.inspect(model, x)) == EXPECTED[name]


def test_functions_are_told_by_file_and_line(architectures: Any) -> None:
    """Where the call stands, whichever spelling was used."""
    model, x = architectures.make("googlenet")
    sites = actreg.inspect(model, x).sites
    ending = "tests/architectures.py"
    assert [site.calls[0].source.rpartition(":")[0].endswith(ending) for site in sites] == [True] * 4
    lines = [int(site.calls[0].source.rpartition(":")[2]) for site in sites]
    assert lines == [
        line("return self.fc(torch.relu("),
        *[line("return F.relu(self.bn(self.conv(x)), inplace=True)")] * 3,
    ]
    assert [site.inplace for site in sites] == [False, True, True, True]


def test_a_reused_module_is_told_with_its_calls(architectures: Any) -> None:
    """ResNet's blocks call one relu twice, at two lines."""
    model, x = architectures.make("resnet")
    block = actreg.inspect(model, x).sites[1]
    assert block.reused
    numbers = [line("out = self.relu(self.bn1(self.conv1(x)))"), line("return self.relu(out)")]
    assert [int(call.source.rpartition(":")[2]) for call in block.calls] == numbers
    assert [call.shape for call in block.calls] == [(4, 8, 8, 8)] * 2


def test_an_overwritten_skip_is_told(architectures: Any) -> None:
    """Pre-activation in place: the addition reads what the relu overwrote; elsewhere in place is sound."""
    model, x = architectures.make("preact")
    first, second = actreg.inspect(model, x).sites
    assert first.overwritten.startswith("add at ")
    assert first.overwritten.endswith(f"architectures.py:{line('return self.conv2(self.relu2(out)) + x')}")
    assert second.overwritten == ""
    resnet, x = architectures.make("resnet")
    assert [site.overwritten for site in actreg.inspect(resnet, x).sites] == [""] * 4


def test_a_shared_module_is_one_site_with_all_its_paths() -> None:
    """One PReLU under three paths."""
    shared = nn.PReLU()
    model = nn.Sequential(nn.Linear(3, 3), shared, nn.Sequential(nn.Linear(3, 3), shared), shared)
    (site,) = actreg.inspect(model, torch.randn(2, 3)).sites
    assert (site.path, site.also, len(site.calls)) == ("1", ("2.1", "3"), 3)
    assert "the same module as 2.1, 3" in "; ".join(site.notes())


SPELLINGS = [
    (lambda x: F.leaky_relu(x, 0.3), "F.leaky_relu", {"leaky_relu": {"negative_slope": 0.3}}, False),
    (lambda x: F.leaky_relu(x, inplace=True), "F.leaky_relu", {"leaky_relu": {}}, True),
    (lambda x: F.elu(x, 0.5), "F.elu", {"elu": {"alpha": 0.5}}, False),
    (lambda x: torch.relu(x), "torch.relu", {"relu": {}}, False),
    (lambda x: x.relu_(), "Tensor.relu_", {"relu": {}}, True),
    (lambda x: x.sigmoid(), "Tensor.sigmoid", {"sigmoid": {}}, False),
    (lambda x: torch.tanh_(x), "torch.tanh_", {"tanh": {}}, True),
    (lambda x: F.gelu(x, approximate="tanh"), "F.gelu", {"gelu": {"approximate": "tanh"}}, False),
    (lambda x: F.softplus(x, 2.0, 10.0), "F.softplus", {"softplus": {"beta": 2.0, "threshold": 10.0}}, False),
    (lambda x: torch.softmax(x, 1), "torch.softmax", {"softmax": {"axis": 1}}, False),
    (lambda x: x.softmax(dim=-1), "Tensor.softmax", {"softmax": {"axis": -1}}, False),
    (lambda x: F.relu(x, True), "F.relu", {"relu": {}}, True),
    (lambda x: torch.prelu(x, torch.full((3,), 0.1)), "torch.prelu", {"prelu": {"num_parameters": 3}}, False),
]  # fmt: skip


@pytest.mark.parametrize(("function", "what", "config", "inplace"), SPELLINGS, ids=[f"{n}" for n in range(13)])
def test_every_spelling_of_a_function_is_known_with_its_options(
    function: Any, what: str, config: dict[str, Any], inplace: bool
) -> None:
    """Positional or by name; in place by flag, underscore or position."""

    class Model(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return function(x * 1.0)

    (site,) = actreg.inspect(Model(), torch.randn(2, 3)).sites
    ((name, options),) = config.items()
    assert site.what in (what, what.replace("torch.", "F."), what.replace("F.", "torch."))
    assert (site.name, site.inplace) == (name, inplace)
    assert dict(site.config).items() >= options.items()


class Untidy(nn.Module):
    """A model whose forward changes what it can."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 3)
        self.register_buffer("count", torch.zeros(1))
        self.calls: Any = None
        self.drop = nn.Dropout(0.5)

    def forward(self, x: torch.Tensor, *, scale: float = 1.0) -> torch.Tensor:
        self.count += 1
        self.calls = "changed"
        x.mul_(scale)
        return F.relu(self.drop(self.linear(x)) + torch.rand(3))


@pytest.mark.parametrize("form", ["tensor", "tuple", "mapping"])
def test_the_model_and_the_example_stay_as_they_were(form: str) -> None:
    """Modes, buffers, attributes, gradients, hooks, the generator, the example."""
    model = Untidy().train()
    model.linear.eval()
    x = torch.ones(2, 3)
    example: Any = {"tensor": x, "tuple": (x,), "mapping": {"x": x, "scale": 2.0}}[form]
    torch.manual_seed(5)
    state = torch.get_rng_state()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    (site,) = actreg.inspect(model, example).sites
    assert site.what == "F.relu"
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert [module.training for module in model.modules()] == [True, False, True]
    assert model.calls is None
    assert torch.equal(x, torch.ones(2, 3))
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_in_place_modules_stay_in_place_also_after_an_error() -> None:
    """The flags are given back."""
    model = nn.Sequential(nn.Linear(3, 3), nn.ReLU(inplace=True))
    with pytest.raises(actreg.InputError, match="the example does not run through Sequential"):
        actreg.inspect(model, torch.randn(2, 5))
    assert model[1].inplace
    assert not model[1]._forward_hooks


def test_a_report_is_text_and_json(architectures: Any) -> None:
    """A table, with what is odd about each site; and plain data."""
    model, x = architectures.make("mamba")
    report = actreg.inspect(model, x)
    text = str(report).splitlines()
    assert text[0] == "Mamba: 8 sites, 6 calls"
    assert text[1].split() == ["path", "what", "activation", "calls", "notes"]
    assert sum("never called" in row for row in text) == 2
    data = json.loads(json.dumps(report.to_json()))
    assert len(data["sites"]) == 8
    assert data["sites"][3]["path"] == "layers.0.act"
    assert data["sites"][3]["notes"] == ["never called"]


def test_jit_modules_are_told_not_entered() -> None:
    """Nothing inside a compiled module can be seen; a compiled model is refused."""
    with pytest.warns(DeprecationWarning, match=r"torch\.jit\.script"):
        scripted = torch.jit.script(nn.Sequential(nn.Linear(3, 3), nn.ReLU()))
    model = nn.Sequential(scripted, nn.Tanh())
    found = actreg.inspect(model, torch.randn(2, 3))
    assert brief(found) == [("0", "torch.jit Sequential", "torch.jit Sequential", 0), ("1", "nn.Tanh", "tanh", 1)]
    assert "swap before scripting" in found.sites[0].unreachable
    with pytest.raises(actreg.CapabilityError, match="swap before scripting"):
        actreg.inspect(scripted, torch.randn(2, 3))
    with pytest.raises(actreg.CapabilityError, match="pass the module that was compiled"):
        actreg.inspect(torch.compile(nn.ReLU(), backend="eager"), torch.randn(2, 3))


def test_what_is_no_model_is_refused() -> None:
    """An array's backend says that it inspects none; torch wants a module."""
    with pytest.raises(actreg.CapabilityError, match="torch does"):
        actreg.inspect(np.zeros(3), np.zeros(3))
    with pytest.raises(actreg.InputError, match=r"torch\.nn\.Module"):
        actreg.inspect(torch.zeros(3), torch.zeros(3))


def test_a_custom_module_that_is_nothing_of_ours_is_a_site_without_a_name() -> None:
    """Elementwise and bent: it can be replaced by its path; a straight line or a sum over an axis is no activation."""

    class Odd(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.cos(3.0 * x) + x

    class Line(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return 2.0 * x

    class Centred(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x - x.mean()

    model = nn.Sequential(Odd(), Line(), Centred())
    assert brief(actreg.inspect(model, torch.randn(2, 3))) == [("0", "Odd", "Odd", 1)]
