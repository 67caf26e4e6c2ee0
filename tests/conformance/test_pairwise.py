"""Distances of backends, and deviations that a run does not meet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest

import actreg
from actreg.backends.numpy.backend import NumpyBackend
from actreg.conformance.deviations import Deviation
from actreg.conformance.pairwise import pairs, text
from actreg.conformance.plan import cells
from actreg.conformance.unmatched import unmatched


class Other(NumpyBackend):
    """Three ulp above NumPy at 1.0 and beyond."""

    name: ClassVar[str] = "other"

    def apply(self, act: Any, x: Any, parameters: Any, **options: Any) -> Any:
        y = super().apply(act, x, parameters, **options)
        with np.errstate(all="ignore"):
            high = y
            for _ in range(3):
                high = np.nextafter(high, high.dtype.type(np.inf))
        return np.where(np.asarray(x) == 1.0, high, y) if y.shape == np.shape(x) else y


class Plugin:
    """The backend's, and a vendor's kernel on NumPy."""

    @actreg.hookimpl
    def actreg_backends(self) -> list[Any]:
        """It alone."""
        return [Other]

    @actreg.hookimpl
    def actreg_kernels(self) -> list[Any]:
        """sin, by NumPy."""

        def bind(act: Any, device: str, dtype: str) -> Any:
            forward = lambda x, out=None: np.tanh(x, out=out)  # noqa: E731
            return actreg.Bound(forward, lambda x, y, grad: {"x": grad / np.cosh(x) ** 2})

        return [actreg.Kernel("tanh", "numpy", bind, "numpy.tanh", priority=99, vendor=True)]


REGISTRY = actreg.Registry(plugins=[Plugin()])


def test_a_pair_of_backends_is_as_far_apart_as_its_worst_input():
    """Three ulp, at 1.0; gradients agree."""
    (pair,) = pairs("silu", REGISTRY, ["numpy", "other"], ["float32"])[:1]
    assert (pair.first, pair.second) == ("numpy", "other")
    assert pair.forward == pytest.approx(3.0)
    assert float.fromhex(pair.forward_input) == 1.0
    assert pair.backward == 0.0
    assert "numpy/other" in text([pair])
    assert "3 / 0" in text([pair])


def test_every_pair_and_dtype_has_a_distance():
    """Lines too."""
    found = pairs(["softmax", "maxout"], REGISTRY, ["numpy", "other"])
    assert {p.dtype for p in found} == set(REGISTRY.backend("numpy").dtypes())


ENTRY = Deviation(
    activation="tanh", backend="numpy", library="numpy", versions=">=1", dtypes=("float32",), check="nan",
    what="x", reason="y",
)  # fmt: skip


def test_an_entry_that_matches_no_cell_is_an_error():
    """A check, a dtype or a configuration that does not exist; not one about something that is not tested here."""
    met = list(cells("tanh", REGISTRY, ["numpy"]))
    wrong = [replace(ENTRY, check="nam"), replace(ENTRY, dtypes=("float8",)), replace(ENTRY, config={"beta": 1.0})]
    found = unmatched(met, [ENTRY, *wrong, replace(ENTRY, activation="silu"), replace(ENTRY, versions=">=99")])
    assert [r.verdict for r in found] == ["fail"] * 3
    assert all("matches no cell" in r.reason for r in found)
    assert unmatched(met, [ENTRY]) == []
