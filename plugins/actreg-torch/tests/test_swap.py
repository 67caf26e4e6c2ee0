"""Swapping: every reachable site, one instance each, proved by running again; all or nothing."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import actreg

LEAKY = {"leaky_relu": {"negative_slope": 0.1}}
EACH = {"prelu": {"num_parameters": "each"}}


def loss_falls(model: nn.Module, x: torch.Tensor, steps: int = 30) -> bool:
    """Whether training on five classes lowers the loss to less than two thirds."""
    model.train()
    targets = torch.arange(len(x)) % 5
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses[-1] < losses[0] * 2 / 3


CASES: dict[str, tuple[dict[Any, Any], list[str], int]] = {
    "vgg": ({"relu": EACH}, ["features.1", "features.5", "classifier.1"], 0),
    "resnet": ({"relu": EACH}, ["relu", "layer1.0.relu", "layer1.1.relu", "layer2.0.relu"], 0),
    "encoder": ({"relu": LEAKY, "gelu": "silu"}, ["encoder.layers.0.activation", "encoder.layers.1.activation"], 1),
    "mobilenet": ({"hard_swish": "silu", "hard_sigmoid": "sigmoid"},
                  ["stem.2", "block.1", "block.3", "block.4.scale_activation", "classifier.1"], 0),
    "preact": ({"relu": LEAKY}, ["block.relu1", "block.relu2"], 0),
    "gpt": ({"gelu": "silu", "softmax": "softmax"}, ["h.0.mlp.act", "h.1.mlp.act"], 2),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_every_reachable_site_is_swapped_and_trains(name: str, architectures: Any) -> None:
    """Exactly these paths; the others are told; afterwards no old one is left, and training lowers the loss."""
    mapping, paths, unreached = CASES[name]
    model, x = architectures.make(name)
    report = actreg.swap(model, mapping, x)
    assert [item.path for item in report.swapped] == paths
    assert len(report.unreached) == unreached
    assert all(item.calls for item in report.swapped)
    left = {site.name for site in actreg.inspect(model, x).sites if not site.unreachable}
    assert not left & {key for key in mapping if key != "softmax"}
    assert loss_falls(model, x)


@pytest.mark.parametrize("name", ["googlenet", "mamba"])
def test_a_swap_that_reaches_nothing_is_an_error(name: str, architectures: Any) -> None:
    """Functional calls and dead modules: each is named with its reason."""
    model, x = architectures.make(name)
    key = {"googlenet": "relu", "mamba": "silu"}[name]
    with pytest.raises(actreg.SwapError, match="nothing was swapped") as error:
        actreg.swap(model, {key: LEAKY}, x)
    assert len(error.value.paths) == {"googlenet": 4, "mamba": 6}[name]
    assert "architectures.py:" in str(error.value)
    if name == "mamba":
        assert "layers.0.act nn.SiLU: never called" in str(error.value)


def test_each_site_has_an_instance_of_its_own_sized_by_its_input(architectures: Any) -> None:
    """PReLU with a slope for each channel: as many as the example had there; none is shared."""
    model, x = architectures.make("vgg")
    actreg.swap(model, {"relu": EACH}, x)
    slopes = [module.weight for module in model.modules() if isinstance(module, nn.PReLU)]
    assert [len(slope) for slope in slopes] == [8, 16, 32]
    assert len({id(slope) for slope in slopes}) == 3
    assert all(slope.requires_grad and slope.ndim == 1 for slope in slopes)


def test_a_module_under_several_paths_becomes_one_each() -> None:
    """One PReLU for a whole network is what nobody meant."""
    shared = nn.PReLU()
    model = nn.Sequential(nn.Linear(3, 4), shared, nn.Sequential(nn.Linear(4, 5), shared), shared)
    report = actreg.swap(model, {"prelu": EACH}, torch.randn(2, 3))
    assert [(item.path, item.calls) for item in report.swapped] == [("1", 1), ("2.1", 1), ("3", 1)]
    assert [len(model.get_submodule(path).weight) for path in ("1", "2.1", "3")] == [4, 5, 5]


def test_a_reused_module_is_told_and_split_on_request(architectures: Any) -> None:
    """Two calls of one relu: one module with two calls; with split, two, by their order, also in copies and pickles."""
    model, x = architectures.make("resnet")
    report = actreg.swap(model, {"relu": EACH}, x)
    assert [item.calls for item in report.swapped] == [1, 2, 2, 2]
    assert "one module for 2 calls; split=True gives each its own" in report.swapped[1].notes
    model, x = architectures.make("resnet")
    report = actreg.swap(model, {"relu": EACH}, x, split=True)
    assert [item.calls for item in report.swapped] == [1, 2, 2, 2]
    assert "split into 2 by the order of its calls" in report.swapped[1].notes
    slopes = [name for name, _ in model.named_parameters() if "relu" in name]
    assert slopes[:3] == ["relu.weight", "layer1.0.relu.0.weight", "layer1.0.relu.1.weight"]
    with torch.no_grad():
        model.layer1[0].relu.get_submodule("1").weight.fill_(1.0)
    model.eval()
    y = model(x)
    assert torch.equal(model(x), y)
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert torch.equal(twin(x), y)
        assert torch.equal(twin(x), y)
    assert loss_falls(model, x)


def test_split_by_different_widths_and_refused_where_unsound() -> None:
    """Parameters of two sizes need a split; calls whose number varies from run to run cannot be split."""

    class Widths(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b, self.act = nn.Linear(3, 4), nn.Linear(4, 5), nn.ReLU()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.act(self.b(self.act(self.a(x))))

    with pytest.raises(actreg.SwapError, match=r"called with 4 and 5 channels.*split=True"):
        actreg.swap(Widths(), {"relu": EACH}, torch.randn(2, 3))
    model = Widths()
    actreg.swap(model, {"relu": EACH}, torch.randn(2, 3), split=True)
    assert [len(parameter) for name, parameter in model.named_parameters() if "act" in name] == [4, 5]

    class Repeats(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.act = nn.ReLU()

        def forward(self, x: torch.Tensor, times: int) -> torch.Tensor:
            for _ in range(times):
                x = self.act(x)
            return x

    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.part = Repeats()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.part(self.part(x, 1), 2)

    both = Both()
    with pytest.raises(actreg.SwapError, match="differs from run to run of its callers"):
        actreg.swap(both, {"relu": EACH}, torch.randn(2, 3), split=True)
    assert isinstance(both.part.act, nn.ReLU)
    once = Repeats()
    actreg.swap(once, {"relu": EACH}, (torch.randn(2, 3), 2), split=True)
    with pytest.raises(actreg.InputError, match="was split for 2 calls in a run, and is called once more"):
        once(torch.randn(2, 3), 3)
    assert once(torch.randn(2, 3), 2).shape == (2, 3)


def test_in_place_only_where_it_is_sound(architectures: Any) -> None:
    """Kept after convolutions; dropped where the skip reads it, and where the new activation loses its derivative."""
    model, x = architectures.make("preact")
    report = actreg.swap(model, {"relu": LEAKY}, x)
    assert [module.inplace for module in (model.block.relu1, model.block.relu2)] == [False, True]
    assert report.swapped[0].notes[0].startswith("no longer in place: its input is read again by add at")
    stem = model.stem(x)
    skip = model.block(stem.clone())
    block = model.block
    assert torch.equal(skip, block.conv2(block.relu2(block.conv1(block.relu1(stem.clone())))) + stem)
    model, x = architectures.make("vgg")
    report = actreg.swap(model, {"relu": "silu"}, x)
    assert "no longer in place: silu loses its derivative with its input" in report.swapped[0].notes


def test_in_place_is_dropped_where_the_gradient_needs_the_input() -> None:
    """After a sigmoid, which saves its output: autograd would fail in the first step of training."""
    model = nn.Sequential(nn.Linear(3, 3), nn.Sigmoid(), nn.ReLU(inplace=True), nn.Linear(3, 5))
    report = actreg.swap(model, {"relu": LEAKY}, torch.randn(10, 3))
    assert not model[2].inplace
    assert "needs its output for the gradient" in report.swapped[0].notes[0]
    assert loss_falls(model, torch.randn(10, 3), 200)


def test_mode_dtype_frozen_parameters_and_hooks_carry_over() -> None:
    """Training mode stays; float64 stays; a frozen slope gives a frozen slope; hooks move with their handles."""
    model = nn.Sequential(nn.Linear(3, 3), nn.PReLU(), nn.Linear(3, 3), nn.PReLU()).double().train()
    model[3].requires_grad_(False)
    model[3].eval()
    seen: list[int] = []
    handle = model[1].register_forward_hook(lambda module, args, output: seen.append(1))
    x = torch.randn(2, 3, dtype=torch.float64)
    report = actreg.swap(model, {"prelu": EACH}, x)
    assert model[1].weight.dtype == torch.float64
    assert [model[1].training, model[3].training] == [True, False]
    assert [model[1].weight.requires_grad, model[3].weight.requires_grad] == [True, False]
    assert "keeps 1 hook" in report.swapped[0].notes
    seen.clear()
    model(x)
    assert seen == [1]
    handle.remove()
    model(x)
    assert seen == [1]


def test_the_fused_path_of_encoder_layers_does_not_pass_the_new_one_over(architectures: Any) -> None:
    """In evaluation without gradients torch would run relu by a number that the layer keeps."""
    model, x = architectures.make("encoder")
    actreg.swap(model, {"relu": LEAKY}, x)
    model.eval()
    with torch.no_grad():
        fused = model(x)
    assert torch.allclose(fused, model(x), atol=1e-6)
    assert all(layer.activation_relu_or_gelu == 0 for layer in model.encoder.layers)


def test_keys_are_names_activations_and_paths() -> None:
    """Any spelling of a name; an activation with exactly these options; a path or a pattern, which wins."""
    model = nn.Sequential(nn.LeakyReLU(0.2), nn.LeakyReLU(0.01), nn.Sequential(nn.ReLU(), nn.ReLU()), nn.ReLU())
    x = torch.randn(2, 3)
    mapping = {actreg.get("leaky_relu", negative_slope=0.2): "tanh", "2.*": "sigmoid", "ReLU": "elu", "2.1": "silu"}
    report = actreg.swap(model, mapping, x)
    assert [(item.path, item.new.partition("(")[0]) for item in report.swapped] == [
        ("0", "tanh"), ("2.0", "sigmoid"), ("2.1", "silu"), ("3", "elu"),
    ]  # fmt: skip
    assert [site.path for site in report.untouched] == ["1"]


@pytest.mark.parametrize(
    ("mapping", "error", "words"),
    [
        ({"rleu": "tanh"}, actreg.UnknownNameError, "did you mean 'relu'"),
        ({"relu": "tahn"}, actreg.UnknownNameError, "did you mean 'tanh'"),
        ({"relu": {"elu": {"alfa": 1.0}}}, actreg.ConfigError, "did you mean 'alpha'"),
        ({"sigmoid": "tanh"}, actreg.InputError, "nothing in the model matches 'sigmoid'; there are relu"),
        ({"layer9.*": "tanh"}, actreg.InputError, r"nothing in the model matches 'layer9\.\*'"),
        ({}, actreg.InputError, "say what to swap for what"),
        ({3: "tanh"}, actreg.InputError, "a key is a name, an activation or a path, not 3"),
        ({"relu": {"maxout_pool": {"pieces": 2}}}, actreg.SwapError, "does not run with the new activations"),
    ],
)
def test_nothing_is_changed_where_anything_fails(mapping: Any, error: Any, words: str, architectures: Any) -> None:
    """The same modules in the same places, no parameter more, no hook left."""
    model, x = architectures.make("vgg")
    before = list(model.modules())
    hooks = [len(module._forward_pre_hooks) for module in before]
    with pytest.raises(error, match=words):
        actreg.swap(model, mapping, x)
    assert list(model.modules()) == before
    assert [len(module._forward_pre_hooks) for module in before] == hooks


def test_one_that_is_never_called_is_an_error_that_names_it() -> None:
    """A model that takes another way once it sees another module: taken back."""

    class Fickle(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.ReLU(), nn.ReLU()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.first(x)
            return self.second(x) if isinstance(self.second, nn.ReLU) else x

    model = Fickle()
    with pytest.raises(actreg.SwapError, match="never called after the swap: second") as error:
        actreg.swap(model, {"relu": LEAKY}, torch.randn(2, 3))
    assert error.value.paths == ("second",)
    assert isinstance(model.first, nn.ReLU)


def test_an_attribute_that_is_a_function_is_given_back_after_an_error() -> None:
    """The function is an attribute again, and no module."""

    class Layer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.activation = F.relu
            self.linear = nn.Linear(3, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.linear(self.activation(x))

    model = Layer()
    with pytest.raises(actreg.SwapError):
        actreg.swap(model, {"relu": "maxout_pool"}, torch.randn(2, 4)[:, :3])
    assert model.activation is F.relu
    assert list(model._modules) == ["linear"]
    report = actreg.swap(model, {"activation": "tanh"}, torch.randn(2, 3))
    assert [item.path for item in report.swapped] == ["activation"]
    assert isinstance(model.activation, nn.Tanh)


def test_a_state_dict_of_before_and_after(architectures: Any) -> None:
    """Weights of before load, with the new parameters missing and nothing unexpected; those of after round-trip."""
    model, x = architectures.make("vgg")
    before = copy.deepcopy(model.state_dict())
    actreg.swap(model, {"relu": EACH}, x)
    result = model.load_state_dict(before, strict=False)
    assert result.missing_keys == ["features.1.weight", "features.5.weight", "classifier.1.weight"]
    assert result.unexpected_keys == []
    other, _ = architectures.make("vgg")
    actreg.swap(other, {"relu": EACH}, x)
    other.load_state_dict(model.state_dict())


def test_a_report_is_text_and_json(architectures: Any) -> None:
    """What was swapped with calls and notes, and what could not be reached."""
    model, x = architectures.make("encoder")
    report = actreg.swap(model, {"relu": LEAKY, "gelu": "silu", "softmax": "softmax"}, x)
    text = str(report)
    assert text.startswith("Encoder: 2 swapped, 3 out of reach\n")
    assert "not reached: (model) F.gelu: a call in code, at" in text
    assert "not reached: encoder.layers.0.self_attn F.multi_head_attention_forward: inside a fused operation" in text
    data = json.loads(json.dumps(report.to_json()))
    assert [len(data[key]) for key in ("swapped", "unreached", "untouched")] == [2, 3, 0]
