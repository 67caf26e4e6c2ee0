"""Checks that the wheel, which users get, holds what the source promises."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from email import message_from_string
from email.message import Message
from pathlib import Path
from typing import Any, Final

from actreg.authoring.finding import Finding
from actreg.authoring.subject import Subject, shown

DATA: Final = frozenset({".tsv", ".json", ".toml", ".txt", ".yaml", ".yml", ".csv", ".npz", ".typed", ".pyi"})
"""Endings of files that a package may need at run time."""

_SKIPPED: Final = frozenset({"__pycache__", "tests", "test", "docs", "examples", "build", "dist", "node_modules"})


def wheel(s: Subject) -> Iterator[Finding]:
    """A wheel built from the source has every module and data file of its packages, the entry points, and no tests."""
    if s.project is None or s.source is None:
        message = "its source is not here, so its wheel was not compared with it"
        yield Finding("wheel", message, "check the project's folder: actreg plugin check PATH", "note")
        return
    with tempfile.TemporaryDirectory() as folder:
        # Of a copy, since building leaves its traces in the source.
        copy = Path(folder) / "source"
        shutil.copytree(s.source, copy, ignore=shutil.ignore_patterns(".*", *_SKIPPED - {"tests", "test", "docs"}))
        built, complaint = _build(copy, Path(folder))
        if built is None:
            fix = "make pip wheel work in its folder"
            yield Finding("wheel", f"no wheel can be built: {complaint}", fix, "error", *s.place("[build-system]"))
            return
        with zipfile.ZipFile(built) as archive:
            names = set(archive.namelist())
            points = next((archive.read(n).decode() for n in names if n.endswith(".dist-info/entry_points.txt")), "")
            head = next((archive.read(n).decode() for n in names if n.endswith(".dist-info/METADATA")), "")
    yield from _contents(s, names)
    yield from _facts(s, message_from_string(head))
    yield from _points(s, points)


def _build(source: Path, folder: Path) -> tuple[Path | None, str]:
    """The wheel, or None and why; with the build tools that are here if they will do, as that is faster."""
    options = ["-q", "--disable-pip-version-check", "--no-deps", "-w", str(folder)]
    complaint = ""
    for further in (["--no-build-isolation"], []):
        command = [sys.executable, "-m", "pip", "wheel", *options, *further, str(source)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if (found := next(folder.glob("*.whl"), None)) is not None:
            return found, ""
        complaint = " ".join(done.stderr.split())[-300:]
    return None, complaint


def _contents(s: Subject, names: set[str]) -> Iterator[Finding]:
    assert s.source is not None
    for file, place in _promised(s, s.source):
        if place not in names:
            data = file.suffix != ".py"
            fix = "add it to package-data" if data else "correct the build's list of packages"
            where = s.place("package-data") if data else s.place("packages")
            yield Finding("wheel", f"{shown(file)} is not in the wheel", fix, "error", *where)
    for name in sorted({n.partition("/")[0] for n in names} & {"tests", "test", "docs", "examples", "scripts"}):
        message = f"the wheel installs a top-level package {name!r}, which other projects' would overwrite"
        yield Finding("wheel", message, "list your packages in the build configuration", "error", *s.place("packages"))


def _promised(s: Subject, source: Path) -> Iterator[tuple[Path, str]]:
    """The files of the packages that the entry points name, and their places in a wheel."""
    for top in sorted({module.partition(".")[0] for module in s.modules()}):
        for root in (source, source / "src"):
            if (root / f"{top}.py").is_file():
                yield root / f"{top}.py", f"{top}.py"
            for file in sorted((root / top).rglob("*")) if (root / top).is_dir() else ():
                inside = file.relative_to(root)
                wanted = file.suffix == ".py" or file.suffix in DATA or file.name == "py.typed"
                if file.is_file() and wanted and not _SKIPPED & set(inside.parts[:-1]):
                    yield file, inside.as_posix()


def _facts(s: Subject, built: Message) -> Iterator[Finding]:
    """What is installed, and what its module says of itself, is what the source says."""
    for field in ("Version", "Requires-Python", "Requires-Dist"):
        there, here = (
            sorted(str(text).replace(" ", "") for text in m.get_all(field) or ())
            for m in (built, s.distribution.metadata)
        )
        if there != here:
            message = (
                f"the source says {field}: {', '.join(there) or 'none'}, and installed is {', '.join(here) or 'none'}"
            )
            fix = f"install it again: pip install -e {s.source}"
            place = s.place({"Version": "version", "Requires-Dist": "dependencies"}.get(field, "requires-python"))
            yield Finding("wheel", message, fix, "error", *place)
    for top in sorted({module.partition(".")[0] for module in s.modules()}):
        said = getattr(sys.modules.get(top), "__version__", None)
        if isinstance(said, str) and said != built["Version"]:
            message = f"{top}.__version__ is {said}, and its metadata says {built['Version']}"
            fix = "keep the version in one place"
            yield Finding("wheel", message, fix, "error", *s.mention(r"^__version__\b"))


def _points(s: Subject, text: str) -> Iterator[Finding]:
    assert s.project is not None
    project: dict[str, Any] = tomllib.loads(s.project.read_text(encoding="utf-8")).get("project", {})
    declared = {group: dict(entries) for group, entries in project.get("entry-points", {}).items()}
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    for group, entries in declared.items():
        if group.partition(".")[0] == "actreg":
            inside = dict(parser[group]) if parser.has_section(group) else {}
            if inside != {name: str(value) for name, value in entries.items()}:
                message = f"the wheel's entry points in {group} are not those of pyproject.toml"
                yield Finding("wheel", message, "build it afresh", "error", *s.place(group))
    installed = {(p.group, p.name, p.value) for p in s.distribution.entry_points if p.group.startswith("actreg")}
    there = {(g, n, v) for g in parser.sections() if g.startswith("actreg") for n, v in parser[g].items()}
    if installed != there:
        message = "what is installed has other entry points than the source"
        yield Finding(
            "wheel", message, f"install it again: pip install -e {s.source}", "error", *s.place("entry-points")
        )
