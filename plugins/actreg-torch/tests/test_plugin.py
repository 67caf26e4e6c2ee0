"""The plugin as such: what it declares, and that it loads no torch until it is used."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

import actreg

CODE = """
import sys
import actreg, actreg_torch.plugin
registry = actreg.Registry(plugins=[actreg_torch.plugin])
assert "torch" in registry.backend_names() and registry.names(backend="torch")
assert "torch" not in sys.modules, "torch was imported"
registry.backend("torch")
assert "torch" in sys.modules
"""


def test_listing_imports_no_torch() -> None:
    """Importing the plugin and listing its backend loads no torch; constructing the backend does."""
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "config", "kernel"),
    [
        ("sigmoid", {}, True),
        ("tanh", {}, True),
        ("relu", {}, True),
        ("leaky_relu", {}, True),
        ("leaky_relu", {"negative_slope": 0.0}, False),
        ("elu", {"alpha": 2.0}, True),
        ("elu", {"alpha": -1.0}, False),
        ("prelu", {}, True),
        ("prelu", {"num_parameters": 3}, True),
        ("prelu", {"num_parameters": 3, "axis": -1}, False),
        ("prelu", {"num_parameters": 1, "axis": -1}, True),
        ("softmax", {"axis": 0}, True),
        ("silu", {}, True),
        ("silu", {"beta": 2.0}, False),
        ("silu", {"trainable": True}, False),
        ("softplus", {"beta": 2.0, "threshold": 5.0}, True),
        ("maxout", {}, False),
        ("maxout_pool", {}, False),
    ],
)
def test_native_kernels_bind_only_what_torch_means(
    backend: Any, name: str, config: dict[str, Any], kernel: bool
) -> None:
    """A configuration that torch's own function does not mean is left to the formula."""
    assert (backend.kernels(actreg.get(name, **config), "cpu", "float32") is not None) is kernel


def test_explain_names_torchs_function(registry: actreg.Registry) -> None:
    """The listing says which function of torch runs."""
    assert "torch.nn.functional.silu" in str(registry.explain("silu"))
