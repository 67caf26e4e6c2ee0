"""Running over an executor: the same records in the same order; what can't be sent is refused."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import pytest

import actreg
from actreg.conformance import check
from actreg.conformance.parallel import Request, parts, run_part
from actreg.conformance.plan import cells

ONLY: dict[str, Any] = {"backends": ["numpy"], "dtypes": ["float16", "float32"]}


def test_any_executor_gives_the_records_of_none():
    """Threads here, processes in the command line's tests; the request crosses by pickle either way."""
    steps: list[tuple[int, int]] = []
    with ThreadPoolExecutor(2) as pool:
        found = check(["elu", "softmax"], executor=pool, progress=lambda *step: steps.append(step), **ONLY)
    alone = check(["elu", "softmax"], **ONLY)
    assert [dataclasses.replace(r) for r in found] == alone
    assert steps[-1] == (len(cells_of()), len(cells_of()))
    assert steps == sorted(steps)


def cells_of() -> list[Any]:
    """The cells of that request."""
    return list(cells(["elu", "softmax"], None, **ONLY))


def test_a_part_is_one_configuration_on_one_backend():
    """Parts cover the cells, once each."""
    found = cells_of()
    bounds = list(parts(found))
    assert [place for start, stop in bounds for place in range(start, stop)] == list(range(len(found)))
    assert all(len({(str(s.case), s.backend) for s, _ in found[start:stop]}) == 1 for start, stop in bounds)


def test_a_worker_with_other_plugins_is_found_out():
    """It must not test something else in silence."""
    import pickle

    sent = pickle.dumps(Request("tanh", ("numpy",), ("float32",), ("nan",)))
    assert len(run_part(sent, 0, ["tanh on numpy in float32: nan"])) == 1
    with pytest.raises(actreg.InputError, match="other plugins"):
        run_part(sent, 0, ["tanh on other in float32: nan"])


def test_what_can_not_be_sent_is_refused():
    """A class of a function's body; a registry that workers do not have."""

    class Local(actreg.Elementwise):
        """Nowhere."""

        info: ClassVar[Any] = actreg.Info(name="local")

        def forward(self, xp, x):
            return x

        def reference(self, mp, x):
            return x

    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(actreg.InputError, match="another process"):
            check(Local, executor=pool, **ONLY)
        with pytest.raises(actreg.InputError, match="default registry"):
            check("tanh", actreg.Registry(), executor=pool, **ONLY)
