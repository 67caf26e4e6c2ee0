"""YAML 1.2 core scalars, and nothing of YAML 1.1."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actreg.model.scalars import resolve

CASES = [
    ("", None), ("~", None), ("null", None), ("Null", None), ("NULL", None), ("nUll", "nUll"),
    ("true", True), ("True", True), ("FALSE", False), ("tRue", "tRue"),
    ("on", "on"), ("off", "off"), ("yes", "yes"), ("no", "no"), ("y", "y"), ("n", "n"),
    ("1e-3", 1e-3), ("1E5", 1e5), (".5", 0.5), ("2.", 2.0), ("-1.5e+2", -150.0), ("+.5", 0.5),
    ("12", 12), ("-7", -7), ("+7", 7), ("007", 7), ("0o17", 15), ("0x1F", 31), ("0b11", "0b11"),
    ("1:30", "1:30"), ("1_000", "1_000"), ("-0o17", "-0o17"), ("1e", "1e"), (".", "."), ("-", "-"), ("+", "+"),
    (".inf", math.inf), ("-.Inf", -math.inf), ("+.INF", math.inf), ("inf", "inf"), ("nan", "nan"),
    ("2001-12-14", "2001-12-14"), ("12\n", "12\n"), ("relu", "relu"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), CASES, ids=[repr(text) for text, _ in CASES])
def test_a_plain_scalar_means_what_yaml_1_2_says(text: str, value: object) -> None:
    """Value and type, for every form of the core schema and its neighbours of YAML 1.1."""
    found = resolve(text)
    assert found == value
    assert type(found) is type(value)


def test_nan_is_a_float() -> None:
    """.nan in its three spellings."""
    assert all(math.isnan(resolve(text)) for text in (".nan", ".NaN", ".NAN"))  # type: ignore[arg-type]


def test_a_negative_zero_keeps_its_sign() -> None:
    """-0.0 is a float of its own."""
    assert math.copysign(1.0, resolve("-0.0")) == -1.0  # type: ignore[arg-type]


def test_a_number_of_absurd_length_is_refused() -> None:
    """Ten thousand digits are no number that anybody meant."""
    with pytest.raises(ValueError, match="10000 characters"):
        resolve("9" * 10_000)


@given(st.floats(allow_nan=False))
def test_every_float_reads_back(value: float) -> None:
    """repr of a float, with YAML's names of the infinities."""
    text = repr(value) if math.isfinite(value) else ("-.inf" if value < 0 else ".inf")
    assert resolve(text) == value
