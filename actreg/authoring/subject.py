"""The distribution under check: what is installed of it, where its source lies, and what its plugins declare."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from actreg.errors import UnknownNameError
from actreg.registry.discovery import Installed, canonical, installed
from actreg.registry.loading import load
from actreg.registry.plugin import Plugin


@dataclass(frozen=True)
class Subject:
    """One installed distribution. source: its project's folder, where it is installed from one."""

    declared: Installed
    distribution: metadata.Distribution
    source: Path | None

    @property
    def name(self) -> str:
        """The distribution's name."""
        return self.declared.name

    @cached_property
    def hooked(self) -> tuple[Plugin, ...]:
        """What its hooks return, each entry point asked once, although a registry may go by its static claims."""
        return tuple(load(source) for source in self.declared.hooks)

    @cached_property
    def static(self) -> Plugin:
        """What its metadata declares, everything imported."""
        return Plugin(self.declared.origin, static=self.declared.static).loaded()

    def things(self, what: str) -> list[Any]:
        """Everything of one kind that it provides, by hooks or statically, each once."""
        found = [thing for plugin in (*self.hooked, self.static) for thing in getattr(plugin, what)]
        return list({id(thing): thing for thing in found}.values())

    def modules(self) -> list[str]:
        """The modules that its entry points name, each once."""
        places = [source.origin.module for source in self.declared.hooks]
        places += [claim.origin.module for claim in self.declared.static]
        return list(dict.fromkeys(place.partition(":")[0].strip() for place in places))

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """Its own Python files, where they are imported from."""
        found: list[Path] = []
        for top in sorted({module.partition(".")[0] for module in self.modules()}):
            try:
                spec = find_spec(top)
            except (ImportError, ValueError):
                continue
            if spec is not None and spec.submodule_search_locations:
                found += [
                    path for folder in spec.submodule_search_locations for path in sorted(Path(folder).rglob("*.py"))
                ]
            elif spec is not None and spec.origin:
                found.append(Path(spec.origin))
        return tuple(found)

    def mention(self, pattern: str) -> tuple[str, int]:
        """File and line of the first line of its code in which a regular expression is found; nothing where none is."""
        for file in self.files:
            for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
                if re.search(pattern, line):
                    return shown(file), number
        return "", 0

    @property
    def project(self) -> Path | None:
        """Its pyproject.toml."""
        file = self.source / "pyproject.toml" if self.source is not None else None
        return file if file is not None and file.is_file() else None

    def place(self, text: str) -> tuple[str, int]:
        """File and line of the first line of pyproject.toml that has this text; its first where none has."""
        if self.project is None:
            return "", 0
        lines = self.project.read_text(encoding="utf-8").splitlines()
        found = next((number for number, line in enumerate(lines, 1) if text in line), 1)
        return shown(self.project), found


def find(what: str) -> Subject:
    """The subject of a distribution's name, or of the folder of its project.

    Raises UnknownNameError where it is not installed, or is no plugin.
    """
    folder = Path(what)
    name = what
    if (folder / "pyproject.toml").is_file():
        name = _project_name(folder) or what
    known = installed()
    for found in known:
        if canonical(found.name) == canonical(name):
            distribution = found.metadata or metadata.distribution(found.name)
            given = folder.resolve() if name != what else None
            return Subject(found, distribution, given or _source_of(distribution))
    raise UnknownNameError("plugin", name, [found.name for found in known], hint=_why_unknown(name, folder))


def _why_unknown(name: str, folder: Path) -> str:
    if folder.is_dir():
        if not (folder / "pyproject.toml").is_file():
            return f"{folder} has no pyproject.toml"
        return f"install it first: pip install -e {folder}; it needs an entry point in the group actreg"
    try:
        metadata.distribution(name)
    except (metadata.PackageNotFoundError, ValueError):
        return "it is not installed"
    return "it is installed and has no entry points for actreg"


def _project_name(folder: Path) -> str:
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return ""
    name = project.get("project", {}).get("name", "")
    return name if isinstance(name, str) else ""


def _source_of(distribution: metadata.Distribution) -> Path | None:
    """The folder of a local project, as pip recorded it (PEP 610)."""
    text = distribution.read_text("direct_url.json")
    if not text:
        return None
    url = urlparse(json.loads(text).get("url", ""))
    folder = Path(unquote(url.path))
    return folder if url.scheme == "file" and folder.is_dir() else None


def shown(path: Path) -> str:
    """A path relative to the working directory where it lies below that."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)


def line_of(cls: type, *texts: str) -> tuple[str, int]:
    """File and line of a class, or of the first line within it that begins with the first of `texts` that one begins
    with; nothing where unknown."""
    import inspect

    try:
        file = inspect.getsourcefile(cls)
        lines, start = inspect.getsourcelines(cls)
    except (OSError, TypeError):
        return "", 0
    place = next((n for text in texts for n, line in enumerate(lines) if line.strip().startswith(text)), 0)
    return (shown(Path(file)) if file else ""), start + place
