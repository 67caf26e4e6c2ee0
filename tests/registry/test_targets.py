"""`actreg.get` and `actreg.layer` as targets in other people's config: names and numbers are all that is needed."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

import actreg

PAGE = Path(__file__).parents[2] / "docs" / "embedding.md"
(TEXT,) = re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)


def instantiate(node: Any) -> Any:
    """What Hydra does with ``_target_``: import, resolve the parts, call."""
    if isinstance(node, list):
        return [instantiate(item) for item in node]
    if not isinstance(node, Mapping):
        return node
    parts = {key: instantiate(value) for key, value in node.items() if key not in ("_target_", "_args_")}
    if "_target_" not in node:
        return parts
    module, _, name = node["_target_"].rpartition(".")
    return getattr(importlib.import_module(module), name)(*instantiate(node.get("_args_", [])), **parts)


def test_the_page_s_config_resolves() -> None:
    """The YAML of docs/embedding.md, by a resolver of our own."""
    pytest.importorskip("torch")
    found = instantiate(yaml.safe_load(TEXT))
    assert found["act"] == actreg.get("leaky_relu", negative_slope=0.1)
    assert found["layer"].weight.shape == (8,)


def test_a_mistake_in_a_target_is_our_error() -> None:
    """With a did-you-mean."""
    with pytest.raises(actreg.ConfigError, match="did you mean 'negative_slope'"):
        instantiate({"_target_": "actreg.get", "_args_": ["leaky_relu"], "negativ_slope": 0.1})


def test_hydra_resolves_it_as_well() -> None:
    """The real one, where it is installed; its configs themselves pass as mappings."""
    hydra = pytest.importorskip("hydra.utils", reason="hydra-core is not installed")
    omegaconf = pytest.importorskip("omegaconf")
    pytest.importorskip("torch")
    config = omegaconf.OmegaConf.create(TEXT)
    found = hydra.instantiate(config)
    assert found.act == actreg.get("leaky_relu", negative_slope=0.1)
    plain = omegaconf.OmegaConf.create({"act": {"leaky_relu": {"negative_slope": 0.1}}})
    assert actreg.get(plain.act) == found.act
    with pytest.raises(Exception, match="did you mean 'negative_slope'"):
        hydra.instantiate({"_target_": "actreg.get", "_args_": ["leaky_relu"], "negativ_slope": 0.1})


def test_jsonargparse_gives_what_get_reads() -> None:
    """The real one, where it is installed."""
    jsonargparse = pytest.importorskip("jsonargparse", reason="jsonargparse is not installed")

    def train(act: dict | str = "silu", epochs: int = 1) -> Any:  # type: ignore[type-arg]
        return actreg.get(act)

    for given, spec in ((["--act", "tanh"], "tanh"), (["--act", '{"elu": {"alpha": 0.5}}'], {"elu": {"alpha": 0.5}})):
        assert jsonargparse.CLI(train, args=given) == actreg.get(spec)
