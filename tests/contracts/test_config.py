"""The config half of an activation: strict, closed, checked, honest."""

from __future__ import annotations

import copy
import pickle
from typing import Any, get_args

import pytest

import actreg
from actreg.contracts.config import Config

REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("leaky_relu", {"negative_slope": "0.1"}, "negative_slope", "valid number"),
    ("leaky_relu", {"negative_slope": True}, "negative_slope", "valid number"),
    ("leaky_relu", {"negative_slope": float("nan")}, "negative_slope", "finite"),
    ("leaky_relu", {"negative_slope": float("inf")}, "negative_slope", "finite"),
    ("leaky_relu", {"negative_slop": 0.1}, "negative_slop", "did you mean 'negative_slope'?"),
    ("leaky_relu", {"alpha": 0.1}, "alpha", "did you mean 'negative_slope'?"),
    ("relu", {"slope": 0.1}, "slope", "it takes none"),
    ("softmax", {"dim": 1}, "dim", "did you mean 'axis'?"),
    ("softmax", {"axis": 1.5}, "axis", "valid integer"),
    ("softplus", {"beta": 0.0}, "beta", "greater than 0"),
    ("softplus", {"beta": -1.0}, "beta", "greater than 0"),
    ("elu", {"alpha": "x"}, "alpha", "valid number"),
    ("prelu", {"num_parameters": 0}, "num_parameters", "greater than or equal to 1"),
    ("prelu", {"num_parameters": "all"}, "num_parameters", "each"),
    ("silu", {"trainable": 1}, "trainable", "valid boolean"),
    ("maxout", {"pieces": 0}, "pieces", "greater than or equal to 1"),
    ("maxout", {"units": -3}, "units", "greater than or equal to 1"),
    ("maxout_pool", {"layout": "diagonal"}, "layout", "consecutive"),
]


@pytest.mark.parametrize(("name", "config", "field", "words"), REFUSED, ids=lambda value: str(value)[:40])
def test_a_bad_option_is_refused_with_its_name(name: str, config: dict[str, Any], field: str, words: str) -> None:
    """The error names the field, says what is wrong, and suggests ours for another framework's spelling."""
    with pytest.raises(actreg.ConfigError) as caught:
        actreg.get(name, **config)
    assert any(problem.field.startswith(field) for problem in caught.value.problems)
    assert words in str(caught.value)


def test_every_wrong_option_is_reported_at_once() -> None:
    """Two mistakes, two problems."""
    with pytest.raises(actreg.ConfigError) as caught:
        actreg.get("softplus", beta="a", treshold=1.0)
    assert [problem.field for problem in caught.value.problems] == ["beta", "treshold"]
    assert caught.value.problems[1].suggestions == ("threshold",)


def test_an_int_stands_for_a_float() -> None:
    """negative_slope: 0 is the float 0.0."""
    slope = actreg.get("leaky_relu", negative_slope=0).model_dump()["negative_slope"]
    assert (slope, type(slope)) == (0.0, float)


@pytest.mark.parametrize("name", actreg.names())
def test_an_instance_survives_every_round_trip(name: str) -> None:
    """Config mapping, JSON, pickle, deepcopy: equal and of equal hash."""
    required = {
        option: get_args(field.annotation)[0]
        for option, field in actreg.default_registry().find(name).model_fields.items()
        if field.is_required()
    }
    act = actreg.get(name, **required)
    for twin in (
        actreg.get(act.as_config()),
        type(act).model_validate_json(act.model_dump_json()),
        pickle.loads(pickle.dumps(act)),
        copy.deepcopy(act),
        act.model_copy(),
    ):
        assert twin == act
        assert hash(twin) == hash(act)


def test_an_instance_cannot_change() -> None:
    """Frozen."""
    with pytest.raises(ValueError, match="frozen"):
        actreg.get("elu").alpha = 2.0  # type: ignore[attr-defined]


def test_a_copy_with_changes_is_validated() -> None:
    """pydantic's own model_copy(update=…) would take anything."""
    act = actreg.get("elu", alpha=2.0)
    assert act.model_copy(update={"alpha": 3.0}) == actreg.get("elu", alpha=3.0)
    with pytest.raises(actreg.ConfigError, match="alpha"):
        act.model_copy(update={"alpha": "x"})


def test_a_config_error_survives_pickling() -> None:
    """Errors cross processes with their facts."""
    with pytest.raises(actreg.ConfigError) as caught:
        actreg.get("elu", alpha="x")
    twin = pickle.loads(pickle.dumps(caught.value))
    assert (twin.problems, str(twin)) == (caught.value.problems, str(caught.value))


def test_a_subclass_without_info_uses_its_own_name_in_errors() -> None:
    """Layer options use the same errors."""

    class Options(Config):
        size: int

    with pytest.raises(actreg.ConfigError, match=r"Options: size: field required"):
        Options()
