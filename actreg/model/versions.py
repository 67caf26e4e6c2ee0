"""Versions and ranges of versions, as far as pins need them.

Requirements:

- Ordered as PEP 440 orders them: epoch, release, pre-releases before, post-releases after, development releases first;
  a local label counts for nothing.
- A range is a list of comparisons, all of which hold: ``>=0.1, <2``, ``~=1.4``, ``==1.2.*``, ``!=1.3``.
- What is no version or no range is a ValueError that says how one looks.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any, Final

_VERSION = re.compile(
    r"v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)"
    r"(?:[-_.]?(?P<pre>alpha|beta|preview|pre|rc|a|b|c)[-_.]?(?P<pre_n>\d*))?"
    r"(?:-(?P<post_short>\d+)|[-_.]?(?P<post>post|rev|r)[-_.]?(?P<post_n>\d*))?"
    r"(?:[-_.]?(?P<dev>dev)[-_.]?(?P<dev_n>\d*))?(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?\Z",
    re.IGNORECASE,
)
_COMPARISON = re.compile(r"\s*(?P<sign>~=|==|!=|<=|>=|<|>)\s*(?P<version>[^\s,]+)\s*\Z")
_STAGES: Final = {"a": 0, "alpha": 0, "b": 1, "beta": 1, "c": 2, "rc": 2, "pre": 2, "preview": 2}
_SIGNS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}

Key = tuple[Any, ...]


def version_key(text: str) -> Key:
    """What versions are ordered by; ValueError for what is no version."""
    match = _VERSION.match(text.strip())
    if match is None or len(text) > 100:
        raise ValueError(f"{text!r} is no version")
    part = match.groupdict()
    release = [int(number) for number in part["release"].split(".")]
    while len(release) > 1 and release[-1] == 0:
        release.pop()
    post = part["post_short"] or (part["post_n"] or "0" if part["post"] else None)
    dev = int(part["dev_n"] or 0) if part["dev"] else None
    if part["pre"]:
        pre: Key = (0, _STAGES[part["pre"].lower()], int(part["pre_n"] or 0))
    else:
        pre = (-1,) if dev is not None and post is None else (1,)
    return (
        int(part["epoch"] or 0),
        tuple(release),
        pre,
        -1 if post is None else int(post),
        (1,) if dev is None else (0, dev),
    )


def satisfies(version: str, wanted: str) -> bool:
    """Whether a version lies in a range; ValueError for what is no range."""
    found = [_holds(version, comparison) for comparison in wanted.split(",")]
    return all(found)


def _holds(version: str, comparison: str) -> bool:
    match = _COMPARISON.match(comparison)
    if match is None:
        raise ValueError(f"{comparison.strip()!r} is no range of versions: write '>=0.1', or '>=0.1,<0.3'")
    sign, wanted = match["sign"], match["version"]
    if wanted.endswith(".*"):
        if sign not in ("==", "!="):
            raise ValueError(f"{comparison.strip()!r}: .* goes with == and != alone")
        return _begins(version, wanted.removesuffix(".*")) == (sign == "==")
    if sign == "~=":
        head = wanted.rpartition(".")[0]
        if not re.fullmatch(r"\d+(\.\d+)*", head):
            raise ValueError(f"{comparison.strip()!r}: ~= needs a version of two numbers or more, like ~=1.4")
        return version_key(version) >= version_key(wanted) and _begins(version, head)
    return _SIGNS[sign](version_key(version), version_key(wanted))


def _begins(version: str, head: str) -> bool:
    wanted, found = version_key(head), version_key(version)
    count = len(head.split(".")) if "!" not in head else len(head.partition("!")[2].split("."))
    padded = (*found[1], *[0] * count)[:count]
    return found[0] == wanted[0] and padded == (*wanted[1], *[0] * count)[:count]
