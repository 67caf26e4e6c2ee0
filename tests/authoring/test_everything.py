"""`actreg plugin check` of a plugin with everything wrong: all findings in one run."""

from __future__ import annotations

import json
import re
from typing import Any

from actreg.cli.app import execute

EVERYTHING = {
    "plugin": """\
import numpy
from actreg import Alias, Elementwise, Kernel, hookimpl
from my_plugin.activations import Tilt
print("hello")
numpy.seterr(all="raise")


@hookimpl
def actreg_activations():
    return [Tilt]


@hookimpl
def actreg_aliases():
    return [Alias("swish", "silu"), Alias("nowhere", "nothing"), Alias("slopy", "leaky_relu", {"slop": 1.0})]


@hookimpl
def actreg_kernels():
    return [Kernel("swish", "numpy", lambda *_: None, "mine.a"), Kernel("silu", "numpy", lambda *_: 3, "mine.b")]
""",
    "pyproject": (
        ('version = "0.3"', 'version = "0.4"'),
        ('[tool.setuptools.package-data]\nmy_plugin = ["py.typed"]\n', ""),
        ('packages = ["my_plugin"]', 'packages = ["my_plugin", "tests"]'),
    ),
    "activations": (
        ("class Tilt", "class Unjudged(Elementwise):\n    info: ClassVar[Info] = Info(name='relu')\n"
         "    def forward(self, xp, x):\n        return x if x > 0 else 0 * x\n\n\nclass Tilt"),
        ('latex="x"', r'latex=r"\left(x"'),
        ("Field(0.25,", "Field(-1.0,"),
        ("return x if x > 0 else mp.mpf(self.slope) * x", "return self.forward(mp, x)"),
    ),
    "metadata": (
        ("Requires-Dist: actreg\n", "Requires-Dist: torch\nRequires-Dist: timm\n"),
        (">=3.11", ">=3.9"),
        ("License-Expression: MIT\n", ""),
    ),
    "points": "[actreg]\nmy_plugin = my_plugin.plugin\nother = my_plugin.gone\nthird = my_plugin.hooks\n"
    "[actreg.activations]\ntilt = my_plugin.activations:Tilt\nmore = my_plugin.activations:Unjudged\n"
    "[actreg.backends]\nmine = my_plugin.activations:Tilt\n",
    "files": {"tests/__init__.py": "", "my_plugin/hooks.py": "def actreg_activation(): return []\n"},
}  # fmt: skip
FOUND = """\
my_plugin/plugin.py:1: error: imports: my_plugin.plugin: importing it loads numpy
my_plugin/plugin.py:4: error: imports: importing it writes to standard output
pyproject.toml:9: error: metadata: it does not require actreg
pyproject.toml:8: error: metadata: it claims Python >=3.9, and actreg needs 3.11
pyproject.toml:5: warning: metadata: it names no licence
pyproject.toml:1: warning: metadata: it requires timm
error: hooks: my_plugin.gone: ModuleNotFoundError: No module named 'my_plugin.gone'
my_plugin/hooks.py:1: error: hooks: my_plugin.hooks: unknown hook 'actreg_activation'
error: static claims: more: activation 'more' in its metadata (my_plugin.activations:Unjudged) is really 'relu'
error: static claims: mine: backend 'mine' in its metadata (my_plugin.activations:Tilt) is no backend class
my_plugin/plugin.py:15: error: names: 'swish' is claimed by actreg
my_plugin/plugin.py:15: error: names: alias 'nowhere' leads to 'nothing'
my_plugin/plugin.py:15: error: names: alias 'slopy' brings options that are refused: leaky_relu: slop
my_plugin/activations.py:20: error: options: the formula of tilt can't be set: \\left is not closed
my_plugin/activations.py:17: error: options: a default is refused: tilt: slope
my_plugin/activations.py:29: error: options: the reference of tilt calls its formula
my_plugin/plugin.py:20: error: kernels: mine.a: no activation is called 'swish', so that it never runs
my_plugin/plugin.py:20: error: kernels: mine.b: bound to silu in
pyproject.toml:7: error: wheel: the source says Version: 0.4, and installed is 0.3
pyproject.toml:9: error: wheel: the source says Requires-Dist: actreg, and installed is timm, torch
the wheel installs a top-level package 'tests'
what is installed has other entry points than the source"""


def test_everything_that_is_wrong_is_found_at_once(project: Any, parts: Any, capsys: Any) -> None:
    """In one run, each with what to do, and with file and line where there is one; as text, JSON and annotations."""
    texts = {
        part: value if isinstance(value, str) else parts.replaced(getattr(parts, part.upper()), *value)
        for part, value in EVERYTHING.items()
        if part != "files"
    }
    project(**texts, files=EVERYTHING["files"])
    assert execute(["plugin", "check", ".", "--quick"]) == 1
    shown = capsys.readouterr().out.splitlines()
    missing = [text for text in FOUND.splitlines() if not any(text in line for line in shown)]
    assert missing == [], "\n".join(shown)
    assert execute(["plugin", "check", ".", "--quick", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert not report["ok"]
    assert len(report["findings"]) == len(shown)
    assert all(finding["fix"] for finding in report["findings"])
    assert execute(["plugin", "check", ".", "--quick", "--github"]) == 1
    pattern = r"::(error|warning|notice) (file=[^,:]+,)?(line=[1-9]\d*,)?title=[^,:]+::[^\n]+"
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(shown)
    assert [line for line in lines if not re.fullmatch(pattern, line)] == []
