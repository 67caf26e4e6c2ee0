"""What somebody sees who writes a spec in an editor: the real YAML language server, over its protocol."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from actreg.registry import Registry

pytestmark = pytest.mark.language_server

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))
HEAD = "# yaml-language-server: $schema=./actreg.schema.json\nactreg: 1\ninput: [8]\n"


def offered(server: Any, text: str) -> dict[str, dict[str, Any]]:
    """What completion offers where a text has a bar, by label; of two with one label the last."""
    before, after = (HEAD + text).split("|")
    uri = server.open(before + after)
    server.diagnostics(uri)
    found = server.complete(uri, before.count("\n"), len(before.rpartition("\n")[2]))
    return {item["label"]: item for item in found}


def shown(server: Any, text: str) -> str:
    """What hovering shows where a text has a bar."""
    before, after = (HEAD + text).split("|")
    uri = server.open(before + after)
    server.diagnostics(uri)
    found: str = server.hover(uri, before.count("\n"), len(before.rpartition("\n")[2]))
    return found


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_nothing_is_wrong_with_a_shipped_spec(server: Any, path: Path) -> None:
    """Zero diagnostics; that the schema is found at all, the mistakes below prove."""
    assert server.diagnostics(server.open(path.read_text("utf-8"), path.name)) == []


def test_layers_are_offered_by_name(server: Any) -> None:
    """Every activation that comes with actreg, layers, containers and site keys, described; each ready to type on."""
    found = offered(server, "layers:\n  - |\n")
    assert set(found) >= {*Registry().names(), "linear", "conv2d", "residual", "repeat", "use", "act", "as", "from"}
    assert found["tanh"]["insertText"] == "tanh"
    assert found["leaky_relu"]["insertText"].startswith("leaky_relu:\n")
    assert "negative_slope: ${1:0.01}" in found["leaky_relu"]["insertText"]
    assert "out_features: $1" in found["linear"]["insertText"]
    assert "Exponential linear unit" in str(found["elu"]["documentation"])


def test_a_layer_without_options_is_offered_once(server: Any) -> None:
    """As a bare name."""
    before = HEAD + "layers:\n  - "
    uri = server.open(before + "\n")
    server.diagnostics(uri)
    labels = [item["label"] for item in server.complete(uri, before.count("\n"), 4)]
    assert [labels.count(name) for name in ("relu", "tanh", "flatten")] == [1, 1, 1]


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("layers:\n  - leaky_relu:\n      |\n", {"negative_slope"}),
        ("layers:\n  - softplus:\n      beta: 2\n      |\n", {"threshold"}),
        ("layers:\n  - leaky_relu: {neg|}\n", {"negative_slope"}),
        ("layers:\n  - gelu: |\n", {"none", "tanh", "sigmoid", "null"}),
        ("layers:\n  - gelu:\n      approximate: |\n", {"none", "tanh", "sigmoid"}),
        ("layers:\n  - gelu: {approximate: |}\n", {"none", "tanh", "sigmoid"}),
        ("layers:\n  - relu\ntrain:\n  loss: |\n", {"cross_entropy", "mse"}),
        ("layers:\n  - relu\ntrain:\n  epochs: 3\n  |\n", {"batch", "optimizer", "loss", "dtype", "seed"}),
    ],
)
def test_options_and_values_are_offered(server: Any, text: str, labels: set[str]) -> None:
    """Those of the layer around the place, and no others."""
    assert set(offered(server, text)) == labels


def test_activations_are_offered_where_one_is_wanted(server: Any) -> None:
    """And no layers."""
    found = offered(server, "layers:\n  - act: |\n")
    assert {"relu", "silu", "leaky_relu"} <= set(found)
    assert not {"linear", "flatten", "residual"} & set(found)


def test_an_option_says_its_default_and_meaning(server: Any) -> None:
    """In the list of completions."""
    (option,) = offered(server, "layers:\n  - leaky_relu:\n      |\n").values()
    assert option["insertText"] == "negative_slope: ${1:0.01}"
    assert option["documentation"] == "slope for x <= 0 (default: 0.01)"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("layers:\n  - le|aky_relu: {negative_slope: 0.1}\n", "Leaky rectified linear unit"),
        ("layers:\n  - leaky_relu: {neg|ative_slope: 0.1}\n", "slope for x <= 0 (default: 0.01)"),
        ("layers:\n  - ge|lu\n", "Gaussian error linear unit"),
        ("layers:\n  - conv|2d: {out_channels: 3, kernel: 3}\n", "Cross-correlation over images"),
        ("layers:\n  - {linear: 3, a|s: x}\n", "a name for the layer"),
        ("layers:\n  - relu\ntr|ain: {epochs: 3}\n", "How to train"),
    ],
)
def test_hovering_explains(server: Any, text: str, words: str) -> None:
    """A layer, an option, a bare name, a site key, a section."""
    assert words in shown(server, text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("layers:\n  - leaky_relu: {|negativ_slope: 0.1}\n", "Property negativ_slope is not allowed."),
        ("layers:\n  - gelu: {|aproximate: tanh}\n", "Property aproximate is not allowed."),
        ("layers:\n  - leaky_relu: {negative_slope: |abc}\n", "expected a number, $name or $(…)"),
        ("layers:\n  - linear: {out_features: 3, bias: |3}\n", "expected true or false, $name or $(…)"),
        ("layers:\n  - linear: |abc\n", "expected a mapping of options, an integer, $name or $(…)"),
        ("layers:\n  - linear: |0\n", "Value is below the minimum of 1."),
        ("layers:\n  - gelu: {approximate: |tan}\n", 'Value is not accepted. Valid values: "none", "tanh", "sigmoid".'),
        ("layers:\n  - |lienar: 3\n", "Property lienar is not allowed."),
        ("layers:\n  - |rleu\n", "Value must be "),
        ("layers:\n  - residual: [|rleu]\n", "Value must be "),
        ("layers:\n  - act: |rleu\n", "Value must be "),
        ("layers:\n  - |{linear: 3, relu: }\n", "Object has more properties than limit of 1."),
        ("layers:\n  - |{linear: 3, relu: , as: x}\n", "Object has more properties than limit of 2."),
        ("layers:\n  - |conv2d: {out_channels: 3}\n", 'Missing property "kernel".'),
        ("layers:\n  - |repeat: {layers: [relu]}\n", 'Missing property "times".'),
        ("layers: [use: b]\nblocks:\n  |b: {params: {n: 1}}\n", 'Missing property "layers".'),
        ("layers: [use: b]\nblocks:\n  b: {layers: [|rleu]}\n", "Value must be "),
        ("layers: [relu]\n|sede: 3\n", "Property sede is not allowed."),
        ("layers: [relu]\ntrain: {|epoch: 3}\n", "Property epoch is not allowed."),
    ],
)
def test_a_mistake_is_shown_where_it_stands(server: Any, text: str, message: str) -> None:
    """An unknown option, a wrong type, an unknown layer, two kinds, a missing key: one diagnostic, at its place."""
    before, after = (HEAD + text).split("|")
    (found,) = server.diagnostics(server.open(before + after))
    assert found["message"].startswith(message)
    place = found["range"]["start"]
    assert (place["line"], place["character"]) == (before.count("\n"), len(before.rpartition("\n")[2]))
