"""`actreg plugin list`: every plugin, how it stands and why, what it provides, what importing it costs."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from actreg.cli.app import execute

SOURCE = """
import time
from typing import Any, ClassVar
from actreg import Alias, Bound, Elementwise, Info, Kernel, hookimpl
from actreg.backends.numpy.backend import NumpyBackend

class Twice(Elementwise):
    info: ClassVar[Info] = Info(name="twice")
    def forward(self, xp: Any, x: Any) -> Any:
        return x * 2.0

class Mine(NumpyBackend):
    name = "mine"
    modules = ("nowhere",)

OTHER = Alias("doubled", "twice")
KERNEL = Kernel("twice", "numpy", lambda *_: None, "mine")

@hookimpl
def actreg_activations(): return [Twice]
@hookimpl
def actreg_aliases(): return [OTHER]
@hookimpl
def actreg_backends(): return [Mine]
@hookimpl
def actreg_kernels(): return [KERNEL]
"""
GROUPS = {
    "activations": "twice = :Twice",
    "aliases": "doubled = :OTHER",
    "backends": "mine = :Mine",
    "kernels": "numpy.twice = :KERNEL",
}
PROVIDES = "1 activation (twice); 1 alias; 1 backend (mine); 1 kernel (numpy.twice)"


def listed(capsys: Any, *options: str) -> tuple[dict[str, str], str, int]:
    """The line of each distribution by its name, what is noted, and the status."""
    status = execute(["plugin", "list", *options])
    shown = capsys.readouterr()
    return {line.split()[0]: line for line in shown.out.splitlines()[1:]}, shown.err, status


def facts(capsys: Any, *options: str) -> dict[str, Any]:
    """The same as JSON."""
    execute(["plugin", "list", "--json", *options])
    return {entry["distribution"]: entry for entry in json.loads(capsys.readouterr().out)}


@pytest.mark.parametrize("groups", [None, GROUPS], ids=["hooks", "declared"])
def test_a_healthy_plugin_is_shown_with_all_that_it_provides(groups: Any, install: Any, capsys: Any) -> None:
    """And what importing it took, whichever way it declares itself."""
    install("good-dist", SOURCE, version="1.5", entry=None if groups else "plugin", groups=groups)
    lines, _, status = listed(capsys)
    assert status == 0
    name, version, state, seconds, rest = lines["good-dist"].split(maxsplit=4)
    assert (name, version, state) == ("good-dist", "1.5", "healthy")
    assert float(seconds) >= 0.0
    assert rest == PROVIDES + (", declared in metadata" if groups else "")
    found = facts(capsys)["good-dist"]
    assert (found["activations"], found["aliases"]) == (["twice"], ["doubled"])
    assert (found["backends"], found["kernels"], found["seconds"] > 0.0) == (["mine"], ["numpy.twice"], True)


def test_without_an_import_the_state_is_not_known(install: Any, capsys: Any) -> None:
    """--no-load lists what metadata declares, and does not call it healthy."""
    install("late-dist", "raise OSError('too late')", entry=None, groups=GROUPS)
    lines, _, status = listed(capsys, "--no-load")
    assert status == 0
    assert lines["late-dist"].split()[2:4] == ["declared", "-"]
    assert PROVIDES in lines["late-dist"]
    assert "late_dist_plugin" not in sys.modules


@pytest.mark.parametrize("groups", [None, GROUPS], ids=["hooks", "declared"])
def test_a_broken_plugin_is_shown_with_its_reason(groups: Any, install: Any, capsys: Any) -> None:
    """Once, in the listing itself; the status says that there is one."""
    install("bad-dist", "raise OSError('no luck')", entry=None if groups else "plugin", groups=groups)
    install("good-dist", SOURCE)
    lines, _, status = listed(capsys)
    assert status == 1
    assert lines["bad-dist"].split()[2] == "broken"
    assert lines["bad-dist"].count("OSError: no luck") == 1
    assert lines["good-dist"].split()[2] == "healthy"
    assert facts(capsys)["bad-dist"]["reason"].endswith("OSError: no luck")


def test_a_blocked_plugin_is_shown_and_not_imported(install: Any, capsys: Any, monkeypatch: Any) -> None:
    """With what its metadata declares; in strict mode as well. A misspelt name is told, and is no plugin's fault."""
    install("bad-dist", "raise OSError('no luck')", entry=None, groups=GROUPS)
    monkeypatch.setenv("ACTREG_DISABLE_PLUGINS", "Bad_Dist,bda-dist")
    monkeypatch.setenv("ACTREG_STRICT", "1")
    lines, notes, status = listed(capsys)
    assert status == 0
    assert lines["bad-dist"].split()[2] == "blocked"
    assert lines["bad-dist"].endswith(f"ACTREG_DISABLE_PLUGINS names it; {PROVIDES}")
    assert "ACTREG_DISABLE_PLUGINS names bda-dist, and no such plugin is installed; did you mean 'bad-dist'?" in notes
    assert "bad_dist_plugin" not in sys.modules


def test_nothing_but_what_comes_with_the_package(capsys: Any, monkeypatch: Any) -> None:
    """An empty allow-list: everything else is blocked."""
    monkeypatch.setenv("ACTREG_PLUGINS", "")
    found = facts(capsys)
    assert found.pop("actreg")["state"] == "healthy"
    assert all(entry["state"] == "blocked" for entry in found.values())


def test_a_slow_import_is_shown_with_its_budget(install: Any, capsys: Any) -> None:
    """Beside its time."""
    slow = "import time\nend = time.thread_time() + 0.3\nwhile time.thread_time() < end: pass\n"
    install("slow-dist", slow + SOURCE)
    lines, notes, status = listed(capsys)
    assert status == 0
    assert float(lines["slow-dist"].split()[3]) >= 0.3
    assert "slow-dist 1.0: importing it takes 0.3" in notes
    assert "more than 0.25 s" in notes


def test_a_terminal_gets_lines_of_its_width(install: Any, capsys: Any, monkeypatch: Any) -> None:
    """And the reasons whole, below; what is piped is never cut."""
    install("bad-dist", "raise OSError('" + "no luck " * 20 + "')")
    monkeypatch.setenv("COLUMNS", "60")
    lines, notes, _ = listed(capsys)
    assert "no luck " * 19 in lines["bad-dist"]
    assert not notes
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    lines, notes, _ = listed(capsys)
    assert max(map(len, lines.values())) == 60
    assert "no luck " * 19 in notes
