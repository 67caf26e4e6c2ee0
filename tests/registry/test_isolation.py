"""Whatever a plugin does wrong, the host keeps working and says which distribution failed and why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import actreg

HEAD = "from typing import Any, ClassVar\nfrom actreg import *\nfrom actreg import hookimpl\n"
ACT = """
class Twice(Elementwise):
    info: ClassVar[Info] = Info(name="twice")
    def forward(self, xp: Any, x: Any) -> Any:
        return x * 2.0
"""

BROKEN: dict[str, tuple[str, str]] = {
    "raises at import": ("raise RuntimeError('no luck')", "RuntimeError: no luck"),
    "imports what is not there": ("import no_such_library", "ModuleNotFoundError: No module named 'no_such_library'"),
    "exits at import": ("raise SystemExit(3)", "SystemExit: 3"),
    "syntax error": ("def broken(:", "SyntaxError"),
    "hook raises": (HEAD + "@hookimpl\ndef actreg_activations():\n    return 1 / 0", "ZeroDivisionError"),
    "hook returns None": (HEAD + "@hookimpl\ndef actreg_activations():\n    pass", "must return a list, not NoneType"),
    "hook returns a string": (
        HEAD + "@hookimpl\ndef actreg_aliases():\n    return 'relu'",
        "must return a list, not str",
    ),
    "hook returns numbers": (HEAD + "@hookimpl\ndef actreg_activations():\n    return [1]", "no activation class"),
    "an abstract kind": (HEAD + "@hookimpl\ndef actreg_activations():\n    return [Elementwise]", "abstract"),
    "no alias": (HEAD + "@hookimpl\ndef actreg_aliases():\n    return [('a', 'relu')]", "no actreg.Alias"),
    "no backend": (HEAD + "@hookimpl\ndef actreg_backends():\n    return [object]", "no backend class"),
    "incomplete backend": (
        HEAD + "class B(Backend):\n    name = 'b'\n    modules = ()\n@hookimpl\ndef actreg_backends():\n    return [B]",
        "does not define apply",
    ),
    "no kernel": (HEAD + "@hookimpl\ndef actreg_kernels():\n    return [object()]", "no actreg.Kernel"),
    "misspelt hook": (
        HEAD + ACT + "@hookimpl\ndef actreg_activation():\n    return [Twice]",
        "unknown hook 'actreg_activation'; did you mean 'actreg_activations'",
    ),
    "undecorated hook": (HEAD + ACT + "def actreg_activations():\n    return [Twice]", "is not decorated"),
    "hook with an argument": (
        HEAD + "@hookimpl\ndef actreg_activations(registry):\n    return []",
        "Argument(s) {'registry'}",
    ),
    "no hooks": ("x = 1", "it has no hooks"),
    "malformed definition": (
        HEAD + "class Bad(Elementwise):\n    info: ClassVar[Info] = Info(name='bad')\n    slope: float = 0.1",
        "slope: describe the field",
    ),
    "attribute error in a hook": (HEAD + "@hookimpl\ndef actreg_aliases():\n    return None.x", "AttributeError"),
    "hook returns a class": (
        HEAD + "@hookimpl\ndef actreg_kernels():\n    return Kernel",
        "must return a list, not type",
    ),
    "hook returns a mapping of garbage": (
        HEAD + "@hookimpl\ndef actreg_backends():\n    return {'a': 1}",
        "returned 'a', which is no backend class",
    ),
    "hook that never ends": (
        HEAD + "from itertools import repeat\n@hookimpl\ndef actreg_aliases():\n    return repeat(Alias('a', 'relu'))",
        "returned more than 100000 declarations",
    ),
    "generator that raises": (
        HEAD + ACT + "@hookimpl\ndef actreg_activations():\n    yield Twice\n    raise LookupError('half way')",
        "LookupError: half way",
    ),
    "what it returns can't be shown": (
        HEAD + "class X:\n    def __repr__(self):\n        raise KeyError('mute')\n"
        "@hookimpl\ndef actreg_kernels():\n    return [X()]",
        "KeyError: 'mute'",
    ),
    "an instance of an activation": (
        HEAD + ACT + "@hookimpl\ndef actreg_activations():\n    return [Twice()]",
        "no activation class",
    ),
    "a backend without a name": (
        HEAD + "class B(Backend):\n    modules = ()\n@hookimpl\ndef actreg_backends():\n    return [B]",
        "a backend class has a name and modules",
    ),
    "too new": (HEAD + ACT + "api = 2\n@hookimpl\ndef actreg_activations():\n    return [Twice]", "upgrade actreg"),
    "too old": (HEAD + ACT + "api = 0\n@hookimpl\ndef actreg_activations():\n    return [Twice]", "upgrade bad-dist"),
    "api that is no version": (HEAD + "api = '1'", "say api = 1"),
    "api that is true": (HEAD + "api = True", "say api = 1"),
    "asks the registry while it is built": (
        HEAD + "import actreg\nactreg.get('no_such_activation')",
        "asks the registry while the registry is being built",
    ),
    "a module that raises when looked at": (
        HEAD + "def __getattr__(name):\n    raise ValueError('leave me')\n"
        "def __dir__():\n    return ['actreg_activations']",
        "ValueError: leave me",
    ),
    "an extra argument with a default": (
        HEAD + "@hookimpl\ndef actreg_kernels(registry, more=1):\n    return []",
        "Argument(s) {'registry'}",
    ),
    "a hook that is a class": (HEAD + "class actreg_activations: pass", "it has no hooks"),
    "raises a group": ("raise ExceptionGroup('several', [OSError('a'), OSError('b')])", "ExceptionGroup: several"),
    "recurses without end": ("def f(): return f()\nf()", "RecursionError"),
    "an assertion": ("assert False, 'never'", "AssertionError: never"),
    "a warning turned into an error": (
        "import warnings\nwarnings.warn('old', DeprecationWarning)\nraise RuntimeError('after')",
        "old",
    ),
    "raises what can't be shown": (
        "class Mute(Exception):\n    def __str__(self):\n        raise ValueError\nraise Mute",
        "Mute: (showing it raises ValueError)",
    ),
    "raises what is no Exception": ("class Abort(BaseException): pass\nraise Abort('gone')", "Abort: gone"),
    "skips a test": ("import pytest\npytest.skip('not here', allow_module_level=True)", "Skipped: not here"),
    "raises many lines": ("raise RuntimeError('one\\ntwo\\n' + 'x' * 10_000)", "RuntimeError: one two x"),
    "illegal name": (HEAD + "INFO = Info(name='No Name')", "canonical name"),
}


@pytest.mark.parametrize(("source", "reason"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_plugin_is_isolated(source: str, reason: str, install: Any) -> None:
    """Everything else works; the plugin is listed with distribution, version and reason; names hint at it."""
    install("bad-dist", source, version="1.2.3")
    assert actreg.get("relu")(np.array([-1.0])).tolist() == [0.0]
    (plugin,) = [p for p in actreg.default_registry().plugins() if p.broken]
    assert (plugin.origin.distribution, plugin.origin.version) == ("bad-dist", "1.2.3")
    assert reason in plugin.reason
    assert "\n" not in plugin.reason
    assert len(plugin.reason) < 600
    with pytest.raises(actreg.ActregError, match=r"bad-dist 1\.2\.3"):
        actreg.get("no_such_activation")


def test_a_name_of_a_broken_plugin_says_so(install: Any) -> None:
    """The plugin declared the name before it failed: asking for it gives its failure, not 'unknown'."""
    hooks = "@hookimpl\ndef actreg_activations():\n    return [Twice]\n"
    hooks += "@hookimpl\ndef actreg_kernels():\n    raise OSError('gone')"
    install("half-dist", HEAD + ACT + hooks)
    with pytest.raises(
        actreg.BrokenPluginError, match=r"'twice' comes from half-dist 1\.0, which failed: OSError: gone"
    ) as caught:
        actreg.get("twice")
    assert (caught.value.distribution, caught.value.version) == ("half-dist", "1.0")


def test_a_healthy_plugin_works(install: Any) -> None:
    """Discovered by its entry point, with its distribution and version."""
    install("good-dist", HEAD + ACT + "@hookimpl\ndef actreg_activations():\n    return [Twice]", version="2.0")
    assert actreg.get("Twice")(np.array([3.0])).tolist() == [6.0]
    assert actreg.get("twice").derivative(np.array([3.0])).tolist() == [2.0]
    assert (actreg.explain("twice").distribution, actreg.explain("twice").version) == ("good-dist", "2.0")


def test_an_interrupt_is_no_broken_plugin(install: Any) -> None:
    """Ctrl-C during discovery stops the program."""
    install("slow-dist", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        actreg.names()


def test_a_helper_whose_name_looks_like_a_hook_is_no_hook() -> None:
    """Only functions are looked at: a module called actreg_torch is none."""

    class Plugin:
        actreg_settings = 3

        @actreg.hookimpl
        def actreg_aliases(self) -> list[actreg.Alias]:
            return [actreg.Alias("rectifier", "relu")]

    assert actreg.Registry(plugins=[Plugin()]).find("rectifier").info.name == "relu"


def test_a_backend_may_be_made_of_another(install: Any) -> None:
    """Its constructor asks the registry for a backend: no deadlock."""
    source = """
