"""Listed deviations that a run meets nowhere are an error; what one excuses is what it is about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

import actreg
from actreg.conformance import check
from actreg.conformance.deviations import Deviation
from actreg.conformance.judge import run
from actreg.conformance.plan import cells
from actreg.conformance.unmatched import unmatched


class Plugin:
    """A vendor's kernel whose gradient is a number at NaN."""

    @actreg.hookimpl
    def actreg_kernels(self) -> list[Any]:
        """tanh, by NumPy."""

        def forward(x: Any, out: Any = None) -> Any:
            y = np.tanh(x)
            return y if out is None else np.copyto(out, y) or out

        def pullback(x: Any, y: Any, grad: Any) -> dict[str, Any]:
            return {"x": np.where(x < 1, grad, 0 * grad)}

        bound = actreg.Bound(forward, pullback)
        return [actreg.Kernel("tanh", "numpy", lambda *_: bound, "numpy.tanh", priority=99, vendor=True)]


REGISTRY = actreg.Registry(plugins=[Plugin()])
ENTRY = Deviation(
    activation="tanh", backend="numpy", library="numpy", versions=">=1", dtypes=("float32",), check="nan",
    what="the gradient at NaN is a number", reason="a comparison", nan=True,
)  # fmt: skip


def test_an_entry_that_matches_no_cell_is_an_error():
    """A check, a dtype or a configuration that does not exist; not one about something that is not tested here."""
    met = list(cells("tanh", REGISTRY, ["numpy"]))
    wrong = [replace(ENTRY, check="nam"), replace(ENTRY, dtypes=("float8",)), replace(ENTRY, config={"beta": 1.0})]
    found = unmatched(met, [ENTRY, *wrong, replace(ENTRY, activation="silu"), replace(ENTRY, versions=">=99")])
    assert [r.verdict for r in found] == ["fail"] * 3
    assert all("matches no cell" in r.reason for r in found)
    assert unmatched(met, [ENTRY]) == []


def test_an_entry_excuses_the_findings_that_it_speaks_of():
    """And no others: an entry about the gradient leaves a wrong derivative a failure."""
    ((subject, item),) = cells("tanh", REGISTRY, ["numpy"], ["float32"], ["nan"])
    about_both = replace(ENTRY, says=("the gradient", "the derivative"))
    assert run(subject, item, [about_both]).verdict == "deviation"
    record = run(subject, item, [replace(ENTRY, says=("the gradient",))])
    assert record.verdict == "fail"
    assert record.reason == "the derivative is not NaN at NaN alone"


def test_whole_runs_look_for_unmatched_entries():
    """With every check and dtype, and with those alone; torch's entries match."""
    assert [r for r in check("sigmoid", actreg.Registry(), ["numpy"]) if r.check == "deviations"] == []
