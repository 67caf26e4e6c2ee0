"""The house rules that no type checker knows: import contracts, file sizes, no cycles, no stray prints."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parent.parent
MOST_LINES = 400


def python_files(*folders: str) -> list[Path]:
    """The Python files under folders of the repository, in a stable order."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in found if "build" not in path.relative_to(ROOT).parts)


def names(paths: list[Path]) -> list[str]:
    """Ids of tests: paths from the repository's root."""
    return [path.relative_to(ROOT).as_posix() for path in paths]


CORE = python_files("actreg")
PLUGINS = [path for path in python_files("plugins") if "tests" not in path.parts]
SOURCES = CORE + PLUGINS
COMMAND_LINE = python_files("actreg/cli")
BELOW = [path for path in CORE if path not in COMMAND_LINE and path.name != "pytest_plugin.py"]
QUIET = [path for path in SOURCES if path not in COMMAND_LINE]


def test_files_were_found() -> None:
    """The rules below look at the core and at a plugin, not at empty lists."""
    assert ROOT / "actreg" / "__init__.py" in CORE
    assert ROOT / "plugins" / "actreg-torch" / "actreg_torch" / "plugin.py" in PLUGINS


def test_import_contracts_hold() -> None:
    """Imports point down, and every library has its door: the contracts of pyproject.toml."""
    command = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_import_cycle() -> None:
    """No module imports itself, however indirectly; imports for type checkers alone do not count."""
    graph = grimp.build_graph("actreg", exclude_type_checking_imports=True, cache_dir=None)
    modules = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(modules).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(reversed(error.args[1])))


@pytest.mark.parametrize("path", BELOW, ids=names(BELOW))
def test_core_imports_modules_not_the_package(path: Path) -> None:
    """Nothing below the command line goes in by the front door, ``import actreg``: it would point up."""
    taken = [
        f"line {line}: {name}" for line, package, name in imported(path) if package == "actreg" and not module(name)
    ]
    assert not taken


@pytest.mark.parametrize("path", PLUGINS, ids=names(PLUGINS))
def test_plugins_use_only_public_names(path: Path) -> None:
    """A plugin says ``from actreg import …`` and never reaches into a module of the core."""
    assert not [f"line {line}: {name}" for line, name, _ in imported(path) if name.startswith("actreg.")]


@pytest.mark.parametrize("path", QUIET, ids=names(QUIET))
def test_nothing_prints_outside_the_command_line(path: Path) -> None:
    """`print` is the command line's; a library returns, raises or warns."""
    tree = ast.parse(path.read_text("utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    assert not [f"line {call.lineno}" for call in calls if call.func.id == "print"]


def test_no_file_is_over_400_lines() -> None:
    """One thing per file: sources, tests and scripts alike."""
    files = python_files("actreg", "plugins", "scripts", "tests")
    lengths = {path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines()) for path in files}
    assert not {name: length for name, length in lengths.items() if length > MOST_LINES}


def imported(path: Path) -> Iterator[tuple[int, str, str]]:
    """Line, module and name of everything that a file imports absolutely; the name is empty in ``import module``."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.lineno, node.module, alias.name) for alias in node.names)


def module(name: str) -> bool:
    """Whether a name that ``from actreg import name`` brings is a module and not an object of the package."""
    return bool(name) and ((ROOT / "actreg" / name).is_dir() or (ROOT / "actreg" / f"{name}.py").is_file())
