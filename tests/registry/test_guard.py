"""What importing a plugin does to its host is seen, and undone where it changes other people's results."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import actreg
from actreg.registry.guard import BUDGET, watched

HOOKS = """
from actreg import hookimpl
@hookimpl
def actreg_aliases():
    return []
"""
CHANGES = {
    "sys.path": "import sys; sys.path.append('/nowhere')",
    "the environment": "import os; os.environ['ACTREG_TEST_MARK'] = '1'",
    "the working directory (put back)": "import os; os.chdir('/')",
    "the recursion limit (put back)": "import sys; sys.setrecursionlimit(4321)",
    "the state of random (put back)": "import random; random.seed(7)",
    "decimal's context": "import decimal; decimal.getcontext().prec = 99",
    "NumPy's error state (put back)": "import numpy; numpy.seterr(all='raise')",
    "the state of numpy.random (put back)": "import numpy; numpy.random.seed(7)",
}


@pytest.mark.parametrize(("change", "source"), CHANGES.items(), ids=CHANGES.keys())
def test_a_change_of_global_state_is_reported(
    change: str, source: str, install: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plugin works; its remark names what it changed. What changes results is as it was before."""
    import decimal

    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("ACTREG_TEST_MARK", "0")
    decimal.setcontext(decimal.Context())
    before = (os.getcwd(), sys.getrecursionlimit(), random.getstate(), np.geterr(), np.random.get_state()[1].tolist())
    install("rude-dist", source + "\n" + HOOKS)
    (plugin,) = [p for p in actreg.default_registry().plugins() if p.origin.distribution == "rude-dist"]
    assert plugin.state == "healthy"
    assert any(change in remark for remark in plugin.remarks), plugin.remarks
    after = (os.getcwd(), sys.getrecursionlimit(), random.getstate(), np.geterr(), np.random.get_state()[1].tolist())
    assert after == before
    decimal.setcontext(decimal.Context())


def test_a_slow_import_is_reported(install: Any) -> None:
    """With its time and the budget; the plugin works."""
    busy = f"import time\nend = time.thread_time() + {BUDGET + 0.05}\nwhile time.thread_time() < end: pass\n"
    install("slow-dist", busy + HOOKS)
    (plugin,) = [p for p in actreg.default_registry().plugins() if p.origin.distribution == "slow-dist"]
    assert plugin.seconds > BUDGET
    assert any("s of processor time" in remark and str(BUDGET) in remark for remark in plugin.remarks)


def test_an_array_library_at_module_level_is_reported(
    install: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """A listing imports every plugin; one that brings torch along is named."""
    fake = tmp_path / "fake"
    fake.mkdir()
    (fake / "mindspore.py").write_text("")
    monkeypatch.syspath_prepend(str(fake))
    monkeypatch.delitem(sys.modules, "mindspore", raising=False)
    install("heavy-dist", "import mindspore\n" + HOOKS)
    (plugin,) = [p for p in actreg.default_registry().plugins() if p.origin.distribution == "heavy-dist"]
    assert plugin.remarks == ("importing it loads mindspore: import array libraries where they are used",)
    monkeypatch.delitem(sys.modules, "mindspore")


def test_nothing_is_said_of_a_good_guest() -> None:
    """No time worth mentioning, no library, no change."""
    with watched() as impact:
        pass
    assert impact.remarks == ()


def test_the_built_in_plugins_are_good_guests() -> None:
    """What we ask of others holds for what comes with the package."""
    assert [p.remarks for p in actreg.Registry().plugins()] == [(), ()]


LATE = {"activation_onnx", "build", "conformance", "export_onnx", "load", "verify"}
"""What works with files and networks and proves things, which no plugin does while it is imported."""


def test_what_a_plugin_takes_from_us_is_not_on_its_account() -> None:
    """In a fresh process, with nothing loaded but the guard: using every public name loads no module any more."""
    program = (
        "import actreg, json, sys\n"
        "from actreg.registry.guard import watched\n"
        "with watched():\n"
        "    before = set(sys.modules)\n"
        f"    for name in set(actreg.__all__) - {LATE}: getattr(actreg, name)\n"
        "    found = sorted(set(sys.modules) - before)\n"
        "print(json.dumps(found))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
