"""`actreg plugin check` finds everything that would go wrong, at once, each with its fix and its place."""

from __future__ import annotations

from typing import Any

import pytest

import actreg
from actreg.authoring.check import check
from actreg.authoring.finding import Finding


def replaced(text: str, *pairs: tuple[str, str]) -> str:
    """A text with passages replaced, each of which must be there."""
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


@pytest.fixture
def parts() -> Any:
    """The healthy project's files, from which each case makes its unhealthy one."""
    from importlib.util import module_from_spec, spec_from_file_location
    from pathlib import Path

    spec = spec_from_file_location("authoring_conftest", Path(__file__).with_name("conftest.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def errors(what: str = ".", **options: Any) -> list[Finding]:
    """Everything but notes, without the conformance suite."""
    return [f for f in check(what, prove=False, **options).findings if f.severity != "note"]


def test_a_healthy_plugin_has_nothing_to_mend(project: Any, monkeypatch: Any) -> None:
    """By its folder or its name; what it provides is told; the wheel is built and compared."""
    project()
    for what in (".", "my-plugin", "My_Plugin"):
        report = check(what, prove=False)
        monkeypatch.setattr("actreg.authoring.wheel.wheel", lambda subject: ())
        assert report.ok
        assert [f for f in report.findings if f.severity != "note"] == []
        assert (report.name, report.version) == ("my-plugin", "0.3")
        assert report.provides["activations"] == ["tilt"]


def test_the_mathematics_is_proven(project: Any, parts: Any) -> None:
    """The suite runs on everything that it provides; a wrong derivative is an error at the class's place."""
    project()
    assert check("my-plugin").ok


def test_wrong_mathematics_is_an_error(project: Any, parts: Any) -> None:
    """With the law, the worst input, and a line that reproduces it."""
    wrong = replaced(parts.ACTIVATIONS, ("xp.where(x > 0, 1.0, self.slope)", "xp.where(x > 0, 1.0, 0.3)"))
    project(activations=wrong)
    done: list[tuple[int, int]] = []
    report = check("my-plugin", progress=lambda *given: done.append(given))
    assert not report.ok
    found = [f for f in report.findings if f.rule == "conformance"]
    assert any("tilt on numpy in float32: derivative" in f.message and "import actreg" in f.fix for f in found)
    assert all(f.file.endswith("activations.py") and f.line for f in found)
    assert done[-1][0] == done[-1][1] > 10


SLOW = "import time\nend = time.thread_time() + 0.4\nwhile time.thread_time() < end: pass\n"
CASES: dict[str, tuple[str, tuple[tuple[str, str], ...], str, str, str, int]] = {
    "no requirement": (
        "metadata",
        (("Requires-Dist: actreg\n", ""),),
        "metadata",
        "does not require actreg",
        "pyproject.toml",
        9,
    ),
    "an old Python": ("metadata", ((">=3.11", ">=3.9"),), "metadata", "actreg needs 3.11", "pyproject.toml", 8),
    "no Python": ("metadata", (("Requires-Python: >=3.11\n", ""),), "metadata", "which Pythons", "pyproject.toml", 5),
    "no licence": (
        "metadata",
        (("License-Expression: MIT\n", ""),),
        "metadata",
        "names no licence",
        "pyproject.toml",
        5,
    ),
    "typed without a sign": (
        "metadata",
        (("Version: 0.3\n", "Version: 0.3\nClassifier: Typing :: Typed\n"),),
        "metadata",
        "no py.typed",
        "pyproject.toml",
        1,
    ),
    "a heavy requirement": (
        "metadata",
        (("Requires-Dist: actreg\n", "Requires-Dist: actreg\nRequires-Dist: timm>=1\n"),),
        "metadata",
        "can replace an installed torch",
        "pyproject.toml",
        1,
    ),
    "a needless library": (
        "metadata",
        (("Requires-Dist: actreg\n", "Requires-Dist: actreg\nRequires-Dist: torch\n"),),
        "metadata",
        "formulas need no array library",
        "pyproject.toml",
        1,
    ),
    "a misspelt hook": (
        "plugin",
        (("actreg_activations", "actreg_activation"),),
        "hooks",
        "did you mean 'actreg_activations'",
        "my_plugin/plugin.py",
        0,
    ),
    "an undecorated hook": ("plugin", (("@hookimpl\n", ""),), "hooks", "is not decorated", "my_plugin/plugin.py", 0),
    "an import that fails": (
        "activations",
        (("import math\n", "import maths\n"),),
        "hooks",
        "No module named 'maths'",
        "my_plugin/activations.py",
        3,
    ),
    "a syntax error": (
        "activations",
        (("import math\n", "import (\n"),),
        "hooks",
        "SyntaxError",
        "my_plugin/activations.py",
        3,
    ),
    "an array library at the top": (
        "plugin",
        (("from actreg import hookimpl\n", "from actreg import hookimpl\nimport numpy\n"),),
        "imports",
        "importing it loads numpy",
        "my_plugin/plugin.py",
        0,
    ),
    "a slow import": (
        "plugin",
        (
            (
                "from actreg import hookimpl\n",
                "from actreg import hookimpl\n" + SLOW,
            ),
        ),
        "imports",
        "more than 0.25 s",
        "my_plugin/plugin.py",
        0,
    ),
    "chatter at import": (
        "plugin",
        (("from actreg import hookimpl\n", "from actreg import hookimpl\nprint('hello')\n"),),
        "imports",
        "standard output",
        "",
        0,
    ),
    "a changed environment": (
        "plugin",
        (("from actreg import hookimpl\n", "from actreg import hookimpl\nimport os; os.environ['A'] = 'b'\n"),),
        "imports",
        "the environment",
        "my_plugin/plugin.py",
        0,
    ),
    "a taken name": (
        "activations",
        (('name="tilt"', 'name="relu"'),),
        "names",
        "'relu' is claimed by actreg",
        "my_plugin/activations.py",
        14,
    ),
    "a taken alias": (
        "activations",
        (('"tilted",', '"swish",'),),
        "names",
        "'swish' is claimed by actreg",
        "my_plugin/activations.py",
        14,
    ),
    "no formula": (
        "activations",
        ((' latex="x",', ""),),
        "options",
        "shows no formula",
        "my_plugin/activations.py",
        11,
    ),
    "no source": (
        "activations",
        ((', paper="nobody, 2026"', ""),),
        "options",
        "names no source",
        "my_plugin/activations.py",
        11,
    ),
    "no docstring": (
        "activations",
        (('    """x where x > 0, slope·x below."""\n', ""),),
        "options",
        "no docstring",
        "my_plugin/activations.py",
        11,
    ),
    "a default that is refused": (
        "activations",
        (("Field(0.25,", "Field(-1.0,"),),
        "options",
        "a default is refused",
        "my_plugin/activations.py",
        11,
    ),
    "no reference": (
        "activations",
        (("def reference", "def referense"),),
        "options",
        "nothing can judge it",
        "my_plugin/activations.py",
        11,
    ),
    "a shape that is not kept": (
        "activations",
        (("return xp.where(x > 0, x, self.slope * x)", "return xp.where(x > 0, x, x)[..., :5]"),),
        "shapes",
        "a layer of it fails",
        "my_plugin/activations.py",
        11,
    ),
    "a formula that fails": (
        "activations",
        (("return xp.where(x > 0, x, self.slope * x)", "return xp.erfinv(x)"),),
        "shapes",
        "a layer of it fails",
        "my_plugin/activations.py",
        11,
    ),
}


@pytest.mark.parametrize(("part", "pairs", "rule", "message", "file", "line"), CASES.values(), ids=CASES.keys())
def test_what_would_go_wrong_is_found(
    part: str, pairs: Any, rule: str, message: str, file: str, line: int, project: Any, parts: Any, monkeypatch: Any
) -> None:
    """The rule that should find it does, says what to do, and points at the file and line to mend."""
    monkeypatch.setattr("actreg.authoring.wheel._build", lambda *given: (None, "not built here"))
    project(**{part: replaced(getattr(parts, part.upper()), *pairs)})
    found = [f for f in errors() if f.rule == rule and message in f.message + f.fix]
    assert found, [str(f) for f in errors()]
    assert found[0].file.endswith(file)
    if line:
        assert found[0].line == line, found[0]


STATIC = "[actreg]\nmy_plugin = my_plugin.plugin\n[actreg.activations]\n{}\n[actreg.aliases]\n{}\n"


@pytest.mark.parametrize(
    ("activations", "aliases", "message"),
    [
        ("tilt = my_plugin.activations:Tilt", "tilted = my_plugin.activations:Tilt", ""),
        ("tilt = my_plugin.activations:Tilt", "", "return 'tilted', and actreg.aliases does not declare it"),
        ("", "tilted = my_plugin.activations:Tilt", "return 'tilt', and actreg.activations does not declare it"),
        (
            "tilt = my_plugin.activations:Tilt\nmore = my_plugin.activations:Tilt",
            "tilted = my_plugin.activations:Tilt",
            "is really 'tilt'",
        ),
        (
            "tilt = my_plugin.activations:Tilt\nmore = my_plugin.activations:Tilt",
            "tilted = my_plugin.activations:Tilt",
            "declares 'more', and no hook returns it",
        ),
        ("tilt = my_plugin.activations:Gone", "tilted = my_plugin.activations:Tilt", "AttributeError"),
    ],
)
def test_static_claims_are_held_to_the_hooks(
    activations: str, aliases: str, message: str, project: Any, monkeypatch: Any
) -> None:
    """Every claim is imported and compared with what the hooks return, in both directions."""
    monkeypatch.setattr("actreg.authoring.wheel._build", lambda *given: (None, "not built here"))
    project(points=STATIC.format(activations, aliases))
    found = [f.message for f in errors() if f.rule == "static claims"]
    assert any(message in text for text in found) if message else found == []


@pytest.mark.parametrize(
    ("pyproject", "files", "message"),
    [
        ((), {"my_plugin/table.tsv": "1\t2\n"}, "table.tsv is not in the wheel"),
        ((), {"my_plugin/inner/__init__.py": ""}, "my_plugin/inner/__init__.py is not in the wheel"),
        (
            (('packages = ["my_plugin"]', 'packages = ["my_plugin", "tests"]'),),
            {"tests/__init__.py": ""},
            "top-level package 'tests'",
        ),
        (
            (('my_plugin = "my_plugin.plugin"', 'other = "my_plugin.plugin"'),),
            {},
            "has other entry points than the source",
        ),
        (
            (('build-backend = "setuptools.build_meta"', 'build-backend = "no_such_backend"'),),
            {},
            "no wheel can be built",
        ),
    ],
)
def test_the_wheel_is_compared_with_the_source(
    pyproject: Any, files: Any, message: str, project: Any, parts: Any
) -> None:
    """Modules and data that the build leaves out, tests that it takes in, entry points that lag behind."""
    project(pyproject=replaced(parts.PYPROJECT, *pyproject), files=files)
    found = [f for f in errors() if f.rule == "wheel"]
    assert any(message in f.message for f in found), found
    assert all(f.file.endswith("pyproject.toml") for f in found)


def test_several_mistakes_are_found_at_once(project: Any, parts: Any, monkeypatch: Any) -> None:
    """One run reports them all."""
    monkeypatch.setattr("actreg.authoring.wheel._build", lambda *given: (None, "not built here"))
    project(
        metadata=replaced(parts.METADATA, ("Requires-Dist: actreg\n", "")),
        activations=replaced(parts.ACTIVATIONS, ('name="tilt"', 'name="relu"'), (' latex="x",', "")),
        plugin=replaced(parts.PLUGIN, ("from actreg import hookimpl\n", "from actreg import hookimpl\nimport numpy\n")),
    )
    assert {f.rule for f in errors()} == {"metadata", "names", "options", "imports", "wheel"}


def test_what_is_no_plugin_says_so(project: Any, tmp_path: Any) -> None:
    """Not installed, no project, installed without entry points: each with what to do."""
    project()
    for what, message in {
        "no-such-dist": "it is not installed",
        "pydantic": "no entry points for actreg",
        str(tmp_path): "has no pyproject.toml",
        "my-plugn": "did you mean 'my-plugin'?",
    }.items():
        with pytest.raises(actreg.UnknownNameError, match=message.replace("?", r"\?")):
            check(what, prove=False)
    other = tmp_path / "other"
    other.mkdir()
    (other / "pyproject.toml").write_text('[project]\nname = "other"\n')
    with pytest.raises(actreg.UnknownNameError, match="pip install -e"):
        check(str(other), prove=False)


def test_annotations_are_workflow_commands() -> None:
    """Escaped as GitHub reads them."""
    finding = Finding("names", "50 %\nof it", "mend: it", "error", "a,b.py", 3)
    assert finding.annotation() == "::error file=a%2Cb.py,line=3,title=names::50 %25%0Aof it; mend: it"
    assert str(finding) == "a,b.py:3: error: names: 50 %\nof it; mend: it"


EXPANDING = """\
from typing import Any, ClassVar

from actreg import Expanding, Info


class Tilt(Expanding):
    \"\"\"The first half of the axis.\"\"\"

    info: ClassVar[Info] = Info(name="tilt", latex="x", paper="nobody, 2026")

    def forward(self, xp: Any, x: Any) -> Any:
        return x[..., : x.shape[-1] // 2]

    def pullback(self, xp: Any, x: Any, y: Any, grad: Any) -> dict[str, Any]:
        return {"x": xp.concat([grad, 0.0 * grad])}

    def output_size(self, size: int) -> int:
        return size // 3

    def reference(self, mp: Any, xs: Any) -> Any:
        return xs[: len(xs) // 2]
"""


def test_a_size_that_is_not_the_declared_one_is_found(project: Any, monkeypatch: Any) -> None:
    """`output_size` is held to what comes out."""
    monkeypatch.setattr("actreg.authoring.wheel._build", lambda *given: (None, "not built here"))
    project(activations=EXPANDING)
    (found,) = [f for f in errors() if f.rule == "shapes" and "numpy" in f.message]
    assert "declares (2, 2)" in found.message or "fails" in found.message
