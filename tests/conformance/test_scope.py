"""What a request means: activations, backends, kernels, plugins, distributions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest
from pydantic import Field

import actreg
from actreg.backends.numpy.backend import NumpyBackend
from actreg.conformance import check
from actreg.conformance.runner import cells
from actreg.conformance.scope import Distribution, scopes


class Twice(actreg.Elementwise):
    """2x."""

    info: ClassVar[Any] = actreg.Info(name="twice")

    def forward(self, xp, x):
        return 2.0 * x

    def reference(self, mp, x):
        return 2 * x


class Named(Twice):
    """Its only option is required, and nothing says what to try."""

    info: ClassVar[Any] = actreg.Info(name="named")
    word: str = Field(description="anything")


class Other(NumpyBackend):
    """NumPy under another name, without axiswise activations."""

    name: ClassVar[str] = "other"
    modules: ClassVar[tuple[str, ...]] = ()
    kinds: ClassVar[Any] = frozenset({"elementwise"})


def _bound(act: Any, device: str, dtype: str) -> Any:
    def forward(x: Any, out: Any = None) -> Any:
        with np.errstate(over="ignore"):
            return np.multiply(x, x.dtype.type(2), out=out)

    def pullback(x: Any, y: Any, grad: Any) -> dict[str, Any]:
        return {"x": np.where(np.isnan(x), x, grad * x.dtype.type(2))}

    return actreg.Bound(forward, pullback)


KERNEL = actreg.Kernel("twice", "numpy", _bound, "mine", dtypes=frozenset({"float32", "float64"}), priority=50)


class Package:
    """A plugin of everything."""

    @actreg.hookimpl
    def actreg_activations(self) -> list[Any]:
        return [Twice]

    @actreg.hookimpl
    def actreg_kernels(self) -> list[Any]:
        return [KERNEL]

    @actreg.hookimpl
    def actreg_aliases(self) -> list[Any]:
        return [actreg.Alias("half:leaky_relu", "leaky_relu", {"negative_slope": 0.5}, reason="test")]


def _met(what: Any, registry: Any = None, **options: Any) -> set[tuple[str, str, str]]:
    return {(s.case.name, s.backend, s.dtype) for s, _ in cells(what, registry or actreg.Registry(), **options)}


DTYPES = ("float16", "bfloat16", "float32", "float64")


def test_an_activation_is_tested_on_every_backend():
    """By name, alias, class or instance; a class extends the registry, which stays as it is."""
    registry = actreg.Registry()
    expected = {("silu", "numpy", dtype) for dtype in DTYPES}
    assert _met("silu") == _met("swish") == _met(registry.find("silu")) == _met(registry.get("silu")) == expected
    assert _met(Twice, registry) == {("twice", "numpy", dtype) for dtype in DTYPES}
    assert "twice" not in registry.names()


def test_a_backend_is_tested_with_every_activation_of_its_kinds():
    """A class or a name; other kinds are skipped by name."""
    met = _met(Other, dtypes=["float32"])
    assert met == {(name, "other", "float32") for name in actreg.Registry().names("elementwise")}
    assert _met("numpy") == {(name, "numpy", dtype) for name in actreg.Registry().names() for dtype in DTYPES}
    skipped = [r for r in check([Other], actreg.Registry(), dtypes=["float32"]) if r.verdict == "skipped"]
    assert {(r.activation, r.reason) for r in skipped if r.check == "tested"} >= {
        ("softmax", "needs the capability 'axiswise'")
    }


def test_a_kernel_is_tested_where_it_runs():
    """Its dtypes alone; one that never runs is untested, which fails."""
    registry = actreg.Registry(plugins=[Twice])
    kernel = replace(KERNEL, of="Twice")
    assert _met(kernel, registry) == {("twice", "numpy", "float32"), ("twice", "numpy", "float64")}
    records = check(kernel, registry, expected={"import cost": "this module of tests imports NumPy"})
    assert [r.explain() for r in records if r.provider != "mine"] == []
    assert [r.explain() for r in records if not r.ok] == []
    idle = actreg.Kernel("twice", "numpy", lambda act, device, dtype: None, "idle", of="Twice")
    (record,) = check(idle, registry)
    assert (record.verdict, "never chosen" in record.reason) == ("fail", True)


def test_a_plugin_is_everything_that_it_provides():
    """Activations on all backends, kernels, the targets of aliases; nothing twice."""
    found = [(str(s.case), s.backend, s.dtype, c.name) for s, c in cells(Package(), actreg.Registry())]
    assert len(found) == len(set(found))
    assert {name.partition("(")[0] for name, *_ in found} == {"twice", "leaky_relu"}
    assert "leaky_relu(negative_slope=0.5)" in {name for name, *_ in found}


def test_a_distribution_is_found_by_name():
    """actreg's own, with both of its plugins; an unknown one is suggested for."""
    registry = actreg.Registry()
    assert {scope.cls.info.name for scope in scopes(Distribution("ActReg"), registry)} == set(registry.names())
    with pytest.raises(actreg.UnknownNameError, match="did you mean 'actreg'"):
        scopes(Distribution("actrek"), registry)
    with pytest.raises(actreg.UnknownNameError, match="did you mean 'numpy'"):
        scopes("nunpy", registry)
    with pytest.raises(actreg.InputError):
        scopes(3, registry)


def test_what_has_no_configuration_is_untested_and_fails():
    """A required option without examples leaves nothing to run."""
    records = check(Named, actreg.Registry(), ["numpy"])
    assert [(r.dtype, r.verdict) for r in records] == [(dtype, "fail") for dtype in DTYPES]
    assert "examples" in records[0].reason
