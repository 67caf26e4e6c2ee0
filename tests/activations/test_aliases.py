"""Names as other frameworks mean them: what each pins, and what is refused because it means several things."""

from __future__ import annotations

import numpy as np
import pytest

import actreg

MEANINGS = [
    ("gelu_tanh", "gelu", {"approximate": "tanh"}),
    ("gelu_quick", "gelu", {"approximate": "sigmoid"}),
    ("jax:gelu", "gelu", {"approximate": "tanh"}),
    ("keras:gelu", "gelu", {}),
    ("keras:ops.gelu", "gelu", {"approximate": "tanh"}),
    ("torch:nn.GELU", "gelu", {}),
    ("transformers:gelu_fast", "gelu", {"approximate": "tanh"}),
    ("mindspore:ops.fast_gelu", "gelu", {"approximate": "sigmoid"}),
    ("onnxruntime:FastGelu", "gelu", {"approximate": "tanh"}),
    ("onnx:HardSigmoid", "hard_sigmoid", {"slope": 0.20000000298023224}),
    ("thinc:hard_sigmoid", "hard_sigmoid", {"slope": 0.2}),
    ("keras:hard_sigmoid", "hard_sigmoid", {}),
    ("torch:hardsigmoid", "hard_sigmoid", {}),
    ("onnx:Selu", "selu", {"alpha": 1.6732631921768188, "scale": 1.0507010221481323}),
    ("torch:glu", "glu", {"gate": "second"}),
    ("monai:geglu", "geglu", {"gate": "second"}),
    ("timm:SwiGLUPacked", "swiglu", {"gate": "first"}),
    ("keras:linear", "identity", {}),
    ("torch:nn.Hardswish", "hard_swish", {}),
    ("hard_silu", "hard_swish", {}),
]


@pytest.mark.parametrize(("alias", "name", "config"), MEANINGS, ids=[alias for alias, _, _ in MEANINGS])
def test_a_name_is_the_activation_that_its_framework_means(alias, name, config):
    """With that framework's defaults."""
    assert actreg.get(alias) == actreg.get(name, **config)


@pytest.mark.parametrize(
    ("name", "candidates"),
    [
        ("fast_gelu", ("gelu_tanh", "gelu_quick")),
        ("FastGELU", ("gelu_tanh", "gelu_quick")),
        ("gelu_fast", ("gelu_tanh", "gelu_quick")),
        ("swiglu_packed", ("swiglu", "timm:SwiGLUPacked")),
    ],
)
def test_an_ambiguous_name_is_refused_with_its_candidates(name, candidates):
    """Each of them exists; listings don't offer the name."""
    with pytest.raises(actreg.UnknownNameError) as caught:
        actreg.get(name)
    assert caught.value.suggestions == candidates
    assert all(f"'{candidate}'" in str(caught.value) for candidate in candidates)
    registry = actreg.default_registry()
    assert set(candidates) <= {*registry.spellings(), *registry.names()}
    assert name not in registry.spellings()


def test_a_plugin_declares_ambiguous_names_too():
    """With its reason in the message; a target and candidates at once, or one candidate alone, are no declaration."""

    class Plugin:
        @actreg.hookimpl
        def actreg_aliases(self):
            return [actreg.Alias("soft_gate", candidates=("sigmoid", "silu"), reason="two papers use the name")]

    with pytest.raises(actreg.UnknownNameError, match=r"'sigmoid' or 'silu'.*two papers use the name"):
        actreg.Registry(plugins=[Plugin()]).get("soft_gate")
    for wrong in ({}, {"target": "silu", "candidates": ("a", "b")}, {"candidates": ("silu",)}):
        with pytest.raises(actreg.DefinitionError, match="two candidates"):
            actreg.Alias("soft_gate", **wrong)


def test_names_that_differ_are_different_functions():
    """gelu, its forms, and hard sigmoids of other slopes, beyond any tolerance."""
    x = np.linspace(-4.0, 4.0, 81)
    values = {name: actreg.get(name)(x) for name in ("gelu", "gelu_tanh", "gelu_quick", "silu", "mish", "hard_swish")}
    names = list(values)
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            assert np.max(np.abs(values[one] - values[other])) > 4e-4, (one, other)
    steep, torch = actreg.get("onnx:HardSigmoid")(x), actreg.get("torch:hardsigmoid")(x)
    assert np.max(np.abs(steep - torch)) > 0.08
