"""`actreg plugin new` writes a package that works untouched, and `plugin update` brings it up to a newer template."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import time
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

import actreg
from actreg.authoring import renewing
from actreg.authoring.renewing import TemplateError, new, update
from actreg.cli.app import execute

pytest.importorskip("copier", reason="the extra new is not installed")
pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
ROOT = Path(__file__).parent.parent.parent
TEMPLATE = renewing.PACKAGED
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
        ({"backends": ["numpy", "cupy"]}, "and may have torch and jax"),
        ({"distribution": "9lives"}, "beginning with a letter"),
        ({"distribution": "actreg"}, "would hide another one that Python knows as actreg"),
        ({"distribution": "Numpy"}, "would hide another one that Python knows as numpy"),
        ({"distribution": "json"}, "would hide another one that Python knows as json"),
        ({"activations": ["fine", "relu"]}, rf"relu is claimed by actreg {actreg.__version__} already"),
        ({"activations": ["lea_kyrelu"]}, "lea_kyrelu is claimed by actreg"),
        ({"activations": ["class"]}, "class can't be the name of a module"),
        ({"activations": ["none"]}, "none can't be the name of a module"),
        ({"activations": ["info"]}, "info can't be the name of a module"),
        ({"activations": ["conformance"]}, "conformance can't be the name of a module"),
        ({"activations": ["curve", "curve"]}, "A name is there twice"),
        ({"author": "two\nlines"}, "one line"),
        ({"summary": " "}, "one line"),
        ({"licence": "Proprietary"}, "licence|choice"),
    ],
)
def test_answers_that_make_no_package_are_refused(answers: Any, message: str, tmp_path: Path) -> None:
    """With the reason; nothing is written."""
    with pytest.raises(TemplateError, match=message):
        new(tmp_path / "made", {**ANSWERS, **answers}, ask=False, cache=tmp_path / "cache")
    assert not list((tmp_path / "made").glob("**/*.py"))


def test_names_and_words_are_written_as_they_are(tmp_path: Path) -> None:
    """Quotes, backslashes and letters of any script, in every file that quotes them."""
    author, summary = 'Łukasz "The Q" O\'Brien \\ <&>', 'It says "hi" \\ and é"'
    answers = {**ANSWERS, "distribution": "odd.name_x", "activations": ["odd"], "author": author, "summary": summary}
    new(tmp_path / "made", answers, ask=False, cache=tmp_path / "cache")
    project = tomllib.loads((tmp_path / "made/pyproject.toml").read_text("utf-8"))["project"]
    assert (project["authors"], project["description"]) == ([{"name": author}], summary)
    package = tmp_path / "made/src/odd_name_x"
    assert ast.get_docstring(ast.parse((package / "__init__.py").read_text("utf-8")), clean=False) == summary
    words = [
        node.value
        for node in ast.walk(ast.parse((package / "odd.py").read_text("utf-8")))
        if isinstance(node, ast.Constant)
    ]
    assert f"{author}, odd.name_x, 2026" in words


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """A folder with something in it is refused; an empty one, or a fresh git repository, is not."""
    (tmp_path / "made").mkdir()
    git(tmp_path / "made", "init", "-q")
    new(tmp_path / "made", ANSWERS, ask=False, cache=tmp_path / "cache")
    with pytest.raises(TemplateError, match="not empty"):
        new(tmp_path / "made", ANSWERS, ask=False, cache=tmp_path / "cache")


Made = tuple[Path, Path]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """A package that its author has changed and committed, and the cache; since then the template is at 9.0.0."""
    cache, folder, later = tmp_path / "cache", tmp_path / "made", tmp_path / "template"
    new(folder, ANSWERS, ask=False, cache=cache)
    module = folder / "src/actreg_example/bent_line.py"
    module.write_text(module.read_text().replace("A line with a bend", "A line that its author bends"))
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "mine")
    shutil.copytree(renewing.PACKAGED, later)
    monkeypatch.setattr(renewing, "__version__", "9.0.0")
    monkeypatch.setattr(renewing, "PACKAGED", later)
    monkeypatch.setattr(renewing.repository, "__defaults__", (None, later, "9.0.0"))
    return folder, cache


def in_template(name: str, old: str, new: str) -> None:
    """Another text in the one file of the template whose name ends so."""
    (file,) = (path for path in renewing.PACKAGED.rglob("*.jinja") if path.as_posix().endswith(name))
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


MODULE = "{% yield name from activations %}{{ name }}{% endyield %}.py.jinja"


def test_an_update_brings_the_newer_template_and_keeps_the_authors_work(made: Made) -> None:
    """The template has changed a file that its author has not, and one that its author has, elsewhere: all stands."""
    folder, cache = made
    in_template("ci.yml.jinja", '"3.14"', '"3.14", "3.15"')
    in_template("}}/" + MODULE, "The judge, in mpmath", "The judge: in mpmath")
    assert update(folder, cache=cache) == []
    assert '"3.15"' in (folder / ".github/workflows/ci.yml").read_text()
    module = (folder / "src/actreg_example/bent_line.py").read_text()
    assert "A line that its author bends" in module
    assert "The judge: in mpmath" in module
    assert "<<<<" not in module
    assert "_commit: v9.0.0" in (folder / ".copier-answers.yml").read_text()


def test_a_conflict_is_named(made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Where both changed one line, both are there between marks; the command says where, with status 1."""
    folder, cache = made
    in_template("}}/" + MODULE, "A line with a bend", "A bent line")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache.parent))
    cache.rename(cache.parent / "actreg")
    assert execute(["plugin", "update", str(folder)]) == 1
    assert "src/actreg_example/bent_line.py: you and the template changed the same lines" in capsys.readouterr().out
    module = (folder / "src/actreg_example/bent_line.py").read_text()
    assert "A line that its author bends" in module
    assert "A bent line" in module


def test_an_update_on_another_machine_fetches_what_it_was_made_from(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cache is empty there: the older template comes out of that version's wheel, or its absence is told."""
    folder, _ = made
    in_template("ci.yml.jinja", '"3.14"', '"3.14", "3.15"')
    (tmp_path / "index").mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    with pytest.raises(
        TemplateError, match=rf"was made by actreg=={actreg.__version__}, whose template .* can't be had"
    ):
        update(folder, cache=tmp_path / "other")
    wheel = tmp_path / "index" / f"actreg-{actreg.__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        info = f"actreg-{actreg.__version__}.dist-info"
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: actreg\nVersion: {actreg.__version__}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
        for path in TEMPLATE.rglob("*"):
            if path.is_file():
                archive.write(path, f"actreg/authoring/template/{path.relative_to(TEMPLATE).as_posix()}")
    assert update(folder, cache=tmp_path / "other") == []
    assert '"3.15"' in (folder / ".github/workflows/ci.yml").read_text()
    assert "A line that its author bends" in (folder / "src/actreg_example/bent_line.py").read_text()


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
