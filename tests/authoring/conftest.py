"""A plugin's project on disk, installed as pip would leave an editable install, without pip."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import actreg
from actreg.authoring.check import check
from actreg.authoring.finding import Finding

Project = Callable[..., Path]

PYPROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "my-plugin"
version = "0.3"
requires-python = ">=3.11"
dependencies = ["actreg"]

[project.entry-points.actreg]
my_plugin = "my_plugin.plugin"

[tool.setuptools]
packages = ["my_plugin"]

[tool.setuptools.package-data]
my_plugin = ["py.typed"]
"""
ACTIVATIONS = '''\
"""An activation."""

import math
from typing import Any, ClassVar

from pydantic import Field

from actreg import Elementwise, Finite, Info, Laws, Positive


class Tilt(Elementwise):
    """x where x > 0, slope·x below."""

    info: ClassVar[Info] = Info(name="tilt", aliases=("tilted",), latex="x", paper="nobody, 2026")
    slope: Positive = Field(0.25, description="slope for x <= 0")

    def forward(self, xp: Any, x: Any) -> Any:
        return xp.where(x > 0, x, self.slope * x)

    def derivative(self, xp: Any, x: Any) -> Any:
        return xp.where(x > 0, 1.0, self.slope)

    def reference(self, mp: Any, x: Any) -> Any:
        return x if x > 0 else mp.mpf(self.slope) * x

    def laws(self) -> Laws:
        return Laws(
            limits=(-math.inf, math.inf),
            derivative_limits=(self.slope, 1.0),
            kinks={0.0: self.slope} if self.slope != 1.0 else {},
            monotone=True,
        )
'''
PLUGIN = '''\
"""The entry point."""

from actreg import hookimpl
from my_plugin.activations import Tilt


@hookimpl
def actreg_activations():
    """What this plugin provides."""
    return [Tilt]
'''
METADATA = """\
Metadata-Version: 2.4
Name: my-plugin
Version: 0.3
License-Expression: MIT
Requires-Python: >=3.11
Requires-Dist: actreg
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """project(plugin=…, activations=…, pyproject=…, metadata=…, points=…, files=…): the project's folder."""

    def make(
        *,
        plugin: str = PLUGIN,
        activations: str = ACTIVATIONS,
        pyproject: str = PYPROJECT,
        metadata: str = METADATA,
        points: str = "[actreg]\nmy_plugin = my_plugin.plugin\n",
        files: dict[str, str] | None = None,
    ) -> Path:
        source, site = tmp_path / "source", tmp_path / "site"
        contents = {
            "pyproject.toml": pyproject,
            "my_plugin/__init__.py": "",
            "my_plugin/py.typed": "",
            "my_plugin/plugin.py": plugin,
            "my_plugin/activations.py": activations,
            **(files or {}),
        }
        for name, text in contents.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_text(text, encoding="utf-8")
        info = site / "my_plugin-0.3.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(metadata, encoding="utf-8")
        (info / "entry_points.txt").write_text(points, encoding="utf-8")
        url = {"url": source.as_uri(), "dir_info": {"editable": True}}
        (info / "direct_url.json").write_text(json.dumps(url), encoding="utf-8")
        for folder in (site, source):
            monkeypatch.syspath_prepend(str(folder))
        # Processes of their own see it as well.
        monkeypatch.setenv("PYTHONPATH", f"{source}:{site}")
        monkeypatch.chdir(source)
        importlib.invalidate_caches()
        actreg.registry.reset()
        return source

    before = set(sys.modules)
    yield make
    for name in set(sys.modules) - before:
        if name.partition(".")[0] == "my_plugin":
            del sys.modules[name]
    actreg.registry.reset()


def replaced(text: str, *pairs: tuple[str, str]) -> str:
    """A text with passages replaced, each of which must be there."""
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


def errors(what: str = ".", **options: Any) -> list[Finding]:
    """Everything but notes, without the conformance suite."""
    return [f for f in check(what, prove=False, **options).findings if f.severity != "note"]


@pytest.fixture
def parts() -> Any:
    """This module: the healthy project's files, from which each case makes its unhealthy one, and what they share."""
    return sys.modules[__name__]
