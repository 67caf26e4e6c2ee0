"""Softmax, its logarithm and gated units: samples in strata, because nobody can sweep a line.

Requirements:

- Strata over the length of a line, the scale of its entries, ties, entries masked with -inf, shifts that are huge
  beside the differences, and one entry far above the others; the same samples for the same seed.
- The truth in NumPy's widest type from formulas of its own, where nothing cancels: of the logarithm of a softmax
  the largest entry's is a log1p of what the others add.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from actreg.conformance.exhaustive.tally import Tally, tally
from actreg.conformance.exhaustive.truth import evaluate
from actreg.conformance.formats import Array, Format
from actreg.conformance.subject import Subject

LENGTHS: Final = (1, 2, 3, 7, 16, 64, 257, 1000)
SCALES: Final = (1e-6, 0.1, 1.0, 10.0, 100.0, 1e4, 1e30)
KINDS: Final = ("plain", "ties", "masked", "shifted", "peak")
BLOCK: Final = 1 << 16
"""Entries at a time."""

_WIDE: Final = np.longdouble


@dataclass(frozen=True)
class Stratum:
    """Lines of one length, one scale and one kind."""

    length: int
    scale: float
    kind: str

    def draw(self, rng: np.random.Generator, fmt: Format, lines: int) -> Array:
        """Lines as an array of the format, of shape (lines, length)."""
        x = rng.standard_normal((lines, self.length)) * self.scale
        if self.kind == "ties":
            x = np.round(x / self.scale * 2.0) / 2.0 * self.scale
        elif self.kind == "shifted":
            x = x + 1000.0 * self.scale * rng.choice([-1.0, 1.0], (lines, 1))
        elif self.kind == "masked":
            masked = rng.random(x.shape) < 0.3
            masked[:, 0] = False
            x = np.where(masked, -np.inf, x)
        elif self.kind == "peak":
            x[:, -1] += 20.0
        return fmt.round(x).astype(fmt.dtype)


def strata() -> Iterator[Stratum]:
    """All of them."""
    return (Stratum(n, s, k) for n in LENGTHS for s in SCALES for k in KINDS)


def sample(s: Subject, entries: int, seed: int = 0) -> tuple[int, Tally, Stratum]:
    """Measures about so many entries: how many, their tally, and the stratum of the largest error."""
    every = list(strata())
    total, count, worst = Tally(), 0, (-1.0, every[0])
    for place, stratum in enumerate(every):
        rng = np.random.Generator(np.random.Philox(key=[seed, place]))
        left = entries // len(every) + 1
        found = Tally()
        while left > 0:
            lines = max(1, min(left, BLOCK) // stratum.length)
            block = _measure(s, stratum.draw(rng, s.fmt, lines))
            found, left = found.merge(block), left - block.count
        total, count = total.merge(found), count + found.count
        worst = max(worst, (found.max_ulp, stratum), key=lambda pair: pair[0])
    return count, total, worst[1]


def _measure(s: Subject, x: Array) -> Tally:
    if s.kind == "gated":
        # Two draws side by side are the two halves, whichever of them the gate is.
        x = np.concatenate([x, x[::-1, ::-1]], axis=1)
        x = np.where(np.isinf(x), s.fmt.dtype.type(-3.0), x)
    got = s.back(s.native_value(s.library.from_numpy(x, device=s.device)))
    truth = np.asarray(TRUTHS[s.act.info.name](s.act, x.astype(np.float64)))
    # A gated line has half as many results as entries; the tally wants an input for each, to name it. A zero's sign
    # is declared for functions of one variable alone.
    return tally(x[:, : got.shape[1]].ravel(), got.ravel(), truth.ravel(), s.fmt, value=False)


def _powers(x: Array) -> tuple[Array, Array]:
    d = x.astype(_WIDE)
    d = d - d.max(axis=1, keepdims=True)
    return d, np.exp(d)


def _softmax(act: Any, x: Array) -> Array:
    _, powers = _powers(x)
    return np.asarray((powers / powers.sum(axis=1, keepdims=True)).astype(np.float64))


def _log_softmax(act: Any, x: Array) -> Array:
    d, powers = _powers(x)
    np.put_along_axis(powers, np.argmax(d, axis=1)[:, None], 0.0, axis=1)
    return np.asarray((d - np.log1p(powers.sum(axis=1, keepdims=True))).astype(np.float64))


def _halves(act: Any, x: Array) -> tuple[Array, Array]:
    first, second = np.split(x, 2, axis=1)
    return (first, second) if act.gate == "first" else (second, first)


def _glu(act: Any, x: Array) -> Array:
    gate, other = _halves(act, x)
    with np.errstate(over="ignore"):
        return np.asarray(other / (1.0 + np.exp(-gate)))


def _geglu(act: Any, x: Array) -> Array:
    return _gated_by("gelu", {"approximate": act.approximate}, act, x)


def _swiglu(act: Any, x: Array) -> Array:
    return _gated_by("silu", {"beta": act.beta}, act, x)


def _gated_by(name: str, config: dict[str, Any], act: Any, x: Array) -> Array:
    from actreg.registry import default_registry

    gate, other = _halves(act, x)
    part = evaluate(default_registry().get(name, **config), gate.ravel())[0].reshape(gate.shape)
    with np.errstate(all="ignore"):
        return np.asarray(other * part)


TRUTHS: Final[dict[str, Callable[[Any, Array], Array]]] = {
    "geglu": _geglu,
    "glu": _glu,
    "log_softmax": _log_softmax,
    "softmax": _softmax,
    "swiglu": _swiglu,
}
