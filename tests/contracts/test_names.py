"""How names compare."""

from __future__ import annotations

import pytest

from actreg.contracts.names import normalise, split_distribution


@pytest.mark.parametrize("spelling", ["leaky_relu", "LeakyReLU", "leaky-relu", "LEAKY RELU", " leaky_relu "])
def test_case_and_separators_do_not_count(spelling: str) -> None:
    """One name in five spellings has one key."""
    assert normalise(spelling) == "leakyrelu"


def test_a_frameworks_name_is_spelt_as_the_framework_spells_it() -> None:
    """keras:leaky_relu (a function, slope 0.2) and keras:LeakyReLU (a layer, slope 0.3) differ."""
    assert normalise("Keras:leaky_relu") != normalise("keras:LeakyReLU")
    assert normalise("Keras:leaky_relu") == normalise("keras:leaky_relu")


def test_a_distribution_can_be_named() -> None:
    """name@distribution splits; a plain name has none."""
    assert split_distribution("relu@my-pkg") == ("relu", "my-pkg")
    assert split_distribution("relu") == ("relu", None)
