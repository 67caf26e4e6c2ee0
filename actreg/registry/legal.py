"""What a hook may return and a static claim may point at: each rule gives what is wrong, in words, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

from actreg.contracts.activation import Activation
from actreg.contracts.backend import Backend
from actreg.contracts.info import Alias, Info
from actreg.contracts.kernel import Kernel

Declares = Literal["activations", "aliases", "backends", "kernels"]


def _activation(item: Any) -> str:
    if not isinstance(item, type) or not issubclass(item, Activation):
        return "no activation class: derive it from actreg.Elementwise or another kind"
    return "" if isinstance(item.__dict__.get("info"), Info) else "abstract: it has no info of its own"


def _alias(item: Any) -> str:
    return "" if isinstance(item, Alias) else "no actreg.Alias"


def _backend(item: Any) -> str:
    if not isinstance(item, type) or not issubclass(item, Backend):
        return "no backend class: derive it from actreg.Backend"
    if not isinstance(getattr(item, "name", None), str) or not isinstance(getattr(item, "modules", None), tuple):
        return "incomplete: a backend class has a name and modules"
    missing = sorted(getattr(item, "__abstractmethods__", ()))
    return f"incomplete: it does not define {', '.join(missing)}" if missing else ""


def _kernel(item: Any) -> str:
    return "" if isinstance(item, Kernel) else "no actreg.Kernel"


WRONG: Final[dict[Declares, Callable[[Any], str]]] = {
    "activations": _activation,
    "aliases": _alias,
    "backends": _backend,
    "kernels": _kernel,
}
"""What is wrong with one declared thing, by what it is declared as; empty where nothing is."""
