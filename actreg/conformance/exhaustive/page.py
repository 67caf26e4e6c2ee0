"""docs/accuracy.md: the tables of measured accuracy, from the committed records.

Requirements: no number on the page that isn't in the data; the same data give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from actreg.conformance.exhaustive import results
from actreg.conformance.exhaustive.hard import Hard
from actreg.conformance.exhaustive.results import Record
from actreg.conformance.exhaustive.tally import Tally

_HEAD: Final = """\
# Measured accuracy

Written by `python scripts/accuracy.py page` from the records in `docs/accuracy/`; a test keeps the two equal. Errors
are in ulp: the distance between neighbouring numbers of the dtype at the true value, and among subnormal numbers the
smallest of them. A result that is the nearest number is off by at most 0.5. Infinities, NaN and the signs of zeros are
counted apart; where something is wrong with one, the table says so.

**The truth** of float32, float16 and bfloat16 is a formula in float64 for each function and its derivative, shared with
no activation and no backend; beside a derivative's root a power series about the root, known to 106 bits, takes over.
Each formula is measured against MPFR or mpmath, with the activation's own `reference`, at the reference tables' points
and at 20,000 hard ones: the column *truth* is its largest error in ulp of float32 (a thousandth is admitted). The truth
of float64 is MPFR itself, at rising precision until two agree to 100 bits.
"""

_OWN: Final = """
## float32: the NumPy backend

Value and derivative in one pass: `actreg conform NAME --exhaustive` for all 2^32 bit patterns; where *inputs* says
less, every 41st, by `python scripts/accuracy.py sampled`. Promised: 0.51 ulp for the value, 1 ulp for the derivative.
*Not nearest* counts the results that are not the nearest number to the truth.
"""

_HALVES: Final = """
## Every float16 and bfloat16: the NumPy backend

All 2^16 bit patterns: `python scripts/accuracy.py halves`. Largest errors of value and derivative.
"""

_JAX: Final = """
## float32, float16 and bfloat16: the JAX backend

The same formulas on actreg-jax, compiled by XLA for the CPU: every 41st float32, and every half, by
`python scripts/accuracy.py sampled --backend jax` and `halves --backend jax`.
"""

_HARD: Final = """
## float64 at hard points: the NumPy backend

`python scripts/accuracy.py hard`: random bit patterns over all exponents, the range where functions bend, beside roots
and kinks at every distance down to the next float, tails to beyond the last subnormal, tiny inputs. The bound is
4 ulp · (1 + cond/2), cond being |x·f'/f| for the value and |x·f''/f'| for the derivative: what rounding the argument
costs. *Share* is the largest error as a share of that bound; where cond is at most 1 no more than 2 ulp are admitted.
"""

_LINES: Final = """
## Softmax and gated units in float32: the NumPy backend

`python scripts/accuracy.py lines`: samples in strata of line length (1 to 1000), scale (1e-6 to 1e30), ties, entries
masked with -inf, shifts that are huge beside the differences, one entry far above the others. The truth is computed in
NumPy's widest type. Promised: 1 ulp.
"""

_PEERS: Final = """
## torch and jax, by the same code

`python scripts/peers_accuracy.py torch` and `… jax`: what their users call, with their own gradients, on the CPU of
this machine. Every 41st bit pattern, or all where *inputs* says 2^32. A largest error of millions is a result that is
lost altogether: a tail that is flushed to zero, or a root's digits. So the share of results that are off by more than
one ulp stands beside it. XLA flushes subnormal numbers to zero on the CPU, which alone makes 8e6 ulp.
"""

_TAIL: Final = """
## Again, and on your machine

```sh
actreg conform silu --exhaustive --jobs 2 --journal silu.journal     # resumable; --dtype, --backend, --json
python scripts/accuracy.py record FILE                               # takes in what --json printed
python scripts/accuracy.py sampled
python scripts/accuracy.py halves
python scripts/accuracy.py sampled --backend jax
python scripts/accuracy.py halves --backend jax
python scripts/accuracy.py hard
python scripts/accuracy.py lines
python scripts/peers_accuracy.py torch gelu --whole --journal gelu.journal
python scripts/accuracy.py page
```

Any `concurrent.futures.Executor` runs a sweep: `actreg.conformance.exhaustive.run.run([Job("silu")], executor)`.

