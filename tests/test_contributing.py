"""What CONTRIBUTING.md shows works as it stands there."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import mpmath
import numpy as np
import pytest

import actreg

ROOT = Path(__file__).parent.parent


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The Python blocks of the guide, run in order as one module, the plugin of its imaginary package."""
    module = ModuleType("my_package_plugin")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.M | re.S)
    assert len(blocks) == 3
    exec(compile("\n".join(blocks), "CONTRIBUTING.md", "exec"), module.__dict__)
    return module


def test_the_shown_activation_works(plugin: ModuleType) -> None:
    """A registry with the shown plugin finds the activation by name and alias, and evaluates and differentiates it."""
    registry = actreg.Registry(plugins=[plugin])
    act = registry.get("TReLU", slope=0.25)
    x = np.array([-2.0, 0.0, 3.0])
    assert registry.apply(act, x).tolist() == [-0.5, 0.0, 3.0]
    assert registry.derivative(act, x).tolist() == [0.25, 0.25, 1.0]
    assert act.reference(mpmath, mpmath.mpf(-2)) == -0.5
    assert act.laws().kinks == {0.0: 0.25}


def test_the_shown_config_is_checked(plugin: ModuleType) -> None:
    """Another framework's spelling of the option is refused with ours."""
    with pytest.raises(actreg.ConfigError, match="did you mean 'slope'"):
        actreg.Registry(plugins=[plugin]).get("tilted_relu", alpha=0.1)


def test_the_shown_kernel_is_a_legal_declaration(plugin: ModuleType) -> None:
    """The kernel claims float32 alone."""
    assert plugin.KERNEL.applies("cpu", "float32")
    assert not plugin.KERNEL.applies("cpu", "float64")
