"""Names: aliases mean what they claim, different names differ, and a registry is the same in any order.

Requirements:

- Judged on the registry that the suite was given, so that a plugin's author sees what its users will.
- Two names differ where float64 shows it: 1e-3 once hid tanh-GELU behind exact GELU.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from actreg.conformance import fresh
from actreg.conformance.cases import FEATURES
from actreg.conformance.checks.finding import Finding
from actreg.conformance.subject import Subject
from actreg.contracts.bindings import config_key
from actreg.errors import ActregError
from actreg.formula.initial import initial_values

TOLERANCE = 8.0
"""In ulp of float64: more than an implementation may be off, so that equal names would not be told apart."""

_LIBRARIES = ("numpy", "ml_dtypes", "torch", "jax", "numba", "triton", "tensorflow", "safetensors")


def aliases(s: Subject) -> Finding:
    """Every name that leads to the activation gives an instance of it with the options that the name claims, and no
    other; it writes itself under the canonical name and is read back from there equal."""
    broken = []
    for spelling, found in _names(s):
        wanted = type(s.act)(**{**_required(s, found), **found.defaults, **found.pinned})
        got = s.registry.get(spelling, **_required(s, found))
        if config_key(got) != config_key(wanted):
            broken.append(f"{spelling} gives {got!r}, not {wanted!r}")
        again = s.registry.get(got.as_config())
        if config_key(again) != config_key(got):
            broken.append(f"{spelling} writes {got.as_config()}, which reads back as {again!r}")
    return Finding(broken=broken)


def names_differ(s: Subject) -> Finding:
    """Names of one activation that claim different options differ in some value, gradient or initial parameter by
    more than any tolerance."""
    kinds: dict[Any, tuple[str, Any]] = {}
    for spelling, resolution in _names(s):
        act = s.registry.get(spelling, **_required(s, resolution))
        kinds.setdefault(config_key(act), (spelling, act))
    broken = []
    found = list(kinds.values())
    for place, (name, act) in enumerate(found):
        for other, rival in found[place + 1 :]:
            if not differ(s.registry, act, rival):
                broken.append(f"{name} and {other} are {act!r} and {rival!r}, and compute the same")
    return Finding(broken=broken)


def collisions(s: Subject) -> Finding:
    """No other installed distribution claims a name of this activation."""
    broken = []
    for name in (s.act.info.name, *s.act.info.aliases):
        claims = s.registry.claims(name)
        if len(claims) > 1:
            broken.append(f"{name!r} is claimed by {' and by '.join(str(claim) for claim in claims)}")
    return Finding(broken=broken)


def order(s: Subject) -> Finding:
    """The order in which plugins are found changes no name's meaning."""
    from actreg.registry import Registry

    turned = _turned(s.registry, Registry)
    broken = []
    for name in (s.act.info.name, *s.act.info.aliases):
        here, there = (_meaning(registry, name) for registry in (s.registry, turned))
        if here != there:
            broken.append(f"{name!r} means {here}, and {there} where plugins come in the opposite order")
    return Finding(broken=broken)


def import_cost(s: Subject) -> Finding:
    """Importing the module that defines the activation, and listing all names, loads no array library."""
    module = type(s.act).__module__
    # Built-in families are imported together.
    loaded = _loaded("actreg.activations" if module.startswith("actreg.activations.") else module)
    return Finding(broken=[f"importing {type(s.act).__module__} loads {', '.join(loaded)}"] if loaded else [])


def differ(registry: Any, act: Any, other: Any) -> bool:
    """Whether two instances of one kind differ in any value, gradient or initial parameter on NumPy in float64."""
    library = registry.backend("numpy")
    x = _inputs(act)
    results = []
    for one in (act, other):
        named = {name: library.from_numpy(array) for name, array in initial_values(one, FEATURES, 0).items()}
        y, pullback = library.vjp(one, x, named)
        gradients = pullback(np.ones_like(y))
        results.append([y, gradients["x"], *(named[name] for name in sorted(named))])
    if [a.shape for a in results[0]] != [a.shape for a in results[1]]:
        return True
    return any(_apart(a, b) for a, b in zip(*results, strict=True))


def _apart(a: Any, b: Any) -> bool:
    with np.errstate(all="ignore"):
        close = (a == b) | (np.abs(a - b) <= TOLERANCE * np.spacing(np.maximum(np.abs(a), np.abs(b))))
    return not bool(np.all(close | (np.isnan(a) & np.isnan(b))))


def _inputs(act: Any) -> Any:
    rng = np.random.Generator(np.random.Philox(key=11))
    # Wide enough for thresholds, fine enough for what differs near 0 alone.
    scale = np.repeat([0.1, 1.0, 4.0, 12.0, 24.0, 60.0], FEATURES * FEATURES).reshape(6, FEATURES, FEATURES)
    return rng.standard_normal((6, FEATURES, FEATURES)) * scale


def _names(s: Subject) -> Iterator[tuple[str, Any]]:
    for spelling in s.registry.spellings():
        try:
            found = s.registry.resolve(spelling)
        except ActregError:
            continue
        if found.activation is type(s.act):
            yield spelling, found


def _required(s: Subject, found: Any) -> dict[str, Any]:
    """The options that the activation has no default for, and the name does not bring."""
    wanted = [name for name, field in type(s.act).model_fields.items() if field.is_required()]
    return {name: getattr(s.act, name) for name in wanted if name not in {**found.defaults, **found.pinned}}


def _meaning(registry: Any, name: str) -> str:
    try:
        cls = registry.find(name)
        return f"{cls.__module__}.{cls.__qualname__}"
    except ActregError as error:
        return type(error).__name__


@cache
def _turned(registry: Any, kind: Any) -> Any:
    return kind.from_plugins(list(reversed(registry.plugins())))


@cache
def _loaded(module: str) -> list[str]:
    code = (
        "import sys, importlib, actreg; actreg.names();"
        f" importlib.import_module({module!r});"
        f" print(*(name for name in {_LIBRARIES!r} if name in sys.modules))"
    )
    return fresh.run(code).split()
