"""`actreg plugin check`: what is well passes, what it looks at, the mathematics, claims, the wheel, its output."""

from __future__ import annotations

from typing import Any

import pytest

import actreg
from actreg.authoring.check import check
from actreg.authoring.finding import Finding


def test_a_healthy_plugin_has_nothing_to_mend(project: Any, monkeypatch: Any) -> None:
    """By its folder or its name; what it provides is told; the wheel is built and compared."""
    project()
    for what in (".", "my-plugin", "My_Plugin"):
        report = check(what, prove=False)
        monkeypatch.setattr("actreg.authoring.wheel.wheel", lambda subject: ())
        assert report.ok
        assert [f for f in report.findings if f.severity != "note"] == []
        assert (report.name, report.version) == ("my-plugin", "0.3")
        assert (report.provides["activations"], report.provides["aliases"]) == (["tilt"], ["tilted"])


def test_the_mathematics_is_proven(project: Any, parts: Any) -> None:
    """The suite runs on everything that it provides; a wrong derivative is an error at the class's place."""
    project()
    assert check("my-plugin").ok


def test_wrong_mathematics_is_an_error(project: Any, parts: Any) -> None:
    """With the law, the worst input, and a line that reproduces it."""
    wrong = parts.replaced(parts.ACTIVATIONS, ("xp.where(x > 0, 1.0, self.slope)", "xp.where(x > 0, 1.0, 0.3)"))
    project(activations=wrong)
    done: list[tuple[int, int]] = []
    report = check("my-plugin", progress=lambda *given: done.append(given))
    assert not report.ok
    found = [f for f in report.findings if f.rule == "conformance"]
    assert any("tilt on numpy in float32: derivative" in f.message and "import actreg" in f.fix for f in found)
    assert all(f.file.endswith("activations.py") and f.line for f in found)
    assert done[-1][0] == done[-1][1] > 10


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
    activations: str, aliases: str, message: str, project: Any, parts: Any, monkeypatch: Any
) -> None:
    """Every claim is imported and compared with what the hooks return, in both directions."""
    monkeypatch.setattr("actreg.authoring.wheel._build", lambda *given: (None, "not built here"))
    project(points=STATIC.format(activations, aliases))
    found = [f.message for f in parts.errors() if f.rule == "static claims"]
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
        ((('version = "0.3"', 'version = "0.4"'),), {}, "the source says Version: 0.4, and installed is 0.3"),
        ((('dependencies = ["actreg"]', "dependencies = []"),), {}, "the source says Requires-Dist: none"),
        (
            (),
            {"my_plugin/__init__.py": '__version__ = "0.2"\n'},
            "my_plugin.__version__ is 0.2, and its metadata says 0.3",
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
    project(pyproject=parts.replaced(parts.PYPROJECT, *pyproject), files=files)
    found = [f for f in parts.errors() if f.rule == "wheel"]
    assert any(message in f.message for f in found), found
    assert all(f.file.endswith(("pyproject.toml", "__init__.py")) and f.line for f in found)


def test_several_mistakes_are_found_at_once(project: Any, parts: Any, monkeypatch: Any) -> None:
    """One run reports them all."""
    monkeypatch.setattr("actreg.authoring.wheel._build", lambda *given: (None, "not built here"))
    project(
        metadata=parts.replaced(parts.METADATA, ("Requires-Dist: actreg\n", "")),
        activations=parts.replaced(parts.ACTIVATIONS, ('name="tilt"', 'name="relu"'), (' latex="x",', "")),
        plugin=parts.replaced(
            parts.PLUGIN, ("from actreg import hookimpl\n", "from actreg import hookimpl\nimport numpy\n")
        ),
    )
    assert {f.rule for f in parts.errors()} == {"metadata", "names", "options", "imports", "wheel"}


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
    assert str(finding) == "a,b.py:3: error: names: 50 % of it; mend: it"


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


def test_a_size_that_is_not_the_declared_one_is_found(project: Any, parts: Any, monkeypatch: Any) -> None:
    """`output_size` is held to what comes out."""
    monkeypatch.setattr("actreg.authoring.wheel._build", lambda *given: (None, "not built here"))
    project(activations=EXPANDING)
    (found,) = [f for f in parts.errors() if f.rule == "shapes" and "numpy" in f.message]
    assert "declares (2, 2)" in found.message or "fails" in found.message
