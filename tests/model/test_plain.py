"""Python data to text and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actreg.model.places import Problems, Source
from actreg.model.plain import NotPlainError, to_text
from actreg.model.reader import read_value
from actreg.model.values import data_of

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["1e-3", "on", "0o17", "1:30", "~", "", "null", ".inf", "<<", "*a", "&a", "!x", "- a", "a: b", "# c", "a\nb", " a "]
)
data = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.floats(allow_nan=False) | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(text, data, max_size=4), st.booleans())
def test_text_reads_back_to_the_same_data(value: dict[str, Any], flow: bool) -> None:
    """Types too: a string that looks like a number stays a string."""
    problems = Problems()
    read = read_value(Source("s", to_text(value, flow=flow)), problems)
    assert not problems.found()
    assert read is not None
    assert repr(data_of(read)) == repr(value)


@pytest.mark.parametrize("value", [object(), {"a": {1, 2}}, {"a": b"x"}, {1: 2}, {"a": [lambda: 1]}])
def test_what_is_no_plain_data_is_refused(value: Any) -> None:
    """With the path to it."""
    with pytest.raises(NotPlainError, match=r"no plain data|no name"):
        to_text(value)
