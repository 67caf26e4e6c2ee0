"""The table of tolerances: complete, without overlap, each row justified."""

from __future__ import annotations

import itertools

import pytest

from actreg.conformance.formats import FORMATS
from actreg.conformance.report import matrix, text
from actreg.conformance.runner import check
from actreg.conformance.tolerance import TABLE, find, grade

KINDS = ("elementwise", "axiswise", "gated", "expanding", "projection")


@pytest.mark.parametrize(
    ("provider", "kind", "dtype"),
    list(itertools.product(("own", "vendor"), KINDS, FORMATS)),
)
def test_every_cell_has_exactly_one_row(provider, kind, dtype):
    """No hole, no overlap; each with its reason."""
    directions = ("value", "gradient", "derivative") if kind in ("elementwise", "gated") else ("value", "gradient")
    for direction in directions:
        assert find(provider, direction, kind, dtype).why


def test_our_own_rows_are_no_looser_than_promised():
    """float32 and the halves forward 0.51, softmax 1; derivatives 1."""
    own = [row for row in TABLE if row.provider == "own" and "float64" not in row.dtypes]
    assert all(row.ulp <= (0.51 if row.direction == "value" and row.kinds != ("axiswise",) else 1.0) for row in own)
    assert not any(row.mixed for row in TABLE if row.provider == "own")


def test_grades():
    """As the project names them."""
    assert [grade(x) for x in (0.5, 0.6, 3.0, 9.0)] == ["correctly rounded", "faithful", "tight", "bounded"]
    assert grade(0.1, passed=False) == "failed"


def test_the_matrix_has_a_row_for_every_cell():
    """Grade and errors of each dtype, as rows and as text."""
    rows = matrix(check("tanh", backends=["numpy"]))
    assert [row.dtype for row in rows] == list(FORMATS)
    assert rows[2].grade == "correctly rounded"
    assert "tanh" in text(rows)