import actreg
from actreg import Backend, hookimpl
from actreg.backends.numpy.backend import NumpyBackend

class Twice(NumpyBackend):
    name = "twice"
    modules = ("nowhere",)
    def __init__(self, kernels):
        super().__init__(kernels)
        self.inner = actreg.default_registry().backend("numpy")

@hookimpl
def actreg_backends():
    return [Twice]
"""
    install("good-dist", source)
    backend: Any = actreg.default_registry().backend("twice")
    assert backend.inner is actreg.default_registry().backend("numpy")


FIRST_USE = {
    "a validator that raises": (
        "@pydantic.model_validator(mode='after')\n    def check(self): raise KeyError('no key')",
        0,
    ),
    "a formula that raises": ("def forward(self, xp, x): return {}['no key']", 1),
    "parameters that raise": ("def parameters(self): return {}['no key']", 1),
}


@pytest.mark.parametrize(("body", "instances"), FIRST_USE.values(), ids=FIRST_USE.keys())
@pytest.mark.parametrize("groups", [None, {"activations": "late = :Late"}], ids=["hooks", "declared"])
def test_a_failure_at_first_use_names_the_plugin(body: str, instances: int, groups: Any, install: Any) -> None:
    """At construction it is a broken plugin's; from a formula it is what was raised, with a note."""
    text = HEAD + "import pydantic\nclass Late(Elementwise):\n    info: ClassVar[Info] = Info(name='late')\n"
    text += "    def forward(self, xp, x): return x\n    " + body + "\n"
    text += "@hookimpl\ndef actreg_activations(): return [Late]\n"
    install("late-dist", text, version="4.2", entry=None if groups else "plugin", groups=groups)
    if not instances:
        with pytest.raises(actreg.BrokenPluginError, match=r"'late' comes from late-dist 4\.2.*KeyError: 'no key'"):
            actreg.get("late")
    else:
        act = actreg.get("late")
        for use in (act, act.derivative, act.vjp):
            with pytest.raises(KeyError, match="no key") as caught:
                use(np.array([1.0]))
            assert caught.value.__notes__ == ["late comes from late-dist 4.2"]
    assert actreg.get("relu")(np.array([-1.0])).tolist() == [0.0]
