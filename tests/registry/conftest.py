"""Fake distributions: a dist-info folder and a module on the path, without pip."""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import actreg

Install = Callable[..., None]

GOOD = '''
from typing import Any, ClassVar
from actreg import Alias, Elementwise, Info, hookimpl

class {cls}(Elementwise):
    """A test activation."""
    info: ClassVar[Info] = Info(name="{name}")
    def forward(self, xp: Any, x: Any) -> Any:
        return x * 2.0

@hookimpl
def actreg_activations():
    return [{cls}]
'''


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """install(distribution, source, version=, entry=): afterwards the default registry discovers it afresh."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    before = set(sys.modules)

    def install(distribution: str, source: str, *, version: str = "1.0", entry: str = "plugin") -> None:
        module = distribution.replace("-", "_") + "_plugin"
        (site / f"{module}.py").write_text(textwrap.dedent(source), encoding="utf-8")
        info = site / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n", encoding="utf-8"
        )
        (info / "entry_points.txt").write_text(f"[actreg]\n{entry} = {module}\n", encoding="utf-8")
        importlib.invalidate_caches()
        actreg.registry.reset()

    yield install
    for name in set(sys.modules) - before:
        if name.endswith("_plugin"):
            del sys.modules[name]
    actreg.registry.reset()
