"""Backends of plugins: colliding, failing, blocked; none of them takes anything from the others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import actreg

BACKEND = """
from actreg import hookimpl
from actreg.backends.numpy.backend import NumpyBackend

class Mine(NumpyBackend):
    name = "{name}"
    modules = ("{module}",)
    def apply(self, *given, **options):
        return "{answer}"

@hookimpl
def actreg_backends():
    return [Mine]
"""


def source(name: str = "mine", module: str = "nowhere", answer: str = "") -> str:
    """A plugin with one backend, which answers with a word."""
    return BACKEND.format(name=name, module=module, answer=answer)


class Foreign:
    """An array of a library that is not ours."""


Foreign.__module__ = "foreign.arrays"


def test_a_taken_name_is_an_error_when_it_is_used(install: Any) -> None:
    """Both are named with their versions; name@distribution settles it; arrays stay with what they came with."""
    install("rude-dist", source("numpy", "numpy", "taken"), version="1.2")
    with pytest.raises(actreg.NameCollisionError, match=r"actreg 0.* and by rude-dist 1\.2: ask for numpy@actreg"):
        actreg.layer("relu", backend="numpy")
    registry = actreg.default_registry()
    assert actreg.get("relu")(np.array([-1.0])).tolist() == [0.0]
    assert registry.backend("numpy@actreg").apply(actreg.get("relu"), np.array([-1.0]), {}).tolist() == [0.0]
    assert registry.backend("numpy@Rude_Dist").apply(actreg.get("relu"), np.array([-1.0]), {}) == "taken"
    assert registry.backend_origin("numpy@rude-dist").version == "1.2"
    with pytest.raises(actreg.UnknownNameError, match=r"'numpy' comes from actreg, rude-dist"):
        registry.backend("numpy@nobody")


def test_arrays_of_a_library_belong_to_one(install: Any) -> None:
    """Two plugins that claim them are an error that names both, in no order; one alone has them."""
    install("one-dist", source("one", "foreign", "one"))
    assert actreg.get("relu")(Foreign()) == "one"
    install("two-dist", source("two", "foreign", "two"))
    with pytest.raises(
        actreg.NameCollisionError, match=r"'arrays of foreign' .* one-dist 1\.0 and by two-dist 1\.0: keep all but one"
    ):
        actreg.get("relu")(Foreign())


@pytest.mark.parametrize(
    ("text", "options", "why"),
    [
        (source("numpy"), {}, "numpy: 'numpy' is claimed by actreg"),
        (
            "import nothing_there",
            {"entry": None, "groups": {"backends": "mine = :Mine"}},
            "mine: .*rude-dist 1.0, which",
        ),
    ],
)
def test_a_name_is_explained_whatever_backends_there_are(text: str, options: Any, why: str, install: Any) -> None:
    """One that collides or fails is a line of the trace, with its reason; the other backends are there."""
    install("rude-dist", text, **options)
    install("good-dist", source("good"))
    found = actreg.explain("swish")
    assert found.path == ("swish", "silu")
    assert "good" in {line.backend for line in found.kernels}
    (line,) = found.unusable
    assert line.startswith(why.partition(".*")[0])
    assert why.rpartition(".*")[2] in line
    assert f"  unusable: {line}" in found.lines()


def test_a_backend_that_is_kept_out_is_named(install: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Declared in metadata, it is known to be blocked; otherwise the blocked plugins are told."""
    install("one-dist", source(), entry=None, groups={"backends": "mine = :Mine"})
    install("two-dist", source("other"))
    monkeypatch.setenv("ACTREG_DISABLE_PLUGINS", "one-dist,two-dist")
    with pytest.raises(actreg.UnknownNameError, match=r"one-dist 1\.0 has it and is blocked: ACTREG_DISABLE_PLUGINS"):
        actreg.layer("relu", backend="mine")
    with pytest.raises(actreg.UnknownNameError, match=r"may have it: two-dist 1\.0"):
        actreg.layer("relu", backend="other")


def test_a_constructor_that_fails_is_that_plugins_failure(install: Any) -> None:
    """Whatever it raises: distribution, version, cause."""
    raising = source().replace(
        "    def apply", "    def __init__(self, kernels): raise GeneratorExit('no')\n    def apply"
    )
    install("bad-dist", raising, version="0.4")
    with pytest.raises(
        actreg.BrokenPluginError, match=r"'mine' comes from bad-dist 0\.4.*constructor raised GeneratorExit"
    ):
        actreg.layer("relu", backend="mine")
