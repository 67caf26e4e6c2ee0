"""`actreg plugin check` tries the backends of a plugin."""

from __future__ import annotations

from typing import Any

import pytest

BACKEND = """\
from actreg import hookimpl
from actreg.backends.numpy.backend import NumpyBackend


class Mine(NumpyBackend):
    name = "mine"
    modules = ("nowhere",)
    {}


@hookimpl
def actreg_backends():
    return [Mine]
"""
FAULTS = {
    "nothing": ("", "", ""),
    "an unknown capability": ("capabilities = frozenset({'flying'})", "backends", "the unknown capability 'flying'"),
    "a constructor that raises": ("def __init__(self, kernels): raise OSError('no driver')", "backends", "no driver"),
    "a sign that is lost": (
        "def from_numpy(self, array, **options): return super().from_numpy(array + 0.0, **options)",
        "backends",
        "float64 there and back gives",
    ),
    "a dtype that is denied": ("def dtype_of(self, array): return 'int8'", "backends", "says it is otherwise"),
    "no devices": ("def devices(self): return ()", "backends", "devices() is empty"),
    "a network that is not declared": ("capabilities = frozenset()", "backends", "does not declare the capability"),
    "a network that is not there": (
        "def network(self, *given, **options): raise KeyError('weights')",
        "backends",
        "a small network fails: KeyError: 'weights'",
    ),
}


@pytest.mark.parametrize(("body", "rule", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_a_backend_is_tried(body: str, rule: str, message: str, project: Any, parts: Any, monkeypatch: Any) -> None:
    """What it promises is compared with what it does, and pointed at."""
    monkeypatch.setattr("actreg.authoring.wheel._build", lambda *given: (None, "not built here"))
    project(plugin=BACKEND.format(body))
    found = [f for f in parts.errors() if f.rule == "backends"]
    if not rule:
        assert found == []
        return
    assert any(message in f.message for f in found), found
    assert all(f.fix and f.file.endswith("my_plugin/plugin.py") and f.line == 5 for f in found)


def test_parameters_that_a_layer_lacks_are_found(project: Any, parts: Any, monkeypatch: Any) -> None:
    """What a layer owns is what the activation declares."""
    monkeypatch.setattr("actreg.authoring.wheel._build", lambda *given: (None, "not built here"))
    learnable = parts.replaced(
        parts.ACTIVATIONS,
        ("from actreg import", "from actreg import Constant, Param,"),
        ("    def laws", "    def parameters(self):\n        return {'w': Param((1,), Constant(1.0))}\n\n    def laws"),
        ("def forward(self, xp: Any, x: Any)", "def forward(self, xp: Any, x: Any, *, w: Any)"),
        ("def derivative(self, xp: Any, x: Any)", "def derivative(self, xp: Any, x: Any, *, w: Any)"),
    )
    backend = BACKEND.format("def parameters_of(self, layer): return {}")
    backend += (
        "\n\nfrom my_plugin.activations import Tilt\n\n\n@hookimpl\ndef actreg_activations():\n    return [Tilt]\n"
    )
    project(plugin=backend, activations=learnable)
    found = [f.message for f in parts.errors() if f.rule == "shapes"]
    assert any(message.startswith("on mine its layer owns {}, and parameters() declares {'w':") for message in found), (
        found
    )
