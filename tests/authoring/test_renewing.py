"""`actreg plugin new` writes a package that works untouched, and `plugin update` brings it up to a newer template."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import actreg
from actreg.authoring import renewing
from actreg.authoring.renewing import TemplateError, new, repository, update

pytest.importorskip("copier", reason="the extra new is not installed")
pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
ROOT = Path(__file__).parent.parent.parent
EXAMPLE = ROOT / "plugins" / "actreg-example"
ANSWERS = {
    "distribution": "actreg-example",
    "author": "actreg developers",
    "summary": "An example of a plugin for actreg, as its template writes it.",
    "activations": ["bent_line"],
    "backends": ["numpy"],
    "year": "2026",
}


def texts(folder: Path) -> dict[str, str]:
    """Every file of a package but what building and running it leave, without where its template lay."""
    found = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and not any(p.endswith((".egg-info", "__pycache__", "cache")) for p in inside.parts):
            lines = path.read_text(encoding="utf-8").splitlines()
            found[inside.as_posix()] = "\n".join(line for line in lines if not line.startswith("_src_path"))
    return found


def git(folder: Path, *arguments: str) -> None:
    """A git command as somebody."""
    who = ["-c", "user.name=me", "-c", "user.email=me@localhost"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def test_the_example_is_the_templates_output(tmp_path: Path) -> None:
    """plugins/actreg-example is what the template writes, to the letter."""
    new(tmp_path / "made", ANSWERS, ask=False, cache=tmp_path / "cache")
    made, kept = texts(tmp_path / "made"), texts(EXAMPLE)
    assert made.keys() == kept.keys()
    assert [name for name in made if made[name] != kept[name]] == []


def test_answers_shape_the_package(tmp_path: Path) -> None:
    """Several activations, backends, a licence: a module, a test and a page for each, and nothing left to fill in."""
    answers = {
        **ANSWERS,
        "distribution": "My.Curves",
        "activations": ["one", "two_three"],
        "backends": ["numpy", "torch"],
        "licence": "Apache-2.0",
    }
    new(tmp_path / "made", answers, ask=False, cache=tmp_path / "cache")
    made = texts(tmp_path / "made")
    for name in ("one", "two_three"):
        assert {f"src/my_curves/{name}.py", f"tests/test_{name}.py", f"docs/{name}.md"} <= made.keys()
    assert 'two_three = "my_curves.two_three:TwoThree"' in made["pyproject.toml"]
    assert '"actreg-torch"' in made["pyproject.toml"]
    assert 'license = "Apache-2.0"' in made["pyproject.toml"]
    assert "Apache License" in made["LICENSE"]
    everything = "\n".join(made.values())
    assert not [sign for sign in ("TODO", "FIXME", "{%", "bent_line") if sign in everything]
    assert everything.count("{{") == everything.count("${{")


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"distribution": "no spaces, please"}, "letters, digits and single hyphens"),
        ({"activations": ["Not-Canonical"]}, "Not-Canonical is no name"),
        ({"activations": "bent_line"}, "a list of names"),
        ({"backends": ["torch"]}, "a list that has numpy"),
        ({"licence": "Proprietary"}, "licence|choice"),
    ],
)
def test_answers_that_make_no_package_are_refused(answers: Any, message: str, tmp_path: Path) -> None:
    """With the reason; nothing is written."""
    with pytest.raises(TemplateError, match=message):
        new(tmp_path / "made", {**ANSWERS, **answers}, ask=False, cache=tmp_path / "cache")
    assert not list((tmp_path / "made").glob("**/*.py"))


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """A folder with something in it is refused; an empty one, or a fresh git repository, is not."""
    (tmp_path / "made").mkdir()
    git(tmp_path / "made", "init", "-q")
    new(tmp_path / "made", ANSWERS, ask=False, cache=tmp_path / "cache")
    with pytest.raises(TemplateError, match="not empty"):
        new(tmp_path / "made", ANSWERS, ask=False, cache=tmp_path / "cache")


def test_an_update_brings_the_newer_template_and_keeps_the_authors_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The template of a later version changes a file that its author has changed elsewhere: both changes stand."""
    cache, made = tmp_path / "cache", tmp_path / "made"
    new(made, ANSWERS, ask=False, cache=cache)
    module = made / "src/actreg_example/bent_line.py"
    module.write_text(module.read_text().replace("A line with a bend", "A line that its author bends"))
    git(made, "init", "-q")
    git(made, "add", "-A")
    git(made, "commit", "-q", "-m", "mine")
    later = tmp_path / "template"
    shutil.copytree(renewing.PACKAGED, later)
    (workflow,) = later.rglob("ci.yml.jinja")
    workflow.write_text(workflow.read_text().replace('"3.14"', '"3.14", "3.15"'))
    monkeypatch.setattr(renewing, "__version__", "9.0.0")
    repository(cache, later, "9.0.0")
    monkeypatch.setattr(renewing, "PACKAGED", later)
    monkeypatch.setattr(renewing, "repository", lambda where: cache / "plugin-template")
    update(made, cache=cache)
    assert '"3.15"' in (made / ".github/workflows/ci.yml").read_text()
    assert "A line that its author bends" in module.read_text()
    assert "_commit: v9.0.0" in (made / ".copier-answers.yml").read_text()


def test_what_was_not_made_here_is_not_updated(tmp_path: Path) -> None:
    """A folder without answers is refused."""
    with pytest.raises(TemplateError, match=r"no \.copier-answers\.yml"):
        update(tmp_path, cache=tmp_path / "cache")


def test_without_copier_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What to install."""
    monkeypatch.setitem(sys.modules, "copier", None)
    with pytest.raises(actreg.MissingExtraError, match=r"pip install 'actreg\[new\]'"):
        new(tmp_path / "made", ANSWERS, ask=False, cache=tmp_path / "cache")


@pytest.mark.slow
def test_a_new_package_is_green_in_a_fresh_environment(tmp_path: Path) -> None:
    """A fresh folder, a fresh virtual environment, pip, pytest, `actreg plugin check`: all green, untouched."""
    made = tmp_path / "actreg-curves"
    new(made, {**ANSWERS, "distribution": "actreg-curves", "activations": ["curve"]}, ask=False, cache=tmp_path / "c")
    python = tmp_path / "venv" / "bin" / "python"
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}

    def run(*command: str) -> str:
        done = subprocess.run(command, cwd=made, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    start = time.perf_counter()
    run(sys.executable, "-m", "venv", str(python.parent.parent))
    pip = (
        str(python),
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "-c",
        str(ROOT / "constraints.txt"),
    )
    run(*pip, str(ROOT), "-e", ".[test]")
    assert " passed" in run(str(python), "-m", "pytest", "-q")
    assert "nothing to mend" in run(str(python), "-m", "actreg", "plugin", "check", ".")
    assert time.perf_counter() - start < 600
