"""Hostile specs: each is read or refused, in time and in bounded memory; the script that does more is the one used."""

from __future__ import annotations

import importlib
import time
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actreg.errors import SpecError
from actreg.model.kinds import KINDS
from actreg.model.read import read_spec
from actreg.registry import Registry

SCRIPTS = __file__.rpartition("tests")[0] + "scripts"
REGISTRY = Registry()
NAMES = ["act", "use", "with", "repeat", "residual", "branches", "gated", "add", "concat", "as", "from", "share", "of"]
NAMES += ["layers", "times", "merge", "params", "hidden", "x", "$x", "<<", "", *KINDS, *REGISTRY.names()]

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-2, 9)
    | st.integers()
    | st.floats()
    | st.sampled_from(["$x", "$y", "$(x + 1)", "$in", "$(", "each", "relu", "x", "unit", "concat", "1e-3", "\u2028"])
    | st.text(max_size=8)
)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=12,
)
layers = st.lists(
    st.sampled_from(NAMES) | st.dictionaries(st.sampled_from(NAMES), trees, min_size=1, max_size=2), max_size=5
)


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """scripts/fuzz_specs.py."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(SCRIPTS)
        return importlib.import_module("fuzz_specs")


def test_what_is_mutated_is_right_to_begin_with() -> None:
    """The shipped specs, and the one that uses the whole grammar."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(SCRIPTS)
        makers: Any = importlib.import_module("fuzz_makers")
    for text in makers.corpus():
        assert read_spec(text).plan.nodes


def test_a_thousand_mutations_and_bombs(script: Any) -> None:
    """No traceback, no second of CPU time, no 64 MiB."""
    findings, made = script.fuzz(1000, seed=20261125, memory=4)
    assert [str(finding)[:500] for finding in findings] == []
    assert set(made) == {"bytes", "tokens", "tree", "drawn", "bomb"}


@given(layers=layers, variables=st.dictionaries(st.sampled_from("xy"), trees), block=layers, shape=trees)
@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_thousand_trees(layers: Any, variables: Any, block: Any, shape: Any) -> None:
    """Python data of any shape below the keys of a spec, and half of them on a good input."""
    blocks = {"unit": {"params": {"n": 3}, "layers": block}}
    good = isinstance(shape, str) or shape is None
    spec = {"actreg": 1, "input": [8] if good else shape, "vars": variables, "blocks": blocks, "layers": layers}
    start = time.process_time()
    try:
        read = read_spec(spec, registry=REGISTRY)
    except SpecError as error:
        wrong = [found for found in error.diagnostics if found.line < 1 or found.column < 1 or not found.message]
    else:
        wrong = []
        assert read_spec(read.text, registry=REGISTRY).plan == read.plan
    assert not wrong
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("broken", "kind"),
    [(KeyError("oops"), "KeyError"), (RecursionError("deep"), "RecursionError")],
)
def test_a_traceback_is_a_finding(script: Any, monkeypatch: pytest.MonkeyPatch, broken: Exception, kind: str) -> None:
    """The script sees what the reader raises."""

    def fails(text: str) -> Any:
        raise broken

    monkeypatch.setattr(script, "read_spec", fails)
    findings, _ = script.fuzz(3, seed=1)
    assert len(findings) == 3
    assert findings[0].problem.startswith(kind)


def test_slow_and_large_reads_are_findings(script: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the clock and by the trace."""
    monkeypatch.setattr(script, "SECONDS", 0.0)
    assert script.problem_of("actreg: 1\n").endswith(" s")
    monkeypatch.setattr(script, "SECONDS", 60.0)
    monkeypatch.setattr(script, "BYTES", 10)
    assert script.problem_of("actreg: 1\n").endswith(" MiB")
