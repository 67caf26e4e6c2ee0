"""`actreg plugin check` finds each single fault, with its fix and its place."""

from __future__ import annotations

from typing import Any

import pytest

import actreg

ALIASES = """\
from actreg import Alias
@hookimpl
def actreg_aliases():
    return [Alias({})]
"""
KERNELS = """\
from actreg import Kernel
@hookimpl
def actreg_kernels():
    return [Kernel({})]
"""
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
        8,
    ),
    "an undecorated hook": ("plugin", (("@hookimpl\n", ""),), "hooks", "is not decorated", "my_plugin/plugin.py", 7),
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
        4,
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
        "my_plugin/plugin.py",
        4,
    ),
    "a changed environment": (
        "plugin",
        (("from actreg import hookimpl\n", "from actreg import hookimpl\nimport os; os.environ['A'] = 'b'\n"),),
        "imports",
        "the environment",
        "my_plugin/plugin.py",
        4,
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
    "an option that JSON has not": (
        "activations",
        (
            (
                "    slope: Positive",
                "    way: Callable[[float], float] = Field(abs, description='how')\n    slope: Positive",
            ),
            ("import math\n", "import math\nfrom collections.abc import Callable\n"),
        ),
        "options",
        "its JSON Schema can't be exported",
        "my_plugin/activations.py",
        12,
    ),
    "a formula that counts its calls": (
        "activations",
        (
            (
                "return xp.where(x > 0, x, self.slope * x)",
                "type(self).calls = 1\n        return xp.where(x > 0, x, self.slope * x)",
            ),
        ),
        "shapes",
        "a call of it changes Tilt.calls = 1",
        "my_plugin/activations.py",
        11,
    ),
    "a formula that changes global state": (
        "activations",
        (
            (
                "return xp.where(x > 0, x, self.slope * x)",
                "import numpy; numpy.seterr(all='raise')\n        return xp.where(x > 0, x, self.slope * x)",
            ),
        ),
        "shapes",
        "a call of it changes NumPy's error state (put back)",
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
    "a formula that cannot be set": (
        "activations",
        (('latex="x"', 'latex=r"\\frac{x"'),),
        "options",
        "{ is not closed",
        "my_plugin/activations.py",
        14,
    ),
    "a reference that is the formula": (
        "activations",
        (("return x if x > 0 else mp.mpf(self.slope) * x", "return self.forward(mp, x)"),),
        "options",
        "which so judges itself",
        "my_plugin/activations.py",
        23,
    ),
    "a formula over one number": (
        "activations",
        (("return xp.where(x > 0, x, self.slope * x)", "return math.exp(x)"),),
        "shapes",
        "a layer of it fails on an input of shape (2, 6)",
        "my_plugin/activations.py",
        11,
    ),
    "a default of another type": (
        "activations",
        (("Field(0.25,", 'Field("0.25",'),),
        "options",
        "not '0.25'",
        "my_plugin/activations.py",
        11,
    ),
    "an older actreg": (
        "metadata",
        (("Requires-Dist: actreg", "Requires-Dist: actreg (<0.0.1)"),),
        "metadata",
        f"takes actreg <0.0.1, and this is {actreg.__version__}",
        "pyproject.toml",
        1,
    ),
    "another Python": (
        "metadata",
        ((">=3.11", ">=3.11,<3.11.1"),),
        "metadata",
        "it takes Python >=3.11,<3.11.1, and this is",
        "pyproject.toml",
        1,
    ),
    "a range that is none": (
        "metadata",
        (("Requires-Dist: actreg", "Requires-Dist: actreg ~1"),),
        "metadata",
        "its range of actreg is none",
        "pyproject.toml",
        1,
    ),
    "a hook that raises": (
        "plugin",
        (("return [Tilt]", "raise OSError('no disk')"),),
        "hooks",
        "OSError: no disk",
        "my_plugin/plugin.py",
        10,
    ),
    "a hook that returns other things": (
        "plugin",
        (("return [Tilt]", "return [Tilt, 3]"),),
        "hooks",
        "actreg_activations() returned 3, which is no activation class",
        "my_plugin/plugin.py",
        8,
    ),
    "another interface": (
        "plugin",
        (("@hookimpl", "api = 7\n\n\n@hookimpl"),),
        "hooks",
        "written for version 7 of the plugin interface",
        "my_plugin/plugin.py",
        7,
    ),
    "a module that ends the process": (
        "activations",
        (("import math\n", "import math\nimport os\n\nos._exit(3)\n"),),
        "import",
        "ends the process with status 3",
        "my_plugin/activations.py",
        6,
    ),
    "an alias to nothing": (
        "plugin",
        (("return [Tilt]\n", "return [Tilt]\n\n\n" + ALIASES.format("'foo', 'nothing'")),),
        "names",
        "alias 'foo' leads to 'nothing'",
        "my_plugin/plugin.py",
        16,
    ),
    "an alias with an option that is not there": (
        "plugin",
        (("return [Tilt]\n", "return [Tilt]\n\n\n" + ALIASES.format("'foo', 'tilt', {'slop': 0.5}")),),
        "names",
        "tilt: slop: unknown option",
        "my_plugin/plugin.py",
        16,
    ),
    "a kernel of an alias": (
        "plugin",
        (("return [Tilt]\n", "return [Tilt]\n\n\n" + KERNELS.format("'tilted', 'numpy', lambda *_: None, 'mine'")),),
        "kernels",
        "no activation is called 'tilted', so that it never runs",
        "my_plugin/plugin.py",
        16,
    ),
    "a kernel for a misspelt backend": (
        "plugin",
        (("return [Tilt]\n", "return [Tilt]\n\n\n" + KERNELS.format("'tilt', 'nunpy', lambda *_: None, 'mine'")),),
        "kernels",
        "did you mean 'numpy'",
        "my_plugin/plugin.py",
        16,
    ),
    "a kernel that can't be bound": (
        "plugin",
        (("return [Tilt]\n", "return [Tilt]\n\n\n" + KERNELS.format("'tilt', 'numpy', lambda *_: 1 / 0, 'mine'")),),
        "kernels",
        "raises ZeroDivisionError",
        "my_plugin/plugin.py",
        16,
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
    project(**{part: parts.replaced(getattr(parts, part.upper()), *pairs)})
    found = [f for f in parts.errors() if f.rule == rule and message in f.message + f.fix]
    assert found, [str(f) for f in parts.errors()]
    assert found[0].file.endswith(file)
    if line:
        assert found[0].line == line, found[0]
    assert all(f.fix for f in parts.errors())
