"""The front door: every public name is at hand, is what its module says, and costs nothing before it is used."""

from __future__ import annotations

import ast
import json
import pickle
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import actreg

PATH = Path(actreg.__file__)
MODULES = {"checks", "conformance", "dual", "initial", "interpret"}


def declared() -> dict[str, str]:
    """Name → module of what `actreg/__init__.py` shows to type checkers alone."""
    tree = ast.parse(PATH.read_text("utf-8"))
    (block,) = (
        node
        for node in tree.body
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    )
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    assert len(imports) == len(block.body)
    return {alias.name: str(node.module) for node in imports for alias in node.names}


def fresh(program: str) -> Any:
    """What a program prints, as JSON, in a process of its own."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


DECLARED = declared()


def test_what_type_checkers_see_is_all_there_is() -> None:
    """The imports for type checkers, the table for everybody else and ``__all__`` have the same names."""
    public = set(actreg.__all__)
    assert len(actreg.__all__) == len(public)
    assert {*DECLARED, "__version__"} == public
    assert {*actreg._HOMES, *MODULES, "__version__"} == public


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_a_name_is_what_type_checkers_see(name: str) -> None:
    """The very object of the module that it is imported from there, and an ordinary global once it was used."""
    home = DECLARED[name]
    found = getattr(actreg, name)
    wanted = import_module(f"{home}.{name}") if name in MODULES else getattr(import_module(home), name)
    assert found is wanted
    assert vars(actreg)[name] is found


def test_no_submodule_takes_a_public_name() -> None:
    """Importing ``actreg.x`` binds ``actreg.x``: where that is public, it is the module that is meant."""
    submodules = {module.name for module in pkgutil.iter_modules([str(PATH.parent)])}
    assert {"cli", "errors", "registry", "version"} <= submodules
    assert submodules & set(actreg.__all__) <= MODULES
    for name in actreg.__all__:
        assert isinstance(getattr(actreg, name), ModuleType) == (name in MODULES), name


def test_importing_loads_next_to_nothing() -> None:
    """Of our own, the slot and the version; of others nothing that the interpreter did not bring."""
    program = (
        "import json, sys; before = set(sys.modules); import actreg; new = set(sys.modules) - before;"
        " own = sorted(m for m in new if m.partition('.')[0] == 'actreg');"
        " print(json.dumps([own, sorted(m for m in new if m.partition('.')[0] not in sys.stdlib_module_names"
        " and m not in own)]))"
    )
    assert fresh(program) == [["actreg", "actreg.contracts", "actreg.contracts.resolver", "actreg.version"], []]


def test_a_star_import_brings_everything() -> None:
    """Each name of ``__all__``, and no other."""
    program = "before = set(globals())\nfrom actreg import *\nimport json, actreg\n"
    program += "print(json.dumps([sorted(set(globals()) - before - {'before', 'json', 'actreg'}), actreg.__all__]))"
    found, public = fresh(program)
    assert found == sorted(public)


def test_dir_lists_what_was_not_used_yet() -> None:
    """For completion in a shell, in a process that used none of it; asking loads nothing."""
    program = "import actreg, json, sys; print(json.dumps([dir(actreg), 'pydantic' in sys.modules]))"
    found, loaded = fresh(program)
    assert set(actreg.__all__) <= set(found)
    assert not loaded


def test_an_unknown_name_is_an_ordinary_attribute_error() -> None:
    """It says what was asked of whom, and the interpreter proposes the nearest name."""
    with pytest.raises(AttributeError, match="module 'actreg' has no attribute 'gett'") as caught:
        actreg.gett  # noqa: B018
    assert (caught.value.name, caught.value.obj) == ("gett", actreg)
    assert not hasattr(actreg, "__wrapped__")
    with pytest.raises(ImportError, match="cannot import name 'gett' from 'actreg'"):
        from actreg import gett  # noqa: F401
    done = subprocess.run([sys.executable, "-c", "import actreg; actreg.gett"], capture_output=True, text=True)
    assert "Did you mean: 'get'?" in done.stderr


ORIGINS = {
    "deep import": "from actreg.activations.silu import SiLU; act = SiLU()",
    "own class": "from actreg import Elementwise, Info\n"
    "class SiLU(Elementwise):\n"
    "    info = Info(name='own_silu')\n"
    "    def forward(self, xp, x): return xp.gate(x, xp.sigmoid(x))\n"
    "act = SiLU()",
    "pickle": "import pickle; act = pickle.loads(bytes.fromhex({pickled!r}))",
    "name": "import actreg; act = actreg.get('silu')",
}


@pytest.mark.parametrize("origin", ORIGINS)
def test_an_activation_finds_its_backend_however_it_was_come_by(origin: str) -> None:
    """In a process that asked no registry for anything; the slot then holds the registry's own function."""
    program = ORIGINS[origin].format(pickled=pickle.dumps(actreg.get("silu")).hex())
    program += (
        "\nimport actreg.contracts.resolver as r, json, numpy as np\n"
        "y = act(np.array([0.0, 1.0]))\n"
        "from actreg import default_registry\n"
        "print(json.dumps([y.tolist(), r._Slot.provider is default_registry]))"
    )
    assert fresh(program) == [[0.0, pytest.approx(0.7310585786300049, rel=1e-15)], True]


def test_threads_may_come_by_them_together() -> None:
    """Sixteen threads use all names, and an activation, for the first time at once: nobody meets half a module."""
    program = """
import json, sys, threading
import numpy as np
sys.setswitchinterval(1e-6)
import actreg
threads, found = 16, []
start = threading.Barrier(threads)
def use(number):
    start.wait(60)
    try:
        if number % 4 == 0:
            from actreg.contracts.resolver import host
            host()
        for name in actreg.__all__[number::threads]: getattr(actreg, name)
        actreg.get("silu")(np.zeros(1))
    except BaseException as error: found.append(repr(error))
running = [threading.Thread(target=use, args=(number,)) for number in range(threads)]
for thread in running: thread.start()
for thread in running: thread.join()
print(json.dumps(found))
"""
    assert [found for _ in range(3) for found in fresh(program)] == []
