"""Errors cross processes whole: message and facts."""

from __future__ import annotations

import pickle

import pytest

from actreg import errors

FACTS = [
    errors.UnknownNameError("activation", "rleu", ["relu"], hint="names"),
    errors.NameCollisionError("relu", ["a 1", "b 2"]),
    errors.BrokenPluginError("a", "1", "why", asked="relu"),
    errors.ConfigError("elu", [errors.FieldProblem("alpha", "no number", ("beta",))]),
    errors.SpecError([errors.Diagnostic("a.yaml", 1, 2, "wrong", "line")]),
    errors.WeightsError("a", "damaged"),
    errors.DriftError("a", "changed", ["relu"]),
    errors.DataError("a", "missing"),
    errors.MissingExtraError("a feature", "a package", "pip install it"),
    errors.InexactExportError("net", ["at 1"]),
    errors.SwapError("nothing", ["a.b"]),
    errors.InputError("no array"),
]


@pytest.mark.parametrize("error", FACTS, ids=lambda error: type(error).__name__)
def test_an_error_pickles_with_its_facts(error: errors.ActregError) -> None:
    """The same class, the same words, the same fields."""
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)
