"""What identifies the mathematics of an activation: digests that a weight file quotes.

Requirements:

- A built-in activation is identified by its reference tables: that of its defaults and, where there is one, that of its
  own config. Their digests stand in their headers; nothing is computed and no library is loaded.
- Any other with a `reference` is identified by what that gives at fixed points, in mpmath at sixty digits, of which
  thirty are hashed; without mpmath it has no digest.
- The same mathematics has the same digest on every machine, whatever else has changed: a comment, a kernel, a version.
- An author's code that fails is a fact like another, not an error.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from actreg.contracts.activation import Activation
from actreg.contracts.kinds import Axiswise, Elementwise, Gated
from actreg.contracts.param import Constant, Param

TABLES: Final = Path(__file__).parent.parent / "conformance" / "reference"
"""Where the reference tables lie that come with the package."""

BUILTIN: Final = "actreg.activations."
"""Where the classes live that those tables judge; a plugin may claim one of their names."""

POINTS: Final = (
    -100.0,
    -20.0,
    -6.0,
    -3.0,
    -2.0,
    -1.0,
    -0.5,
    -0.125,
    0.0,
    0.125,
    0.5,
    1.0,
    1.5,
    2.0,
    3.0,
    6.0,
    20.0,
    100.0,
)
LENGTHS: Final = (4, 6, 12)
_DIGITS: Final = 30


def reference_of(act: Activation) -> dict[str, str]:
    """Digests by what they are of: ``table NAME`` or ``points``; empty where nothing can be said here."""
    if type(act).__module__.startswith(BUILTIN):
        found = table_digests(act)
        if found:
            return found
    points = points_digest(act)
    return {"points": points} if points else {}


def table_digests(act: Activation, folder: Path = TABLES) -> dict[str, str]:
    """The digests of the tables of an activation's defaults and of its config."""
    config = json.loads(json.dumps(act.model_dump(mode="json")))
    found = {}
    for path in sorted((folder / act.info.name).glob("*.tsv")):
        header = _header(path)
        if path.stem == "default" or json.loads(header.get("config", "null")) == config:
            found[f"table {path.stem}"] = header["sha256"]
    return found


def _header(path: Path) -> dict[str, str]:
    facts = {}
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if not line.startswith("# "):
                break
            key, _, value = line[2:].rstrip("\n").partition(": ")
            facts[key] = value
    return facts


def points_digest(act: Activation) -> str | None:
    """The digest of what an activation's reference gives at fixed points; None without one, or without mpmath."""
    if not callable(getattr(act, "reference", None)):
        return None
    try:
        import mpmath
    except ModuleNotFoundError:
        return None
    mp = mpmath.mp.clone()
    mp.dps = 60
    words = "\n".join(_behaviour(mp, act))
    return hashlib.sha256(words.encode()).hexdigest()


def _behaviour(mp: Any, act: Any) -> Iterator[str]:
    parameters = _parameters(mp, act)
    if isinstance(act, (Elementwise, Gated)):
        gates: Sequence[tuple[Any, ...]] = [()] if isinstance(act, Elementwise) else [(mp.mpf(x),) for x in (-2.0, 0.5)]
        for point in POINTS:
            for gate in gates:
                yield _word(mp, act, (*gate, mp.mpf(point)), parameters)
        return
    for length in LENGTHS if isinstance(act, Axiswise) else [n for n in LENGTHS if _fits(act, n)]:
        features = _parameters(mp, act, length)
        for start in (0, 5, 9):
            line = [mp.mpf(POINTS[(start + 5 * k) % len(POINTS)]) / 4 for k in range(length)]
            yield _word(mp, act, (line,), features)


def _fits(act: Any, size: int) -> bool:
    try:
        return bool(act.output_size(size) >= 1)
    except Exception:  # an author's code
        return False


def _parameters(mp: Any, act: Activation, features: int | None = None) -> dict[str, Any]:
    """One number each for elementwise kinds, nested lists of the parameter's shape where lines are judged."""
    try:
        params = act.parameters()
    except Exception:  # an author's code
        return {}
    return {name: _values(mp, param, features) for name, param in params.items()}


def _values(mp: Any, param: Param, features: int | None) -> Any:
    base = mp.mpf(param.init.value) if isinstance(param.init, Constant) else mp.mpf("0.25")
    if features is None:
        return base
    return _nested(mp, base, param.sized(features), 0)


def _nested(mp: Any, base: Any, shape: tuple[int, ...], salt: int) -> Any:
    if not shape:
        return base + mp.mpf(salt * 5 % 7 - 3) / 8
    return [_nested(mp, base, shape[1:], 3 * salt + k) for k in range(shape[0])]


def _word(mp: Any, act: Any, arguments: tuple[Any, ...], parameters: Mapping[str, Any]) -> str:
    try:
        value = act.reference(mp, *arguments, **parameters)
        values = value if isinstance(value, (list, tuple)) else [value]
        return " ".join(mp.nstr(mp.mpf(v), _DIGITS) for v in values)
    except Exception as error:  # an author's code
        return type(error).__name__
