"""A new plugin package from the template that comes with actreg, by copier.

Requirements:

- `copier update` works in what was made: copier updates from a git repository with a tag for each version, so the
  packaged template is laid into one, in the user's cache, with this actreg's version as its tag. On another machine
  the version that a package was made from is fetched out of that version's wheel.
- Every answer can be given beforehand; what is asked, and its default, stands in the template alone.
- Nothing that is there is overwritten.
"""

from __future__ import annotations

import filecmp
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from importlib import metadata
from keyword import kwlist
from pathlib import Path
from typing import Any, Final

from actreg.contracts.names import normalise
from actreg.errors import ActregError, MissingExtraError
from actreg.hookspecs import PROJECT
from actreg.registry import default_registry
from actreg.registry.discovery import canonical, installed
from actreg.version import __version__

PACKAGED: Final = Path(__file__).with_name("template")
UNFIT: Final = sorted(
    {*map(str.lower, kwlist), "any", "class_var", "conformance", "elementwise", "field", "info", "laws", "positive"}
)
"""Activations whose module, class or test file would be another thing's."""
_WHO: Final = ("-c", "user.name=actreg", "-c", "user.email=actreg@localhost", "-c", "commit.gpgsign=false")


class TemplateError(ActregError, RuntimeError):
    """The template can't be laid out, or does not go where it should."""


def repository(cache: Path | None = None, template: Path = PACKAGED, version: str = __version__) -> Path:
    """The git repository of the template, with `version` as its newest tag; made or brought up to date.

    cache: the folder to keep it in; the user's cache folder by default. Raises TemplateError where git is missing.
    """
    home = (cache or _cache()) / "plugin-template"
    home.mkdir(parents=True, exist_ok=True)
    if not (home / ".git").is_dir():
        _git(home, "init", "-q", "-b", "main")
    if not _same(template, home) or not _git(home, "tag", "--list", _tag(version)):
        for old in home.iterdir():
            if old.name != ".git":
                shutil.rmtree(old) if old.is_dir() else old.unlink()
        shutil.copytree(template, home, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        _git(home, "add", "-A")
        _git(home, *_WHO, "commit", "-q", "--allow-empty", "-m", f"The template of actreg {version}")
        _git(home, "tag", "-f", _tag(version))
    return home


def new(folder: Path, answers: Mapping[str, Any], *, ask: bool, cache: Path | None = None) -> list[Path]:
    """Writes a package into `folder`; the files, sorted. ask: whether questions without an answer are put.

    Raises MissingExtraError without copier, TemplateError where the folder is not empty or an answer is refused.
    """
    copier = _copier()
    if folder.exists() and (not folder.is_dir() or any(p.name != ".git" for p in folder.iterdir())):
        raise TemplateError(f"{folder} is there already and not empty: name a new folder")
    source = repository(cache)
    data = {**answers, **_surroundings(answers.get("distribution", ""))}
    try:
        copier.run_copy(str(source), folder, data=data, defaults=not ask, vcs_ref=_tag(__version__), quiet=True)
    except (copier.errors.CopierError, ValueError) as error:
        raise TemplateError(f"the package was not made: {' '.join(str(error).split())}") from error
    return sorted(path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts)


def update(folder: Path, *, cache: Path | None = None) -> list[str]:
    """Brings a package that `new` made up to this actreg's template; the author's changes stay. The files in which both
    changed the same lines, which are left as git leaves a conflict.

    The folder must be a git repository without uncommitted changes, since the author will want to see what changed.
    Raises MissingExtraError, TemplateError.
    """
    copier = _copier()
    answers = folder / ".copier-answers.yml"
    if not answers.is_file():
        raise TemplateError(f"{folder} has no .copier-answers.yml: it was not made by actreg plugin new")
    text = answers.read_text(encoding="utf-8")
    source = _with_history(text, cache)
    # Another machine keeps its cache elsewhere.
    moved = re.sub(r"^_src_path: .*$", lambda _: f"_src_path: {source}", text, flags=re.MULTILINE)
    if moved != text:
        answers.write_text(moved, encoding="utf-8")
        _git(folder, *_WHO, "commit", "-q", "-m", "Where the template lies", "--", answers.name)
    try:
        copier.run_update(folder, defaults=True, overwrite=True, vcs_ref=_tag(__version__), quiet=True)
    except (copier.errors.CopierError, ValueError) as error:
        raise TemplateError(f"the package was not updated: {' '.join(str(error).split())}") from error
    return _git(folder, "diff", "--name-only", "--diff-filter=U", "--relative").splitlines()


def _with_history(answers: str, cache: Path | None) -> Path:
    """The template's repository, with the version that a package was made from: three ways meet in an update."""
    source = repository(cache)
    made_from = re.search(r"^_commit: v(\S+)$", answers, flags=re.MULTILINE)
    if made_from is None or _git(source, "tag", "--list", _tag(made_from[1])):
        return source
    with tempfile.TemporaryDirectory() as folder:
        repository(cache, _published(made_from[1], Path(folder)), made_from[1])
    return repository(cache)


def _published(version: str, folder: Path) -> Path:
    """The template of another version, out of its wheel."""
    pip = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps", "-d", str(folder)]
    wanted = f"{PROJECT}=={version}"
    done = subprocess.run([*pip, "--only-binary", ":all:", wanted], capture_output=True, text=True, check=False)
    wheel = next(folder.glob("*.whl"), None)
    if wheel is None:
        why = " ".join(done.stderr.split())[-300:]
        raise TemplateError(f"the package was made by {wanted}, whose template is needed and can't be had: {why}")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder / PROJECT / "authoring" / "template"


def _surroundings(distribution: str) -> dict[str, Any]:
    """What the template's questions can't know: names that others claim, modules that others have."""
    registry = default_registry()
    mine = canonical(distribution)
    claims = {
        normalise(name): " and ".join(owners)
        for name in registry.spellings()
        if (owners := [str(c.origin) for c in registry.claims(name) if canonical(c.origin.distribution) != mine])
    }
    # A plugin made a second time hides nothing but itself.
    plugins = {canonical(found.name) for found in installed()}
    modules = {
        module
        for module, owners in metadata.packages_distributions().items()
        if not plugins & {canonical(owner) for owner in owners}
    }
    return {"claims": claims, "modules": sorted(modules | sys.stdlib_module_names | {PROJECT}), "unfit": UNFIT}


def _copier() -> Any:
    try:
        import copier
        import copier.errors
    except ImportError as error:
        raise MissingExtraError("a new plugin", "copier", "pip install 'actreg[new]'") from error
    return copier


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "actreg"


def _tag(version: str) -> str:
    return f"v{version}"


def _same(a: Path, b: Path) -> bool:
    """Whether two trees have the same files with the same bytes, .git and caches aside."""
    left, right = ({p.relative_to(root) for p in root.rglob("*") if _counts(p, root)} for root in (a, b))
    return left == right and all(filecmp.cmp(a / path, b / path, shallow=False) for path in left)


def _counts(path: Path, root: Path) -> bool:
    parts = path.relative_to(root).parts
    return path.is_file() and parts[0] != ".git" and "__pycache__" not in parts


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    except FileNotFoundError as error:
        raise TemplateError("git is not installed, and copier needs it for templates with versions") from error
    except subprocess.CalledProcessError as error:
        raise TemplateError(f"git {arguments[0]} failed in {folder}: {' '.join(error.stderr.split())}") from error
    return done.stdout.strip()
