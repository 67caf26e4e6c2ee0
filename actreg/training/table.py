"""Columns of a csv file as numbers.

Requirements:

- The first line names the columns; every other line has one number for each. What does not fit is a DataError with the
  line's number, the column's name and the text that stands there.
- Memory is bounded by the cap on the file's size.
"""

from __future__ import annotations

import csv
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from actreg.errors import DataError, did_you_mean, suggest
from actreg.training.npz import MAX_BYTES, check_size


@dataclass(frozen=True)
class Table:
    """The columns of a csv file: float64 of shape (rows, columns)."""

    file: str
    columns: tuple[str, ...]
    values: np.ndarray[Any, Any]

    def column(self, name: str) -> np.ndarray[Any, Any]:
        """One column, (rows,). Raises DataError where there is none of that name."""
        if name not in self.columns:
            hint = did_you_mean(suggest(name, self.columns))
            raise DataError(self.file, f"it has no column {name!r} (columns: {_some(self.columns)}){hint}")
        return self.values[:, self.columns.index(name)]

    def others(self, name: str) -> np.ndarray[Any, Any]:
        """Every column but that of this name, in their order, (rows, columns)."""
        return self.values[:, [index for index, column in enumerate(self.columns) if column != name]]


def read_table(path: Path, cap: int = MAX_BYTES) -> Table:
    """Reads a csv file in UTF-8, with commas. Raises DataError, OSError where it cannot be opened."""
    check_size(path, cap)
    file = str(path)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream, strict=True)
        try:
            columns = tuple(name.strip() for name in next(reader, []))
            _check_columns(file, columns)
            numbers = array("d")
            for row in reader:
                if row:
                    numbers.extend(_numbers(file, reader.line_num, columns, row))
        except csv.Error as error:
            raise DataError(file, f"line {reader.line_num}: this is no csv: {error}") from error
        except UnicodeDecodeError as error:
            raise DataError(file, f"this is not UTF-8: {error.reason} after line {reader.line_num}") from error
    if not numbers:
        raise DataError(file, "no rows follow the line of column names")
    return Table(file, columns, np.array(numbers, dtype=np.float64).reshape(-1, len(columns)))


def _check_columns(file: str, columns: tuple[str, ...]) -> None:
    if not columns:
        raise DataError(file, "the file is empty: its first line names the columns")
    for name in columns:
        if not name or columns.count(name) > 1:
            what = f"the column {name!r} is named twice" if name else "a column has no name"
            raise DataError(file, f"line 1: {what}")
        if _is_number(name):
            raise DataError(file, f"line 1: {name!r} is a number: the first line names the columns")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.lower() not in ("nan", "inf", "infinity")


def _numbers(file: str, line: int, columns: tuple[str, ...], row: list[str]) -> Iterator[float]:
    if len(row) != len(columns):
        raise DataError(file, f"line {line}: {len(row)} fields, but {len(columns)} columns")
    for name, text in zip(columns, row, strict=True):
        try:
            yield float(text)
        except ValueError:
            given = "empty" if not text.strip() else f"{text[:40]!r}, which is no number"
            raise DataError(file, f"line {line}, column {name}: it is {given}") from None


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:12]) + (f", … {len(names) - 12} more" if len(names) > 12 else "")