Every record holds the versions, the kind of machine, and a digest of the code that computed it: of the activation's
formula, the operations that it uses and the rounding, followed through every function that they name. A test recomputes
the digests, so that a result is stale as soon as the mathematics it speaks of changes, and measures a random slice of
every record anew, seeded by the date.
"""


def text(folder: Path) -> str:
    """The page."""
    own = results.read(folder / "numpy.jsonl")
    wide = [record for record in own if record.dtype == "float32"]
    parts = [_HEAD, _OWN, *_own(wide), _HALVES, *_narrow(r for r in own if r.dtype != "float32")]
    jax = results.read(folder / "actreg-jax.jsonl")
    parts += [_JAX, *_own([r for r in jax if r.dtype == "float32"]), *_narrow(r for r in jax if r.dtype != "float32")]
    parts += [_HARD, *_hard(_load(folder / "float64.jsonl")), _LINES, *_lines(_load(folder / "lines.jsonl")), _PEERS]
    parts += _peers(wide, {name: results.read(folder / f"{name}.jsonl") for name in ("torch", "jax")})
    return "".join([*parts, _TAIL])


def _own(records: Sequence[Record]) -> Iterable[str]:
    yield from _table(
        "function | inputs | value | not nearest | derivative | not nearest | truth | ns an input | wrong"
    )
    for r in records:
        truth = max(r.truth.value_ulp, r.truth.derivative_ulp)
        cells = [_name(r.activation, r.config), _inputs(r)]
        for tally in (r.value, r.derivative):
            cells += [_ulp(tally.max_ulp), f"{tally.above_half:,}"]
        yield _row([*cells, f"{truth:.1g}", f"{r.nanoseconds:.0f}", _wrong(r) or "nothing"])
    yield _measured(records)


def _narrow(records: Iterable[Record]) -> Iterable[str]:
    found: dict[str, dict[str, Record]] = {}
    for r in records:
        found.setdefault(_name(r.activation, r.config), {})[r.dtype] = r
    yield from _table("function | float16 value | derivative | bfloat16 value | derivative | wrong")
    for name, pair in found.items():
        both = [pair[dtype] for dtype in ("float16", "bfloat16") if dtype in pair]
        cells = [_ulp(tally.max_ulp) for r in both for tally in (r.value, r.derivative)]
        yield _row([name, *cells, "; ".join(filter(None, map(_wrong, both))) or "nothing"])
    yield _measured([r for pair in found.values() for r in pair.values()])


def _hard(rows: Sequence[dict[str, Any]]) -> Iterable[str]:
    yield from _table("function | points | value, cond ≤ 1 | share | derivative, cond ≤ 1 | share")
    for row in rows:
        found = Hard.from_dict({key: value for key, value in row.items() if key not in ("facts", "command")})
        cells = [_name(found.activation, found.config), f"{found.value.points:,}"]
        for side in (found.value, found.derivative):
            cells += [f"{side.flat_ulp:.2f}", f"{side.share:.2f}"]
        yield _row(cells)


def _lines(rows: Sequence[dict[str, Any]]) -> Iterable[str]:
    yield from _table("function | entries | largest error | not nearest")
    for row in rows:
        found = Tally.from_dict(row["value"])
        name = _name(row["activation"], row["config"])
        yield _row([name, f"{row['entries']:,}", _ulp(found.max_ulp), f"{found.above_half:,}"])


def _peers(own: Sequence[Record], others: dict[str, list[Record]]) -> Iterable[str]:
    ours = {(r.activation, json.dumps(r.config)): r for r in own}
    for direction in ("value", "derivative"):
        yield f"\n### {'Forward' if direction == 'value' else 'Gradient'}\n"
        yield from _table("function | NumPy here | torch | above 1 ulp | inputs | jax | above 1 ulp | inputs")
        rows: dict[str, list[str]] = {}
        for place, name in enumerate(("torch", "jax")):
            for r in (r for r in others[name] if r.dtype == "float32"):
                # jax's softplus has no linear part, which is ours with another threshold.
                config = {} if r.activation == "softplus" else r.config
                key = _name(r.activation, config)
                if key not in rows:
                    mine = ours.get((r.activation, json.dumps(config)))
                    rows[key] = [_ulp(getattr(mine, direction).max_ulp) if mine else "", *[""] * 6]
                tally = getattr(r, direction)
                share = sum(tally.bins[3:]) / tally.count
                cells = [_ulp(tally.max_ulp) + _undefined(tally), f"{share:.2%}" if share else "none", _inputs(r)]
                rows[key][1 + 3 * place : 4 + 3 * place] = cells
        for key in sorted(rows):
            yield _row([key, *rows[key]])
    for records in others.values():
        yield _measured(records)


def _undefined(tally: Tally) -> str:
    return f", {tally.not_nan:,} × NaN" if tally.not_nan else ""


def _wrong(record: Record) -> str:
    found = []
    for direction, tally in (("value", record.value), ("derivative", record.derivative)):
        for what, count in (("NaN", tally.not_nan), ("infinity", tally.not_inf), ("sign", tally.sign)):
            if count:
                found.append(f"{count:,} × {what} of the {direction}")
    return ", ".join(found)


def _measured(records: Sequence[Record]) -> str:
    """Where and with what."""
    facts = [{**r.facts, "date": r.date} for r in records]
    found = [
        f"{label}{', '.join(sorted({f[name] for f in facts if name in f}))}"
        for name, label in (("torch", "torch "), ("jax", "jax "), ("numpy", "NumPy "), ("machine", ""), ("date", ""))
        if any(name in f for f in facts)
    ]
    return f"\nMeasured with {'; '.join(found)}.\n" if records else ""


def _inputs(record: Record) -> str:
    return "2^32" if record.inputs == 1 << 32 else f"{record.inputs:,}"


def _name(activation: str, config: dict[str, Any]) -> str:
    options = ", ".join(f"{name}: {value}" for name, value in config.items() if name != "gate")
    return f"{activation} ({options})" if options else activation


def _ulp(error: float) -> str:
    # 0.5 is written for what is off by no more than half an ulp, to the truth's own precision.
    return "0.5" if error <= 0.5 + 1e-5 else f"{error:.4f}" if error < 1 else f"{error:.4g}"


def _table(head: str) -> Iterable[str]:
    names = head.split(" | ")
    yield "\n" + _row(names)
    yield _row(["---", *["---:"] * (len(names) - 1)])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _load(path: Path) -> list[dict[str, Any]]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]
