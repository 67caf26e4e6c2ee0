"""Deviations: matched by region, versioned, and stale when they no longer occur."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest

import actreg
from actreg.conformance.deviations import Deviation, known, version_in
from actreg.conformance.runner import cells, run

ENTRY = Deviation(
    activation="relu", backend="numpy", library="numpy", versions=">=1", dtypes=("float32",), check="signed zero",
    what="relu(-0.0) is -0.0", reason="clamp", lo=-0.0, hi=0.0,
)  # fmt: skip


class _Clamp:
    """A vendor's kernel that keeps -0.0."""

    __name__ = "clamp"

    @actreg.hookimpl
    def actreg_kernels(self) -> list[Any]:
        def bind(act: Any, device: str, dtype: str) -> Any:
            zero = np.zeros((), dtype=dtype)

            def forward(x: Any, out: Any = None) -> Any:
                return np.copyto(out, np.where(x < 0, zero, x)) if out is not None else np.where(x < 0, zero, x)

            return actreg.Bound(forward, lambda x, y, grad: {"x": grad * (x > 0)})

        kernel: ClassVar[Any] = actreg.Kernel("relu", "numpy", bind, "clamp", priority=99, vendor=True)
        return [kernel]


def _verdict(entries, *plugins):
    registry = actreg.Registry(plugins=plugins)
    ((subject, item),) = cells("relu", registry, ["numpy"], ["float32"], ["signed zero"])
    return run(subject, item, entries).verdict


def test_a_listed_deviation_is_no_failure_within_its_region_only():
    """Inside: deviation; elsewhere or unlisted: failure."""
    assert _verdict([], _Clamp()) == "fail"
    assert _verdict([ENTRY], _Clamp()) == "deviation"
    assert _verdict([replace(ENTRY, lo=1.0, hi=2.0)], _Clamp()) == "fail"
    assert _verdict([replace(ENTRY, versions=">=99")], _Clamp()) == "fail"


def test_what_no_longer_occurs_is_stale_unless_it_varies():
    """An entry without an occurrence fails the suite."""
    gone = replace(ENTRY, lo=5.0, hi=6.0)
    assert _verdict([ENTRY, gone], _Clamp()) == "stale"
    assert _verdict([ENTRY, replace(gone, varies=True)], _Clamp()) == "deviation"


def test_our_own_mathematics_has_no_deviations():
    """An entry about a kernel that is no vendor's changes nothing."""
    assert _verdict([ENTRY]) == "pass"


@pytest.mark.parametrize(
    ("version", "versions", "expected"),
    [
        ("2.13.0+cpu", ">=2.13,<2.14", True),
        ("2.14.0", ">=2.13,<2.14", False),
        ("2.13", "==2.13", True),
        ("10.0", ">9", True),
    ],
)
def test_ranges_of_versions(version, versions, expected):
    """Compared by number, local parts aside."""
    assert version_in(version, versions) is expected


def test_the_file_is_well_formed():
    """Every entry is complete, and none repeats another."""
    keys = [(d.activation, d.backend, d.check, d.dtypes, d.lo, d.hi, str(d.config)) for d in known()]
    assert len(keys) == len(set(keys)) > 0
