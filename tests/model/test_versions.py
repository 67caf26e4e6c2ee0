"""Versions are ordered as PEP 440 orders them, and lie in ranges or not."""

from __future__ import annotations

import pytest

from actreg.model.versions import satisfies, version_key

ORDER = [
    "0", "0.1.dev1", "0.1a1.dev3", "0.1a1", "0.1b2", "0.1rc1", "0.1", "0.1.post1.dev2", "0.1.post1", "0.1.1", "0.9",
    "0.10", "1.0", "1!0.1",
]  # fmt: skip


def test_versions_are_ordered() -> None:
    """Each before the next."""
    keys = [version_key(text) for text in ORDER]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("one", "other"), [("1.0", "1"), ("1.0.0", "v1"), ("1.0+cpu", "1.0"), ("1.0RC1", "1.0-c.1"), ("1.0-2", "1.0.post2")]
)
def test_spellings_of_one_version(one: str, other: str) -> None:
    """Zeros at the end, a local label, other words for the same."""
    assert version_key(one) == version_key(other)


RANGES = [
    ("0.1.0", ">=0.1", True), ("0.1.0", ">0.1", False), ("0.1.0", "==0.1", True), ("0.1.0", "!=0.1", False),
    ("0.2", ">=0.1,<0.3", True), ("0.3", ">=0.1, <0.3", False), ("0.10", ">=0.9", True), ("1.4.5", "~=1.4.2", True),
    ("1.5", "~=1.4.2", False), ("1.9", "~=1.4", True), ("2.0", "~=1.4", False), ("1.2.9", "==1.2.*", True),
    ("1.20", "==1.2.*", False), ("1.2", "!=1.2.*", False), ("1", "==1.0.*", True), ("2.13.0+cpu", ">=2.4", True),
    ("1.0rc1", ">=1.0", False),
]  # fmt: skip


@pytest.mark.parametrize(("version", "wanted", "inside"), RANGES)
def test_ranges(version: str, wanted: str, inside: bool) -> None:
    """Every comparison of a list must hold."""
    assert satisfies(version, wanted) is inside


@pytest.mark.parametrize(
    "wanted", ["", "0.1", "=0.1", ">=", ">=x", ">0.1,", "~=1", ">=1.*", "latest", ">=1" + "0" * 200]
)
def test_what_is_no_range(wanted: str) -> None:
    """Refused, whatever else would hold."""
    with pytest.raises(ValueError, match=r"no range|no version|\.\* goes|~= needs"):
        satisfies("0.1", wanted)
