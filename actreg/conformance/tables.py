"""Tables of truth: tab-separated text with provenance in the header.

Requirements:

- Inputs are hex floats, exact in the format that the row names and in every wider one; results are decimals with 22
  digits, which tell a millionth of an ulp of float64.
- The same activation gives the same bytes; a digest of the body stands in the header and is checked on reading.
- Without a table (somebody else's activation) the same rows are computed on the spot.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from inspect import getattr_static
from pathlib import Path
from types import FunctionType
from typing import Any, Final

import numpy as np

from actreg.conformance.cases import Case
from actreg.conformance.compute import Rows, rows_of
from actreg.conformance.differentiate import TruthError
from actreg.conformance.exact import Exact, from_text
from actreg.conformance.formats import FORMATS, Array
from actreg.conformance.lines import cotangent
from actreg.contracts.activation import Activation
from actreg.contracts.bindings import config_key
from actreg.errors import ActregError

FOLDER: Final = Path(__file__).parent / "reference"
_FORMULAS: Final = ("forward", "derivative", "derivative_formula", "parameter_derivatives", "pullback")
GENERATOR: Final = "actreg.conformance.generate 1"


class TableError(ActregError, ValueError):
    """A reference table that is damaged or belongs to something else."""


@dataclass(frozen=True)
class PointTable:
    """Truth at points, for elementwise activations. columns: value, derivative, second, and d_<parameter>.

    known: where a column says something; a limit may be undeclared.
    """

    inputs: Array
    columns: Mapping[str, Exact]
    known: Mapping[str, Array]
    digest: str

    def within(self, fmt: str) -> Array:
        """The rows whose input the format holds."""
        return FORMATS[fmt].holds(self.inputs)


@dataclass(frozen=True)
class Line:
    """One line with its truth; see `lines.LineTruth`. gradients is empty where there is no gradient."""

    x: Array
    cotangent: Array
    value: Exact
    value_size: Array
    gradients: Mapping[str, Exact]
    sizes: Mapping[str, Array]


@dataclass(frozen=True)
class LineTable:
    """Truth about whole lines."""

    lines: tuple[Line, ...]
    digest: str


def path_of(case: Case) -> Path:
    """Where the table of a case lies, whether there is one or not."""
    return FOLDER / case.name / f"{case.options}.tsv"


def provenance(case: Case) -> dict[str, Any]:
    """What a table's rows depend on."""
    return {
        "activation": case.name,
        "config": case.act.model_dump(),
        "parameters": {name: array.tolist() for name, array in case.parameters.items()},
    }


def text_of(case: Case, arithmetic: str, rows: Rows) -> str:
    """The whole file."""
    body = "".join("\t".join(row) + "\n" for row in rows)
    facts = {
        **{name: json.dumps(value) for name, value in provenance(case).items()},
        "generator": GENERATOR,
        "arithmetic": arithmetic,
        "digits": "two precisions agree to 45 digits (lines: 50 digits and more); 22 are printed",
        "command": f"python -m actreg.conformance.generate {case.name}",
        "sha256": hashlib.sha256(body.encode()).hexdigest(),
    }
    return "".join(f"# {name}: {value}\n" for name, value in facts.items()) + body


def parse(text: str) -> tuple[dict[str, str], Rows]:
    """Header and rows, the row of column names first; TableError where the digest is wrong."""
    lines = text.splitlines(keepends=True)
    head = [line for line in lines if line.startswith("# ")]
    body = "".join(lines[len(head) :])
    facts = dict(line[2:].rstrip("\n").split(": ", 1) for line in head)
    digest = hashlib.sha256(body.encode()).hexdigest()
    if digest != facts.get("sha256"):
        raise TableError(f"the table of {facts.get('activation')} was changed: its digest is {digest}")
    return facts, [line.split("\t") for line in body.splitlines()]


def table_of(case: Case) -> PointTable | LineTable:
    """The truth of a case: read, or computed where no table lies there.

    Raises TableError for a damaged table, TruthError where the reference gives none, at once if it was asked before.
    """
    found = _cached(truth_key(case), _Held(case))
    if isinstance(found, TruthError):
        raise found
    return found


def truth_key(case: Case) -> tuple[Any, ...]:
    """What the truth of a case depends on; equal for classes that differ in nothing but their formulas."""
    cls: Any = type(case.act)
    parameters = tuple((name, array.tobytes()) for name, array in case.parameters.items())
    return (case.name, case.options, judges(cls), config_key(case.act)[1:], parameters)


@lru_cache(maxsize=1024)
def judges(cls: Any) -> frozenset[Any]:
    """Everything that a class defines but the formulas under test: its reference, and what that may call."""
    own = cls.__mro__[: cls.__mro__.index(Activation)]
    names = {name for base in own for name, member in vars(base).items() if isinstance(member, FunctionType)}
    return frozenset((name, getattr_static(cls, name)) for name in names if name not in _FORMULAS and name[:2] != "__")


class _Held:
    # Cases are equal where their keys are; the cache need not look into them.
    def __init__(self, case: Case) -> None:
        self.case = case

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=256)
def _cached(key: Any, held: _Held) -> PointTable | LineTable | TruthError:
    case = held.case
    path = path_of(case)
    cls: Any = type(case.act)
    # A plugin may claim a built-in name; its own reference, where it has one, judges it then.
    if path.is_file() and all(function.__module__.startswith("actreg.") for _, function in judges(cls)):
        facts, rows = parse(path.read_text(encoding="utf-8"))
        if {name: json.loads(facts[name]) for name in provenance(case)} != provenance(case):
            raise TableError(f"{path.name} of {case.name} was made for another configuration: regenerate it")
        return _table(case, rows, facts["sha256"])
    try:
        return _table(case, rows_of(case), "")
    except TruthError as error:
        return error


def _table(case: Case, rows: Rows, digest: str) -> PointTable | LineTable:
    names, *body = rows
    columns = {name: [row[k] for row in body] for k, name in enumerate(names)}
    if case.act.kind == "elementwise":
        inputs = np.array([float.fromhex(word) for word in columns.pop("input")])
        columns.pop("dtype")
        return PointTable(
            inputs,
            {name: from_text(words) for name, words in columns.items()},
            {name: np.array([word != "none" for word in words]) for name, words in columns.items()},
            digest,
        )
    return LineTable(tuple(_line(dict(zip(names, row, strict=True))) for row in body), digest)


def _line(row: Mapping[str, str]) -> Line:
    value = from_text(row["value"].split())
    gradients = {name[2:]: from_text(words.split()) for name, words in row.items() if name[:2] == "d_" and words}
    sizes = {name[5:]: _floats(words) for name, words in row.items() if name.startswith("size_") and words}
    x = np.array([float.fromhex(word) for word in row["input"].split()])
    return Line(x, cotangent(len(value)), value, _floats(row["value_size"]), gradients, sizes)


def _floats(words: str) -> Array:
    return np.array([float(word) for word in words.split()])
