"""Fake distributions: a dist-info folder and a module on the path, without pip."""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

import actreg

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """install(distribution, source, …): afterwards the default registry discovers it afresh.

    entry: the entry point's name; None for no hooks. groups: static groups, each with lines ``name = :Class`` in which
    the module's name stands before the colon. site: another folder on the path. points: the whole of
    entry_points.txt. metadata: the whole of METADATA.
    """
    before = set(sys.modules)
    sites: dict[str, Path] = {}

    def folder(name: str) -> Path:
        if name not in sites:
            sites[name] = tmp_path / name
            sites[name].mkdir()
            monkeypatch.syspath_prepend(str(sites[name]))
        return sites[name]

    def install(
        distribution: str,
        source: str,
        *,
        version: str = "1.0",
        entry: str | None = "plugin",
        groups: Mapping[str, str] | None = None,
        site: str = "site",
        points: str | bytes | None = None,
        metadata: str | bytes | None = None,
        info: str | None = None,
    ) -> None:
        place = folder(site)
        module = distribution.replace("-", "_").replace(".", "_") + "_plugin"
        (place / f"{module}.py").write_text(textwrap.dedent(source), encoding="utf-8")
        home = place / (info or f"{distribution.replace('-', '_')}-{version}.dist-info")
        home.mkdir()
        if metadata is None:
            metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n"
        if points is None:
            points = f"[actreg]\n{entry} = {module}\n" if entry else ""
            for group, lines in (groups or {}).items():
                points += f"[actreg.{group}]\n" + "".join(
                    line.replace("= :", f"= {module}:").strip() + "\n" for line in lines.strip().splitlines()
                )
        for name, text in {"METADATA": metadata, "entry_points.txt": points}.items():
            (home / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        importlib.invalidate_caches()
        actreg.registry.reset()

    yield install
    for name in set(sys.modules) - before:
        if name.endswith("_plugin"):
            del sys.modules[name]
    actreg.registry.reset()
