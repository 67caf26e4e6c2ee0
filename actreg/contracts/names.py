"""How names compare.

Our own names compare without case and separators: ``LeakyReLU``, ``leaky-relu`` and ``leaky_relu`` are one name.
A name of another framework is spelt as that framework spells it, because there case can carry meaning:
``keras:leaky_relu`` (a function, slope 0.2) and ``keras:LeakyReLU`` (a layer, slope 0.3) differ.
"""

from __future__ import annotations

import re

CANONICAL = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
ALIAS = re.compile(r"([a-z][a-z0-9_]*:)?[A-Za-z][A-Za-z0-9_.]*")
_SEPARATORS = re.compile(r"[\s_\-]+")


def normalise(name: str) -> str:
    """The key under which `name` is looked up."""
    framework, colon, rest = name.strip().partition(":")
    if colon:
        return f"{framework.strip().lower()}:{rest.strip()}"
    return _SEPARATORS.sub("", framework).lower()


def split_distribution(name: str) -> tuple[str, str | None]:
    """Splits ``name@distribution``; the distribution is None where none is given."""
    plain, at, distribution = name.partition("@")
    return plain, distribution if at else None
