"""docs/plugins.md from top to bottom, as its reader would do it: every block is run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import actreg

pytest.importorskip("copier", reason="the extra new is not installed")
TEXT = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text("utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, re.DOTALL)
RUN = {"actreg": ["-m", "actreg"], "pytest": ["-m", "pytest", "-q", "-p", "no:cacheprovider"]}


class Reader:
    """Follows the guide in a folder of their own; an editable install is its metadata on the path."""

    def __init__(self, home: Path) -> None:
        self.home, self.folder, self.site = home, home, home / "site"
        self.env = {
            **os.environ,
            "XDG_CACHE_HOME": str(home / "cache"),
            "PYTHONPATH": os.pathsep.join([str(home / "my-curves/src"), str(self.site)]),
            "ACTREG_DISABLE_PLUGINS": "actreg-torch,actreg-jax",
        }
        self.done: list[str] = []

    def take(self, kind: str, text: str) -> None:
        """One block: a file to write, metadata to add, commands to run."""
        first = text.partition("\n")[0].removeprefix("# ")
        if kind == "sh":
            for line in text.splitlines():
                self.command(shlex.split(line))
        elif kind == "toml":
            self.merge(text)
        elif first == "hooks.py":
            self.hooks(text)
        else:
            assert kind == "python"
            (self.folder / first).write_text(text.partition("\n")[2], encoding="utf-8")
        self.done.append(first)

    def command(self, words: list[str]) -> None:
        """A command of the guide; pip is played, git is not there."""
        if words[0] == "cd":
            self.folder /= words[1]
        elif words[0] == "pip":
            if words[2] == "-e":
                self.install()
        else:
            done = subprocess.run(
                [sys.executable, *RUN[words[0]], *words[1:]],
                cwd=self.folder,
                env=self.env,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
            self.output = done.stdout

    def install(self) -> None:
        """What `pip install -e` leaves."""
        project = tomllib.loads((self.folder / "pyproject.toml").read_text("utf-8"))["project"]
        info = self.site / "my_curves-0.1.0.dist-info"
        info.mkdir(parents=True, exist_ok=True)
        extras = project["optional-dependencies"].items()
        wanted = [
            *project["dependencies"],
            *(f'{name}; extra == "{extra}"' for extra, names in extras for name in names),
        ]
        requires = "".join(f"Requires-Dist: {name}\n" for name in wanted)
        head = (
            f"Name: {project['name']}\nVersion: {project['version']}\nRequires-Python: {project['requires-python']}\n"
        )
        (info / "METADATA").write_text(f"{head}License-Expression: {project['license']}\n{requires}", encoding="utf-8")
        groups = project["entry-points"].items()
        lines = [f"[{g}]\n" + "".join(f"{n} = {v}\n" for n, v in points.items()) for g, points in groups]
        (info / "entry_points.txt").write_text("".join(lines), encoding="utf-8")

    def merge(self, text: str) -> None:
        """A section of pyproject.toml: there already, or added."""
        path = self.folder / "pyproject.toml"
        section = text.partition("\n")[2]
        header = section.partition("\n")[0]
        if header not in path.read_text("utf-8"):
            path.write_text(path.read_text("utf-8") + "\n" + section, encoding="utf-8")
        else:
            assert section.strip() in path.read_text("utf-8")

    def hooks(self, text: str) -> None:
        """The hooks are a plugin."""
        path = self.home / "guide_hooks.py"
        path.write_text(text, encoding="utf-8")
        names: dict[str, object] = {"__name__": "guide_hooks"}
        exec(compile(text, str(path), "exec"), names)
        plugin = type(sys)("guide_hooks")
        vars(plugin).update(names)
        assert actreg.Registry(plugins=[plugin]).get("half_leaky") == actreg.get("leaky_relu", negative_slope=0.5)


@pytest.mark.slow
def test_the_guide_works_from_top_to_bottom(tmp_path: Path) -> None:
    """Every file is written, every section added, every command run, in the order of the page; all are green."""
    reader = Reader(tmp_path)
    for kind, text in BLOCKS:
        reader.take(kind, text)
        if text.startswith("pip install -e '.[test]'\nactreg explain"):
            explained = subprocess.run(
                [sys.executable, "-m", "actreg", "explain", "clamp"],
                env=reader.env,
                capture_output=True,
                text=True,
                check=True,
            )
            assert "numpy: my_curves.kernels for float64" in explained.stdout
    assert len(reader.done) == len(BLOCKS) == 14


def test_the_variables_and_groups_named_are_those_that_are_read() -> None:
    """Nothing in the page is out of date."""
    from actreg.registry import policy
    from actreg.registry.static import GROUPS

    for name in (policy.ALLOW, policy.DISABLE, policy.STRICT, *GROUPS):
        assert name in TEXT
